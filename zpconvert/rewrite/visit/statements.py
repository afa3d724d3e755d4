# SPDX-License-Identifier: GPL-2.0-only
"""Statements: in order, scopes nested."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite.visit.declarations import declaration
from zpconvert.rewrite.visit.expressions import NOT_VISITED
from zpconvert.rewrite.visit.macro_calls import loop_macro
from zpconvert.rewrite.visit.visitor import Visitor

#: Results that a pointer becomes by being tested.
NUMBERS = (CType("bool"), CType("_Bool"))
_LOOPS = ("while_statement", "if_statement")


def statement(visitor: Visitor, node: Node) -> None:
    """Visit a statement, or an expression that stands for one."""
    kind = node.type
    if kind in ("compound_statement", "for_statement"):
        visitor.scopes.append({})
        _children(visitor, node)
        visitor.scopes.pop()
    elif kind == "declaration":
        declaration(visitor, node)
    elif kind == "return_statement":
        _return(visitor, node)
    elif node.start_byte in visitor.unit.masked.iterators and kind in _LOOPS:
        _iterator(visitor, node)
    elif kind in ("function_definition", "ERROR"):
        for child in node.named_children:
            visitor.statement(child)
    elif kind.endswith(("_statement", "_clause")) or kind.startswith("preproc_"):
        _children(visitor, node)
    elif kind not in NOT_VISITED:
        visitor.want(visitor.value(node), "any")


def _children(visitor: Visitor, node: Node) -> None:
    """What a statement is made of, but its label."""
    label = node.child_by_field_name("label") or node.child_by_field_name("name")
    for child in node.named_children:
        if child != label and child.type not in NOT_VISITED:
            visitor.statement(child)


def _return(visitor: Visitor, node: Node) -> None:
    """`return e`: the function's result wants what it is."""
    declared = visitor.context.unit.functions.get(visitor.function or "")
    number = declared is not None and declared.result in NUMBERS
    result = visitor.context.results.get(visitor.function or "")
    for child in node.named_children:
        if child.type != "comment":
            want = result if result is not None else "any" if number else "old"
            visitor.want(visitor.value(child), want)


def _iterator(visitor: Visitor, node: Node) -> None:
    """A loop macro: its head is a call, its body a statement."""
    condition = node.child_by_field_name("condition")
    body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
    args = _commas(condition) if condition is not None else []
    loop_macro(visitor, node, visitor.unit.masked.iterators[node.start_byte], args)
    if body is not None:
        visitor.statement(body)


def _commas(node: Node) -> list[Node]:
    """The expressions that commas separate inside a parenthesis."""
    if node.type in ("parenthesized_expression", "comma_expression"):
        return [a for c in node.named_children if c.type != "comment" for a in _commas(c)]
    return [node]
