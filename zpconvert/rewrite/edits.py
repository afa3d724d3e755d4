# SPDX-License-Identifier: GPL-2.0-only
"""Edits of a byte range, nested wrappers included, applied in one go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrap:
    """Put `name(` before byte `start` and `)` before byte `end`."""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class Replace:
    """Put `text` in place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


Edit = Wrap | Replace


def apply(source: bytes, start: int, end: int, edits: list[Edit]) -> bytes:
    """The bytes from `start` to `end` with the edits made.

    Wraps of one spot nest: the longer goes outside. Replacements must not overlap; what is
    inserted where one begins goes before it.
    """
    pieces: list[tuple[int, int, int, int, bytes]] = []
    for order, edit in enumerate(edits):
        if isinstance(edit, Wrap):
            pieces.append((edit.start, 2, -edit.end, order, f"{edit.name}(".encode()))
            pieces.append((edit.end, 0, -edit.start, -order, b")"))
        else:
            rank = 3 if edit.start < edit.end else 1
            pieces.append((edit.start, rank, 0, order, edit.text.encode()))
    ends = {(e.start, order): e.end for order, e in enumerate(edits) if isinstance(e, Replace)}
    out, at = [], start
    for where, rank, _, order, text in sorted(pieces):
        out.append(source[at:where])
        out.append(text)
        at = ends[where, order] if rank == 3 else where
    out.append(source[at:end])
    return b"".join(out)
