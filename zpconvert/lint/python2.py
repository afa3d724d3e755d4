# SPDX-License-Identifier: GPL-2.0-only
"""Python 2 in a script: where it is, and the same in Python 3.

libcst reads Python 3 only. What it refuses is read by fissix, the maintained heir of lib2to3,
whose tree gives back every byte that a fixer does not touch.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FIXERS = ("print", "has_key", "except", "raise", "exec", "repr", "ne", "numliterals", "unicode")
_STATEMENTS = {
    "print_stmt": "print statement",
    "exec_stmt": "exec statement",
}
_OCTAL = re.compile(r"0[0-7]+[lL]?|(?:0[xX][0-9a-fA-F]+|\d+)[lL]")


@dataclass(frozen=True)
class Construct:
    """Something that is Python 2 only: 1-based line, 0-based column, and what it is."""

    line: int
    column: int
    what: str


@functools.cache
def _tool() -> Any:
    # its import takes a fifth of a second, and few scripts are Python 2; it has no types
    from fissix import refactor  # type: ignore[import-untyped]

    return refactor.RefactoringTool([f"fissix.fixes.fix_{name}" for name in _FIXERS])


def _tree(source: str) -> Any:
    """fissix's tree of a script, None if that is no Python 2 either."""
    from fissix import pygram, pytree
    from fissix.pgen2 import driver  # type: ignore[import-untyped]

    reader = driver.Driver(pygram.python_grammar, convert=pytree.convert)
    try:
        return reader.parse_string(source if source.endswith("\n") else source + "\n")
    except _refusals():
        return None


def _refusals() -> tuple[type[Exception], ...]:
    """What fissix raises at a text that it cannot read; KeyError at a sign that it looks up
    among the operators."""
    from fissix.pgen2 import parse, tokenize

    return (parse.ParseError, tokenize.TokenError, IndentationError, UnicodeError, KeyError)


def constructs(source: str) -> tuple[Construct, ...]:
    """The Python 2 in a script, none if fissix cannot read it."""
    tree = _tree(source)
    if tree is None:
        return ()
    return tuple(
        Construct(node.get_lineno(), _column(node), what)
        for node in tree.pre_order()
        if (what := _what(node))
    )


def _column(node: Any) -> int:
    while node.children:
        node = node.children[0]
    return int(node.column)


def _what(node: Any) -> str:
    """What a node is in Python 2 and not in Python 3; empty for all else."""
    from fissix.pytree import type_repr  # type: ignore[import-untyped]

    name = type_repr(node.type)
    words = [str(child).strip() for child in node.children]
    if name in _STATEMENTS:
        return _STATEMENTS[name]
    if name == "except_clause" and len(words) == 4 and words[2] == ",":
        return "'except E, e'"
    if name == "raise_stmt" and "," in words:
        return "'raise E, value'"
    if node.children:
        return "backquotes" if words[0] == "`" else ""
    text = str(node.value)
    if text == "<>":
        return "'<>'"
    if text == "print" and type_repr(node.parent.type) == "simple_stmt":
        return "print statement"
    if _OCTAL.fullmatch(text):
        return f"number '{text}'"
    return f"string '{text[:3]}…'" if re.match(r"[uU][rR]['\"]", text) else ""


def modernise(source: str) -> str | None:
    """The script in Python 3, all else to the byte; None if fissix cannot read or write it."""
    tree = _tree(source)
    if tree is None:
        return None
    ends = "" if source.endswith("\n") else "\n"
    ready = _string_exceptions(source + ends, tree)
    try:
        new = str(_tool().refactor_string(ready, "script"))
    except _refusals():
        return None
    return new.removesuffix(ends) if ends else new


def _string_exceptions(source: str, tree: Any) -> str:
    """`raise "text", value` made `raise Exception("text", value)`; fissix leaves them alone."""
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    for node in reversed(list(_raised_strings(tree))):
        last = node.children[-1]
        first = node.children[1]
        start = starts[first.get_lineno() - 1] + _column(first)
        text = str(node).removeprefix(node.prefix)
        inner = text[text.index(str(first).strip()) :]
        if source[start : start + len(inner)] == inner and last is not first:
            source = f"{source[:start]}Exception({inner}){source[start + len(inner) :]}"
    return source


def _raised_strings(tree: Any) -> Iterator[Any]:
    from fissix.pytree import type_repr

    for node in tree.pre_order():
        if type_repr(node.type) == "raise_stmt" and "," in map(str, node.children):
            first = node.children[1]
            if not first.children and str(first.value)[:1] in "\"'" and len(node.children) == 4:
                yield node
