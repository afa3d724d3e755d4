# SPDX-License-Identifier: GPL-2.0-only
"""From a parsed file to its sites: follow the old struct's pointers through every expression.

One visit of each function body, statements in order, scopes nested. What an expression is worth
is a `Value`; what its context asks of it becomes a site of the item being visited.
"""

from __future__ import annotations

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node, descend
from zpconvert.rewrite.slots import (
    Assign,
    Compare,
    Conditional,
    Declaration,
    Leaf,
    Name,
    Obstacle,
    Slot,
)
from zpconvert.rewrite.visit import calls, casts, hygiene, macro_calls, macro_types
from zpconvert.rewrite.visit.initializers import initializer
from zpconvert.rewrite.visit.typenames import specifier
from zpconvert.rewrite.visit.values import INT, Value, Variable, taken
from zpconvert.rewrite.visit.visitor import Visitor

_COMPARISON = frozenset(("==", "!=", "<", ">", "<=", ">="))
_LOGICAL = frozenset(("&&", "||"))
_TYPES = frozenset(
    (
        "type_descriptor",
        "primitive_type",
        "sized_type_specifier",
        "struct_specifier",
        "union_specifier",
        "enum_specifier",
        "type_identifier",
        "macro_type_specifier",
        "storage_class_specifier",
        "type_qualifier",
        "comment",
        "string_literal",
        "preproc_function_def",
        "preproc_def",
        "preproc_call",
        "preproc_include",
        "preproc_undef",
        "attribute_specifier",
        "statement_identifier",
        "field_identifier",
    )
)
_LOOPS = ("while_statement", "if_statement")


class Analysis(Visitor):
    """Visits one item: every kind of expression and statement there is."""

    # -- expressions ---------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """Visit an expression."""
        method = getattr(self, f"_{node.type}", None)
        if method is not None:
            result: Value = method(node)
            if self.context.types is not None and not self.depth:
                span = self.span(node)
                self.context.types[span] = result.ctype
            return result
        if node.type not in _TYPES:
            for child in node.named_children:
                self.want(self.value(child), "any")
        return Value(INT, self.leaf(node))

    def _identifier(self, node: Node) -> Value:
        name = self.unit.text(node)
        start, end = self.span(node)
        variable = self.lookup(name)
        if variable is not None:
            if variable.slot is not None:
                self.item.deps.add(variable.slot)
                self.site(Name(start, end, variable.slot))
            return self.plain(node, variable.ctype, variable.slot)
        if name in self.parameters:
            return Value(None, self.leaf(node, state="old"))
        if name in self.context.unit.functions:
            self.site(Name(start, end, None, name))
            return Value(CType("void", 1), self.leaf(node))
        return self.plain(node, macro_types.object_macro(self, name, node))

    def _null(self, node: Node) -> Value:
        return Value(CType("void", 1), self.leaf(node))

    def _number_literal(self, node: Node) -> Value:
        return Value(INT, self.leaf(node))

    def _string_literal(self, node: Node) -> Value:
        return Value(CType("char", 1), self.leaf(node))

    _concatenated_string = _string_literal

    def _parenthesized_expression(self, node: Node) -> Value:
        inner = [c for c in node.named_children if c.type != "comment"]
        if len(inner) != 1:
            for child in inner:
                self.want(self.value(child), "any")
            return Value(None, self.leaf(node, state="unknown"))
        if inner[0].type == "compound_statement":
            return self._statement_expression(node, inner[0])
        return self.around(node, self.value(inner[0]))

    def _statement_expression(self, node: Node, body: Node) -> Value:
        self.scopes.append({})
        statements = [c for c in body.named_children if c.type != "comment"]
        value: Value | None = None
        for i, statement in enumerate(statements):
            last = i == len(statements) - 1 and statement.type == "expression_statement"
            if last and statement.named_children:
                value = self.value(statement.named_children[0])
            else:
                self.statement(statement)
        self.scopes.pop()
        if value is None:
            return Value(CType("void"), self.leaf(node))
        return self.around(node, value)

    def _comma_expression(self, node: Node) -> Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.want(self.value(left), "any")
        if right is None:
            return Value(None, self.leaf(node, state="unknown"))
        return self.around(node, self.value(right))

    def _assignment_expression(self, node: Node) -> Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return Value(None, self.leaf(node, state="unknown"))
        target, value = self.value(left), self.value(right)
        hygiene.placed(self, left)
        if operator.type != "=":
            self.obstacle(
                node,
                "arithmetic on a pointer that becomes a descriptor",
                target.slot if self.context.is_old(target.ctype) else None,
            )
            self.want(value, "old")
            return target
        return self._assigned(node, target, value)

    def _assigned(self, node: Node, target: Value, value: Value) -> Value:
        if self.context.is_old(target.ctype) and target.ctype is not None:
            if target.ctype.depth == 1:
                expr = Assign(
                    *self.span(node),
                    target.expr,
                    value.expr,
                )
                return Value(target.ctype, expr, target.slot)
            if target.slot is not None:
                self.want(value, target.slot)
            else:
                self.want(value, "old")
            return Value(target.ctype, self.leaf(node), target.slot)
        self.settle(target)
        self.want(value, taken(target.ctype))
        return Value(target.ctype, self.leaf(node))

    def _update_expression(self, node: Node) -> Value:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return Value(None, self.leaf(node, state="unknown"))
        value = self.value(argument)
        if self.context.is_old(value.ctype) and value.ctype and value.ctype.depth == 1:
            self.obstacle(node, "arithmetic on a pointer that becomes a descriptor", value.slot)
        self.settle(value)
        return Value(
            value.ctype,
            self.leaf(node, value.slot, "old")
            if isinstance(value.expr, Leaf) and value.expr.slot
            else self.leaf(node),
            value.slot,
        )

    def _unary_expression(self, node: Node) -> Value:
        argument = node.child_by_field_name("argument")
        if argument is not None:
            self.want(self.value(argument), "any")
        return Value(INT, self.leaf(node))

    def _pointer_expression(self, node: Node) -> Value:
        argument, operator = (
            node.child_by_field_name("argument"),
            node.child_by_field_name("operator"),
        )
        if argument is None or operator is None:
            return Value(None, self.leaf(node, state="unknown"))
        value = self.value(argument)
        if operator.type == "&":
            hygiene.placed(self, argument)
            self.settle(value)
            if value.ctype is None:
                return Value(None, self.leaf(node, state="unknown"))
            return self.plain(node, value.ctype.pointed(), value.slot)
        return self._element(node, value)

    def _element(self, node: Node, value: Value) -> Value:
        """What `*v` or `v[i]` is."""
        if value.ctype is None:
            return Value(None, self.leaf(node, state="unknown"))
        if self.context.is_old(value.ctype) and value.ctype.depth == 1:
            self.want(value, "old")
            return Value(value.ctype.pointed(-1), self.leaf(node))
        self.settle(value)
        if value.ctype.depth < 1:
            return Value(None, self.leaf(node, state="unknown"))
        return self.plain(node, value.ctype.pointed(-1), value.slot)

    def _subscript_expression(self, node: Node) -> Value:
        argument, index = node.child_by_field_name("argument"), node.child_by_field_name("index")
        if index is not None:
            self.want(self.value(index), "any")
        if argument is None:
            return Value(None, self.leaf(node, state="unknown"))
        return self._element(node, self.value(argument))

    def _field_expression(self, node: Node) -> Value:
        argument, named = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if argument is None or named is None:
            return Value(None, self.leaf(node, state="unknown"))
        value, name = self.value(argument), self.unit.text(named)
        if self.context.is_old(value.ctype) and value.ctype and value.ctype.depth == 1:
            self.want(value, "old")
        else:
            self.settle(value)
        if value.ctype is None:
            return self._undecided_field(node, name)
        slot = self.context.fields.get((value.ctype.base, name))
        if slot is not None:
            self.item.deps.add(slot)
            self.site(Name(*self.span(named), slot))
        return self.plain(node, self.context.field(value.ctype.base, name), slot)

    def _undecided_field(self, node: Node, name: str) -> Value:
        """A field of something whose type could not be decided."""
        for (_, field), slot in self.context.fields.items():
            if field == name:
                self.obstacle(node, f"cannot decide which struct's field '{name}' this is", slot)
        return Value(None, self.leaf(node, state="unknown"))

    def _binary_expression(self, node: Node) -> Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return Value(None, self.leaf(node, state="unknown"))
        a, b = self.value(left), self.value(right)
        if operator.type in _LOGICAL:
            self.want(a, "any")
            self.want(b, "any")
        elif operator.type in _COMPARISON:
            self._compared(a, b)
        elif self.deep(a) or self.deep(b):
            deep = a if self.deep(a) else b
            self.settle(a)
            self.settle(b)
            return self.plain(node, deep.ctype, deep.slot)
        else:
            self.want(a, "old")
            self.want(b, "old")
            for value in (a, b):
                if self.context.is_old(value.ctype) and operator.type in "+-":
                    both = self.context.is_old(a.ctype) and self.context.is_old(b.ctype)
                    return Value(INT, self.leaf(node)) if both else self.plain(node, value.ctype)
            pointer = next((v for v in (a, b) if v.ctype is not None and v.ctype.depth), None)
            if pointer is not None and operator.type in "+-":
                return self.plain(node, pointer.ctype)
            if a.ctype is None or b.ctype is None:
                return Value(None, self.leaf(node, state="unknown"))
        return Value(INT, self.leaf(node))

    def _compared(self, a: Value, b: Value) -> None:
        if self.deep(a) and self.deep(b):
            if a.slot is not None:
                self.meet(b, a.slot)
            elif b.slot is not None:
                self.meet(a, b.slot)
            self.settle(a)
            self.settle(b)
        else:
            self.site(Compare(a.expr, b.expr))

    def _conditional_expression(self, node: Node) -> Value:
        condition = node.child_by_field_name("condition")
        first = node.child_by_field_name("consequence")
        second = node.child_by_field_name("alternative")
        if condition is None or second is None:
            return Value(None, self.leaf(node, state="unknown"))
        tested = self.value(condition)
        if first is not None:
            self.want(tested, "any")
            tested = self.value(first)
        other = self.value(second)
        if self.deep(tested) and self.deep(other):
            if tested.slot is not None:
                self.meet(other, tested.slot)
            self.settle(tested)
            self.settle(other)
            return Value(tested.ctype, self.leaf(node), tested.slot or other.slot)
        expr = Conditional(*self.span(node), (tested.expr, other.expr))
        ctype = tested.ctype
        if ctype is None or (ctype.base == "void" and ctype.depth) or not ctype.depth:
            ctype = other.ctype if other.ctype is not None and other.ctype.depth else ctype
        return Value(ctype, expr, tested.slot or other.slot)

    def _sizeof_expression(self, node: Node) -> Value:
        value = node.child_by_field_name("value")
        if value is not None:
            self.want(self.value(value), "any")
        return Value(CType("unsigned long"), self.leaf(node))

    def _offsetof_expression(self, node: Node) -> Value:
        return Value(CType("unsigned long"), self.leaf(node))

    _alignof_expression = _offsetof_expression

    def _generic_expression(self, node: Node) -> Value:
        return Value(None, self.leaf(node, state="unknown"))

    def _gnu_asm_expression(self, node: Node) -> Value:
        for operand in descend(node, "gnu_asm_output_operand", "gnu_asm_input_operand"):
            inner = operand.child_by_field_name("value")
            if inner is not None:
                value = self.value(inner)
                self.settle(value)
                self.obstacle(operand, "an operand of inline assembly", value.slot)
        return Value(INT, self.leaf(node))

    def _cast_expression(self, node: Node) -> Value:
        return casts.cast_expression(self, node)

    def _compound_literal_expression(self, node: Node) -> Value:
        return casts.compound_literal(self, node)

    def _call_expression(self, node: Node) -> Value:
        return calls.call(self, node)

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
        elif kind not in _TYPES:
            self.want(self.value(node), "any")

    def _children(self, node: Node) -> None:
        label = node.child_by_field_name("label") or node.child_by_field_name("name")
        for child in node.named_children:
            if child != label and child.type not in _TYPES:
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
