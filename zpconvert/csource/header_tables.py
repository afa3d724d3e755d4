# SPDX-License-Identifier: GPL-2.0-only
"""The scans of many headers as one set of tables, macros that declare things expanded.

Where headers or arms disagree about a type, the type is unknown: never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from zpconvert.csource.header_decl import UNKNOWN
from zpconvert.csource.header_scan import Scan, scan_expansion
from zpconvert.csource.header_text import match_paren

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_PASTE = re.compile(r"\s*##\s*")
_DEEPEST = 8
_MOST_ARMS = 3
_LONGEST = 100_000
_MOST_EXPANSIONS = 2_000


@dataclass
class Tables:
    """Name to compact text, as `header_scan` writes it; all of it can be marshalled.

    macros: definitions joined by \\x01. fields: tag to name to type. names: the rest of what
    is known, tags as `struct x` and enumerators.
    """

    functions: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    typedefs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)


def merge(scans: Iterable[Scan]) -> Tables:
    """One set of tables out of the scans, in their order."""
    tables = Tables()
    macros: dict[str, dict[str, None]] = {}
    calls: dict[tuple[str, str], None] = {}
    heads: dict[str, None] = {}
    for scan in scans:
        for name, definition in scan.macros:
            macros.setdefault(name, {})[definition] = None
        _add(tables, scan)
        calls.update(dict.fromkeys(scan.calls))
        heads.update(dict.fromkeys(scan.heads))
    expander = _Expander(macros, tables)
    for name, arguments in calls:
        expander.restart()
        expander.declare(name, arguments, 0)
    for head in heads:
        expander.restart()
        expander.declare_head(head, 0)
    tables.macros = {name: "\x01".join(bodies) for name, bodies in macros.items()}
    return tables


def _add(tables: Tables, scan: Scan) -> None:
    for name, shape in scan.functions:
        before = tables.functions.setdefault(name, shape)
        if before != shape:
            tables.functions[name] = _agree_functions(before, shape)
    for table, found in (
        (tables.typedefs, scan.typedefs),
        (tables.variables, scan.variables),
    ):
        for name, shape in found:
            table[name] = _agree(table.get(name, shape), shape)
    for tag, name, shape in scan.fields:
        members = tables.fields.setdefault(tag, {})
        members[name] = _agree(members.get(name, shape), shape)
    tables.names.update(dict.fromkeys(scan.names))


def _agree(one: str, other: str) -> str:
    """The type if both are the same, or both are scalars or aggregates without a tag (where
    either will do), else unknown."""
    if one == other or (_is_scalar(one) and _is_scalar(other)):
        return one
    if one.endswith(">") and other.endswith(">"):
        return one
    return UNKNOWN


def _is_scalar(shape: str) -> bool:
    return not shape.endswith("*") and not shape.startswith(("struct ", "union ", UNKNOWN))


def _agree_functions(one: str, other: str) -> str:
    first, second = one.split("|"), other.split("|")
    if len(first) != len(second):
        shorter, longer = sorted((first, second), key=len)
        second = shorter + [UNKNOWN] * (len(longer) - len(shorter))
        first = longer
    return "|".join(_agree(a, b) for a, b in zip(first, second, strict=True))


class _Expander:
    """Macro calls at the top of headers, expanded for what they declare.

    The k-th round uses the k-th definition of every macro (the last if it has fewer), so
    that each arm of a macro is seen without trying every combination.
    """

    def __init__(self, macros: dict[str, dict[str, None]], tables: Tables) -> None:
        self.tables = tables
        self.left = _MOST_EXPANSIONS
        self.macros = {
            name: callable_definitions
            for name, definitions in macros.items()
            if (callable_definitions := [_split(d) for d in definitions if d[0] == "("])
        }

    def restart(self) -> None:
        """Begin with another declaration."""
        self.left = _MOST_EXPANSIONS

    def is_exhausted(self, deep: int) -> bool:
        """Count an expansion; whether it is one too many."""
        self.left -= 1
        return self.left < 0 or deep > _DEEPEST

    def declare(self, name: str, arguments: str, deep: int) -> None:
        """Add what a call declares."""
        definitions = self.macros.get(name)
        if definitions is None or self.is_exhausted(deep):
            return
        for arm in range(min(len(definitions), _MOST_ARMS)):
            params, body = definitions[arm]
            if "(" not in body and " " not in body:
                continue
            values = [self.expand(a, arm, deep + 1) for a in _arguments(arguments)]
            self.declare_text(_substitute(params, body, values), deep)

    def declare_head(self, head: str, deep: int) -> None:
        """Add the function whose head has macro calls among its parameters."""
        seen = {self.expand(head, arm, deep) for arm in range(_MOST_ARMS)}
        for text in sorted(seen - {head}):
            self.declare_text(text, deep + 1)

    def declare_text(self, text: str, deep: int) -> None:
        if deep > _DEEPEST or len(text) > _LONGEST:
            return
        scan = scan_expansion(text)
        _add(self.tables, scan)
        for name, arguments in scan.calls:
            self.declare(name, arguments, deep + 1)
        for head in scan.heads:
            self.declare_head(head, deep + 1)

    def expand(self, text: str, arm: int, deep: int) -> str:
        """The text with every macro call in it expanded."""
        if deep > _DEEPEST or len(text) > _LONGEST or "(" not in text:
            return text
        out: list[str] = []
        at = 0
        for call in _CALL.finditer(text):
            definitions = self.macros.get(call[1])
            if call.start() < at or definitions is None:
                continue
            close = match_paren(text, call.end() - 1)
            if close < 0 or self.is_exhausted(deep):
                break
            params, body = definitions[min(arm, len(definitions) - 1)]
            values = _arguments(text[call.end() : close])
            inner = _substitute(params, body, values)
            out += (text[at : call.start()], self.expand(inner, arm, deep + 1))
            at = close + 1
        return "".join(out) + text[at:]


def _split(definition: str) -> tuple[list[str], str]:
    params, _, body = definition.partition("\0")
    return [p for p in params[1:-1].split(",") if p], body


def _arguments(text: str) -> list[str]:
    """The arguments of a call: text between commas that are in no brackets."""
    parts = [""]
    depth = start = 0
    for bracket in re.finditer(r"[(),{}]", text):
        mark = bracket[0]
        if mark == "," and depth == 0:
            parts[-1] = text[start : bracket.start()].strip()
            parts.append("")
            start = bracket.end()
        elif mark in "({":
            depth += 1
        elif mark in ")}":
            depth -= 1
    parts[-1] = text[start:].strip()
    return parts


def _substitute(params: list[str], body: str, values: list[str]) -> str:
    """A macro's body with its arguments in place, `##` pasted."""
    known: dict[str, str] = {}
    for index, name in enumerate(params):
        if name.endswith("..."):
            known[name[:-3].strip() or "__VA_ARGS__"] = ", ".join(values[index:])
        else:
            known[name] = values[index] if index < len(values) else ""
    if known:
        words = "|".join(map(re.escape, known))
        body = re.sub(rf"\b(?:{words})\b", lambda m: known[m[0]], body)
    return _PASTE.sub("", body)
