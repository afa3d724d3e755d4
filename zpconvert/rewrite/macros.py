# SPDX-License-Identifier: GPL-2.0-only
"""What the text of a macro tells: its definitions, what it assigns to, whether it is arithmetic.

Nothing here visits syntax (`zpconvert.rewrite.visit.macro_types` does, for a macro's type), and
nothing knows a macro's name.
"""

from __future__ import annotations

import re

from zpconvert.rewrite.context import Context

_WORD = re.compile(r"[A-Za-z_]\w*")
#: What takes a macro's body beyond arithmetic: members, strings, blocks, pointers, types.
_REACHING = re.compile(
    r"->|\.\s*[A-Za-z_]|[\"{};\[#]|\*\s*\)|\b(?:struct|union|enum|void|typeof|__typeof__|_Generic)\b"
)
_ASSIGNMENT = re.compile(r"=(?!=)|\+\+|--|(?:[-+*/%|&^]|<<|>>)=")
_MOVE = re.compile(r"(?<![=!<>+*/%|&^-])=(?!=)([^;,]*)")
_CHANGE = re.compile(r"\+\+|--|[-+*/%|&^]=|<<=|>>=")
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(([^()]*)\)")

#: Parameters (None: object-like) and body of one definition of a macro.
Definition = tuple[tuple[str, ...] | None, str]


def definitions(context: Context, name: str) -> list[Definition]:
    """Parameters and body of each definition of a macro: the file's own, else the headers'."""
    found = context.definitions.get(name)
    if found is None:
        own = context.unit.macros.get(name)
        if own:
            found = [(m.params, m.body.decode("utf-8", "replace")) for m in own]
        else:
            found = [(m.params, m.body) for m in context.headers.macro(name)]
        context.definitions[name] = found
    return found


def arithmetic(context: Context, name: str) -> bool:
    """A macro whose body, macro after macro, holds no variable, call, member or pointer: of
    numbers it makes a number, and need not be read any further."""
    if name not in context.arithmetic:
        context.arithmetic[name] = False
        context.arithmetic[name] = all(
            not _REACHING.search(body)
            and all(
                _plain_word(context, word)
                for word in set(_WORD.findall(body)).difference(params or ())
            )
            for params, body in definitions(context, name)
        )
    return context.arithmetic[name]


def _plain_word(context: Context, word: str) -> bool:
    if definitions(context, word):
        return arithmetic(context, word)
    unit, headers = context.unit, context.headers
    return (
        word not in unit.functions
        and word not in unit.globals
        and headers.function(word) is None
        and headers.variable(word) is None
    )


def assigns(context: Context, name: str, index: int) -> bool:
    """Whether a macro assigns to its argument `index` (0-based) or takes its address."""
    key = name, index
    if key not in context.assigned:
        context.assigned[key] = False
        context.assigned[key] = any(
            _assigns(context, name, index, params, body)
            for params, body in definitions(context, name)
        )
    return context.assigned[key]


def _assigns(
    context: Context, name: str, index: int, params: tuple[str, ...] | None, body: str
) -> bool:
    if params is None:
        target = body.strip()
        return bool(_WORD.fullmatch(target)) and assigns(context, target, index)
    if index >= len(params) or params[index].endswith("..."):
        return False
    word = params[index]
    if word not in body:
        return False
    if any(_operand(body, m.start(), m.end()) for m in re.finditer(rf"\b{word}\b", body)):
        return True
    return _passes_on(context, body, word)


def _operand(body: str, start: int, end: int) -> bool:
    """The word at these characters is assigned to, or its address is taken."""
    before, after = body[:start].rstrip(), body[end:].lstrip()
    while before.endswith("(") and after.startswith(")"):
        before, after = before[:-1].rstrip(), after[1:].lstrip()
    if before.endswith((".", "->")):
        return False
    if _ASSIGNMENT.match(after) or before.endswith(("++", "--")):
        return True
    address = before.endswith("&") and not before.endswith("&&")
    binary = address and bool(re.search(r"[\w)\]]\s*&$", before))
    return address and not binary and not after.startswith(("->", ".", "["))


def _passes_on(context: Context, body: str, word: str) -> bool:
    """The body hands the argument to another macro that assigns to it."""
    for match in _CALL.finditer(body):
        args = [a.strip() for a in match.group(2).split(",")]
        callee = match.group(1)
        if (
            word in args
            and context.headers.function(callee) is None
            and assigns(context, callee, args.index(word))
        ):
            return True
    return False


def exchanges(context: Context, name: str) -> bool:
    """Whether a macro moves values between its arguments and names of its own, and no more."""
    found = definitions(context, name)
    for params, body in found:
        moved = [m.group(1).strip("() ") for m in _MOVE.finditer(body)]
        if params is None or len(params) < 2 or not moved or _CHANGE.search(body):
            return False
        if not all(_WORD.fullmatch(word) for word in moved):
            return False
        if any(context.headers.variable(w) or w in context.unit.globals for w in moved):
            return False
    return bool(found)
