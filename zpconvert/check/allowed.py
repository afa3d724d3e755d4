# SPDX-License-Identifier: GPL-2.0-only
"""Comments that silence a rule on their line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zpconvert.csource.mask import Token

_REMARK = re.compile(rb"(?://|/\*)[ \t*]*zpconvert:[ \t]*allow\b([^\n]*)")
_CODE = re.compile(r"ZP[A-Z]*\d+")


@dataclass(frozen=True)
class Remark:
    """An allow comment: bytes of it, the codes that it names, its reason."""

    start: int
    end: int
    codes: tuple[str, ...]
    reason: str


def remarks(source: bytes, tokens: Sequence[Token]) -> Iterator[Remark]:
    """The allow comments of a file. tokens: its own, to tell a string from a comment."""
    starts = [t.start for t in tokens]
    for found in _REMARK.finditer(source):
        at = bisect_right(starts, found.start()) - 1
        if at >= 0 and tokens[at].kind == "literal" and found.start() < tokens[at].end:
            continue
        said = found[1].partition(b"*/")[0].decode("utf-8", "replace").strip()
        codes, _, reason = said.partition(" ")
        named = tuple(c for c in codes.strip(",:").split(",") if _CODE.fullmatch(c))
        yield Remark(found.start(), found.end(), named, reason.strip(" -:"))


def silenced(source: bytes, tokens: Sequence[Token]) -> dict[int, set[str]]:
    """1-based line → codes that a comment with a reason allows there."""
    lines: dict[int, set[str]] = {}
    for remark in remarks(source, tokens):
        if remark.reason:
            line = source.count(b"\n", 0, remark.start) + 1
            lines.setdefault(line, set()).update(remark.codes)
    return lines
