# SPDX-License-Identifier: GPL-2.0-only
"""Pygments lexer for SmPL, the language of semantic patches; `pygmentize -l smpl` finds it.

setup.cfg names it under `pygments.lexers`, so that it is there wherever the package is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.lexers.c_cpp import CLexer
from pygments.lexers.ml import OcamlLexer
from pygments.lexers.python import PythonLexer
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    _TokenType,
)

from zpconvert.smpl.syntax import Block, parse_document
from zpconvert.smpl.text import lines

Token = tuple[int, _TokenType, str]

_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """any assignment attribute binary constant declaration declarer depends disable ever
        exists expression extends field file finalize forall format fresh function global
        identifier idexpression in initialize initializer iterator list local metavariable name
        never on operator parameter position pragmainfo script statement symbol type typedef
        unary using virtual""",
    )
)
_TYPES = frozenset(
    "bool char double enum float int long short signed struct union unsigned void".split()  # noqa: SIM905
)
_HEAD = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>\"(?:[^\"\\\n]|\\.)*\")|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>\d+)|(?P<space>\s+)|(?P<operator><<|=~|!~|!=|<=|&&|\|\||##|[=!@*])|(?P<rest>.)",
    re.DOTALL,
)
_SIGNS = {"-": Generic.Deleted, "+": Generic.Inserted}
_SCRIPTS: dict[str, type[Lexer]] = {"python": PythonLexer, "ocaml": OcamlLexer}


class SmplLexer(Lexer):
    """Removed and added lines, metavariables, the C of patterns and the Python of scripts."""

    name = "SmPL"
    aliases: ClassVar[list[str]] = ["smpl", "cocci", "coccinelle"]
    filenames: ClassVar[list[str]] = ["*.cocci"]
    url = "https://coccinelle.gitlabpages.inria.fr/website"

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """(offset, type, text) of every token; all of them together are the text."""
        document = parse_document(text)
        at = 0
        for block in document.blocks:
            yield from _head(text, at, block.at, frozenset(), frozenset())
            rules = frozenset(document.rules)
            names = frozenset(block.declared)
            yield from _head(text, block.at, block.declared_at, frozenset(), rules)
            yield from _head(text, block.declared_at, block.body_at, names, rules)
            yield from _body(block, names)
            at = block.end
        yield from _head(text, at, len(text), frozenset(), frozenset())

    @staticmethod
    def analyse_text(text: str) -> float:
        """Whether it looks like SmPL: a rule, and a pattern that removes, adds or marks."""
        rule = re.search(r"^@[^@\n]*@.*?@@[ \t]*$", text, re.MULTILINE | re.DOTALL)
        return 0.8 if rule and re.search(r"^[-+*]", text[rule.end() :], re.MULTILINE) else 0.0


def _head(
    text: str, start: int, end: int, names: frozenset[str], rules: frozenset[str]
) -> Iterator[Token]:
    """Tokens of a head, of declarations, and of what stands between rules."""
    for found in _HEAD.finditer(text, start, end):
        yield found.start(), _head_type(found, names, rules), found.group()


def _head_type(found: re.Match[str], names: frozenset[str], rules: frozenset[str]) -> _TokenType:
    word = found.group()
    if found["word"]:
        if found.string[found.end() : found.end() + 1] == "." and word in rules:
            return Name.Class
        if word in names:
            return Name.Variable
        if word in _KEYWORDS or word in ("python", "ocaml"):
            return Keyword
        if word in _TYPES:
            return Keyword.Type
        return Name.Class if word in rules else Name
    kinds: dict[str, _TokenType] = {
        "comment": Comment,
        "string": String,
        "number": Number,
        "space": Text,
        "operator": Operator,
    }
    return kinds.get(found.lastgroup or "", Punctuation)


def _body(block: Block, names: frozenset[str]) -> Iterator[Token]:
    if not block.is_smpl:
        yield from _inside(_SCRIPTS.get(block.language), block.body, block.body_at, names)
        return
    at = block.body_at
    for sign, group in groupby(
        lines(block.body), key=lambda line: line[:1] if line[:1] in _SIGNS else ""
    ):
        part = "".join(group)
        if sign:
            yield at, _SIGNS[sign], part
        else:
            yield from _inside(CLexer, part, at, names)
        at += len(part)


def _inside(
    lexer: type[Lexer] | None, text: str, at: int, names: frozenset[str]
) -> Iterator[Token]:
    """Tokens of another language, metavariables marked and SmPL's own signs known."""
    if lexer is None:
        yield at, Text, text
        return
    for offset, kind, value in lexer().get_tokens_unprocessed(text):
        if kind[:1] == Name and value in names:
            kind = Name.Variable
        elif kind is Error or value in ("@", "..."):
            kind = Operator
        yield at + offset, kind, value
