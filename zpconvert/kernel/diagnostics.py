# SPDX-License-Identifier: GPL-2.0-only
"""What a compiler said, as values that can be compared between two commits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_LINE = re.compile(
    r"(?m)^(?P<path>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<kind>warning|error|fatal error): (?P<text>.*)$"
)


@dataclass(frozen=True)
class Diagnostic:
    """One warning or error. path: relative to the tree; line, column: 1-based (column 0 if
    the compiler gave none); kind: `warning`, `error` or `fatal error`."""

    path: str
    line: int
    column: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.kind}: {self.text}"


def parse(text: str) -> tuple[Diagnostic, ...]:
    """The diagnostics in the output of gcc or clang; notes and source excerpts are left out."""
    return tuple(
        Diagnostic(m["path"], int(m["line"]), int(m["column"] or 0), m["kind"], m["text"])
        for m in _LINE.finditer(text)
    )


def fresh(before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What is in `after` and not in `before`, lines aside: a commit moves old warnings about.

    A warning that was there once and is there twice is fresh once.
    """
    known = Counter((d.path, d.kind, d.text) for d in before)
    found = []
    for diagnostic in after:
        key = (diagnostic.path, diagnostic.kind, diagnostic.text)
        if known[key] > 0:
            known[key] -= 1
        else:
            found.append(diagnostic)
    return found
