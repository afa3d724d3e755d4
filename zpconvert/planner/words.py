# SPDX-License-Identifier: GPL-2.0-only
"""Subject and body of a planned step: what changes, what comes with it, what to look at.

A person should go over them before the series is posted; the planner knows what a step does and
why its parts belong together, not what the subsystem is for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zpconvert.conversion.model import REMARK, Descriptor, Helper
from zpconvert.planner.facts import Facts

#: Columns of a subject with its prefix (mail/lint.py has it from submitting-patches.rst).
_COLUMNS = 75
_NO_CHANGE = "No functional change intended."


def introduction(facts: Facts) -> tuple[str, str]:
    """Subject and body of the first step, which brings the header."""
    descriptor = facts.descriptor
    new, old = descriptor.new_type, descriptor.old_type
    words: dict[str, list[str]] = {}
    for member in descriptor.members:
        if member.name != member.over:
            words.setdefault(member.over, []).append(f"{descriptor.name}->{member.name}")
    what = f"Introduce {new}. It is laid over {old} for now"
    if words:
        pairs = [f"{descriptor.replaces}->{over} is {_list(m, 'or')}" for over, m in words.items()]
        what += f": {_list(pairs)}"
    parts = [
        descriptor.intro.split("\n\n")[-1],
        f"{what}. Assertions at compile time check the offset, the size and the kind of type of "
        "each member, so that the two cannot get out of step unnoticed.",
        f"{descriptor.to_old}(), {descriptor.to_folio}() and {descriptor.from_old}() convert "
        "between the types and preserve const. The users follow, patch by patch; helpers come "
        "with their first user.",
    ]
    parts += _without_slots(facts)
    if facts.comments:
        parts.append(f"Comments that speak of the words of {old} are brought up to date.")
    parts.append(f"{REMARK} the members, each against its use of {old} so far.")
    return f"add {new}, laid over {old}", "\n\n".join(parts)


def preparation(facts: Facts) -> tuple[str, str]:
    """Subject and body of the first step where the tree has the header already."""
    descriptor = facts.descriptor
    parts = [f"{descriptor.header} has {descriptor.new_type} already."]
    if facts.comments:
        parts.append(
            f"Bring the comments that speak of the words of {descriptor.old_type} up to date "
            "before the code follows."
        )
    used = _without_slots(facts)
    what = "use the helpers of" if used else "speak in comments of"
    return f"{what} {descriptor.name}", "\n\n".join([" ".join(parts), *used, _NO_CHANGE])


def _without_slots(facts: Facts) -> list[str]:
    """What the first step does to the code, where no pointer has flipped yet."""
    if not facts.used:
        return []
    short = facts.descriptor.old_type
    return [f"Code that keeps no pointer to {short} uses helpers at once. {_helpers(facts)}"]


def message(facts: Facts, prefix: str, taken: Sequence[str]) -> tuple[str, str]:
    """Subject and body of any other step. taken: the subjects of those before it."""
    return _subject(facts, prefix, taken), _body(facts)


def _subject(facts: Facts, prefix: str, taken: Sequence[str]) -> str:
    """A subject without its prefix that fits, and that no other step has."""
    short = facts.descriptor.name
    functions = _functions(facts)
    fields = [f"struct {tag}" for tag in _tags(facts)]
    named = [*(f"{name}()" for name in functions), *fields]
    signature = {*facts.functions("param"), *facts.functions("result")} - {*facts.callbacks}
    found = []
    if len(named) == 1 and functions and not signature:
        found.append(f"use {short} in {named[0]}")
    elif len(named) == 1 and functions and not facts.functions("result"):
        found.append(f"convert {named[0]} to take {short}")
    users = [name for name in functions[1:] if functions[0] in facts.calls.get(name, ())]
    if len(named) > 2 and len(users) == len(named) - 1:
        found.append(f"convert {named[0]} and its users to use {short}")
    for count in range(len(named), 0, -1):
        left = len(named) - count
        more = f" and {left} more" if left else ""
        names = _list(named[:count]) if not left else ", ".join(named[:count])
        found.append(f"convert {names}{more} to use {short}")
        if not left:
            found.append(f"convert {names}")
    fitting = [s for s in found if len(f"{prefix}: {s}") <= _COLUMNS]
    free = [s for s in fitting if s not in taken]
    return (free or fitting or [f"use {short} in more places"])[0]


def _body(facts: Facts) -> str:
    """The body: paragraphs that the mail's writer fills."""
    return "\n\n".join(
        part
        for part in (
            _what(facts),
            _names(facts),
            _helpers(facts),
            _members(facts),
            _meeting(facts),
            "Comments that become untrue are mended along with the code." if facts.comments else "",
            _look(facts),
            _NO_CHANGE,
        )
        if part
    )


def _functions(facts: Facts) -> list[str]:
    """Functions that flip something, those that others depend on first."""
    deep = [s.function for s in facts.slots if s.depth > 1 and s.kind == "param" and s.function]
    rest = (f for kind in ("result", "param", "local") for f in facts.functions(kind))
    return list(dict.fromkeys([*deep, *rest]))


def _tags(facts: Facts) -> list[str]:
    """Structs whose members flip; a file-scope variable has none."""
    ids = [slot.id for slot in facts.fields if slot.kind == "field"]
    return list(dict.fromkeys(i.rpartition(".")[0].removeprefix("struct ") for i in ids))


# -- what changes ----------------------------------------------------------------------------


def _what(facts: Facts) -> str:
    """Who has the old type, and that they get the new one."""
    short, old = facts.descriptor.name, facts.descriptor.old_type
    done: set[str] = {*facts.callbacks}
    said: list[str] = []
    roles = (
        (("param",), "takes", "take"),
        (("result",), "returns", "return"),
        (("local",), "works on", "work on"),
    )
    for kinds, one, many in roles:
        functions = [f for f in facts.functions(*kinds) if f not in done]
        done |= {*functions}
        if functions:
            verb = one if len(functions) == 1 else many
            said.append(f"{_calls(functions)} {verb} {'a ' + old if not said else 'one'}")
    for slot in facts.fields:
        holder = slot.id.rpartition(".")[0] if slot.kind == "field" else "the file"
        said.append(f"{holder} holds {'a ' + old if not said else 'one'} in {slot.name}")
    parts = [f"{_list(said)}. Use struct {short} instead."] if said else []
    for function in facts.callbacks:
        own = [slot.name for slot in facts.slots if slot.fixed and slot.function == function]
        parts.append(
            f"The signature of {function}() belongs to who calls it: it takes the "
            f"{short if len(own) == 1 else short + 's'} of {_list(own)} at the top and goes on "
            f"with {'that' if len(own) == 1 else 'those'}."
        )
    for functions in facts.together:
        who = "They" if {*functions} == {*_functions(facts)} else _calls(functions)
        parts.append(
            f"{who} hand each other pointers to these pointers, or arrays of them, "
            "so they can only change together."
        )
    if facts.saved > 0 and len(_functions(facts)) + len(facts.fields) > 1:
        parts.append("Converted one by one, they would change some lines twice.")
    return " ".join(parts)


def _names(facts: Facts) -> str:
    parts = []
    if facts.renamed:
        parts.append(_list([f"{old}() becomes {new}()" for old, new in facts.renamed]) + ".")
    if facts.shims:
        shims, keep = ("A shim", "keeps") if len(facts.shims) == 1 else ("Shims", "keep")
        parts.append(
            f"{shims} of the old name {keep} {_calls(facts.shims)} for callers that are not "
            "converted yet; __maybe_unused, because these can depend on the configuration."
        )
    if facts.dropped:
        shims, go = ("shim", "goes") if len(facts.dropped) == 1 else ("shims", "go")
        parts.append(f"Nothing calls {_calls(facts.dropped, 'or')} any more: the {shims} {go}.")
    return " ".join(parts)


# -- what comes with it ----------------------------------------------------------------------


def _helpers(facts: Facts) -> str:
    new = facts.helpers
    used = [helper.name for helper in facts.used]
    first = [helper for helper in new if helper.name in used]
    family = [helper for helper in new if helper.name not in used]
    parts = []
    if first:
        calls = [f"{h.name}() for {_old_call(h)}()" for h in first]
        parts.append(f"Add helpers and use them: {_list(calls)}.")
    if family:
        come = "comes" if len(family) == 1 else "come"
        names = _calls([h.name for h in family])
        parts.append(f"{names} {come} along with the family, for users in later patches.")
    known = [name for name in used if name not in {h.name for h in new}]
    if known:
        parts.append(f"{_calls(known)} {_is(known)} there already and used here, too.")
    return " ".join(parts)


def _members(facts: Facts) -> str:
    old, new = facts.descriptor.replaces, facts.descriptor.name
    words: dict[str, list[str]] = {}
    for member in facts.members:
        words.setdefault(member.over, []).append(f"{new}->{member.name}")
    pairs = [f"{_list(names, 'or')} for {old}->{over}" for over, names in words.items()]
    return f"Use the members with their own names and types: {_list(pairs)}." if pairs else ""


def _meeting(facts: Facts) -> str:
    """Casts between the types: those for now, and those that stay."""
    descriptor = facts.descriptor
    parts = []
    if facts.waiting:
        parts.append(
            f"{_calls(facts.waiting)} {_is(facts.waiting)} given {descriptor.to_old}() until "
            f"{'it is' if len(facts.waiting) == 1 else 'they are'} converted."
        )
    if facts.lent:
        parts.append(
            f"Where a caller still has a {descriptor.replaces}, it passes "
            f"{descriptor.from_old}() of it."
        )
    if facts.borders:
        takes = "takes" if len(facts.borders) == 1 else "take"
        parts.append(
            f"{_calls(facts.borders)} {takes} a {descriptor.replaces} and nothing else, so "
            f"{descriptor.to_old}() stays there."
        )
    return " ".join(parts)


# -- what to look at -------------------------------------------------------------------------


def _look(facts: Facts) -> str:
    """What a reader cannot take for granted."""
    parts = []
    for helper in facts.helpers:
        inner = _other_call(facts.descriptor, helper)
        if inner:
            parts.append(f"{helper.name}() stands for {_old_call(helper)}() and calls {inner}()")
    found = []
    if parts:
        found.append(f"{'; '.join(parts)}. {facts.descriptor.header} says why that is the same.")
    words = {m.over for m in facts.members}
    for over in sorted(words):
        names = [m.name for m in facts.descriptor.members if m.over == over and facts.ends_with(m)]
        if len(names) > 1:
            found.append(
                f"{_list([f'{facts.descriptor.name}->{n}' for n in names])} are one word: "
                "each use is to name the one that is meant."
            )
    return f"{REMARK} {' '.join(found)}" if found else ""


def _old_call(helper: Helper) -> str:
    return re.split(r"\W", helper.old, maxsplit=1)[0]


def _other_call(descriptor: Descriptor, helper: Helper) -> str:
    """The function that a helper calls instead of the old one, if it is another."""
    casts = {descriptor.to_old, descriptor.from_old, descriptor.to_folio}
    called = [name for name in re.findall(r"\b(\w+)\(", " ".join(helper.body)) if name not in casts]
    return called[0] if called and _old_call(helper) not in called else ""


# -- grammar ---------------------------------------------------------------------------------


def _calls(functions: Sequence[str], word: str = "and") -> str:
    return _list([f"{name}()" for name in functions], word)


def _list(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _is(items: Sequence[str]) -> str:
    return "is" if len(items) == 1 else "are"
