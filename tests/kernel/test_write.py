# SPDX-License-Identifier: GPL-2.0-only
"""A user's tree is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.kernel.write import write_files


def test_all_files_are_there_and_modes_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("old")
    (tmp_path / "a.c").chmod(0o640)
    write_files(tmp_path, {"a.c": b"new", "b.h": b"added"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.c": b"new", "b.h": b"added"}
    assert (tmp_path / "a.c").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("last", [1, 2])
def test_an_interrupt_right_after_a_file_is_in_place_puts_all_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    (tmp_path / "a.c").write_text("old")
    replace, count = Path.replace, 0

    def interrupted(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        done = replace(self, target)
        if count == last:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.c": b"new", "b.h": b"added"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.c": b"old"}
