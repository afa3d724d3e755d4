# SPDX-License-Identifier: GPL-2.0-only
"""What a rule is and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from zpconvert.check.subject import Subject


@dataclass(frozen=True)
class Fix:
    """Put `text` in place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True)
class Finding:
    """One place that a rule objects to.

    line, column: 1-based, columns in bytes; last: the line that the place ends in.
    fix: an edit that mends it and changes nothing else, if there is one.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    last: int = 0
    fix: Fix | None = None


class Rule(ABC):
    """A rule: the class's docstring explains it, its examples show it and are its test.

    code: what findings and `allow` comments name. title: one line.
    sources, headers: whether it looks at C files, and at the descriptor's header.
    VALID, INVALID: texts of such a file, for the descriptor of `zpconvert.check.sample`.
    FIXED: what --fix makes of INVALID, one by one; empty for a rule without fixes.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    sources: ClassVar[bool] = True
    headers: ClassVar[bool] = False
    VALID: ClassVar[tuple[str, ...]]
    INVALID: ClassVar[tuple[str, ...]]
    FIXED: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, subject: Subject) -> Iterator[Finding]:
        """What this rule finds in a file."""
