# SPDX-License-Identifier: GPL-2.0-only
"""Which function visits which kind of expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zpconvert.csource.parse import Node
from zpconvert.rewrite.visit import access, calls, casts, operators, primary
from zpconvert.rewrite.visit.values import INT, Value
from zpconvert.rewrite.visit.visitor import Visitor

#: Kinds of nodes (tree-sitter-c's names) that are no expression and hold none.
NOT_VISITED = frozenset(
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
_BY_KIND: Mapping[str, Callable[[Visitor, Node], Value]] = {
    "identifier": primary.identifier,
    "null": primary.null,
    "number_literal": primary.number,
    "string_literal": primary.string,
    "concatenated_string": primary.string,
    "parenthesized_expression": primary.parenthesized,
    "sizeof_expression": primary.sizeof,
    "offsetof_expression": primary.offsetof,
    "alignof_expression": primary.offsetof,
    "generic_expression": primary.generic,
    "gnu_asm_expression": primary.inline_assembly,
    "pointer_expression": access.pointer,
    "subscript_expression": access.subscript,
    "field_expression": access.field,
    "call_expression": calls.call,
    "cast_expression": casts.cast_expression,
    "compound_literal_expression": casts.compound_literal,
    "unary_expression": operators.unary,
    "update_expression": operators.update,
    "binary_expression": operators.binary,
    "conditional_expression": operators.conditional,
    "assignment_expression": operators.assignment,
    "comma_expression": operators.comma,
}


def expression(visitor: Visitor, node: Node) -> Value:
    """Visit an expression; of a kind that is not listed, what is inside it."""
    visit = _BY_KIND.get(node.type)
    if visit is not None:
        result = visit(visitor, node)
        if visitor.context.types is not None and not visitor.depth:
            visitor.context.types[visitor.span(node)] = result.ctype
        return result
    if node.type not in NOT_VISITED:
        for child in node.named_children:
            visitor.want(visitor.value(child), "any")
    return Value(INT, visitor.leaf(node))
