# SPDX-License-Identifier: GPL-2.0-only
"""From a parsed file to its sites: follow the old struct's pointers through every expression.

One visit of each function body, statements in order, scopes nested. What an expression is worth
is a `Value`; what its context asks of it becomes a site of the item being visited.
"""

from __future__ import annotations

from zpconvert.csource import declare
from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import (
    Declaration,
    Name,
    Obstacle,
    Slot,
)
from zpconvert.rewrite.visit import macro_calls
from zpconvert.rewrite.visit.expressions import NOT_VISITED, expression
from zpconvert.rewrite.visit.initializers import initializer
from zpconvert.rewrite.visit.typenames import specifier
from zpconvert.rewrite.visit.values import Value, Variable
from zpconvert.rewrite.visit.visitor import Visitor

_LOOPS = ("while_statement", "if_statement")


class Analysis(Visitor):
    """Visits one item: every kind of expression and statement there is."""

    def value(self, node: Node) -> Value:
        """Visit an expression."""
        return expression(self, node)

    # -- statements ----------------------------------------------------------------------

    def statement(self, node: Node) -> None:
        """Visit a statement, or any node that is none of the above."""
        kind = node.type
        if kind in ("compound_statement", "for_statement"):
            self.scopes.append({})
            self._children(node)
            self.scopes.pop()
        elif kind == "declaration":
            self.declaration(node)
        elif kind == "return_statement":
            self._return(node)
        elif node.start_byte in self.unit.masked.iterators and kind in _LOOPS:
            self._iterator(node)
        elif kind in ("function_definition", "ERROR"):
            for child in node.named_children:
                self.statement(child)
        elif kind.endswith(("_statement", "_clause")) or kind.startswith("preproc_"):
            self._children(node)
        elif kind not in NOT_VISITED:
            self.want(self.value(node), "any")

    def _children(self, node: Node) -> None:
        label = node.child_by_field_name("label") or node.child_by_field_name("name")
        for child in node.named_children:
            if child != label and child.type not in NOT_VISITED:
                self.statement(child)

    def _return(self, node: Node) -> None:
        for child in node.named_children:
            if child.type != "comment":
                result = self.context.results.get(self.function or "")
                self.want(self.value(child), result if result is not None else "old")

    def _iterator(self, node: Node) -> None:
        """A loop macro: its head is a call, its body a statement."""
        condition = node.child_by_field_name("condition")
        body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
        args = _commas(condition) if condition is not None else []
        macro_calls.loop_macro(self, node, self.unit.masked.iterators[node.start_byte], args)
        if body is not None:
            self.statement(body)

    def declaration(self, node: Node) -> None:
        """Visit a local declaration: new names in scope, slots, initializers."""
        base = specifier(self, node)
        for inner in node.named_children:
            body = inner.child_by_field_name("body") if inner.type == "struct_specifier" else None
            if body is not None and self.context.old in self.unit.text(body):
                self.site(
                    Obstacle(
                        inner.start_byte + self.shift,
                        "a struct declared inside a function",
                        frozenset(),
                    )
                )
        extern = b"extern" in declare.storage(node, self.unit.source)
        inferred = base is not None and base.base == "__auto_type"
        slots: list[tuple[Slot | None, int, int]] = []
        for d in declare.declarators(node):
            slot, ctype = None, None
            if inferred and d.value is not None:
                held = self.value(d.value)
                self.want(held, "old")
                self.scopes[-1][self.unit.text(d.name) if d.name else ""] = Variable(
                    held.ctype, None
                )
                continue
            if base is not None and not d.called and d.parameters is None:
                ctype = self.context.resolve(base.pointed(d.depth))
            if d.name is not None:
                name = self.unit.text(d.name)
                pointer = self.context.spells_old(node, self.unit) and d.depth and not d.called
                if pointer and d.parameters is None and not (extern or self.depth):
                    slot = self._local(name, d)
                self.scopes[-1][name] = Variable(ctype, slot)
            slots.append((slot, d.node.start_byte + self.shift, d.node.end_byte + self.shift))
            if d.value is not None:
                initializer(self, d.value, ctype, slot)
        if any(s for s, _, _ in slots):
            in_loop = node.parent is not None and node.parent.type == "for_statement"
            self.site(declaration_site(node, slots, not in_loop, self.shift))

    def _local(self, name: str, d: declare.Declarator) -> Slot:
        assert d.name is not None
        at = d.name.start_byte + self.shift
        slot = self.context.add(
            f"{self.function}:{name}", "local", self.function, name, d.depth, at
        )
        self.item.deps.add(slot)
        self.site(Name(at, d.name.end_byte + self.shift, slot))
        return slot


def declaration_site(
    node: Node, slots: list[tuple[Slot | None, int, int]], splittable: bool, shift: int = 0
) -> Declaration:
    """The site of a declaration whose specifier is `struct old`."""
    specifier = node.child_by_field_name("type")
    assert specifier is not None
    name = specifier.child_by_field_name("name")
    assert name is not None
    first = min((c.start_byte for c in node.children), default=specifier.start_byte)
    return Declaration(
        (name.start_byte + shift, name.end_byte + shift),
        (first + shift, specifier.end_byte + shift),
        tuple(slots),
        splittable,
    )


def _commas(node: Node) -> list[Node]:
    """The expressions that commas separate inside a parenthesis."""
    if node.type == "parenthesized_expression":
        return [a for c in node.named_children if c.type != "comment" for a in _commas(c)]
    if node.type == "comma_expression":
        return [a for c in node.named_children if c.type != "comment" for a in _commas(c)]
    return [node]
