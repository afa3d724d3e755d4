# SPDX-License-Identifier: GPL-2.0-only
"""What a macro is worth: its body is read with its arguments in place, macro after macro.

`alloc_page(gfp)` is an old pointer because its body, three macros down, calls a function that
returns one. Nothing here knows a macro's name.
"""

from __future__ import annotations

import re

from zpconvert.csource import unit as csource
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite import macros
from zpconvert.rewrite.visit import hygiene
from zpconvert.rewrite.visit.visitor import Visitor

_DEEPEST = 14
_WORD = re.compile(r"[A-Za-z_]\w*")


def object_macro(visitor: Visitor, name: str, node: Node) -> CType | None:
    """The type of a name that is no variable in scope: an object-like macro or a global."""
    own = visitor.context.unit.macros.get(name)
    if own:
        hygiene.unhygienic(visitor, node, own)
    known = visitor.context.macro_types
    if (name,) not in known:
        known[name,] = _object_type(visitor, name)
    return known[name,]


def _object_type(visitor: Visitor, name: str) -> CType | None:
    for params, body in macros.definitions(visitor.context, name):
        if params is None and body.strip():
            if macros.arithmetic(visitor.context, name):
                return CType("int")
            return evaluate(visitor, body, {})
    return visitor.context.headers.variable(name)


def call_type(
    visitor: Visitor, name: str, types: list[CType | None], texts: list[str | None]
) -> CType | None:
    """The type of a macro call whose arguments have these types (or are these types)."""
    known, key = visitor.context.macro_types, (name, tuple(types), tuple(texts))
    if key not in known:
        known[key] = _call_type(visitor, name, types, texts)
    return known[key]


def _call_type(
    visitor: Visitor, name: str, types: list[CType | None], texts: list[str | None]
) -> CType | None:
    numbers = all(t is not None and not t.depth for t in types) and not any(texts)
    if (
        numbers
        and macros.definitions(visitor.context, name)
        and macros.arithmetic(visitor.context, name)
    ):
        return CType("int")
    for params, body in macros.definitions(visitor.context, name):
        if params is None:
            target = body.strip()
            if _WORD.fullmatch(target) and target != name:
                return _renamed(visitor, target, types, texts)
            continue
        names, spelled = _bind(params, types, texts)
        found = evaluate(visitor, _substitute(body, spelled), names)
        if found is not None:
            return found
    return None


def _renamed(
    visitor: Visitor, target: str, types: list[CType | None], texts: list[str | None]
) -> CType | None:
    """`#define pfn_to_page __pfn_to_page`: the other name's call."""
    signature = visitor.context.headers.function(target)
    if signature is not None:
        return signature.result
    if visitor.depth > _DEEPEST:
        return None
    return call_type(visitor, target, types, texts)


def _bind(
    params: tuple[str, ...], types: list[CType | None], texts: list[str | None]
) -> tuple[dict[str, CType | None], dict[str, str]]:
    """Types of the names that stand for arguments, and what each parameter is spelled as."""
    names: dict[str, CType | None] = {}
    spelled: dict[str, str] = {}
    for i, param in enumerate(params):
        rest = param.endswith("...")
        indices = range(i, len(types)) if rest else range(i, min(i + 1, len(types)))
        words = []
        for j in indices:
            text = texts[j]
            words.append(text if text is not None else f"zpconvert_arg{j}")
            names[f"zpconvert_arg{j}"] = types[j]
        spelled[(param.removesuffix("...") or "__VA_ARGS__") if rest else param] = ", ".join(words)
    return names, spelled


def _substitute(body: str, spelled: dict[str, str]) -> str:
    """A macro's body with its arguments in place (comments and pasting are not needed here)."""
    body = re.sub(r"#\s*[A-Za-z_]\w*", '""', body.replace("##", "").replace("\\\n", " "))
    return _WORD.sub(lambda m: spelled.get(m.group(), m.group()), body)


def evaluate(visitor: Visitor, body: str, names: dict[str, CType | None]) -> CType | None:
    """The type of an expression text, with `names` in scope."""
    if visitor.depth > _DEEPEST:
        return None
    unit, block = csource.read_body(body.encode())
    return _last_type(visitor.within(unit, names), block)


def _last_type(inner: Visitor, block: Node | None) -> CType | None:
    if block is None:
        return None
    statements = [c for c in block.named_children if c.type != "comment"]
    while (
        statements
        and statements[-1].type == "expression_statement"
        and not (statements[-1].named_children)
    ):
        statements.pop()
    for statement in statements[:-1]:
        inner.statement(statement)
    if not statements or statements[-1].type != "expression_statement":
        return None
    return inner.value(statements[-1].named_children[0]).ctype
