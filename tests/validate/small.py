# SPDX-License-Identifier: GPL-2.0-only
"""The fixture tree as a repository of commits, validated from end to end in seconds: its
Makefile has what kbuild has, as far as preparing and replaying need it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

MATRIX = """\
[[cell]]
name = "small"
arch = "x86_64"
compare = true
kconfig = ["CONFIG_COMPACTION=y", "CONFIG_MEMCG=y", "CONFIG_DEBUG_VM=n"]
"""
SETTINGS = ("--kconfig", "CONFIG_OBJPOOL=y", "--kconfig", "CONFIG_BUDDY2=y")


def git(place: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=place, check=True, capture_output=True)


def commit(tree: Path, files: Mapping[str, bytes | None], subject: str) -> None:
    """A commit that writes files, or deletes them."""
    for path, text in files.items():
        if text is None:
            (tree / path).unlink()
        else:
            (tree / path).write_bytes(text)
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", subject, "-m", "Say why.")


def repository(tree: Path) -> Path:
    """The tree as a repository with one commit."""
    git(tree.parent, "init", "-q", "-b", "main", str(tree))
    commit(tree, {}, "start")
    return tree


def argv(tree: Path, revisions: str, report: Path, *words: str) -> list[str]:
    """`zpconvert validate` of a range, in the one small cell."""
    # one for all runs, whose outputs name it; another may be reading it
    matrix = report.with_name("cells.toml")
    if not matrix.exists():
        matrix.write_text(MATRIX)
    return [
        sys.executable, "-m", "zpconvert", "validate", "--tree", str(tree), "--range", revisions,
        "--matrix", str(matrix), "--json", str(report), *SETTINGS, *words,
    ]  # fmt: skip


def environment(cache: Path, **more: str) -> dict[str, str]:
    """A cache of its own, and temporary files in sight."""
    scratch = cache / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(scratch), **more}
