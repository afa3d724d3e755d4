# SPDX-License-Identifier: GPL-2.0-only
"""The types that declarations and type names spell, typeof() looked into."""

from __future__ import annotations

import re

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType, parse_ctype
from zpconvert.csource.parse import Node
from zpconvert.rewrite.visit.macro_types import evaluate
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


def typeof_text(visitor: Visitor, text: str) -> CType | None:
    """The type that `typeof(expression)`, or a type's own text, spells."""
    match = re.fullmatch(r"(?:typeof|__typeof__|__typeof)\s*\((.*)\)(.*)", text, re.S)
    if match is None:
        return parse_ctype(text)
    inner = match.group(1).strip()
    if re.match(r"(?:const |volatile )*(?:struct|union|enum|unsigned|int|long|char|void)\b", inner):
        return parse_ctype(inner)
    names = {n: v.ctype for scope in visitor.scopes for n, v in scope.items()}
    found = evaluate(visitor, inner, names)
    return found.pointed(match.group(2).count("*")) if found is not None else None
