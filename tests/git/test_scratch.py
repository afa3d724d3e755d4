# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.git.model import Commit, Ident
from zpconvert.git.scratch import scratch_series, scratch_worktree

IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0000")
BASE = {"mm/a.c": b"int a;\n"}
COMMITS = [Commit("mm/a: b\n\nBody.\n", IDENT, {"mm/a.c": b"int b;\r\n", "mm/b.h": b"\xfe\xff\n"})]


def test_a_series_holds_the_bytes_given_and_is_gone_afterwards() -> None:
    with scratch_series(BASE, COMMITS) as scratch:
        assert scratch.git("cat-file", "blob", f"{scratch.base}:mm/a.c") == b"int a;\n"
        assert scratch.git("cat-file", "blob", f"{scratch.commits[0]}:mm/a.c") == b"int b;\r\n"
        assert scratch.git("cat-file", "blob", "series:mm/b.h") == b"\xfe\xff\n"
        place = scratch.git_dir
        assert place.is_dir()
    assert not place.exists()


def test_no_hook_or_sample_is_copied_in() -> None:
    with scratch_series(BASE, COMMITS) as scratch:
        assert not (scratch.git_dir / "hooks").exists()


def test_hashes_depend_on_the_input_alone(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scratch_series(BASE, COMMITS) as scratch:
        plain = (scratch.base, scratch.commits)
    request.getfixturevalue("hostile_config")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nonexistent")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/nonexistent/config")
    with scratch_series(BASE, COMMITS) as scratch:
        assert (scratch.base, scratch.commits) == plain


def test_blobs_are_those_of_the_user_s_tree(tree: Path, git: Callable[..., str]) -> None:
    with scratch_series(BASE, COMMITS) as scratch:
        ours = scratch.git("rev-parse", f"{scratch.base}:mm/a.c").decode()
    assert ours == git(tree, "rev-parse", "HEAD:mm/a.c")


@pytest.mark.usefixtures("hostile_config")
def test_a_work_tree_has_the_files_byte_for_byte() -> None:
    with scratch_worktree({"mm/a.c": b"int a;\n", "b": b"\r\n"}) as tree:
        assert (tree / "mm/a.c").read_bytes() == b"int a;\n"
        assert (tree / "b").read_bytes() == b"\r\n"
    assert not tree.exists()
