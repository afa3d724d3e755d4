# SPDX-License-Identifier: GPL-2.0-only
"""Operators: what an assignment, a comparison or arithmetic asks of its operands."""

from __future__ import annotations

from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Assign, Compare, Conditional, Move
from zpconvert.rewrite.visit import hygiene
from zpconvert.rewrite.visit.values import INT, Value, taken
from zpconvert.rewrite.visit.visitor import Visitor

_COMPARISON = frozenset(("==", "!=", "<", ">", "<=", ">="))
_LOGICAL = frozenset(("&&", "||"))
_ADDITIVE = frozenset(("+", "-"))


def assignment(visitor: Visitor, node: Node) -> Value:
    """Visit `v = e`, or `v += e` and its like."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return visitor.unknown(node)
    target, value = visitor.value(left), visitor.value(right)
    hygiene.placed(visitor, left)
    if operator.type != "=":
        visitor.want(value, "old")
        return _moved(visitor, node, left, target, right)
    return _assigned(visitor, node, target, value)


def _assigned(visitor: Visitor, node: Node, target: Value, value: Value) -> Value:
    """`v = e`: worth the target, whose state the value takes."""
    if visitor.context.is_old(target.ctype) and target.ctype is not None:
        if target.ctype.depth == 1:
            expr = Assign(*visitor.span(node), target.expr, value.expr)
            return Value(target.ctype, expr, target.slot)
        visitor.want(value, target.slot if target.slot is not None else "old")
        return Value(target.ctype, visitor.leaf(node), target.slot)
    visitor.settle(target)
    visitor.want(value, taken(target.ctype))
    return Value(target.ctype, visitor.leaf(node))


def update(visitor: Visitor, node: Node) -> Value:
    """Visit `v++` and its like."""
    argument = node.child_by_field_name("argument")
    if argument is None:
        return visitor.unknown(node)
    return _moved(visitor, node, argument, visitor.value(argument), None)


def _moved(visitor: Visitor, node: Node, target: Node, value: Value, amount: Node | None) -> Value:
    """`v++` or `v += n`: a pointer to a descriptor moves by the old struct's size.

    It can be said as an assignment where a variable is what moves, and `v++` where nobody
    wants its value.
    """
    operator = node.child_by_field_name("operator")
    slot = value.slot
    if slot is None or not visitor.context.is_old(value.ctype) or visitor.deep(value):
        visitor.settle(value)
        return Value(value.ctype, visitor.leaf(node), value.slot)
    simple = target.type == "identifier" and operator is not None
    if not simple or (amount is None and not _worthless(node)) or visitor.depth:
        visitor.obstacle(node, "arithmetic on a pointer that becomes a descriptor", slot)
    else:
        assert operator is not None
        held = visitor.span(amount) if amount is not None else None
        sign = "-" if operator.type.startswith("-") else "+"
        visitor.site(Move(*visitor.span(node), slot, visitor.span(operator), sign, held))
    return Value(value.ctype, visitor.leaf(node, slot), slot)


def _worthless(node: Node) -> bool:
    """An expression whose value goes nowhere: a statement, or a part of a loop's head."""
    above = node.parent
    while above is not None and above.type == "comma_expression":
        node, above = above, above.parent
    if above is None or above.type not in ("expression_statement", "for_statement"):
        return False
    return node != above.child_by_field_name("condition")


def unary(visitor: Visitor, node: Node) -> Value:
    """Visit `!v`, `-v`, `~v`: numbers."""
    argument = node.child_by_field_name("argument")
    if argument is not None:
        visitor.want(visitor.value(argument), "any")
    return Value(INT, visitor.leaf(node))


def binary(visitor: Visitor, node: Node) -> Value:
    """Visit `a && b`, `a == b`, `a + b` and their like."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return visitor.unknown(node)
    a, b = visitor.value(left), visitor.value(right)
    if operator.type in _LOGICAL:
        visitor.want(a, "any")
        visitor.want(b, "any")
    elif operator.type in _COMPARISON:
        _compared(visitor, a, b)
    else:
        return _arithmetic(visitor, node, a, b, operator.type in _ADDITIVE)
    return Value(INT, visitor.leaf(node))


def _arithmetic(visitor: Visitor, node: Node, a: Value, b: Value, additive: bool) -> Value:
    """`a + b`: the pointer that is moved, a difference, a number."""
    if visitor.deep(a) or visitor.deep(b):
        deep = a if visitor.deep(a) else b
        visitor.settle(a)
        visitor.settle(b)
        return visitor.plain(node, deep.ctype, deep.slot)
    visitor.want(a, "old")
    visitor.want(b, "old")
    is_old = visitor.context.is_old
    for value in (a, b):
        if is_old(value.ctype) and additive:
            both = is_old(a.ctype) and is_old(b.ctype)
            return Value(INT, visitor.leaf(node)) if both else visitor.plain(node, value.ctype)
    pointer = next((v for v in (a, b) if v.ctype is not None and v.ctype.depth), None)
    if pointer is not None and additive:
        return visitor.plain(node, pointer.ctype)
    if a.ctype is None or b.ctype is None:
        return visitor.unknown(node)
    return Value(INT, visitor.leaf(node))


def _compared(visitor: Visitor, a: Value, b: Value) -> None:
    """What is compared must be of one state."""
    if visitor.deep(a) and visitor.deep(b):
        if a.slot is not None:
            visitor.meet(b, a.slot)
        elif b.slot is not None:
            visitor.meet(a, b.slot)
        visitor.settle(a)
        visitor.settle(b)
    else:
        visitor.site(Compare(a.expr, b.expr))


def comma(visitor: Visitor, node: Node) -> Value:
    """Visit `a, b`: worth b."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is not None:
        visitor.want(visitor.value(left), "any")
    if right is None:
        return visitor.unknown(node)
    return visitor.around(node, visitor.value(right))


def conditional(visitor: Visitor, node: Node) -> Value:
    """Visit `c ? a : b`, or `a ?: b`."""
    condition = node.child_by_field_name("condition")
    first = node.child_by_field_name("consequence")
    second = node.child_by_field_name("alternative")
    if condition is None or second is None:
        return visitor.unknown(node)
    tested = visitor.value(condition)
    if first is not None:
        visitor.want(tested, "any")
        tested = visitor.value(first)
    other = visitor.value(second)
    if visitor.deep(tested) and visitor.deep(other):
        if tested.slot is not None:
            visitor.meet(other, tested.slot)
        visitor.settle(tested)
        visitor.settle(other)
        return Value(tested.ctype, visitor.leaf(node), tested.slot or other.slot)
    expr = Conditional(*visitor.span(node), (tested.expr, other.expr))
    ctype = tested.ctype
    if ctype is None or (ctype.base == "void" and ctype.depth) or not ctype.depth:
        ctype = other.ctype if other.ctype is not None and other.ctype.depth else ctype
    return Value(ctype, expr, tested.slot or other.slot)
