# SPDX-License-Identifier: GPL-2.0-only
"""Declarations: the sites of one, wherever it stands, and what a local one brings into scope."""

from __future__ import annotations

from zpconvert.csource import declare
from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Declaration, Name, Obstacle, Slot
from zpconvert.rewrite.visit.initializers import initializer
from zpconvert.rewrite.visit.typenames import specifier
from zpconvert.rewrite.visit.values import Variable
from zpconvert.rewrite.visit.visitor import Visitor


def declaration(visitor: Visitor, node: Node) -> None:
    """Visit a local declaration: new names in scope, slots, initializers."""
    base = specifier(visitor, node)
    _inner_structs(visitor, node)
    scope = visitor.scopes[-1]
    inferred = base is not None and base.base == "__auto_type"
    slots: list[tuple[Slot | None, int, int]] = []
    for d in declare.declarators(node):
        slot, ctype = None, None
        if inferred and d.value is not None:
            held = visitor.value(d.value)
            visitor.want(held, "old")
            scope[visitor.unit.text(d.name) if d.name else ""] = Variable(held.ctype, None)
            continue
        if base is not None and not d.called and d.parameters is None:
            ctype = visitor.context.resolve(base.pointed(d.depth))
        if d.name is not None:
            slot = _local(visitor, node, d)
            scope[visitor.unit.text(d.name)] = Variable(ctype, slot)
        slots.append((slot, *visitor.span(d.node)))
        if d.value is not None:
            initializer(visitor, d.value, ctype, slot)
    if any(s for s, _, _ in slots):
        in_loop = node.parent is not None and node.parent.type == "for_statement"
        declaration_site(visitor, node, slots, not in_loop)


def _inner_structs(visitor: Visitor, node: Node) -> None:
    """A struct that a function declares for itself is not looked into."""
    for inner in node.named_children:
        body = inner.child_by_field_name("body") if inner.type == "struct_specifier" else None
        if body is not None and visitor.context.old in visitor.unit.text(body):
            at, reason = visitor.span(inner)[0], "a struct declared inside a function"
            visitor.site(Obstacle(at, reason, frozenset()))


def _local(visitor: Visitor, node: Node, d: declare.Declarator) -> Slot | None:
    """The slot that a local is, if it is one: what a macro's body declares, being typed, is not."""
    if not visitor.context.spells_old(node, visitor.unit) or not d.depth or d.called:
        return None
    extern = b"extern" in declare.storage(node, visitor.unit.source)
    if d.name is None or d.parameters is not None or extern or visitor.depth:
        return None
    name, function = visitor.unit.text(d.name), visitor.function
    start, end = visitor.span(d.name)
    slot = visitor.context.add(f"{function}:{name}", "local", function, name, d.depth, start)
    visitor.item.deps.add(slot)
    visitor.site(Name(start, end, slot))
    return slot


def declaration_site(
    visitor: Visitor, node: Node, slots: list[tuple[Slot | None, int, int]], splittable: bool
) -> None:
    """Record a declaration whose specifier is `struct old`: its declarators as (slot, bytes)."""
    spelled = node.child_by_field_name("type")
    assert spelled is not None
    name = spelled.child_by_field_name("name")
    assert name is not None
    first = min((visitor.span(c)[0] for c in node.children), default=visitor.span(spelled)[0])
    end = visitor.span(spelled)[1]
    visitor.site(Declaration(visitor.span(name), (first, end), tuple(slots), splittable))
