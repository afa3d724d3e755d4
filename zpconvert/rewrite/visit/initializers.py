# SPDX-License-Identifier: GPL-2.0-only
"""Initializers: each value of one meets a field, an element or the variable itself."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Name, Slot
from zpconvert.rewrite.visit.values import taken
from zpconvert.rewrite.visit.visitor import Visitor


def initializer(visitor: Visitor, node: Node, ctype: CType | None, slot: Slot | None) -> None:
    """Visit an initializer of something of a type (held in `slot`)."""
    if node.type != "initializer_list":
        _initial(visitor, node, ctype, slot)
        return
    names = list(visitor.context.unit.structs.get(ctype.base, {})) if ctype else []
    position = 0
    for child in node.named_children:
        if child.type == "comment":
            continue
        if child.type == "initializer_pair":
            _pair(visitor, child, ctype, slot)
        elif ctype is not None and not ctype.depth and position < len(names):
            _member(visitor, child, ctype, names[position])
        else:
            initializer(visitor, child, ctype.pointed(-1) if ctype and ctype.depth else None, slot)
        position += 1


def _initial(visitor: Visitor, node: Node, ctype: CType | None, slot: Slot | None) -> None:
    value = visitor.value(node)
    if visitor.context.is_old(ctype) and slot is not None:
        visitor.want(value, slot)
    else:
        visitor.want(value, taken(ctype))


def _pair(visitor: Visitor, pair: Node, ctype: CType | None, slot: Slot | None) -> None:
    designators = pair.children_by_field_name("designator")
    value = pair.child_by_field_name("value")
    if value is None:
        return
    for designator in designators:
        for index in designator.named_children:
            if designator.type == "subscript_designator":
                visitor.want(visitor.value(index), "any")
    first = designators[0] if designators else None
    if first is not None and first.type == "field_designator" and len(designators) == 1:
        named = first.named_children[0]
        tag = ctype.base if ctype is not None else ""
        field = visitor.context.fields.get((tag, visitor.unit.text(named)))
        if field is not None:
            visitor.item.deps.add(field)
            visitor.site(Name(*visitor.span(named), field))
        _member(visitor, value, ctype, visitor.unit.text(named))
    elif first is not None and first.type == "subscript_designator":
        initializer(visitor, value, ctype.pointed(-1) if ctype and ctype.depth else None, slot)
    else:
        initializer(visitor, value, None, None)


def _member(visitor: Visitor, node: Node, ctype: CType | None, name: str) -> None:
    tag = ctype.base if ctype is not None else ""
    initializer(
        visitor, node, visitor.context.field(tag, name), visitor.context.fields.get((tag, name))
    )
