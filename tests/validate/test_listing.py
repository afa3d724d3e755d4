# SPDX-License-Identifier: GPL-2.0-only
"""Listings come from the objects' own objdump, or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.validate.listing import listings


@pytest.fixture
def blob(tmp_path: Path) -> bytes:
    (tmp_path / "a.c").write_text("int one(void) { return 1; }\nint two(void) { return 2; }\n")
    subprocess.run(["gcc", "-O2", "-c", "a.c"], cwd=tmp_path, check=True)
    return (tmp_path / "a.o").read_bytes()


def test_both_sides(blob: bytes) -> None:
    found = listings("objdump", blob, "one", blob, "two")
    assert found is not None
    assert any("$0x1" in line for line in found.before)
    assert any("$0x2" in line for line in found.after)


def test_what_objdump_cannot_read_has_no_listing(blob: bytes) -> None:
    assert listings("objdump", blob, "one", b"another machine's", "one") is None


def test_without_the_toolchains_objdump_there_is_no_listing(blob: bytes) -> None:
    assert listings("no-such-linux-gnu-objdump", blob, "one", blob, "two") is None
