# SPDX-License-Identifier: GPL-2.0-only
"""Every .c file of the kernel's mm/ and fs/: nothing moves without a slot, nothing crashes."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from zpconvert.csource.externals import Externals, externals_for
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.survey import survey

TYPES = Types("page", "xdesc", "xdesc_page", "page_xdesc")
MEMBERS = frozenset(("lru", "flags"))
#: Fewer would mean that files were not found; Debian's 6.12 has 1,673.
AT_LEAST = 1500


class Outcome(NamedTuple):
    """What became of a file: complaints, and how much there was to do."""

    complaints: list[str]
    slots: int
    flipped: int
    refusals: int


@cache
def externals(tree: Path, cache: Path) -> Externals:
    """What all headers say that any file of mm/ or fs/ includes by <…>; read once a process."""
    included: set[bytes] = set()
    for path in files(tree):
        found = re.findall(rb"(?m)^[ \t]*#[ \t]*include[ \t]*<[^>\n]*>", path.read_bytes())
        included.update(found)
    return externals_for(tree, "mm/every.c", b"\n".join(sorted(included)), cache)


def files(tree: Path) -> list[Path]:
    return sorted(path for part in ("mm", "fs") for path in (tree / part).rglob("*.c"))


def migrated(tree: Path, cache: Path, path: Path) -> Outcome:
    """One file with no slot flipped, and with all."""
    source, complaints = path.read_bytes(), []
    found = survey(source, externals(tree, cache), "struct page", MEMBERS)
    migration = FileMigration(found, TYPES, Names())
    pieces, refusals = migration.pieces(frozenset())
    if refusals or migration.assemble(pieces, [p.text for p in pieces]).text != source:
        complaints.append(f"{path}: changed, or refused, with no slot flipped")
    flipped = frozenset(s for s in found.slots.values() if found.pinned(s) is None)
    if flipped:
        pieces, refusals = migration.pieces(flipped)
        text = migration.assemble(pieces, [p.text for p in pieces]).text
        lines = source.count(b"\n")
        complaints += [
            f"{path}: {r} is nowhere" for r in refusals if not 1 <= r.line <= lines or r.column < 1
        ]
        declared = any(not s.fixed for s in flipped)
        if declared and not refusals and text == source:
            complaints.append(f"{path}: slots flipped, nothing changed, nothing refused")
    return Outcome(complaints, len(found.slots), len(flipped), len(refusals))


@pytest.mark.kernel
def test_every_file_of_mm_and_fs_comes_back_or_says_why(
    kernel_612: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("headers")
    externals(kernel_612, cache)
    paths = files(kernel_612)
    assert len(paths) > AT_LEAST
    run = partial(migrated, kernel_612, cache)
    with ProcessPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, paths, chunksize=8))
    assert [c for outcome in outcomes for c in outcome.complaints] == []
    slots, flipped = sum(o.slots for o in outcomes), sum(o.flipped for o in outcomes)
    assert slots > 1000
    assert flipped > slots * 0.85
    refused = sum(1 for o in outcomes if o.refusals)
    assert refused < 0.3 * sum(1 for o in outcomes if o.slots)
