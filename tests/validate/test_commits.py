# SPDX-License-Identifier: GPL-2.0-only
"""Commits read from mails and from a range of a repository: the same texts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel.tree import Tree, open_tree
from zpconvert.validate.commits import from_mails, from_range


def git(tree: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository of three commits that passes for a kernel; the third adds a header."""
    place = tmp_path / "linux"
    (place / "mm").mkdir(parents=True)
    (place / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 12\n")
    (place / "Kconfig").write_text("\n")
    git(tmp_path, "init", "-q", "-b", "main", str(place))
    for number in range(3):
        (place / "mm/a.c").write_text(f"int a = {number};\n")
        if number == 2:
            (place / "mm/a.h").write_text("extern int a;\n")
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", f"mm/a: number {number}\n\nBody.")
    return open_tree(place)


def test_mails_and_range_agree(tree: Tree, tmp_path: Path) -> None:
    git(tree.path, "format-patch", "-q", "--cover-letter", "-o", str(tmp_path / "out"), "HEAD~2")
    ranged = from_range(tree, "HEAD~2..HEAD")
    git(tree.path, "checkout", "-q", "HEAD~2")
    mailed = from_mails(tmp_path / "out", tree)
    assert ranged.base == mailed.base == {"mm/a.c": b"int a = 0;\n"}
    assert [c.files for c in ranged.commits] == [c.files for c in mailed.commits]
    assert [c.message for c in ranged.commits] == [c.message for c in mailed.commits]
    assert [c.subject for c in ranged.commits] == ["mm/a: number 1", "mm/a: number 2"]
    assert ranged.commits[0].touched == ("mm/a.c",)
    assert ranged.commits[1].touched == mailed.commits[1].touched == ("mm/a.c", "mm/a.h")
    assert git(tree.path, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("revisions", "what"),
    [
        ("HEAD..HEAD", "no commits in this range"),
        ("nothing..HEAD", "bad revision"),
        ("--all", "write it as A..B"),
    ],
)
def test_ranges_that_are_none(tree: Tree, revisions: str, what: str) -> None:
    with pytest.raises(UserError) as error:
        from_range(tree, revisions)
    assert what in str(error.value)


def test_a_work_tree_elsewhere_is_told(tree: Tree) -> None:
    (tree.path / "Kconfig").write_text("changed\n")
    with pytest.raises(UserError, match="differ from the range's base"):
        from_range(tree, "HEAD~1..HEAD")


def test_a_merge_is_told(tree: Tree) -> None:
    git(tree.path, "checkout", "-q", "-b", "side", "HEAD~1")
    (tree.path / "mm/b.c").write_text("int b;\n")
    git(tree.path, "add", "-A")
    git(tree.path, "commit", "-q", "-m", "side")
    git(tree.path, "merge", "-q", "--no-edit", "main")
    with pytest.raises(UserError, match="is a merge"):
        from_range(tree, "HEAD~1..HEAD")
    with pytest.raises(UserError, match="does not follow the commit before it"):
        from_range(tree, "HEAD^1...HEAD^2")


def test_a_commit_without_a_parent_is_told(tree: Tree) -> None:
    git(tree.path, "checkout", "-q", "--orphan", "other")
    git(tree.path, "commit", "-q", "-m", "other")
    with pytest.raises(UserError, match="has no parent"):
        from_range(tree, "main..other")


def test_mails_that_do_not_apply_are_told(tree: Tree, tmp_path: Path) -> None:
    git(tree.path, "format-patch", "-q", "-o", str(tmp_path / "out"), "HEAD~1")
    with pytest.raises(UserError, match="does not apply"):
        from_mails(tmp_path / "out", tree)


def test_the_mail_that_does_not_apply_is_named(tree: Tree, tmp_path: Path) -> None:
    git(tree.path, "format-patch", "-q", "-o", str(tmp_path / "out"), "HEAD~2")
    git(tree.path, "checkout", "-q", "HEAD~2")
    second = tmp_path / "out/0002-mm-a-number-2.patch"
    second.write_text(second.read_text().replace("-int a = 1;", "-int a = 7;"))
    with pytest.raises(UserError) as error:
        from_mails(tmp_path / "out", tree)
    said = str(error.value)
    assert said.startswith(f"{second}: does not apply to {tree.path} after 1 mail that did: ")
    assert said.endswith("made for, or mend it or those before it, if one was edited")


def test_the_base_that_mails_name_is_known(tree: Tree, tmp_path: Path) -> None:
    base = git(tree.path, "rev-parse", "HEAD~1").strip()
    words = ["format-patch", "-q", f"--base={base}", "HEAD~1", "-o"]
    git(tree.path, *words, str(tmp_path / "out"))
    git(tree.path, "checkout", "-q", "HEAD~1")
    assert from_mails(tmp_path / "out", tree).made_for == base
    git(tree.path, "format-patch", "-q", "-o", str(tmp_path / "none"), "main~1..main")
    assert from_mails(tmp_path / "none", tree).made_for is None


def test_a_mail_that_is_empty_is_named(tree: Tree, tmp_path: Path) -> None:
    git(tree.path, "format-patch", "-q", "-o", str(tmp_path / "out"), "HEAD~2")
    git(tree.path, "checkout", "-q", "HEAD~2")
    second = tmp_path / "out/0002-mm-a-number-2.patch"
    second.write_text("")
    with pytest.raises(UserError) as error:
        from_mails(tmp_path / "out", tree)
    assert str(error.value).startswith(f"{second}: the mail is damaged: ")


def test_a_directory_without_mails_is_told(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no patches"):
        from_mails(tmp_path, tree)
