# SPDX-License-Identifier: GPL-2.0-only
"""The root file system: one static program, compiled without a warning."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.boot import initramfs
from zpconvert.errors import UserError

SOURCES = sorted(Path(initramfs.__file__).with_name("loads").glob("*.c"))


def test_what_is_in_it() -> None:
    root = initramfs.build()
    assert root.count(b"070701") >= 7
    program = root[root.index(b"\x7fELF") :]
    # a program that is linked to nothing names no interpreter
    assert b"ld-linux" not in program[:0x1000]
    for name in (b"dev/console\0", b"init\0", b"TRAILER!!!\0"):
        assert name in root


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.name)
def test_no_warning(source: Path, tmp_path: Path) -> None:
    flags = ["-O2", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-c"]
    subprocess.run(["gcc", *flags, "-o", tmp_path / "x.o", source], check=True)


def test_without_a_static_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "gcc"
    compiler.write_text("#!/bin/sh\necho '/usr/bin/ld: cannot find -lc: not found' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(UserError, match=r"cannot find -lc.*static C library"):
        initramfs.build()
