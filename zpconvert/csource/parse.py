# SPDX-License-Identifier: GPL-2.0-only
"""tree-sitter's one home: masked text in, syntax tree out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter
import tree_sitter_c

#: A node of the syntax tree; its bytes are positions in the source.
Node = tree_sitter.Node


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def parse(masked: bytes) -> Node:
    """The root of the syntax tree of a masked text."""
    return _parser().parse(masked).root_node


def errors(node: Node) -> Iterator[Node]:
    """The outermost ERROR and MISSING nodes under a node, in order."""
    if node.type == "ERROR" or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from errors(child)


def descend(node: Node, *types: str) -> Iterator[Node]:
    """All nodes of the given types under a node, outermost first, in order."""
    for child in node.children:
        if child.type in types:
            yield child
        yield from descend(child, *types)
