# SPDX-License-Identifier: GPL-2.0-only
"""New names for what holds a descriptor, from the conversion's tables; collisions are refused.

Only slots and functions with slots are renamed: `nr_pages`, a count, is neither.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from zpconvert.csource.ctype import CType
from zpconvert.rewrite.context import words
from zpconvert.rewrite.retype import Names, Refusal
from zpconvert.rewrite.survey import Survey

Rename = Callable[[str], str]


def names(
    survey: Survey,
    variables: Iterable[Rename],
    functions: Iterable[Rename],
    taken: Callable[[str], bool],
) -> tuple[Names, list[Refusal]]:
    """The new names that the tables give, and the ones that collide.

    variables, functions: tried in order, the first that changes a name counts.
    taken: whether the tree's headers declare a name.
    """
    unit = survey.unit
    refusals: list[Refusal] = []
    new_functions: dict[str, str] = {}
    for name, slots in survey.context.params.items():
        held = [s for s in slots if s is not None and not s.fixed]
        if held or name in survey.context.results:
            new = _first(functions, name)
            if new != name:
                new_functions[name] = new
    everything = words(unit.masked.text)
    for name, new in list(new_functions.items()):
        if new in everything or taken(new):
            node, declarator = unit.functions[name].declarations[0]
            line, column = unit.position((declarator.name or node).start_byte)
            refusals.append(
                Refusal(line, column, f"'{name}()' would become '{new}', which exists", f"{name}()")
            )
            del new_functions[name]
    new_slots, refused = _slots(survey, list(variables))
    early = frozenset(f for f in new_functions if _can_have_shim(survey, f))
    return Names(new_slots, new_functions, early), refusals + refused


def _can_have_shim(survey: Survey, name: str) -> bool:
    """Whether one expression can call the function and convert what goes in and out."""
    function = survey.unit.functions[name]
    slots = [s for s in survey.context.params[name] if s is not None]
    result = survey.context.results.get(name)
    named = all(
        parameter and ctype is not None
        for _, declarator in function.declarations[-1:]
        for parameter, ctype, _ in survey.context.parameters(declarator)
        if ctype != CType("void")
    )
    shallow = all(s.depth == 1 for s in [*slots, *([result] if result else [])])
    return function.static and named and shallow and len(function.definitions) == 1


def _first(table: Iterable[Rename], name: str) -> str:
    return next((new for rename in table if (new := rename(name)) != name), name)


def _slots(survey: Survey, table: list[Rename]) -> tuple[dict[str, str], list[Refusal]]:
    """New names of slots; within one function (or struct) no two things get one name."""
    unit = survey.unit
    new_slots: dict[str, str] = {}
    refusals: list[Refusal] = []
    bodies = _bodies(survey)
    chosen: dict[str, dict[str, str]] = defaultdict(dict)
    for slot in survey.slots.values():
        if slot.kind == "result":
            continue
        new = _first(table, slot.name)
        if new == slot.name:
            continue
        home = slot.function or slot.id.rpartition(".")[0] or ":"
        before = chosen[home].setdefault(new, slot.name)
        if before != slot.name or new in bodies.get(home, set()):
            line, column = unit.position(slot.at)
            refusals.append(
                Refusal(
                    line, column, f"'{slot.name}' would become '{new}', which exists here", slot.id
                )
            )
            continue
        new_slots[slot.id] = new
    return new_slots, refusals


def _bodies(survey: Survey) -> dict[str, set[str]]:
    """Identifiers in each function, in each struct, and in the whole file (':')."""
    found: dict[str, set[str]] = defaultdict(set)
    text = survey.unit.masked.text
    for item in survey.items:
        here = words(_code(text[item.code : item.end]))
        for function in item.about:
            found[function] |= _with_macros(survey, here)
    for tag, fields in survey.unit.structs.items():
        found[tag] |= set(fields)
    found[":"] = words(text)
    return found


def _with_macros(survey: Survey, names: set[str]) -> set[str]:
    """Identifiers, and those in the bodies of the file's macros that they call."""
    known, todo = set(names), list(names)
    for name in todo:
        for macro in survey.unit.macros.get(name, []):
            new = words(macro.body) - known
            known |= new
            todo += new
    return known


def _code(text: bytes) -> bytes:
    return re.sub(rb"/\*.*?\*/|//[^\n]*", b" ", text, flags=re.S)
