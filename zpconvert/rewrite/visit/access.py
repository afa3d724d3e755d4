# SPDX-License-Identifier: GPL-2.0-only
"""Access: what `&v`, `*v`, `v[i]`, `v.field` and `v->field` are, and in which slot."""

from __future__ import annotations

from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Name
from zpconvert.rewrite.visit import hygiene
from zpconvert.rewrite.visit.values import Value
from zpconvert.rewrite.visit.visitor import Visitor


def pointer(visitor: Visitor, node: Node) -> Value:
    """Visit `&v` or `*v`."""
    argument, operator = node.child_by_field_name("argument"), node.child_by_field_name("operator")
    if argument is None or operator is None:
        return visitor.unknown(node)
    value = visitor.value(argument)
    if operator.type == "&":
        hygiene.placed(visitor, argument)
        visitor.settle(value)
        if value.ctype is None:
            return visitor.unknown(node)
        return visitor.plain(node, value.ctype.pointed(), value.slot)
    return _element(visitor, node, value)


def subscript(visitor: Visitor, node: Node) -> Value:
    """Visit `v[i]`."""
    argument, index = node.child_by_field_name("argument"), node.child_by_field_name("index")
    if index is not None:
        visitor.want(visitor.value(index), "any")
    if argument is None:
        return visitor.unknown(node)
    return _element(visitor, node, visitor.value(argument))


def _element(visitor: Visitor, node: Node, value: Value) -> Value:
    """What `*v` or `v[i]` is."""
    if value.ctype is None:
        return visitor.unknown(node)
    if visitor.context.is_old(value.ctype) and value.ctype.depth == 1:
        visitor.want(value, "old")
        return Value(value.ctype.pointed(-1), visitor.leaf(node))
    visitor.settle(value)
    if value.ctype.depth < 1:
        return visitor.unknown(node)
    return visitor.plain(node, value.ctype.pointed(-1), value.slot)


def field(visitor: Visitor, node: Node) -> Value:
    """Visit `v.field` or `v->field`."""
    argument, named = node.child_by_field_name("argument"), node.child_by_field_name("field")
    if argument is None or named is None:
        return visitor.unknown(node)
    value, name = visitor.value(argument), visitor.unit.text(named)
    if visitor.context.is_old(value.ctype) and value.ctype and value.ctype.depth == 1:
        visitor.want(value, "old")
    else:
        visitor.settle(value)
    if value.ctype is None:
        return _undecided_field(visitor, node, name)
    slot = visitor.context.fields.get((value.ctype.base, name))
    if slot is not None:
        visitor.item.deps.add(slot)
        visitor.site(Name(*visitor.span(named), slot))
    return visitor.plain(node, visitor.context.field(value.ctype.base, name), slot)


def _undecided_field(visitor: Visitor, node: Node, name: str) -> Value:
    """A field of something whose type could not be decided."""
    for (_, field), slot in visitor.context.fields.items():
        if field == name:
            visitor.obstacle(node, f"cannot decide which struct's field '{name}' this is", slot)
    return visitor.unknown(node)
