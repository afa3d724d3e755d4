# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.git.history import last_with


def git(place: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=place, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, list[str], list[str]]:
    """A repository, its commits, and the blobs of the file in each."""
    git(tmp_path, "init", "-q")
    commits, blobs = [], []
    for text in ("one\n", "two\n", "three\n"):
        (tmp_path / "a.c").write_text(text)
        (tmp_path / "b.c").write_text(text * 2)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", text)
        commits.append(git(tmp_path, "rev-parse", "HEAD"))
        blobs.append(git(tmp_path, "rev-parse", "HEAD:a.c"))
    return tmp_path, commits, blobs


def test_the_last_commit_with_a_blob(versions: tuple[Path, list[str], list[str]]) -> None:
    place, commits, blobs = versions
    assert last_with(place, "a.c", blobs[0]) == commits[0]
    assert last_with(place, "a.c", blobs[1][:7]) == commits[1]


def test_what_is_there_still_or_never_was(versions: tuple[Path, list[str], list[str]]) -> None:
    place, _, blobs = versions
    assert last_with(place, "a.c", blobs[2]) is None
    assert last_with(place, "b.c", blobs[0]) is None
    assert last_with(place, "a.c", "0123456") is None
    assert last_with(place, "none.c", blobs[0]) is None


def test_where_there_is_no_repository(tmp_path: Path) -> None:
    assert last_with(tmp_path, "a.c", "0123456") is None
