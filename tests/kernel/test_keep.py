# SPDX-License-Identifier: GPL-2.0-only
"""The newest files and directories are kept, as many as there is room for."""

from __future__ import annotations

import os
from pathlib import Path

from zpconvert.kernel import keep


def made(path: Path, size: int, seconds: int) -> None:
    file = path / "x" if path.suffix == ".d" else path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"a" * size)
    os.utime(path, (seconds, seconds))


def test_the_oldest_go_beyond_the_room(tmp_path: Path) -> None:
    for name, size, seconds in (
        ("old", 5, 1),
        ("mid.d", 40, 2),
        (".new", 30, 3),
        ("last.d", 20, 4),
    ):
        made(tmp_path / name, size, seconds)
    keep.newest(tmp_path.glob("*"), 90)
    assert {path.name for path in tmp_path.iterdir()} == {"mid.d", ".new", "last.d"}
    keep.newest(tmp_path.glob("*"), 50)
    assert {path.name for path in tmp_path.iterdir()} == {".new", "last.d"}


def test_what_is_gone_meanwhile_is_passed_over(tmp_path: Path) -> None:
    made(tmp_path / "here", 10, 1)
    keep.newest([tmp_path / "gone", tmp_path / "here"], 0)
    assert list(tmp_path.iterdir()) == []
