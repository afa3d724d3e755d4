# SPDX-License-Identifier: GPL-2.0-only
"""A C file as declared things: functions, structs, globals, macros and where each stands.

Both arms of every `#if` are read. A function may be declared several times and defined once
per arm; all of them are one `Function`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.mask import Masked, mask
from zpconvert.csource.parse import Node, descend, parse

_ARMS = (
    "preproc_if",
    "preproc_ifdef",
    "preproc_else",
    "preproc_elif",
    "preproc_elifdef",
    "linkage_specification",
    "declaration_list",
)
#: What `read_body` puts before a text.
BODY = b"void zpconvert_body(void)\n{\n"
_STRUCTS = ("struct_specifier", "union_specifier")


@dataclass
class Field:
    """A struct's field: its type and its declaration."""

    name: str
    ctype: CType | None
    declarator: declare.Declarator
    declaration: Node


@dataclass
class Function:
    """A function by name: every declaration and definition of it in the file."""

    name: str
    result: CType
    static: bool
    declarations: list[tuple[Node, declare.Declarator]] = field(default_factory=list)

    @property
    def definitions(self) -> list[Node]:
        """The function_definition nodes, one per preprocessor arm."""
        return [n for n, _ in self.declarations if n.type == "function_definition"]


@dataclass
class Macro:
    """A macro the file defines. params is None for an object-like one; body starts at byte `at`."""

    name: str
    params: tuple[str, ...] | None
    body: bytes
    at: int
    node: Node


@dataclass
class Unit:
    """A parsed C file. Positions are bytes in `source`; lines and columns are 1-based."""

    source: bytes
    masked: Masked
    root: Node
    functions: dict[str, Function] = field(default_factory=dict)
    structs: dict[str, dict[str, Field]] = field(default_factory=dict)
    globals: dict[str, list[tuple[Node, declare.Declarator]]] = field(default_factory=dict)
    typedefs: dict[str, CType] = field(default_factory=dict)
    macros: dict[str, list[Macro]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def position(self, byte: int) -> tuple[int, int]:
        """1-based line and column of a byte."""
        line = bisect_right(self._lines, byte)
        return line, byte - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer(b"\n", self.source))]


def read(source: bytes) -> Unit:
    """Parse a C file and collect what it declares."""
    masked = mask(source)
    unit = Unit(source, masked, parse(masked.text))
    for item in _top(unit.root):
        unit.items.append(item)
        _collect(unit, item)
    return unit


def read_body(text: bytes) -> tuple[Unit, Node | None]:
    """Statements (or one expression) as the body of a function; nothing that they declare is
    collected. The node is the compound statement, None if the text does not parse."""
    source = BODY + text + b"\n;}\n"
    masked = mask(source)
    unit = Unit(source, masked, parse(masked.text))
    items = unit.root.named_children
    if unit.root.has_error or len(items) != 1 or items[0].type != "function_definition":
        return unit, None
    return unit, items[0].child_by_field_name("body")


def _top(node: Node) -> Iterator[Node]:
    """Top-level items, looking through preprocessor arms."""
    for child in node.named_children:
        if child.type in _ARMS:
            yield from _top(child)
        elif child.type != "comment":
            yield child


def _collect(unit: Unit, item: Node) -> None:
    if item.type in ("preproc_function_def", "preproc_def"):
        _macro(unit, item)
        return
    if b"define" in unit.source[item.start_byte : item.end_byte]:
        for define in descend(item, "preproc_function_def", "preproc_def"):
            _macro(unit, define)
    for node in _specifiers(item):
        _struct(unit, node)
    if item.type == "function_definition":
        _function(unit, item, declare.declarators(item)[0])
    elif item.type == "declaration":
        for declarator in declare.declarators(item):
            if declarator.parameters is not None and not declarator.called:
                _function(unit, item, declarator)
            elif declarator.name is not None:
                unit.globals.setdefault(unit.text(declarator.name), []).append((item, declarator))
    elif item.type == "type_definition":
        base = declare.specifier(item, unit.source, unit.masked.types)
        for declarator in declare.declarators(item):
            if declarator.name is not None and declarator.parameters is None:
                unit.typedefs[unit.text(declarator.name)] = base.pointed(declarator.depth)


def _specifiers(node: Node) -> Iterator[Node]:
    """Struct and union bodies in an item, function bodies left out."""
    for child in (node, *node.named_children):
        if child.type in _STRUCTS and child.child_by_field_name("body") is not None:
            yield child
            if child is node:
                return


def _function(unit: Unit, item: Node, declarator: declare.Declarator) -> None:
    if declarator.name is None:
        return
    name = unit.text(declarator.name)
    base = declare.specifier(item, unit.source, unit.masked.types)
    function = unit.functions.get(name)
    if function is None:
        function = Function(name, base.pointed(declarator.depth), False)
        unit.functions[name] = function
    function.static |= b"static" in declare.storage(item, unit.source)
    function.declarations.append((item, declarator))


def _macro(unit: Unit, item: Node) -> None:
    name, value = item.child_by_field_name("name"), item.child_by_field_name("value")
    if name is None:
        return
    listed = item.child_by_field_name("parameters")
    params = None
    if listed is not None:
        params = tuple(unit.text(p) for p in listed.children if p.type in ("identifier", "..."))
    body = unit.source[value.start_byte : value.end_byte] if value is not None else b""
    at = value.start_byte if value is not None else item.end_byte
    word = unit.text(name)
    unit.macros.setdefault(word, []).append(Macro(word, params, body, at, item))


def _struct(unit: Unit, node: Node) -> None:
    fields = unit.structs.setdefault(declare.tag(node, unit.source), {})
    body = node.child_by_field_name("body")
    if body is not None:
        _fields(unit, body, fields)


def _fields(unit: Unit, body: Node, fields: dict[str, Field]) -> None:
    """Fields of a struct body; those of anonymous members count as its own."""
    for child in body.named_children:
        if child.type in _ARMS:
            _fields(unit, child, fields)
        elif child.type == "field_declaration":
            declarators = declare.declarators(child)
            inner = child.child_by_field_name("type")
            nested = inner.child_by_field_name("body") if inner is not None else None
            if inner is not None and nested is not None and inner.type in _STRUCTS:
                if declarators:
                    _struct(unit, inner)
                else:
                    _fields(unit, nested, fields)
            base = declare.specifier(child, unit.source, unit.masked.types)
            for d in declarators:
                if d.name is not None:
                    ctype = None if d.parameters is not None else base.pointed(d.depth)
                    fields[unit.text(d.name)] = Field(unit.text(d.name), ctype, d, child)
