# SPDX-License-Identifier: GPL-2.0-only
"""Primary expressions: names, literals, parentheses with what stands in them, sizeof, asm."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node, descend
from zpconvert.rewrite.slots import Name
from zpconvert.rewrite.visit import macro_types
from zpconvert.rewrite.visit.values import INT, Value
from zpconvert.rewrite.visit.visitor import Visitor


def identifier(visitor: Visitor, node: Node) -> Value:
    """Visit a name: a variable, a function, an object-like macro."""
    name = visitor.unit.text(node)
    start, end = visitor.span(node)
    variable = visitor.lookup(name)
    if variable is not None:
        if variable.slot is not None:
            visitor.item.deps.add(variable.slot)
            visitor.site(Name(start, end, variable.slot))
        return visitor.plain(node, variable.ctype, variable.slot)
    if name in visitor.parameters:
        return Value(None, visitor.leaf(node, state="old"))
    if name in visitor.context.unit.functions:
        visitor.site(Name(start, end, None, name))
        return Value(CType("void", 1), visitor.leaf(node))
    return visitor.plain(node, macro_types.object_macro(visitor, name, node))


def null(visitor: Visitor, node: Node) -> Value:
    """Visit NULL: it goes anywhere."""
    return Value(CType("void", 1), visitor.leaf(node))


def number(visitor: Visitor, node: Node) -> Value:
    """Visit a number."""
    return Value(INT, visitor.leaf(node))


def string(visitor: Visitor, node: Node) -> Value:
    """Visit a string, or several side by side."""
    return Value(CType("char", 1), visitor.leaf(node))


def parenthesized(visitor: Visitor, node: Node) -> Value:
    """Visit `(v)` or `({ …; v; })`."""
    inner = [c for c in node.named_children if c.type != "comment"]
    if len(inner) != 1:
        for child in inner:
            visitor.want(visitor.value(child), "any")
        return visitor.unknown(node)
    if inner[0].type == "compound_statement":
        return _statement_expression(visitor, node, inner[0])
    return visitor.around(node, visitor.value(inner[0]))


def _statement_expression(visitor: Visitor, node: Node, body: Node) -> Value:
    """`({ …; v; })`: worth its last statement."""
    visitor.scopes.append({})
    statements = [c for c in body.named_children if c.type != "comment"]
    value: Value | None = None
    for i, statement in enumerate(statements):
        last = i == len(statements) - 1 and statement.type == "expression_statement"
        if last and statement.named_children:
            value = visitor.value(statement.named_children[0])
        else:
            visitor.statement(statement)
    visitor.scopes.pop()
    if value is None:
        return Value(CType("void"), visitor.leaf(node))
    return visitor.around(node, value)


def sizeof(visitor: Visitor, node: Node) -> Value:
    """Visit `sizeof(v)` or `sizeof(type)`."""
    value = node.child_by_field_name("value")
    if value is not None:
        visitor.want(visitor.value(value), "any")
    return Value(CType("unsigned long"), visitor.leaf(node))


def offsetof(visitor: Visitor, node: Node) -> Value:
    """Visit `offsetof(type, member)` or `_Alignof(type)`."""
    return Value(CType("unsigned long"), visitor.leaf(node))


def generic(visitor: Visitor, node: Node) -> Value:
    """Visit `_Generic(…)`: its type is not decided."""
    return visitor.unknown(node)


def inline_assembly(visitor: Visitor, node: Node) -> Value:
    """Visit `asm(…)`: an operand of it has no wrapper."""
    for operand in descend(node, "gnu_asm_output_operand", "gnu_asm_input_operand"):
        inner = operand.child_by_field_name("value")
        if inner is not None:
            value = visitor.value(inner)
            visitor.settle(value)
            visitor.obstacle(operand, "an operand of inline assembly", value.slot)
    return Value(INT, visitor.leaf(node))
