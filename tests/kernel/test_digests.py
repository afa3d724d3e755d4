# SPDX-License-Identifier: GPL-2.0-only
"""A digest of many files: by what they hold, and read once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from zpconvert.kernel.digests import digest


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_text(f"{path.name}\n")
    return [str(path) for path in paths]


def later(path: str) -> None:
    """As a checkout of another commit and back leaves it."""
    time = Path(path).stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(time, time))


def test_times_do_not_count_and_contents_do(tmp_path: Path, files: list[str]) -> None:
    first = digest(files, tmp_path)
    later(files[0])
    assert digest(reversed(files), tmp_path) == first
    Path(files[0]).write_text("ONE\n")
    later(files[0])
    assert digest(files, tmp_path) != first
    Path(files[0]).write_text("one\n")
    assert digest(files, tmp_path) == first


def test_a_file_that_goes_is_seen(tmp_path: Path, files: list[str]) -> None:
    first = digest(files, tmp_path)
    Path(files[1]).unlink()
    gone = digest(files, tmp_path)
    assert gone != first
    assert gone != digest(files[:1], tmp_path)


def test_a_directory_is_there_or_is_not(tmp_path: Path, files: list[str]) -> None:
    there = tmp_path / "include"
    there.mkdir()
    first = digest([*files, str(there)], tmp_path)
    (there / "more.h").touch()
    assert digest([*files, str(there)], tmp_path) == first
    (there / "more.h").unlink()
    there.rmdir()
    assert digest([*files, str(there)], tmp_path) != first


def test_what_is_as_it_was_is_not_read_again(
    tmp_path: Path, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = digest(files, tmp_path)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail(f"{self} is read"))
    assert digest(files, tmp_path) == first


def test_what_is_put_in_a_file_s_place_is_read(tmp_path: Path, files: list[str]) -> None:
    """As rsync and tar do it, with the time of another one."""
    first = digest(files, tmp_path)
    other = tmp_path / "other"
    other.write_text("ONE\n")
    time = Path(files[0]).stat().st_mtime_ns
    os.utime(other, ns=(time, time))
    other.rename(files[0])
    assert digest(files, tmp_path) != first


@pytest.mark.parametrize("text", ["", "{", "3"])
def test_a_damaged_memory_is_none(tmp_path: Path, files: list[str], text: str) -> None:
    first = digest(files, tmp_path)
    (tmp_path / "zpconvert.digests").write_text(text)
    assert digest(files, tmp_path) == first


def test_what_was_read_is_kept_when_more_is(tmp_path: Path, files: list[str]) -> None:
    digest(files[:1], tmp_path)
    digest(files[1:], tmp_path)
    assert json.loads((tmp_path / "zpconvert.digests").read_text()).keys() == set(files)
