# SPDX-License-Identifier: GPL-2.0-only
"""Assumptions as texts: the tree's headers with a descriptor's stubs built in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zpconvert.conversion.model import Assumption, Stub

#: A header that makes every inline function of the headers after it a part of its callers,
#: and -include'd after kbuild's own, which define `inline`.
FLATTEN = "include/zpconvert/flatten.h"
FLATTEN_FLAGS = ("-include", "zpconvert/flatten.h")
FLATTEN_TEXT = b"""\
#undef inline
#define inline inline __gnu_inline __inline_maybe_unused notrace __attribute__((__always_inline__))
"""

Files = Mapping[str, bytes]


def usable(tree: Path, assumptions: Sequence[Assumption]) -> list[Assumption]:
    """Those of which at least one stub fits this tree."""
    return [a for a in assumptions if any(_fits(tree, stub, {}) for stub in a.stubs)]


def overlay(tree: Path, files: Files, assumptions: Sequence[Assumption]) -> dict[str, bytes]:
    """The files with the stubs of `assumptions` built in; those of the tree stay as they are.

    files: texts that stand before the tree's, by path; what is not touched by a stub is kept.
    """
    found = dict(files)
    for assumption in assumptions:
        for stub in assumption.stubs:
            if _fits(tree, stub, found):
                text = stub.pattern.sub(stub.to, _text(tree, stub.header, found))
                found[stub.header] = text.encode("utf-8", "surrogateescape")
    return found


def _fits(tree: Path, stub: Stub, files: Files) -> bool:
    if not stub.pattern.search(_text(tree, stub.header, files)):
        return False
    if stub.source is None or stub.evidence is None:
        return True
    return stub.evidence.search(_text(tree, stub.source, files)) is not None


def _text(tree: Path, path: str, files: Files) -> str:
    if path in files:
        return files[path].decode("utf-8", "surrogateescape")
    try:
        return (tree / path).read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
