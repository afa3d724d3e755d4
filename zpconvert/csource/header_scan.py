# SPDX-License-Identifier: GPL-2.0-only
"""What one header declares: a pure function of its bytes, kept as plain strings and lists.

Everything in a `Scan` can be marshalled, so that a cache can keep it by content hash.
Types are compact (see `header_decl`); a function is `result|param|param`, with `...` last if
variadic; a definition of a macro is `(params)`, or nothing if object-like, NUL, body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zpconvert.csource import header_decl as decl
from zpconvert.csource.header_text import (
    Statement,
    blank_literals,
    match_paren,
    read_directives,
    statements,
)

_LEADING_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((?!\s*\*)")
_ENUMERATOR = re.compile(r"(?:^|,)[\s\x01-\x03]*([A-Za-z_]\w*)")
_NESTED = re.compile(r"\([^()]*\)")
_GROUPED = re.compile(r"^\s*\w+\s*\((?:\s*\w*\s*,)*")
_DEEPEST = 8


@dataclass
class Scan:
    """Names in the order of their declaration; a name may come more than once.

    calls:   (macro, argument text) at the top of the file, perhaps a declaration.
    heads:   declarations whose parameters hold a macro's call.
    """

    includes: list[tuple[str, bool]] = field(default_factory=list)
    macros: list[tuple[str, str]] = field(default_factory=list)
    functions: list[tuple[str, str]] = field(default_factory=list)
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    typedefs: list[tuple[str, str]] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)


def scan_header(source: bytes) -> Scan:
    """Everything that a header's bytes declare; never raises on odd input."""
    parts = read_directives(source)
    scan = Scan(includes=parts.includes)
    for name, params, body in parts.defines:
        shown = "" if params is None else f"({','.join(params)})"
        scan.macros.append((name, f"{shown}\0{body}"))
    _read_code(parts.code, scan)
    return scan


def scan_expansion(text: str) -> Scan:
    """What a macro's expansion declares."""
    scan = Scan()
    _read_code(blank_literals(text), scan)
    return scan


def _read_code(code: str, scan: Scan) -> None:
    for statement in statements(code):
        text = _take_calls(statement.text, scan)
        if text:
            _read_statement(text, statement, scan)


def _take_calls(text: str, scan: Scan) -> str:
    """Move the macro calls that `text` starts with to scan.calls; give what is left."""
    while (call := _LEADING_CALL.match(text)) is not None:
        close = match_paren(text, call.end() - 1)
        if close < 0:
            return ""
        if call[1] not in decl.QUALIFIERS and not call[1].startswith("__attribute"):
            scan.calls.append((call[1], text[call.end() : close]))
        text = text[close + 1 :]
    return text.strip()


def _read_statement(text: str, statement: Statement, scan: Scan) -> None:
    declaration = decl.parse(text)
    if declaration is None:
        return
    first = declaration.declarators[0].name if declaration.declarators else ""
    base = _settle(declaration.base, statement, first, scan, 0)
    for item in declaration.declarators:
        shape = base + item.type[len(declaration.base) :] if item.type != decl.UNKNOWN else "?"
        if not item.name:
            continue
        if declaration.is_typedef:
            scan.typedefs.append((item.name, "?" if item.params is not None else shape))
        elif item.macro_calls:
            scan.heads.append(text)
        elif item.params is not None:
            scan.functions.append((item.name, "|".join([shape, *item.params])))
        elif not (statement.is_function or _is_attribute(item, declaration)):
            scan.variables.append((item.name, shape))


def _is_attribute(item: decl.Declarator, declaration: decl.Declaration) -> bool:
    """Whether what follows a body is perhaps no name but an attribute: `} __packed;`."""
    return " @" in declaration.base and item.name.startswith("__")


def _settle(base: str, statement: Statement, owner: str, scan: Scan, deep: int) -> str:
    """The base with a name for an aggregate defined here, whose members are read too.

    One without a tag is called after what it declares, in brackets that no C name has:
    `struct <page.lru>`.
    """
    keyword, _, index = base.partition(" @")
    if not index:
        if " " in base and keyword.split()[0] in ("struct", "union", "enum"):
            scan.names.append(base)
        return base
    keyword, tag, body = statement.aggregates[int(index)]
    settled = f"{keyword} {tag}" if tag else f"{keyword} <{owner}>"
    scan.names.append(settled)
    if keyword == "enum":
        _read_enumerators(body, scan)
    elif tag or owner:
        _read_members(body, settled, scan, deep + 1)
    return settled


def _read_enumerators(body: str, scan: Scan) -> None:
    flat = _NESTED.sub("", _NESTED.sub("", body))
    scan.names.extend(_ENUMERATOR.findall(flat))


def _read_members(body: str, tag: str, scan: Scan, deep: int) -> None:
    """The members of `tag`, those of its anonymous members included."""
    if deep > _DEEPEST:
        return
    for statement in statements(body):
        text = statement.text
        call = _LEADING_CALL.match(text)
        if call is not None:
            if ";" in text:
                _read_members(_inside(text, statement), tag, scan, deep + 1)
            continue
        declaration = decl.parse(text)
        if declaration is None:
            continue
        named = [d for d in declaration.declarators if d.name]
        if not named or _is_attribute(named[0], declaration):
            _read_anonymous(declaration.base, statement, tag, scan, deep)
        if not named:
            continue
        owner = f"{tag.partition(' ')[2].strip('<>')}.{named[0].name}"
        base = _settle(declaration.base, statement, owner, scan, deep)
        for item in named:
            known = item.type != decl.UNKNOWN and item.params is None
            shape = base + item.type[len(declaration.base) :] if known else decl.UNKNOWN
            scan.fields.append((tag, item.name, shape))


def _read_anonymous(base: str, statement: Statement, tag: str, scan: Scan, deep: int) -> None:
    index = base.partition(" @")[2]
    if not index:
        return
    keyword, inner, body = statement.aggregates[int(index)]
    if keyword == "enum":
        _read_enumerators(body, scan)
        return
    _read_members(body, tag, scan, deep + 1)
    if inner:
        scan.names.append(f"{keyword} {inner}")
        _read_members(body, f"{keyword} {inner}", scan, deep + 1)


def _inside(text: str, statement: Statement) -> str:
    """The members in a macro's arguments, as those of `struct_group(name, int a; int b;)`."""
    start = _GROUPED.match(text)
    if start is None:
        return ""
    inside = text[start.end() :].rpartition(")")[0]
    for index, (keyword, tag, body) in enumerate(statement.aggregates):
        inside = inside.replace(f"{keyword} @{index} ", f"{keyword} {tag} {{{body}}} ")
    return inside
