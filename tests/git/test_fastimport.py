# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.fastimport import create_branch
from zpconvert.git.model import Commit, Ident
from zpconvert.process import ProcessError

Git = Callable[..., str]
IDENT = Ident("Å U Thor", "author@example.org", "1717243200 +0200")
COMMITS = (
    Commit("mm/a: one\n\nBödy.\n", IDENT, {"mm/a.c": b"int one;\n", "run": b"#!/bin/true\n"}),
    Commit("mm/a: two\n\nBody.\n", IDENT, {"mm/a.c": b"int two;\n", "mm/new file.h": b"\xff\n"}),
)


def snapshot(top: Path) -> dict[str, str]:
    """Every file below `top` but git's objects, by its hash."""
    return {
        str(path.relative_to(top)): hashlib.sha1(path.read_bytes()).hexdigest()
        for path in sorted(top.rglob("*"))
        if path.is_file() and "objects" not in path.parts
    }


@pytest.mark.parametrize("config", [None, "hostile_config"])
def test_a_branch_is_objects_and_one_ref(
    tree: Path, git: Git, config: str | None, request: pytest.FixtureRequest
) -> None:
    if config:
        request.getfixturevalue(config)
    before = snapshot(tree)
    hashes = create_branch(tree, "topic", COMMITS, parent=repo.head(tree))
    after = snapshot(tree)
    assert after.pop(".git/refs/heads/topic")
    assert after.pop(".git/logs/refs/heads/topic")
    assert after == before
    listed = git(tree, "-c", "color.ui=false", "rev-list", "--reverse", "master..topic")
    assert listed.split() == hashes
    shown = git(tree, "cat-file", "commit", hashes[0]).splitlines()
    assert f"author {IDENT}" in shown
    assert f"committer {IDENT}" in shown
    assert shown[-1] == "Bödy."
    assert not any(line.startswith("encoding") for line in shown)
    files = git(tree, "ls-tree", "-r", "topic")
    assert "100755 blob" in files
    assert git(tree, "cat-file", "blob", "topic:mm/a.c") == "int two;\n"
    assert git(tree, "fsck", "--strict", "--no-dangling") == ""


def test_the_same_input_gives_the_same_hashes(tree: Path) -> None:
    head = repo.head(tree)
    first = create_branch(tree, "first", COMMITS, parent=head)
    assert create_branch(tree, "second", COMMITS, parent=head) == first


@pytest.mark.parametrize("name", ["-x", "a..b"])
def test_a_name_that_git_refuses(tree: Path, name: str) -> None:
    with pytest.raises(UserError, match="not a name for a branch"):
        create_branch(tree, name, COMMITS, parent=repo.head(tree))


def test_a_branch_that_exists_stays(tree: Path) -> None:
    before = snapshot(tree)
    with pytest.raises(UserError, match="branch exists"):
        create_branch(tree, "master", COMMITS, parent=repo.head(tree))
    assert snapshot(tree) == before


def test_a_dirty_tree_is_left_alone(tree: Path) -> None:
    (tree / "mm/a.c").write_text("int mine;\n")
    before = snapshot(tree)
    with pytest.raises(UserError, match="changes of yours"):
        create_branch(tree, "topic", COMMITS, parent=repo.head(tree))
    assert snapshot(tree) == before


def test_a_link_is_not_written_through(tree: Path, git: Git) -> None:
    (tree / "mm/link.c").symlink_to("a.c")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "link")
    commit = Commit("x\n", IDENT, {"mm/link.c": b"int x;\n"})
    with pytest.raises(UserError, match="not an ordinary file"):
        create_branch(tree, "topic", [commit], parent=repo.head(tree))


def test_a_failing_import_leaves_no_report_in_the_repository(tree: Path) -> None:
    before = snapshot(tree)
    commit = Commit("x\n", IDENT, {"mm//a.c": b"int x;\n"})
    with pytest.raises(ProcessError, match="crash report"):
        create_branch(tree, "topic", [commit], parent=repo.head(tree))
    assert snapshot(tree) == before


def test_a_file_size_limit_makes_no_branch(tree: Path) -> None:
    before = snapshot(tree)
    commit = Commit("x\n", IDENT, {"mm/a.c": bytes(range(256)) * 400})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, hard))
        with pytest.raises(UserError, match="the disk is full"):
            create_branch(tree, "topic", [commit], parent=repo.head(tree))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert snapshot(tree) == before
