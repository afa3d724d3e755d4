# SPDX-License-Identifier: GPL-2.0-only
"""Reading the definition of one struct out of a kernel header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zpconvert.csource.members import Group, StructMember
from zpconvert.csource.parse import Node, errors, parse
from zpconvert.errors import UserError

_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)
_ARGUMENTS = rb"[ \t]*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
#: Annotations of members (compiler_types.h, compiler_attributes.h, cache.h); none changes a type.
_ATTRIBUTE = re.compile(
    rb"\b(?:__(?:aligned|attribute__|counted_by(?:_[lb]e)?|guarded_by)" + _ARGUMENTS
    + rb"|__(?:user|iomem|rcu|percpu|force|private|packed|bitwise|nonstring|randomize_layout)\b"
    rb"|__{1,3}cacheline_(?:internodealigned|aligned)(?:_in_smp)?\b"
    rb"|randomized_struct_fields_(?:start|end)\b)"
)  # fmt: skip
_DECLARATORS = (
    "field_identifier",
    "pointer_declarator",
    "array_declarator",
    "function_declarator",
    "parenthesized_declarator",
)


def read_struct(text: bytes, tag: str, where: str) -> Group:
    """The members of `struct {tag}` as a header's text defines it.

    where: the header's path, for messages.
    Raises UserError when the struct is not there or a member cannot be read.
    """
    plain = _blanked(_COMMENT, text)
    found = re.search(rb"^[ \t]*struct[ \t]+%s\s*\{" % tag.encode(), plain, re.MULTILINE)
    if found is None:
        raise UserError(where, f"does not define struct {tag}", "check that the tree is whole")
    first = plain.count(b"\n", 0, found.start())
    body = plain[found.start() : _closing_brace(plain, found.end())]
    root = parse(_blanked(_ATTRIBUTE, body) + b";")
    for bad in errors(root):
        raise UserError(
            f"{where}:{first + bad.start_point[0] + 1}",
            f"cannot read this member of struct {tag}",
            "report it as a bug, with the definition",
        )
    fields = next(n for n in root.children[0].children if n.type == "field_declaration_list")
    return Group("struct", tuple(_fields(fields, ())))


def _blanked(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    """The text with what matches turned into spaces; line ends stay."""
    return pattern.sub(lambda m: re.sub(rb"[^\n]", b" ", m.group()), text)


def _closing_brace(text: bytes, start: int) -> int:
    """The offset after the brace that closes the one before `start`."""
    depth = 1
    for brace in re.compile(rb"[{}]").finditer(text, start):
        depth += 1 if brace.group() == b"{" else -1
        if depth == 0:
            return brace.end()
    return len(text)


def _fields(node: Node, conditions: tuple[str, ...]) -> Iterator[StructMember | Group]:
    for child in node.children:
        if child.type == "field_declaration":
            yield from _field(child, conditions)
        elif child.type in ("preproc_if", "preproc_ifdef"):
            yield from _arms(child, conditions, ())


def _arms(
    node: Node, outer: tuple[str, ...], before: tuple[str, ...]
) -> Iterator[StructMember | Group]:
    """The members of one arm and of those after it; `before` holds the arms that came first."""
    own = _condition(node)
    parts = [_negated(arm) for arm in before] + ([_operand(own)] if own else [])
    joined = own if len(parts) == 1 and own else " && ".join(parts)
    yield from _fields(node, (*outer, joined))
    following = node.child_by_field_name("alternative")
    if following is not None:
        yield from _arms(following, outer, (*before, own))


def _condition(arm: Node) -> str:
    """What must hold for an arm by itself; empty for `#else`."""
    name = arm.child_by_field_name("name")
    if name is not None:
        negated = arm.children[0].type in ("#ifndef", "#elifndef")
        return ("!" if negated else "") + f"defined({_text(name)})"
    condition = arm.child_by_field_name("condition")
    return "" if condition is None else _text(condition)


def _operand(expression: str) -> str:
    """An expression as it can stand beside `!` and `&&`."""
    return (
        expression if re.fullmatch(r"!?(?:defined\(\w+\)|\w+)", expression) else f"({expression})"
    )


def _negated(expression: str) -> str:
    return (
        expression[1:]
        if re.fullmatch(r"!defined\(\w+\)", expression)
        else (f"!{_operand(expression)}")
    )


def _field(node: Node, conditions: tuple[str, ...]) -> Iterator[StructMember | Group]:
    declarators = node.children_by_field_name("declarator")
    if not declarators:
        kind = node.child_by_field_name("type")
        body = kind and kind.child_by_field_name("body")
        if kind is not None and body is not None:
            word = "union" if kind.type == "union_specifier" else "struct"
            yield Group(word, tuple(_fields(body, conditions)), conditions)
        return
    specifier = _text(node, declarators[0].start_byte)
    for declarator in declarators:
        bits = declarator.next_sibling
        end = bits.end_byte if bits and bits.type == "bitfield_clause" else declarator.end_byte
        text = _text(node, end, declarator.start_byte)
        yield StructMember(_declared_name(declarator), f"{specifier} {text}", conditions)


def _declared_name(declarator: Node) -> str:
    while declarator.type != "field_identifier":
        inner = declarator.child_by_field_name("declarator")
        declarator = inner or next(c for c in declarator.named_children if c.type in _DECLARATORS)
    return _text(declarator)


def _text(node: Node, end: int | None = None, start: int | None = None) -> str:
    """Source of a node, or of a stretch of it by absolute offsets, white space collapsed."""
    source = node.text or b""
    first = 0 if start is None else start - node.start_byte
    last = len(source) if end is None else end - node.start_byte
    return " ".join(source[first:last].decode("utf-8", "replace").split())
