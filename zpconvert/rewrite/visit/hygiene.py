# SPDX-License-Identifier: GPL-2.0-only
"""Macros of the file that name more than their arguments, and so stand in a slot's way."""

from __future__ import annotations

import re

from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Macro
from zpconvert.rewrite.context import words
from zpconvert.rewrite.visit.visitor import Visitor

#: An identifier that is no member's.
_FREE = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")


def unhygienic(visitor: Visitor, node: Node, own: list[Macro]) -> None:
    """A macro of the file that names a local of its caller cannot follow a rename of it."""
    for macro in own:
        for word in _FREE.findall(macro.body.decode("utf-8", "replace")):
            if macro.params is None or word not in macro.params:
                for scope in visitor.scopes:
                    held = scope.get(word)
                    if held is not None and held.slot is not None:
                        visitor.obstacle(
                            node, f"macro '{macro.name}' uses the caller's '{word}'", held.slot
                        )


def placed(visitor: Visitor, node: Node) -> None:
    """An expression is assigned to, or its address taken: no wrapped macro can be."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[-1]
    called = node.child_by_field_name("function") if node.type == "call_expression" else node
    name = visitor.unit.text(called) if called is not None and called.type == "identifier" else ""
    for macro in visitor.context.unit.macros.get(name, ()):
        if visitor.lookup(name) is None:
            slots = visitor.context.mentioned(words(macro.body) - set(macro.params or ()))
            visitor.obstacle(node, f"macro '{name}' is assigned to", *slots)
