# SPDX-License-Identifier: GPL-2.0-only
"""Declarations: what each declarator names, how many pointers away, and of what type."""

from __future__ import annotations

from dataclasses import dataclass

from zpconvert.csource.ctype import CType, parse_ctype
from zpconvert.csource.parse import Node

_POINTER = ("pointer_declarator", "abstract_pointer_declarator")
_ARRAY = ("array_declarator", "abstract_array_declarator")
_FUNCTION = ("function_declarator", "abstract_function_declarator")
_NAME = ("identifier", "field_identifier", "type_identifier")
_DECLARATOR = (
    *_POINTER,
    *_ARRAY,
    *_FUNCTION,
    *_NAME,
    "parenthesized_declarator",
    "attributed_declarator",
    "abstract_parenthesized_declarator",
)


@dataclass(frozen=True)
class Declarator:
    """One declarator of a declaration.

    node:  the declarator with its initializer. name: None for an abstract one.
    depth: pointers and array dimensions. parameters: the parameter list of a function.
    called: the declarator is a pointer to a function: its own type is not followed.
    value: the initializer's expression.
    """

    node: Node
    name: Node | None
    depth: int
    parameters: Node | None
    called: bool
    value: Node | None


def read(node: Node) -> Declarator:
    """Read a declarator (or init_declarator) node."""
    value = node.child_by_field_name("value") if node.type == "init_declarator" else None
    inner: Node | None = node
    if node.type == "init_declarator":
        inner = node.child_by_field_name("declarator")
    depth, parameters, called = 0, None, False
    while inner is not None and inner.type not in _NAME:
        if inner.type in _POINTER or inner.type in _ARRAY:
            depth += 1
            called = called or parameters is not None
        elif inner.type in _FUNCTION:
            parameters = inner.child_by_field_name("parameters")
            holder = inner.child_by_field_name("declarator")
            if holder is not None and holder.type.endswith("parenthesized_declarator"):
                called = True
        inner = _inner(inner)
    return Declarator(node, inner, depth, parameters, called, value)


def _inner(node: Node) -> Node | None:
    inner = node.child_by_field_name("declarator")
    if inner is None:
        inner = next((c for c in node.children if c.type in _DECLARATOR), None)
    return inner


def declarators(declaration: Node) -> list[Declarator]:
    """The declarators of a declaration, field, parameter or type definition, in order."""
    return [read(n) for n in declaration.children_by_field_name("declarator")]


def specifier(declaration: Node, source: bytes, types: dict[int, str]) -> CType:
    """The type that a declaration's specifiers spell, no pointers counted.

    `types` are the masked types of the source (`Masked.types`).
    """
    node = declaration.child_by_field_name("type")
    if node is None:
        return CType("int")
    if node.start_byte in types:
        return parse_ctype(types[node.start_byte])
    if node.type in ("struct_specifier", "union_specifier", "enum_specifier"):
        return CType(tag(node, source))
    return parse_ctype(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))


def tag(node: Node, source: bytes) -> str:
    """`struct name` of a struct, union or enum specifier; an unnamed one is named by its byte."""
    kind = node.type.removesuffix("_specifier")
    name = node.child_by_field_name("name")
    word = source[name.start_byte : name.end_byte].decode() if name else f"@{node.start_byte}"
    return f"{kind} {word}"


def storage(declaration: Node, source: bytes) -> set[bytes]:
    """The storage class words of a declaration or function definition."""
    return {
        source[c.start_byte : c.end_byte]
        for c in declaration.children
        if c.type == "storage_class_specifier"
    }


def type_text(node: Node, source: bytes, types: dict[int, str]) -> CType:
    """The type a `type_descriptor` (of a cast, sizeof, compound literal) spells."""
    base = specifier(node, source, types)
    inner = node.child_by_field_name("declarator")
    depth = read(inner).depth if inner is not None else 0
    return base.pointed(depth)
