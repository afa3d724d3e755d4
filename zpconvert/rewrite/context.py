# SPDX-License-Identifier: GPL-2.0-only
"""What is known about a file's names: its own declarations first, then the tree's headers."""

from __future__ import annotations

import re
from typing import Protocol

from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node, descend
from zpconvert.csource.unit import Function, Unit
from zpconvert.rewrite.slots import Groups, Slot

_WORD = re.compile(r"[A-Za-z_]\w*")
_BUILTIN = frozenset(
    (
        "void",
        "char",
        "short",
        "int",
        "long",
        "float",
        "double",
        "signed",
        "unsigned",
        "bool",
        "_Bool",
        "size_t",
        "ssize_t",
        "u8",
        "u16",
        "u32",
        "u64",
        "s8",
        "s16",
        "s32",
        "s64",
    )
)


class Headers(Protocol):
    """What the tree's headers say (`zpconvert.csource.externals.Externals`)."""

    def function(self, name: str) -> _Signature | None: ...
    def macro(self, name: str) -> tuple[_Macro, ...]: ...
    def field(self, tag: str, name: str) -> CType | None: ...
    def typedef(self, name: str) -> CType | None: ...
    def variable(self, name: str) -> CType | None: ...


class _Signature(Protocol):
    @property
    def result(self) -> CType | None: ...
    @property
    def params(self) -> tuple[CType | None, ...]: ...


class _Macro(Protocol):
    @property
    def params(self) -> tuple[str, ...] | None: ...
    @property
    def body(self) -> str: ...


class Context:
    """Names of one file, with the slots that its declarations are.

    old: the struct that is migrated from, as `struct page`. members: names of the members
    that the descriptor shares with it, for iterators that name one.
    types: set to a dictionary, it is given the type of every expression that is visited, by the
    bytes that it spans.
    """

    def __init__(self, unit: Unit, headers: Headers, old: str, members: frozenset[str]) -> None:
        self.unit, self.headers, self.old, self.members = unit, headers, old, members
        self.groups = Groups()
        self.slots: dict[str, Slot] = {}
        self.params: dict[str, list[Slot | None]] = {}
        self.results: dict[str, Slot] = {}
        self.fields: dict[tuple[str, str], Slot] = {}
        self.globals: dict[str, Slot] = {}
        self.fixed = _fixed_functions(unit)
        self.macro_types: dict[tuple[object, ...], CType | None] = {}
        self.definitions: dict[str, list[tuple[tuple[str, ...] | None, str]]] = {}
        self.arithmetic: dict[str, bool] = {}
        self.assigned: dict[tuple[str, int], bool] = {}
        self.types: dict[tuple[int, int], CType | None] | None = None
        self._collect()

    def is_old(self, ctype: CType | None) -> bool:
        """The type is the old struct, any number of pointers away."""
        return ctype is not None and ctype.base == self.old

    def spells_old(self, declaration: Node, unit: Unit) -> bool:
        """A declaration's specifier is the old struct's own name, no typedef or typeof()."""
        node = declaration.child_by_field_name("type")
        return (
            node is not None
            and node.type.endswith("_specifier")
            and node.child_by_field_name("name") is not None
            and node.child_by_field_name("body") is None
            and self.is_old(declare.specifier(declaration, unit.source, unit.masked.types))
        )

    def resolve(self, ctype: CType | None) -> CType | None:
        """A type with its typedefs looked through."""
        seen = 0
        while ctype is not None and " " not in ctype.base and ctype.base not in _BUILTIN:
            inner = self.unit.typedefs.get(ctype.base) or self.headers.typedef(ctype.base)
            if inner is None or seen > 8:
                return ctype
            ctype, seen = inner.pointed(ctype.depth), seen + 1
        return ctype

    def field(self, tag: str, name: str) -> CType | None:
        """Type of a struct's field, of this file or of the headers."""
        own = self.unit.structs.get(tag, {}).get(name)
        return self.resolve(own.ctype if own else self.headers.field(tag, name))

    def mentioned(self, names: set[str]) -> set[Slot]:
        """Slots that a text with these identifiers may reach: of functions, fields, globals."""
        found = {s for n in names for s in self.params.get(n, []) if s is not None}
        found |= {self.results[n] for n in names if n in self.results}
        found |= {s for (_, field), s in self.fields.items() if field in names}
        found |= {s for n, s in self.globals.items() if n in names}
        return {s for s in found if not s.fixed}

    def add(
        self,
        slot_id: str,
        kind: str,
        function: str | None,
        name: str,
        depth: int,
        at: int,
        fixed: bool = False,
    ) -> Slot:
        """Register a slot; a second one of the same id gets `#2` and so on."""
        unique, n = slot_id, 1
        while unique in self.slots:
            n += 1
            unique = f"{slot_id}#{n}"
        slot = Slot(unique, kind, function, name, depth, fixed, at)
        self.slots[unique] = slot
        return slot

    def _collect(self) -> None:
        for function in self.unit.functions.values():
            if function.definitions:
                self._signature(function)
        for tag, fields in self.unit.structs.items():
            for name, field in fields.items():
                if self.is_old(field.ctype) and field.ctype and field.ctype.depth:
                    at = (field.declarator.name or field.declarator.node).start_byte
                    self.fields[tag, name] = self.add(
                        f"{tag}.{name}", "field", None, name, field.ctype.depth, at
                    )
        for name, declared in self.unit.globals.items():
            node, declarator = declared[0]
            base = declare.specifier(node, self.unit.source, self.unit.masked.types)
            static = b"static" in declare.storage(node, self.unit.source)
            if self.is_old(base) and declarator.depth and static and not declarator.called:
                self.globals[name] = self.add(
                    f":{name}",
                    "global",
                    None,
                    name,
                    declarator.depth,
                    (declarator.name or node).start_byte,
                )

    def _signature(self, function: Function) -> None:
        fixed = function.name in self.fixed
        node, declarator = next(d for d in function.declarations if d[0] in function.definitions)
        if self.is_old(function.result) and function.result.depth and not fixed:
            self.results[function.name] = self.add(
                f"{function.name}()",
                "result",
                function.name,
                function.name,
                function.result.depth,
                (declarator.name or node).start_byte,
            )
        slots: list[Slot | None] = []
        for parameter, (name, ctype, at) in zip(
            parameter_nodes(declarator), self.parameters(declarator), strict=True
        ):
            slot = None
            spelled = self.spells_old(parameter, self.unit)
            if spelled and ctype and ctype.depth and not (fixed and ctype.depth > 1):
                slot = self.add(
                    f"{function.name}:{name}", "param", function.name, name, ctype.depth, at, fixed
                )
            slots.append(slot)
        self.params[function.name] = slots

    def parameters(self, declarator: declare.Declarator) -> list[tuple[str, CType | None, int]]:
        """Name, type and byte of each parameter; unnamed ones are called ''."""
        unit, found = self.unit, []
        for node in parameter_nodes(declarator):
            base = declare.specifier(node, unit.source, unit.masked.types)
            inner = declare.declarators(node)
            d = inner[0] if inner else None
            depth, called = (d.depth, d.called) if d else (0, False)
            name = unit.text(d.name) if d and d.name else ""
            ctype = None if called else self.resolve(base.pointed(depth))
            found.append((name, ctype, (d.name if d and d.name else node).start_byte))
        return found


def parameter_nodes(declarator: declare.Declarator) -> list[Node]:
    """The parameter declarations of a function declarator, in order."""
    listed = declarator.parameters.named_children if declarator.parameters else []
    return [node for node in listed if node.type == "parameter_declaration"]


def _fixed_functions(unit: Unit) -> frozenset[str]:
    """Functions whose signature others rely on: not static, or used as a value."""
    names = {f.name.encode() for f in unit.functions.values()}
    fixed = {f.name for f in unit.functions.values() if not f.static}
    tokens = unit.masked.tokens
    for i, token in enumerate(tokens):
        if token.kind == "name" and token.text in names:
            following = tokens[i + 1].text if i + 1 < len(tokens) else b""
            if following != b"(" and _is_value(unit, token.start, token.end):
                fixed.add(token.text.decode())
    for macros in unit.macros.values():
        for macro in macros:
            for word in re.finditer(rb"[A-Za-z_]\w*(?!\w)(?!\s*\()", macro.body):
                if word.group() in names:
                    fixed.add(word.group().decode())
    return frozenset(fixed)


def _is_value(unit: Unit, start: int, end: int) -> bool:
    """A function's name stands there as a value: no field, label or local of that name."""
    node = unit.root.descendant_for_byte_range(start, end)
    if node is None or node.type != "identifier":
        return False
    name = unit.source[start:end]
    while node.type != "function_definition":
        if node.parent is None:
            return True
        node = node.parent
    for declared in descend(node, "declaration", "parameter_declaration"):
        for declarator in declare.declarators(declared):
            at = declarator.name
            if at is not None and unit.source[at.start_byte : at.end_byte] == name:
                return False
    return True


def words(text: str | bytes) -> set[str]:
    """The identifiers in a text."""
    return set(_WORD.findall(text if isinstance(text, str) else text.decode("utf-8", "replace")))
