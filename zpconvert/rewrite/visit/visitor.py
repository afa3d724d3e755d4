# SPDX-License-Identifier: GPL-2.0-only
"""What every part of a visit builds on: the scopes, and the sites it leaves behind.

The parts (calls, operators, statements …) are functions that take the visitor; what contains
an expression visits it with `visitor.value`, and so no part needs to know the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Unit
from zpconvert.rewrite.context import Context
from zpconvert.rewrite.slots import Around, Item, Leaf, Obstacle, Site, Slot, Use
from zpconvert.rewrite.visit.values import Value, Variable


class Visitor(ABC):
    """Visits one item; `unit` is the file, or a macro's body as a unit of its own.

    shift: what to add to a byte of `unit` to get a byte of the file. depth: macros entered.
    parameters: of the macro whose body this is; each call hands it the old type.
    """

    def __init__(
        self, context: Context, unit: Unit, item: Item, shift: int = 0, depth: int = 0
    ) -> None:
        self.context, self.unit, self.item = context, unit, item
        self.shift, self.depth = shift, depth
        self.scopes: list[dict[str, Variable]] = [{}]
        self.function: str | None = None
        self.parameters: frozenset[str] = frozenset()

    @abstractmethod
    def value(self, node: Node) -> Value:
        """Visit an expression."""

    @abstractmethod
    def statement(self, node: Node) -> None:
        """Visit a statement, or an expression that stands for one."""

    def within(self, unit: Unit, names: Mapping[str, CType | None]) -> Visitor:
        """A visitor of a text of its own, one macro deeper, with names of these types in scope."""
        inner = type(self)(self.context, unit, Item(0, 0, None), 0, self.depth + 1)
        inner.scopes = [{n: Variable(t, None) for n, t in names.items()}, {}]
        return inner

    # -- sites ---------------------------------------------------------------------------

    def site(self, site: Site) -> None:
        """Record a site of the item."""
        self.item.sites.append(site)

    def span(self, node: Node) -> tuple[int, int]:
        """The bytes of the file that a node takes."""
        return node.start_byte + self.shift, node.end_byte + self.shift

    def leaf(self, node: Node, slot: Slot | None = None, state: str = "any") -> Leaf:
        """A leaf that spans a node."""
        if slot is not None:
            self.item.deps.add(slot)
        return Leaf(*self.span(node), slot, state)

    def obstacle(self, node: Node, reason: str, *slots: Slot | None) -> None:
        """Record what stands in the way of flipping these slots."""
        held = frozenset(s for s in slots if s is not None)
        if held:
            self.item.deps |= held
            self.site(Obstacle(node.start_byte + self.shift, reason, held))

    def want(self, value: Value, want: Slot | str) -> None:
        """A context that takes a value: what it asks of a pointer to the old struct."""
        if isinstance(want, Slot):
            self.item.deps.add(want)
        if self.deep(value) and not isinstance(want, Slot):
            if want == "old" and value.slot is not None:
                self.pin(
                    value.slot, value.expr.start, "its address goes where the old type is expected"
                )
            self.settle(value)
        elif isinstance(want, Slot) and want.depth > 1 and self._whole(value):
            self.meet(value, want)
            self.settle(value)
        elif want == "any" and isinstance(value.expr, Leaf):
            return
        else:
            self.site(Use(value.expr, want))

    def settle(self, value: Value) -> None:
        """Render what is inside an expression that itself never changes."""
        if not isinstance(value.expr, Leaf):
            self.site(Use(value.expr, "any"))

    def deep(self, value: Value) -> bool:
        """A pointer to pointers to the old struct."""
        return (
            self.context.is_old(value.ctype) and value.ctype is not None and value.ctype.depth > 1
        )

    def _whole(self, value: Value) -> bool:
        """The value meets all of a slot's pointers, not an element of it."""
        return value.ctype is None or value.ctype.depth != 1 or not self.context.is_old(value.ctype)

    def meet(self, value: Value, slot: Slot) -> None:
        """A pointer to pointers is assigned to (or compared with) a slot: they flip together."""
        if value.slot is not None and self.deep(value):
            self.context.groups.join(value.slot, slot)
        elif self.deep(value):
            self.pin(slot, value.expr.start, "it is given pointers of the old type")

    def pin(self, slot: Slot, at: int, reason: str) -> None:
        """Say why a slot's group cannot flip (a macro's body being typed says nothing)."""
        if not self.depth:
            self.context.groups.pin(slot, at, reason)

    # -- names ---------------------------------------------------------------------------

    def lookup(self, name: str) -> Variable | None:
        """A name in scope, innermost first, then the file's globals."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        declared = self.context.unit.globals.get(name)
        if declared is not None:
            node, declarator = declared[0]
            if declarator.called:
                return Variable(None, None)
            base = declare.specifier(node, self.context.unit.source, self.context.unit.masked.types)
            ctype = self.context.resolve(base.pointed(declarator.depth))
            return Variable(ctype, self.context.globals.get(name))
        return None

    # -- values --------------------------------------------------------------------------

    def unknown(self, node: Node) -> Value:
        """A value whose type could not be decided."""
        return Value(None, self.leaf(node, state="unknown"))

    def plain(self, node: Node, ctype: CType | None, slot: Slot | None = None) -> Value:
        """A value of a type, not held in anything that flips unless `slot` says so."""
        resolved = self.context.resolve(ctype)
        if resolved is None:
            return self.unknown(node)
        if self.context.is_old(resolved) and resolved.depth == 1:
            return Value(resolved, self.leaf(node, slot, "old"), slot)
        return Value(resolved, self.leaf(node), slot)

    def around(self, node: Node, value: Value) -> Value:
        """A value with something round it that changes neither type nor state."""
        expr = Around(*self.span(node), value.expr)
        return Value(value.ctype, expr, value.slot)
