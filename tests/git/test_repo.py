# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.model import Ident, parse_ident

Git = Callable[..., str]


def test_a_work_tree_is_told_from_a_plain_tree_inside_one(tree: Path, tmp_path: Path) -> None:
    assert repo.is_worktree(tree)
    assert not repo.is_worktree(tree / "mm")
    assert not repo.is_worktree(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tree)
    assert repo.is_worktree(link)


def test_a_linked_work_tree_is_one(tree: Path, tmp_path: Path, git: Git) -> None:
    git(tree, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    assert repo.is_worktree(tmp_path / "other")


def test_a_broken_repository_is_named_with_git_s_reason(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(UserError, match="not a git repository"):
        repo.is_worktree(tmp_path)


def test_head_and_its_name(tree: Path, git: Git) -> None:
    assert repo.head(tree) == git(tree, "rev-parse", "HEAD").strip()
    assert repo.describe(tree) == "v1.0"
    git(tree, "commit", "-q", "--allow-empty", "-m", "next")
    assert repo.describe(tree) == f"v1.0-1-g{repo.head(tree)[:12]}"


def test_a_repository_without_commits_has_no_head(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(UserError, match="no commit"):
        repo.head(tmp_path)


def test_dirt_is_what_git_tracks(tree: Path, git: Git) -> None:
    (tree / "new.txt").write_text("mine")
    assert not repo.is_dirty(tree)
    (tree / "mm/a.c").write_text("int b;\n")
    assert repo.is_dirty(tree)
    git(tree, "add", "mm/a.c")
    assert repo.is_dirty(tree)


def test_asking_for_dirt_writes_nothing(tree: Path) -> None:
    index = tree / ".git/index"
    os.utime(tree / "mm/a.c", (1, 1))
    before = index.read_bytes()
    assert not repo.is_dirty(tree)
    assert index.read_bytes() == before


def test_another_repository_in_the_environment_is_not_asked(
    tree: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook runs with GIT_DIR and GIT_INDEX_FILE of the repository that it guards."""
    mine = repo.head(tree)
    other = tmp_path / "hooked"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert repo.is_worktree(tree)
    assert repo.head(tree) == mine
    assert not repo.is_dirty(tree)


def test_hostile_configuration_changes_no_answer(
    tree: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("hostile_config")
    assert repo.is_worktree(tree)
    assert repo.describe(tree) == "v1.0"
    assert not repo.is_dirty(tree)
    assert repo.author_ident(tree).email == "author@example.org"


def test_branches(tree: Path) -> None:
    assert repo.branch_exists(tree, "master")
    assert not repo.branch_exists(tree, "v1.0")
    assert repo.valid_branch_name(tree, "topic/zp")
    for name in ("-x", "a..b", "@{-1}", "", "a b", "x.lock"):
        assert not repo.valid_branch_name(tree, name), name


def test_the_author_is_whom_git_would_name(tree: Path) -> None:
    ident = repo.author_ident(tree)
    assert ident == Ident("A U Thor", "author@example.org", "1717243200 +0000")
    assert ident.person == "A U Thor <author@example.org>"


def test_no_identity_is_made_up_from_the_machine_s_name(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"user\.name.*user\.email"):
        repo.author_ident(tree)
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\n\tname = X Y\n\temail = x@y.z\n")
    assert repo.author_ident(tree).person == "X Y <x@y.z>"


def test_broken_configuration_is_not_taken_for_an_answer(tree: Path) -> None:
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[core]\n\tabbrev = many\n")
    for ask in (repo.is_worktree, repo.head, repo.author_ident):
        with pytest.raises(UserError, match="bad "):
            ask(tree)


def test_modes(tree: Path) -> None:
    head = repo.head(tree)
    found = repo.file_modes(tree, head, ("mm/a.c", "run", "missing"))
    assert found == {"mm/a.c": "100644", "run": "100755"}


def test_what_is_no_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="not a git identity"):
        parse_ident("nobody")


def test_a_user_whom_git_does_not_know_is_nobody_and_not_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    assert repo.known_ident(tmp_path) is None
    assert str(repo.nobody(7)) == "Your Name <you@example.org> 7 +0000"
