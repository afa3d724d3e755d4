# SPDX-License-Identifier: GPL-2.0-only
"""Which functions a C text has, found without spatch, so that spatch can be held to account.

A scanner and no parser: it must find functions that spatch cannot parse. It follows braces
and parentheses outside comments and literals, and enters every arm of an `#if` with the
nesting that the first arm was entered with.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""(?P<comment>/\*.*?(?:\*/|\Z)|//[^\n]*)
    |(?P<directive>(?:^|(?<=\n))[ \t]*\#(?:[^\\\n/]|\\.|/(?!\*)|/\*.*?\*/)*)
    |(?P<literal>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>[A-Za-z_]\w*)
    |(?P<mark>[(){};=])
    |(?P<other>[^\s\w(){};="'/#]+|\w+|[/"'#])
    """,
    re.DOTALL | re.VERBOSE,
)
_CONDITIONAL = re.compile(rb"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b")
_ANNOTATIONS = frozenset(
    b"__attribute__ __printf __scanf __acquires __releases __must_hold __aligned __section".split()
)


@dataclass(frozen=True)
class Function:
    """A function definition; lines are 1-based and inclusive."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class _Token:
    kind: str
    text: bytes
    line: int


def _tokens(source: bytes) -> Iterator[_Token]:
    line, seen = 1, 0
    for found in _TOKEN.finditer(source):
        line += source.count(b"\n", seen, found.start())
        seen = found.start()
        yield _Token(found.lastgroup or "", found.group(), line)


def identifiers(source: bytes) -> frozenset[str]:
    """Every identifier of a C text outside comments and literals, directives included."""
    names: set[str] = set()
    for token in _tokens(source):
        if token.kind == "name":
            names.add(token.text.decode())
        elif token.kind == "directive":
            names.update(found.decode() for found in re.findall(rb"[A-Za-z_]\w*", token.text))
    return frozenset(names)


def hides_code(source: bytes) -> bool:
    """Whether spatch may pass over code inside a function that it otherwise parses.

    It does in an arm of `#if` that does not parse along with the other one, and in macro
    arguments that are statements.
    """
    openers: list[bool] = []
    before = b""
    for token in _tokens(source):
        if token.kind == "directive":
            return True
        if token.text == b"(":
            openers.append(before == b"for")
        elif token.text == b")" and openers:
            openers.pop()
        elif token.text in (b";", b"{") and openers and not openers[-1]:
            return True
        before = token.text
    return False


class _Scan:
    """One walk over the tokens of a file."""

    def __init__(self) -> None:
        self.found: list[Function] = []
        self.braces = 0
        self.parens = 0
        self.arms: list[tuple[int, int]] = []
        self.head: list[_Token] = []
        self.open: tuple[str, int] | None = None

    def directive(self, text: bytes) -> None:
        match = _CONDITIONAL.match(text)
        if match is None:
            return
        word = match.group(1)
        if word in (b"if", b"ifdef", b"ifndef"):
            self.arms.append((self.braces, self.parens))
        elif self.arms and word == b"endif":
            self.arms.pop()
        elif self.arms:
            self.braces, self.parens = self.arms[-1]

    def code(self, token: _Token) -> None:
        if self.braces == 0 and self.parens == 0:
            self.top(token)
        elif token.text == b"}" and self.braces == 1 and self.open is not None:
            self.found.append(Function(*self.open, token.line))
            self.open, self.head = None, []
        if token.text in (b"(", b")"):
            self.parens = max(0, self.parens + (1 if token.text == b"(" else -1))
        elif token.text in (b"{", b"}"):
            self.braces = max(0, self.braces + (1 if token.text == b"{" else -1))
            self.parens = 0

    def top(self, token: _Token) -> None:
        if token.text == b";":
            self.head = []
        elif token.text == b"{":
            name = _function_name(self.head)
            if name is not None:
                self.open = (name, self.head[0].line)
        else:
            self.head.append(token)


def _function_name(head: list[_Token]) -> str | None:
    """The name of the function that the tokens before `{` declare, if they do."""
    if any(token.text == b"=" for token in head):
        return None
    called = [
        one.text for one, two in itertools.pairwise(head) if one.kind == "name" and two.text == b"("
    ]
    named = [name for name in called if name not in _ANNOTATIONS]
    return named[0].decode() if named else None


def functions(source: bytes) -> list[Function]:
    """The function definitions of a C text, in order."""
    scan = _Scan()
    for token in _tokens(source):
        if token.kind == "directive":
            scan.directive(token.text)
        elif token.kind not in ("comment", "literal"):
            scan.code(token)
    return scan.found
