# SPDX-License-Identifier: GPL-2.0-only
"""Sizes by commit, and sizes that a cover letter claims."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.objcode import elf
from zpconvert.validate.report import SizeRow
from zpconvert.validate.sizes import bloat, false_claims

COVER = b"""\
Subject: [PATCH 0/2] mm/a: use a descriptor

Object size, in bytes:

  mm/a.o, compaction: 100 -> 90 (-10)
  mm/a.o, far: 1 -> 2 (+1)
"""


def row(commit: int, text: int, data: int) -> SizeRow:
    return SizeRow(commit, "compaction", "mm/a.o", text, data, 0)


def test_row_19_a_claim_that_a_measurement_does_not_bear_out() -> None:
    assert list(false_claims(COVER, [row(0, 80, 20), row(1, 1, 1), row(2, 70, 20)], 2)) == []
    found = list(false_claims(COVER, [row(0, 80, 20), row(1, 1, 1), row(2, 80, 20)], 2))
    text = "mm/a.o, compaction: the cover letter says 100 -> 90 (-10), measured are 100 -> 100 (+0)"
    assert found == [(5, text)]
    wrong = COVER.replace(b"(-10)", b"(-11)")
    found = list(false_claims(wrong, [row(0, 80, 20), row(1, 1, 1), row(2, 70, 20)], 2))
    text = "mm/a.o, compaction: the cover letter says 100 -> 90 (-11), measured are 100 -> 90 (-10)"
    assert found == [(5, text)]


@pytest.mark.kernel
def test_the_tree_s_own_script_measures_each_commit(kernel_612: Path, tmp_path: Path) -> None:
    texts = ["int f(void) { return 1; }", "int f(void) { return 1; }\nint table[4] = { 1 };", ""]
    objects = {}
    for number, text in enumerate(texts):
        (tmp_path / "a.c").write_text(text)
        subprocess.run(["gcc", "-c", "a.c"], cwd=tmp_path, check=True)
        objects["mm/a.o", number] = (tmp_path / "a.o").read_bytes()
    grown, gone = bloat(kernel_612, "small", objects)
    code = elf.size(objects["mm/a.o", 0])
    assert (grown.commit, grown.up, grown.down) == (1, 16, 0)
    assert grown.after - grown.before == 16
    assert (gone.commit, gone.up, gone.after) == (2, 0, 0)
    assert gone.down == grown.after <= code.text + 16
    assert list(bloat(tmp_path, "small", objects)) == []
