# SPDX-License-Identifier: GPL-2.0-only
"""The words of the linter: a subject, its findings, and the rules that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from zpconvert.smpl.syntax import Block, Document, parse_document

if TYPE_CHECKING:
    from zpconvert.lint.script import Script


@dataclass(frozen=True)
class Edit:
    """Replace text[start:end] (0-based offsets) by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Problem:
    """What a rule found, at an offset. `edits` mend it; none where a person must decide."""

    at: int
    message: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A problem for a reader: `line` and `column` are 1-based."""

    path: Path
    line: int
    column: int
    code: str
    message: str
    fixable: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"


@dataclass(frozen=True)
class Subject:
    """One .cocci under examination; what several rules need is computed once."""

    path: Path
    text: str
    #: Seconds for each run of spatch.
    timeout: float = 30.0

    @cached_property
    def document(self) -> Document:
        """The file's parts with their places."""
        return parse_document(self.text)

    @cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The Python blocks, parsed."""
        if not any(block.language == "python" for block in self.document.blocks):
            return ()
        # imports libcst, which takes a third of a second
        from zpconvert.lint.script import read_scripts

        return read_scripts(self.document)

    def named(self) -> Iterator[tuple[str, Block]]:
        """Rules that have a name."""
        return ((block.name.text, block) for block in self.document.blocks if block.name)


Check = Callable[[Subject], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One thing the linter looks for. `valid` and `invalid` are its documentation and its
    tests: whole .cocci texts of which it finds fault with none, or with each.

    code: `SP` and three digits. title: one line, without a full stop. why: a paragraph.
    fixed: for each of `invalid` what `--fix` makes of it, where it can.
    """

    code: str
    title: str
    why: str
    check: Check
    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    fixed: tuple[str, ...] = field(default=())
