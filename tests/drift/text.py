# SPDX-License-Identifier: GPL-2.0-only
"""A C file that drifts: its functions, the names in them, and edits by bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

from zpconvert.csource.mask import Token
from zpconvert.csource.unit import Unit, read
from zpconvert.rewrite.edits import Edit, Replace, apply

#: A drift: a text and a source of chance in, the drifted text out; None where the text has
#: nothing for it.
Drift = Callable[[Random, str], str | None]

_PAGE = re.compile(r"\bstruct page\s*\*")
#: What follows `struct page` in a declaration or a parameter: declarators, initializers.
_DECLARED = re.compile(
    r"\bstruct page\s*(\*(?:[^;{}()]|\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\})*?)"
    r"(?=[;)]|,\s*\w+\s+[\w*])"
)


@dataclass(frozen=True)
class Function:
    """A function's definition: bytes of it, of its body's braces; `free`: outside of `#if`."""

    name: str
    start: int
    body: int
    end: int
    static: bool
    free: bool
    declared: bool


class Source:
    """One state of a drifting file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = text.encode()

    @cached_property
    def unit(self) -> Unit:
        return read(self.raw)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The C tokens; those in comments, strings and directives are none."""
        return self.unit.masked.tokens

    @cached_property
    def functions(self) -> list[Function]:
        """The functions that are defined once, in file order."""
        found = []
        for known in self.unit.functions.values():
            if len(known.definitions) == 1:
                node = known.definitions[0]
                body = node.child_by_field_name("body")
                assert body is not None
                free = node.parent is not None and node.parent.type == "translation_unit"
                places = node.start_byte, body.start_byte, node.end_byte
                declared = len(known.declarations) > 1
                found.append(Function(known.name, *places, known.static, free, declared))
        return sorted(found, key=lambda f: f.start)

    def function(self, name: str) -> Function | None:
        return next((f for f in self.functions if f.name == name), None)

    def of(self, function: Function) -> str:
        """A function's whole text."""
        return self.raw[function.start : function.end].decode()

    def head(self, function: Function) -> str:
        """A function's text before its body."""
        return self.raw[function.start : function.body].decode().rstrip()

    def inner(self, function: Function) -> str:
        """A function's text between its braces."""
        return self.raw[function.body + 1 : function.end - 1].decode()

    @property
    def with_pages(self) -> list[Function]:
        """The functions that hold a pointer to a page."""
        return [f for f in self.functions if _PAGE.search(self.of(f))]

    @cached_property
    def words(self) -> set[str]:
        return set(re.findall(r"\w+", self.text))

    def uses(self, name: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
        """Where the code spells a name, between these bytes."""
        last = len(self.raw) if end is None else end
        for token in self.tokens:
            if token.kind == "name" and token.text == name.encode() and start <= token.start < last:
                yield token

    def before(self, token: Token) -> bytes:
        """The few bytes before a token, white space left out."""
        return self.raw[max(0, token.start - 12) : token.start].rstrip()

    def edited(self, edits: Iterable[Edit]) -> str:
        return apply(self.raw, 0, len(self.raw), list(edits)).decode()

    def replaced(self, start: int, end: int, new: str) -> str:
        return self.edited([Replace(start, end, new)])

    def role(self, result: str, parameter: str, like: str) -> str | None:
        """A function of one parameter, by its types; of several, the one whose name is most
        like `like`."""
        pattern = re.compile(
            rf"^static [^;{{}}()]*?\b{result}\s?(\w+)\({parameter}\s?\w+\)\s*\n\{{", re.M
        )
        names = [m[1] for m in pattern.finditer(self.text)]
        return max(names, key=lambda n: n == like, default=None)


def page_names(text: str) -> list[str]:
    """Names that a text declares as pointers to pages (or to pointers, or as arrays)."""
    found = []
    for declared in _DECLARED.finditer(text):
        for part in _split(declared[1]):
            named = re.match(r"[\s*]*(\w+)", part)
            if named and named[1] not in ("const", "__maybe_unused"):
                found.append(named[1])
    return list(dict.fromkeys(found))


def _split(text: str) -> list[str]:
    """A text cut at the commas outside of brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def sample(chance: Random, things: list[str], least: int, most: int) -> list[str]:
    """Some of these, in an order of their own."""
    return chance.sample(things, min(len(things), chance.randint(least, most)))
