# SPDX-License-Identifier: GPL-2.0-only
"""From a parsed file to its sites: follow the old struct's pointers through every expression.

One visit of each function body, statements in order, scopes nested. What an expression is worth
is a `Value`; what its context asks of it becomes a site of the item being visited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node, descend
from zpconvert.csource.unit import Unit
from zpconvert.rewrite.context import Context, words
from zpconvert.rewrite.slots import (
    Around,
    Assign,
    Compare,
    Conditional,
    Declaration,
    Expr,
    Item,
    Leaf,
    Name,
    Obstacle,
    Slot,
    TopLocal,
    Use,
)


class Variable(NamedTuple):
    """What a name in scope is: its type, and the slot it is declared in."""

    ctype: CType | None
    slot: Slot | None


@dataclass(frozen=True)
class Value:
    """An expression: its type (None: undecided), its form for the sites, the slot it is held in."""

    ctype: CType | None
    expr: Expr
    slot: Slot | None = None


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
_INT = CType("int")


class Visitor:
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

    # -- sites ---------------------------------------------------------------------------

    def site(self, site: Use | Compare | Name | Declaration | TopLocal | Obstacle) -> None:
        """Record a site of the item."""
        self.item.sites.append(site)

    def leaf(self, node: Node, slot: Slot | None = None, state: str = "any") -> Leaf:
        """A leaf that spans a node."""
        if slot is not None:
            self.item.deps.add(slot)
        return Leaf(node.start_byte + self.shift, node.end_byte + self.shift, slot, state)

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
        elif isinstance(want, Slot) and want.depth > 1 and self._whole(want, value):
            self._meet(value, want)
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

    def _whole(self, slot: Slot, value: Value) -> bool:
        """The value meets all of a slot's pointers, not an element of it."""
        return value.ctype is None or value.ctype.depth != 1 or not self.context.is_old(value.ctype)

    def _meet(self, value: Value, slot: Slot) -> None:
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

    def typeof(self, text: str) -> CType | None:
        """The type that a `typeof(…)` text or a plain type text spells."""
        from zpconvert.rewrite.macros import typeof_text

        return typeof_text(self, text)

    def specifier(self, node: Node) -> CType | None:
        """The type of a declaration's specifiers, typeof() looked into."""
        inner = node.child_by_field_name("type")
        if inner is not None and inner.start_byte in self.unit.masked.types:
            text = self.unit.masked.types[inner.start_byte]
            if "typeof" in text or "__auto_type" in text:
                return self.typeof(text)
        return declare.specifier(node, self.unit.source, self.unit.masked.types)

    def described(self, node: Node) -> CType | None:
        """The type that a `type_descriptor` spells, typeof() looked into."""
        base = self.specifier(node)
        inner = node.child_by_field_name("declarator")
        return base.pointed(declare.read(inner).depth) if base and inner is not None else base

    # -- expressions ---------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """Visit an expression."""
        method = getattr(self, f"_{node.type}", None)
        if method is not None:
            result: Value = method(node)
            if self.context.types is not None and not self.depth:
                span = node.start_byte + self.shift, node.end_byte + self.shift
                self.context.types[span] = result.ctype
            return result
        if node.type not in _TYPES:
            for child in node.named_children:
                self.want(self.value(child), "any")
        return Value(_INT, self.leaf(node))

    def plain(self, node: Node, ctype: CType | None, slot: Slot | None = None) -> Value:
        """A value of a type, not held in anything that flips unless `slot` says so."""
        resolved = self.context.resolve(ctype)
        if resolved is None:
            return Value(None, self.leaf(node, state="unknown"))
        if self.context.is_old(resolved) and resolved.depth == 1:
            return Value(resolved, self.leaf(node, slot, "old"), slot)
        return Value(resolved, self.leaf(node), slot)

    def _identifier(self, node: Node) -> Value:
        name = self.unit.text(node)
        start, end = node.start_byte + self.shift, node.end_byte + self.shift
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
        from zpconvert.rewrite.macros import object_macro

        return self.plain(node, object_macro(self, name, node))

    def placed(self, node: Node) -> None:
        """An expression is assigned to, or its address taken: no wrapped macro can be."""
        while node.type == "parenthesized_expression" and node.named_children:
            node = node.named_children[-1]
        called = node.child_by_field_name("function") if node.type == "call_expression" else node
        name = self.unit.text(called) if called is not None and called.type == "identifier" else ""
        for macro in self.context.unit.macros.get(name, ()):
            if self.lookup(name) is None:
                slots = self.context.mentioned(words(macro.body) - set(macro.params or ()))
                self.obstacle(node, f"macro '{name}' is assigned to", *slots)

    def _null(self, node: Node) -> Value:
        return Value(CType("void", 1), self.leaf(node))

    def _number_literal(self, node: Node) -> Value:
        return Value(_INT, self.leaf(node))

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

    def around(self, node: Node, value: Value) -> Value:
        """A value with something round it that changes neither type nor state."""
        expr = Around(node.start_byte + self.shift, node.end_byte + self.shift, value.expr)
        return Value(value.ctype, expr, value.slot)

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
        self.placed(left)
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
                    node.start_byte + self.shift,
                    node.end_byte + self.shift,
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
        self.want(value, self._taken(target.ctype))
        return Value(target.ctype, self.leaf(node))

    def _taken(self, ctype: CType | None) -> str:
        """What a place of a type asks: `void *` takes anything, all else the old type."""
        return "any" if ctype is not None and ctype.base == "void" and ctype.depth else "old"

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
        return Value(_INT, self.leaf(node))

    def _pointer_expression(self, node: Node) -> Value:
        argument, operator = (
            node.child_by_field_name("argument"),
            node.child_by_field_name("operator"),
        )
        if argument is None or operator is None:
            return Value(None, self.leaf(node, state="unknown"))
        value = self.value(argument)
        if operator.type == "&":
            self.placed(argument)
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
            self.site(Name(named.start_byte + self.shift, named.end_byte + self.shift, slot))
        return self.plain(node, self.context.field(value.ctype.base, name), slot)

    def _undecided_field(self, node: Node, name: str) -> Value:
        """A field of something whose type could not be decided."""
        for (_, field), slot in self.context.fields.items():
            if field == name:
                self.obstacle(node, f"cannot decide which struct's field '{name}' this is", slot)
        return Value(None, self.leaf(node, state="unknown"))

    def _cast_expression(self, node: Node) -> Value:
        described, operand = node.child_by_field_name("type"), node.child_by_field_name("value")
        if described is None or operand is None:
            return Value(None, self.leaf(node, state="unknown"))
        if operand.type == "initializer_list":
            return self._compound_literal_expression(node)
        return self.cast(node, operand, self.described(described))

    def cast(self, node: Node, operand: Node, ctype: CType | None) -> Value:
        """Visit what is cast to a type."""
        value = self.value(operand)
        if self.deep(value) and value.slot is not None and (ctype is None or ctype.base != "void"):
            self.pin(value.slot, node.start_byte, "it is cast to another type")
        if self.deep(value):
            self.settle(value)
        else:
            self.want(value, "old" if self.context.is_old(value.ctype) else "any")
        return self.plain(node, ctype)

    def _compound_literal_expression(self, node: Node) -> Value:
        described, listed = node.child_by_field_name("type"), node.child_by_field_name("value")
        ctype = None
        if described is not None:
            ctype = self.described(described)
        if listed is not None:
            self.initializer(listed, self.context.resolve(ctype), None)
        return self.plain(node, ctype)

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
                    return Value(_INT, self.leaf(node)) if both else self.plain(node, value.ctype)
            pointer = next((v for v in (a, b) if v.ctype is not None and v.ctype.depth), None)
            if pointer is not None and operator.type in "+-":
                return self.plain(node, pointer.ctype)
            if a.ctype is None or b.ctype is None:
                return Value(None, self.leaf(node, state="unknown"))
        return Value(_INT, self.leaf(node))

    def _compared(self, a: Value, b: Value) -> None:
        if self.deep(a) and self.deep(b):
            if a.slot is not None:
                self._meet(b, a.slot)
            elif b.slot is not None:
                self._meet(a, b.slot)
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
                self._meet(other, tested.slot)
            self.settle(tested)
            self.settle(other)
            return Value(tested.ctype, self.leaf(node), tested.slot or other.slot)
        expr = Conditional(
            node.start_byte + self.shift, node.end_byte + self.shift, (tested.expr, other.expr)
        )
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
        return Value(_INT, self.leaf(node))

    def _call_expression(self, node: Node) -> Value:
        from zpconvert.rewrite.calls import call

        return call(self, node)

    # -- initializers --------------------------------------------------------------------

    def initializer(self, node: Node, ctype: CType | None, slot: Slot | None) -> None:
        """Visit an initializer of something of a type (held in `slot`)."""
        if node.type != "initializer_list":
            self._initial(node, ctype, slot)
            return
        names = list(self.context.unit.structs.get(ctype.base, {})) if ctype else []
        position = 0
        for child in node.named_children:
            if child.type == "comment":
                continue
            if child.type == "initializer_pair":
                self._pair(child, ctype, slot)
            elif ctype is not None and not ctype.depth and position < len(names):
                self._member(child, ctype, names[position])
            else:
                self.initializer(child, ctype.pointed(-1) if ctype and ctype.depth else None, slot)
            position += 1

    def _initial(self, node: Node, ctype: CType | None, slot: Slot | None) -> None:
        value = self.value(node)
        if self.context.is_old(ctype) and slot is not None:
            self.want(value, slot)
        else:
            self.want(value, self._taken(ctype))

    def _pair(self, pair: Node, ctype: CType | None, slot: Slot | None) -> None:
        designators = pair.children_by_field_name("designator")
        value = pair.child_by_field_name("value")
        if value is None:
            return
        for designator in designators:
            for index in designator.named_children:
                if designator.type == "subscript_designator":
                    self.want(self.value(index), "any")
        first = designators[0] if designators else None
        if first is not None and first.type == "field_designator" and len(designators) == 1:
            named = first.named_children[0]
            tag = ctype.base if ctype is not None else ""
            field = self.context.fields.get((tag, self.unit.text(named)))
            if field is not None:
                self.item.deps.add(field)
                self.site(Name(named.start_byte + self.shift, named.end_byte + self.shift, field))
            self._member(value, ctype, self.unit.text(named))
        elif first is not None and first.type == "subscript_designator":
            self.initializer(value, ctype.pointed(-1) if ctype and ctype.depth else None, slot)
        else:
            self.initializer(value, None, None)

    def _member(self, node: Node, ctype: CType | None, name: str) -> None:
        tag = ctype.base if ctype is not None else ""
        self.initializer(node, self.context.field(tag, name), self.context.fields.get((tag, name)))

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
        from zpconvert.rewrite.calls import loop_macro

        condition = node.child_by_field_name("condition")
        body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
        args = _commas(condition) if condition is not None else []
        loop_macro(self, node, self.unit.masked.iterators[node.start_byte], args)
        if body is not None:
            self.statement(body)

    def declaration(self, node: Node) -> None:
        """Visit a local declaration: new names in scope, slots, initializers."""
        base = self.specifier(node)
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
                self.initializer(d.value, ctype, slot)
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
