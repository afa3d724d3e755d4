# SPDX-License-Identifier: GPL-2.0-only
"""The types that declarations and type names spell, typeof() looked into."""

from __future__ import annotations

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite.macros import typeof_text
from zpconvert.rewrite.visit.visitor import Visitor


def specifier(visitor: Visitor, node: Node) -> CType | None:
    """The type of a declaration's specifiers, typeof() looked into."""
    inner = node.child_by_field_name("type")
    if inner is not None and inner.start_byte in visitor.unit.masked.types:
        text = visitor.unit.masked.types[inner.start_byte]
        if "typeof" in text or "__auto_type" in text:
            return typeof_text(visitor, text)
    return declare.specifier(node, visitor.unit.source, visitor.unit.masked.types)


def described(visitor: Visitor, node: Node) -> CType | None:
    """The type that a `type_descriptor` spells, typeof() looked into."""
    base = specifier(visitor, node)
    inner = node.child_by_field_name("declarator")
    return base.pointed(declare.read(inner).depth) if base and inner is not None else base
