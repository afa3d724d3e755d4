# SPDX-License-Identifier: GPL-2.0-only
"""Series and branches on a git tree of the user's own, as the user's git sees them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OBJPOOL = str(ROOT / "fixtures/conversions/objpool")
BUDDY2 = str(ROOT / "fixtures/conversions/buddy2")


def zpconvert(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def git(tree: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=tree, check=True, capture_output=True, text=True
    ).stdout


def committed(tree: Path) -> Path:
    """The tree, as a repository with one commit and a tag."""
    git(tree, "init", "-q", "-b", "master")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "base")
    git(tree, "tag", "v6.99")
    return tree


def seen(tree: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a tree outside .git/objects, and its mode; the index and HEAD included."""
    return {
        str(path.relative_to(tree)): (path.stat().st_mode, path.read_bytes())
        for path in tree.rglob("*")
        if path.is_file() and "objects" not in path.parts and "refs" not in path.parts
    }


@pytest.fixture
def tree(small_tree: Path) -> Path:
    """The fixture tree in git."""
    return committed(small_tree)


# --- branches -------------------------------------------------------------------------------


def test_a_branch_holds_the_commits_and_nothing_else_changes(tree: Path) -> None:
    (tree / "untracked").write_text("mine\n")
    before = seen(tree)
    done = zpconvert("convert", OBJPOOL, "--tree", tree, "--branch", "b4/tdesc", "--signoff")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert seen(tree) == before
    assert git(tree, "status", "--porcelain") == "?? untracked\n"
    assert git(tree, "rev-parse", "--abbrev-ref", "HEAD") == "master\n"
    subjects = git(tree, "log", "--reverse", "--format=%s", "master..b4/tdesc").splitlines()
    assert len(subjects) == 6
    assert subjects[0] == ("mm/objpool: add struct tdesc and use it for the first page of a group")
    assert set(git(tree, "log", "--format=%an <%ae>", "master..b4/tdesc").splitlines()) == {
        "A U Thor <author@example.org>"
    }
    assert git(tree, "log", "--format=%b", "master..b4/tdesc").count("Signed-off-by: A U Thor") == 6
    assert git(tree, "diff", "--stat", "master..b4/tdesc").splitlines()[-1].startswith(" 2 files")
    assert git(tree, "fsck", "--strict") == ""


def test_a_branch_and_the_mails_hold_the_same(tree: Path, tmp_path: Path) -> None:
    assert zpconvert("convert", OBJPOOL, "--tree", tree, "--branch", "one").returncode == 0
    done = zpconvert("series", OBJPOOL, "--tree", tree, "-o", tmp_path / "out")
    git(tree, "checkout", "-q", "-b", "two")
    git(tree, "am", "-q", *done.stdout.split()[1:])
    assert git(tree, "rev-parse", "one^{tree}") == git(tree, "rev-parse", "two^{tree}")
    assert git(tree, "diff", "one", "two") == ""


def test_a_branch_up_to_a_patch(tree: Path) -> None:
    done = zpconvert("convert", OBJPOOL, "--tree", tree, "--branch", "two", "--upto", "2")
    assert done.returncode == 0, done.stderr
    assert "two: 2 commits on " in done.stderr
    assert git(tree, "rev-list", "--count", "master..two") == "2\n"


def test_another_conversion_with_the_same_descriptor_goes_on_top(
    tree: Path, tmp_path: Path
) -> None:
    """By branch, by mails, in part and in the work tree alike."""
    assert zpconvert("convert", OBJPOOL, "--tree", tree, "--branch", "one").returncode == 0
    git(tree, "checkout", "-q", "one")
    made = zpconvert("convert", BUDDY2, "--tree", tree, "--branch", "two")
    assert "two: 2 commits on " in made.stderr
    assert "introduce left out: this tree has its descriptor already" in made.stderr
    done = zpconvert("series", BUDDY2, "--tree", tree, "-o", tmp_path / "out")
    git(tree, "checkout", "-q", "-b", "mails")
    git(tree, "am", "-q", *done.stdout.split()[1:])
    assert git(tree, "rev-parse", "two^{tree}") == git(tree, "rev-parse", "mails^{tree}")
    git(tree, "checkout", "-q", "one")
    part = zpconvert("convert", BUDDY2, "--tree", tree, "--upto", "1", "--write")
    assert (part.returncode, part.stdout) == (0, ""), part.stderr
    assert git(tree, "diff", "two~1") == ""
    git(tree, "checkout", "-q", "-f", "master")
    assert zpconvert("convert", BUDDY2, "--tree", tree, "--branch", "three").returncode == 0
    git(tree, "checkout", "-q", "three")
    assert zpconvert("convert", OBJPOOL, "--tree", tree, "--branch", "four").returncode == 0
    assert git(tree, "rev-parse", "two^{tree}") == git(tree, "rev-parse", "four^{tree}")


def test_write_changes_the_work_tree_and_not_the_index(tree: Path) -> None:
    index = (tree / ".git/index").read_bytes()
    done = zpconvert("convert", OBJPOOL, "--tree", tree, "--write", "--upto", "1")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tree / ".git/index").read_bytes() == index
    assert git(tree, "status", "--porcelain") == " M mm/objpool.c\n?? mm/tdesc.h\n"
    again = zpconvert("convert", OBJPOOL, "--tree", tree, "--write")
    assert again.returncode == 2
    assert "already converted" in again.stderr


def test_a_diff_applies(tree: Path) -> None:
    done = zpconvert("convert", OBJPOOL, "--tree", tree, "--diff")
    assert done.returncode == 0
    subprocess.run(["git", "apply", "--index"], cwd=tree, input=done.stdout, text=True, check=True)
    assert git(tree, "diff", "--cached", "--abbrev=12", "HEAD") == done.stdout


# --- mails ----------------------------------------------------------------------------------


def test_row_22_the_base_commit_is_head(tree: Path, tmp_path: Path) -> None:
    head = git(tree, "rev-parse", "HEAD").strip()
    done = zpconvert("series", OBJPOOL, "--tree", tree, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    cover = (tmp_path / "out/0000-cover-letter.patch").read_text()
    assert re.findall(r"(?m)^base-commit: (\w+)$", cover) == [head]
    assert json.loads((tmp_path / "out/series.json").read_text())["base"] == {
        "source": "v6.99",
        "commit": head,
    }


def test_the_options_of_format_patch(tree: Path, tmp_path: Path) -> None:
    done = zpconvert(
        "series", OBJPOOL, "--tree", tree, "-o", tmp_path / "out", "-v2", "--rfc",
        "--subject-prefix", "PATCH mm-unstable", "--to", "To One <to@example.org>",
        "--cc", "cc1@example.org", "--cc", "cc2@example.org", "--in-reply-to", "<x@example.org>",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.name[:8] for path in paths] == [f"v2-000{n}-" for n in range(7)]
    for number, path in enumerate(paths):
        text = path.read_text()
        assert f"Subject: [RFC PATCH mm-unstable v2 {number}/6] mm/objpool: " in text
        assert "\nTo: To One <to@example.org>\n" in text
        assert "\nCc: cc1@example.org,\n    cc2@example.org\n" in text
        answered = "<x@example.org>" if number == 0 else r"<\d{8}-objpool-v2-0-\w+@example\.org>"
        assert re.search(f"\nIn-Reply-To: {answered}\n", text)


def test_git_send_email_takes_the_series(tree: Path, tmp_path: Path) -> None:
    done = zpconvert(
        "series", OBJPOOL, "--tree", tree, "-o", tmp_path / "out", "--signoff",
        "--to", "list@example.org",
    )  # fmt: skip
    asked = subprocess.run(
        ["git", "send-email", "--dry-run", "--quiet", "--confirm=never", "--no-validate",
         "--from=A U Thor <author@example.org>", *done.stdout.split()],
        cwd=tree, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.count("Dry-Sent [PATCH ") == 7


def test_a_reroll_replaces_what_is_there_and_touches_nothing_else(
    tree: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert zpconvert("series", OBJPOOL, "--tree", tree, "-o", out).returncode == 0
    again = zpconvert("series", OBJPOOL, "--tree", tree, "-o", out, "-v", "2")
    assert again.returncode == 0, again.stderr
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [Path(line).name for line in again.stdout.splitlines()] + ["series.json"]
    )


# --- the kernel, in git ---------------------------------------------------------------------


@pytest.mark.kernel
def test_a_kernel_in_git(kernel_612: Path, tmp_path: Path) -> None:
    """Of the files that a conversion and its proposals of addresses read."""
    tree = tmp_path / "linux"
    for name in ("Makefile", "Kconfig", "MAINTAINERS", "mm/zsmalloc.c", "CREDITS", "COPYING"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kernel_612 / name, tree / name)
    for name in ("include/linux", "include/asm-generic", "arch/x86/include/asm"):
        shutil.copytree(kernel_612 / name, tree / name)
    committed(tree)
    before = seen(tree)
    done = zpconvert("convert", "zsmalloc", "--tree", tree, "--branch", "zpdesc/v1")
    assert done.returncode == 0, done.stderr
    assert seen(tree) == before
    assert git(tree, "rev-list", "--count", "master..zpdesc/v1") == "20\n"
    assert git(tree, "diff", "--name-only", "master", "zpdesc/v1") == "mm/zpdesc.h\nmm/zsmalloc.c\n"
    whole = zpconvert("convert", "zsmalloc", "--tree", kernel_612, "--diff")
    assert (
        git(tree, "diff", "--abbrev=12", "master", "zpdesc/v1", "--", "mm/zpdesc.h") in whole.stdout
    )
    assert git(tree, "show", "zpdesc/v1:mm/zpdesc.h").endswith("#endif /* _MM_ZPDESC_H */\n")
    out = zpconvert("series", "zsmalloc", "--tree", tree, "-o", tmp_path / "out")
    assert out.returncode == 0, out.stderr
    git(tree, "checkout", "-q", "-b", "mailed")
    git(tree, "am", "-q", *out.stdout.split()[1:])
    assert git(tree, "diff", "mailed", "zpdesc/v1") == ""
