# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of a C text are there only with an option of the configuration, or without it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*(ifdef|ifndef|if|elif\w*|else|endif)\b[ \t]*(.*)")
#: `!defined(CONFIG_X)`, `IS_ENABLED(CONFIG_X)`, or a name alone.
_OPTION = re.compile(
    rb"[ \t]*(?P<no>!)?[ \t]*(?:(?P<word>defined|IS_ENABLED)[ \t]*\(?[ \t]*)?"
    rb"(?P<name>CONFIG_\w+)[ \t]*\)?[ \t]*"
)


@dataclass(frozen=True, order=True)
class Guard:
    """A condition that asks for one option. wanted: that it is set, or that it is not;
    modules: `m` counts as set (IS_ENABLED() of include/linux/kconfig.h)."""

    option: str
    wanted: bool
    modules: bool = False

    def holds(self, config: Mapping[str, str]) -> bool:
        """Whether it is true. config: the options that are set, to their values."""
        value = config.get(self.option)
        return (value is not None and (self.modules or value != "m")) is self.wanted

    def __str__(self) -> str:
        return f"{'with' if self.wanted else 'without'} {self.option}"


@functools.lru_cache(maxsize=64)
def guarded(text: bytes) -> Mapping[frozenset[Guard], tuple[tuple[int, bytes], ...]]:
    """The lines of a text without comments by the options that they ask for, each with its
    1-based number; empty ones are left out. A condition of another form asks for nothing."""
    found: dict[frozenset[Guard], list[tuple[int, bytes]]] = {}
    stack: list[_Branch] = []
    for number, line in enumerate(text.split(b"\n"), 1):
        directive = _DIRECTIVE.match(line)
        if directive is None:
            if line.strip():
                key = frozenset(guard for branch in stack for guard in branch.guards)
                found.setdefault(key, []).append((number, line.rstrip()))
            continue
        word, rest = directive.groups()
        if word.startswith(b"if"):
            stack.append(_NONE.next(word, rest))
        elif word == b"endif" and stack:
            stack.pop()
        elif stack:
            # `elifdef` asks as `ifdef` does
            stack[-1] = stack[-1].next(word.removeprefix(b"el"), rest)
    return {key: tuple(lines) for key, lines in found.items()}


@dataclass(frozen=True)
class _Branch:
    """What a branch of a condition asks for, guards, and what an `#else` after it does, others;
    as far as it is known."""

    guards: frozenset[Guard]
    others: frozenset[Guard]

    def next(self, word: bytes, rest: bytes) -> _Branch:
        """The branch that a directive begins: an `#elif`, or an `#else`, which asks for nothing
        of its own; an `#if` after _NONE."""
        parts = rest.split(b"&&")
        plain = b"||" not in rest and all(p.count(b"(") == p.count(b")") for p in parts)
        found = [_guard(word, part) for part in parts] if plain else [None]
        asked = frozenset(guard for guard in found if guard is not None)
        others = self.others
        if len(found) == 1:
            # of several, that one does not hold says nothing of another
            others |= {replace(guard, wanted=not guard.wanted) for guard in asked}
        return _Branch(self.others | asked, others)


_NONE = _Branch(frozenset(), frozenset())


def _guard(word: bytes, rest: bytes) -> Guard | None:
    asked = _OPTION.fullmatch(rest)
    # `#if CONFIG_X` asks for a value, and `#ifdef` for a name
    if asked is None or (word == b"if") is not bool(asked["word"]):
        return None
    if word != b"if" and asked["no"]:
        return None
    wanted = word != b"ifndef" and not asked["no"]
    return Guard(asked["name"].decode(), wanted, asked["word"] == b"IS_ENABLED")
