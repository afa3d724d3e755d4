# SPDX-License-Identifier: GPL-2.0-only
"""The archive is what the kernel's own program for it writes, whatever is in it."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.boot.cpio import Entry, archive

names = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True).filter(lambda n: n != "TRAILER!!!")


def read(data: bytes) -> list[tuple[str, int, bytes]]:
    """(path, mode, data) of the entries up to the trailer, read as buffer-format.rst says."""
    found, at = [], 0
    while True:
        assert at % 4 == 0
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        name_end = at + 110 + fields[11]
        name = data[at + 110 : name_end]
        assert name[-1:] == b"\0"
        start = -(-name_end // 4) * 4
        at = -(-(start + fields[6]) // 4) * 4
        if name == b"TRAILER!!!\0":
            assert at == len(data)
            return found
        found.append((name[:-1].decode(), fields[1], data[start : start + fields[6]]))


@given(st.lists(st.tuples(names, st.binary(max_size=50)), unique_by=lambda e: e[0]))
def test_what_goes_in_comes_out(files: list[tuple[str, bytes]]) -> None:
    mode = stat.S_IFREG | 0o644
    data = archive(Entry(name, mode, text) for name, text in files)
    assert read(data) == [(name, mode, text) for name, text in files]


@pytest.mark.kernel
def test_as_the_kernels_own_program_writes_it(kernel_612: Path, tmp_path: Path) -> None:
    program = tmp_path / "gen_init_cpio"
    subprocess.run(["gcc", "-o", program, kernel_612 / "usr/gen_init_cpio.c"], check=True)
    text = tmp_path / "text"
    text.write_bytes(b"five!")
    wanted = tmp_path / "list"
    wanted.write_text(f"dir dev 755 0 0\nnod dev/console 600 0 0 c 5 1\nfile init {text} 755 0 0\n")
    theirs = subprocess.run([program, wanted], check=True, capture_output=True).stdout
    ours = archive(
        [
            Entry("dev", stat.S_IFDIR | 0o755),
            Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
            Entry("init", stat.S_IFREG | 0o755, b"five!"),
        ]
    )
    assert _timeless(theirs).rstrip(b"\0") == _timeless(ours).rstrip(b"\0")


def _timeless(data: bytes) -> bytes:
    """Without inode numbers, times, and device numbers of where the files lie."""
    return re.sub(
        rb"070701.{8}(.{32}).{8}(.{8}).{16}", lambda m: b"070701" + m[1] + m[2], data, flags=re.S
    )
