# SPDX-License-Identifier: GPL-2.0-only
"""Syntax trees as the rules read them: walks without recursion, calls, what lies inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Unit


class Call(NamedTuple):
    """A call of a name: `name(args)`."""

    node: Node
    name: str
    args: tuple[Node, ...]


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text; as deep as it may be."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.children)


def bare(node: Node) -> Node:
    """An expression without the parentheses round it."""
    while node.type == "parenthesized_expression":
        inner = [c for c in node.named_children if c.type != "comment"]
        if len(inner) != 1:
            return node
        node = inner[0]
    return node


def outside(node: Node) -> Node:
    """The outermost parenthesis round an expression, or itself."""
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    return node


def call_of(unit: Unit, node: Node) -> Call | None:
    """The call that a node is, if it calls a name."""
    if node.type != "call_expression":
        return None
    function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or function.type != "identifier" or listed is None:
        return None
    args = tuple(a for a in listed.named_children if a.type != "comment")
    return Call(node, unit.text(function), args)


def call_round(unit: Unit, node: Node) -> Call | None:
    """The call that an expression is an argument of, parentheses looked through."""
    listed = outside(node).parent
    if listed is None or listed.type != "argument_list" or listed.parent is None:
        return None
    return call_of(unit, listed.parent)
