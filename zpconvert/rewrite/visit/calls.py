# SPDX-License-Identifier: GPL-2.0-only
"""Calls: of the file's own functions here; of macros and the headers' in `macro_calls`."""

from __future__ import annotations

from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Call, Expr, Name, Slot
from zpconvert.rewrite.visit.casts import cast
from zpconvert.rewrite.visit.macro_calls import macro_call
from zpconvert.rewrite.visit.typenames import typeof_text
from zpconvert.rewrite.visit.values import Value, taken
from zpconvert.rewrite.visit.visitor import Visitor


def call(visitor: Visitor, node: Node) -> Value:
    """Visit a call expression."""
    function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    args = [a for a in listed.named_children if a.type != "comment"] if listed else []
    target = _masked_cast(visitor, function) if len(args) == 1 else None
    if target is not None:
        return cast(visitor, node, args[0], typeof_text(visitor, target))
    if function is None or function.type != "identifier":
        if function is not None:
            visitor.want(visitor.value(function), "any")
        return _unknown(visitor, node, args)
    name = visitor.unit.text(function)
    if visitor.lookup(name) is not None:
        return _unknown(visitor, node, args)
    if name in visitor.context.unit.functions:
        return _own(visitor, node, name, function, args)
    return macro_call(visitor, node, name, args)


def _masked_cast(visitor: Visitor, function: Node | None) -> str | None:
    """The type in `(typeof(x))(y)`, which is a call to a grammar that sees one name there."""
    if function is None or function.type != "parenthesized_expression":
        return None
    inner = function.named_children
    return visitor.unit.masked.types.get(inner[0].start_byte) if len(inner) == 1 else None


def _unknown(visitor: Visitor, node: Node, args: list[Node]) -> Value:
    """A call through a pointer, or of something undeclared: it takes the old type."""
    for arg in args:
        visitor.want(visitor.value(arg), "old")
    return visitor.plain(node, None)


def _own(visitor: Visitor, node: Node, name: str, function: Node, args: list[Node]) -> Value:
    """A call of a function of this file."""
    context = visitor.context
    declared = context.unit.functions[name]
    slots = context.params.get(name, [])
    start, end = visitor.span(function)
    listed: list[tuple[Slot | str, Expr]] = []
    types = [t for _, t, _ in context.parameters(declared.declarations[0][1])]
    for i, arg in enumerate(args):
        value = visitor.value(arg)
        slot = slots[i] if i < len(slots) else None
        if slot is not None and not slot.fixed:
            visitor.item.deps.add(slot)
            if slot.depth == 1:
                listed.append((slot, value.expr))
            else:
                visitor.want(value, slot)
        else:
            visitor.want(value, taken(types[i] if i < len(types) else None))
    result = context.results.get(name)
    if result is not None:
        visitor.item.deps.add(result)
    ctype = context.resolve(declared.result)
    state = "old" if context.is_old(ctype) and ctype and ctype.depth == 1 else "any"
    expr = Call(
        *visitor.span(node),
        (start, end),
        name,
        tuple(listed),
        result if state == "old" else None,
        state,
    )
    visitor.site(Name(start, end, None, name))
    return Value(ctype, expr, result)
