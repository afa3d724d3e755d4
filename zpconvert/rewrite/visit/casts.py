# SPDX-License-Identifier: GPL-2.0-only
"""Casts and compound literals: a type's name before what becomes of that type."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite.visit.initializers import initializer
from zpconvert.rewrite.visit.typenames import described
from zpconvert.rewrite.visit.values import Value
from zpconvert.rewrite.visit.visitor import Visitor


def cast_expression(visitor: Visitor, node: Node) -> Value:
    """Visit a cast."""
    spelled, operand = node.child_by_field_name("type"), node.child_by_field_name("value")
    if spelled is None or operand is None:
        return visitor.unknown(node)
    if operand.type == "initializer_list":
        return compound_literal(visitor, node)
    return cast(visitor, node, operand, described(visitor, spelled))


def cast(visitor: Visitor, node: Node, operand: Node, ctype: CType | None) -> Value:
    """Visit what is cast to a type."""
    value = visitor.value(operand)
    if visitor.deep(value) and value.slot is not None and (ctype is None or ctype.base != "void"):
        visitor.pin(value.slot, node.start_byte, "it is cast to another type")
    if visitor.deep(value):
        visitor.settle(value)
    else:
        visitor.want(value, "old" if visitor.context.is_old(value.ctype) else "any")
    return visitor.plain(node, ctype)


def compound_literal(visitor: Visitor, node: Node) -> Value:
    """Visit `(struct list_head){ … }`."""
    spelled, listed = node.child_by_field_name("type"), node.child_by_field_name("value")
    ctype = None
    if spelled is not None:
        ctype = described(visitor, spelled)
    if listed is not None:
        initializer(visitor, listed, visitor.context.resolve(ctype), None)
    return visitor.plain(node, ctype)
