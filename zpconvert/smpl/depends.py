# SPDX-License-Identifier: GPL-2.0-only
"""What stands after `depends on`: a condition over rules and virtual rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\bfile\s+in\b(?:\s*\"[^\"]*\")?|&&|\|\||[!()]|[A-Za-z_]\w*|\S")
_FILE = re.compile(r"file\s+in\b")
#: Deeper conditions than this are not written by people.
_DEEPEST = 50


@dataclass(frozen=True)
class Name:
    """A name at an offset of the text."""

    text: str
    at: int


@dataclass(frozen=True)
class Condition:
    """`op` is `name`, `not`, `and`, `or` or `true` (what says nothing about rules)."""

    op: str
    args: tuple[Condition, ...] = ()
    name: Name | None = None

    def names(self) -> Iterator[Name]:
        """Every rule that it speaks of."""
        if self.name is not None:
            yield self.name
        for arg in self.args:
            yield from arg.names()


_TRUE = Condition("true")


def parse_condition(text: str, at: int) -> tuple[Condition, list[tuple[int, str]]]:
    """The condition, and what is wrong with it as (offset, what); `at` is the text's offset."""
    reader = _Reader([(found.group(), at + found.start()) for found in _TOKEN.finditer(text)], at)
    condition = reader.either(0) if reader.tokens else _TRUE
    if reader.left and not reader.wrong:
        word, where = reader.left[0]
        reader.wrong.append((where, f"'{word}' does not belong in 'depends on'"))
    return condition, reader.wrong


class _Reader:
    """Recursive descent: `||` binds weakest, then `&&`, then `!`."""

    def __init__(self, tokens: list[tuple[str, int]], at: int) -> None:
        self.tokens = tokens
        self.wrong: list[tuple[int, str]] = []
        self._next = 0
        self._end = tokens[-1][1] if tokens else at

    @property
    def left(self) -> list[tuple[str, int]]:
        return self.tokens[self._next :]

    def _take(self, *words: str) -> bool:
        if self.left and self.left[0][0] in words:
            self._next += 1
            return True
        return False

    def either(self, depth: int) -> Condition:
        args = [self.both(depth)]
        while self._take("||"):
            args.append(self.both(depth))
        return args[0] if len(args) == 1 else Condition("or", tuple(args))

    def both(self, depth: int) -> Condition:
        args = [self.one(depth)]
        while self._take("&&"):
            args.append(self.one(depth))
        return args[0] if len(args) == 1 else Condition("and", tuple(args))

    def one(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            self._next = len(self.tokens)
            return _TRUE
        if self._take("!", "never"):
            return Condition("not", (self.one(depth + 1),))
        if self._take("ever"):
            return self.one(depth + 1)
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                self.wrong.append((self._end, "a ')' is missing in 'depends on'"))
            return inner
        if self.left and _FILE.match(self.left[0][0]):
            self._next += 1
            return _TRUE
        if self.left and re.match(r"[A-Za-z_]", self.left[0][0]):
            self._next += 1
            return Condition("name", name=Name(*self.tokens[self._next - 1]))
        at = self.left[0][1] if self.left else self._end
        if not self.wrong:
            self.wrong.append((at, "the name of a rule is missing in 'depends on'"))
        self._next += 1
        return _TRUE
