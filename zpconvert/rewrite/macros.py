# SPDX-License-Identifier: GPL-2.0-only
"""What a macro is worth: its body is read with its arguments in place, macro after macro.

`alloc_page(gfp)` is an old pointer because its body, three macros down, calls a function that
returns one. Nothing here knows a macro's name.
"""

from __future__ import annotations

import re

from zpconvert.csource import unit as csource
from zpconvert.csource.ctype import CType, parse_ctype
from zpconvert.csource.parse import Node
from zpconvert.rewrite.context import Context
from zpconvert.rewrite.visit import hygiene
from zpconvert.rewrite.visit.visitor import Visitor

_DEEPEST = 14
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


def _arithmetic(context: Context, name: str) -> bool:
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
        return _arithmetic(context, word)
    unit, headers = context.unit, context.headers
    return (
        word not in unit.functions
        and word not in unit.globals
        and headers.function(word) is None
        and headers.variable(word) is None
    )


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
    for params, body in definitions(visitor.context, name):
        if params is None and body.strip():
            if _arithmetic(visitor.context, name):
                return CType("int")
            return _evaluate(visitor, body, {})
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
    if numbers and definitions(visitor.context, name) and _arithmetic(visitor.context, name):
        return CType("int")
    for params, body in definitions(visitor.context, name):
        if params is None:
            target = body.strip()
            if _WORD.fullmatch(target) and target != name:
                return _renamed(visitor, target, types, texts)
            continue
        names, spelled = _bind(params, types, texts)
        found = _evaluate(visitor, _substitute(body, spelled), names)
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


def _evaluate(visitor: Visitor, body: str, names: dict[str, CType | None]) -> CType | None:
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


def typeof_text(visitor: Visitor, text: str) -> CType | None:
    """The type that `typeof(expression)`, or a type's own text, spells."""
    match = re.fullmatch(r"(?:typeof|__typeof__|__typeof)\s*\((.*)\)(.*)", text, re.S)
    if match is None:
        return parse_ctype(text)
    inner = match.group(1).strip()
    if re.match(r"(?:const |volatile )*(?:struct|union|enum|unsigned|int|long|char|void)\b", inner):
        return parse_ctype(inner)
    names = {n: v.ctype for scope in visitor.scopes for n, v in scope.items()}
    found = _evaluate(visitor, inner, names)
    return found.pointed(match.group(2).count("*")) if found is not None else None


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
