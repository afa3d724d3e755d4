# SPDX-License-Identifier: GPL-2.0-only
"""Functions whose signature is fixed from outside, found through what holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zpconvert.csource import declare
from zpconvert.csource.parse import Node
from zpconvert.init.model import Callback, Place
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import Survey


def callbacks(
    survey: Survey, flipped: frozenset[Slot], place: Callable[[int], Place]
) -> Iterator[Callback]:
    """The functions with a fixed signature and slots in it, in file order."""
    unit = survey.unit
    for function, params in survey.context.params.items():
        slots = tuple(s.id for s in params if s is not None and s.fixed and s in flipped)
        if not slots:
            continue
        held = list(_holders(survey, function))
        if not held and not unit.functions[function].static:
            node, declarator = unit.functions[function].declarations[-1]
            held = [((declarator.name or node).start_byte, "not static: callers elsewhere")]
        for byte, holder in held:
            yield Callback(place(byte), function, holder, slots)


def _holders(survey: Survey, function: str) -> Iterator[tuple[int, str]]:
    """Where a function's name stands as a value, and in what."""
    unit = survey.unit
    tokens = unit.masked.tokens
    for i, token in enumerate(tokens):
        if token.kind != "name" or token.text != function.encode():
            continue
        if i + 1 < len(tokens) and tokens[i + 1].text == b"(":
            continue
        node = unit.root.descendant_for_byte_range(token.start, token.end)
        if node is not None and node.type == "identifier":
            yield token.start, _holder(survey, node)


def _holder(survey: Survey, node: Node) -> str:
    """What a name that stands as a value is stored in, or handed to."""
    unit, parent = survey.unit, node.parent
    if parent is not None and parent.type == "initializer_pair":
        field = next(iter(parent.children_by_field_name("designator")), None)
        name = unit.text(field).lstrip(".") if field is not None else ""
        return f"{_struct(survey, parent)}.{name}"
    if parent is not None and parent.type == "assignment_expression":
        left = parent.child_by_field_name("left")
        return f"assigned to {unit.text(left)}" if left is not None else "assigned"
    if parent is not None and parent.type == "argument_list" and parent.parent is not None:
        called = parent.parent.child_by_field_name("function")
        name = unit.text(called) if called is not None else "a call"
        return f"{name}: callers elsewhere" if "EXPORT" in name else f"handed to {name}()"
    return "used as a value"


def _struct(survey: Survey, node: Node | None) -> str:
    """The type of the variable whose initializer a node is in."""
    unit = survey.unit
    while node is not None and node.type != "declaration":
        node = node.parent
    if node is None:
        return "a table"
    return str(declare.specifier(node, unit.source, unit.masked.types))
