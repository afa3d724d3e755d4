# SPDX-License-Identifier: GPL-2.0-only
"""A mirror looks like its tree with other files, and the tree is never written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zpconvert.kernel.mirror import Mirror


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "linux"
    for path in ("Makefile", "mm/pool.c", "mm/pool.h", "mm/sub/user.c", "Documentation/x/y",
                 ".git/config", "include/config/auto.conf", "mm/pool.o", ".config"):  # fmt: skip
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(f"{path} of the tree")
    (tree / "scripts").mkdir()
    (tree / "scripts/prefix").symlink_to("../mm")
    return tree


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    (tmp_path / "builds").mkdir()
    return tmp_path / "builds"


def seen(place: Path) -> dict[str, str]:
    """Path to text of all that can be read below a directory, links to directories aside."""
    return {
        str(Path(directory, name).relative_to(place)): Path(directory, name).read_text()
        for directory, _, names in os.walk(place)
        for name in names
    }


OTHERS = {p: f"{p} of the tree" for p in ("Makefile", "mm/pool.h", "mm/sub/user.c")}


def test_it_is_the_tree_with_other_files(tree: Path, builds: Path) -> None:
    before = seen(tree)
    mirror = Mirror(tree, builds)
    mirror.lay_out({"mm/pool.c": b"mine", "mm/new.h": b"new"}, ["mm/pool.c", "mm/new.h"])
    assert seen(mirror.path) == {**OTHERS, "mm/pool.c": "mine", "mm/new.h": "new"}
    assert (mirror.path / "Documentation/x/y").read_text() == "Documentation/x/y of the tree"
    assert (mirror.path / "scripts/prefix/pool.h").exists()
    # what is written as ../x stays in the mirror
    assert (mirror.path / "mm/sub/../pool.c").read_text() == "mine"
    mirror.lay_out({"mm/pool.c": b"mine"}, ["mm/pool.c", "mm/new.h"])
    assert seen(mirror.path) == {**OTHERS, "mm/pool.c": "mine"}
    assert seen(tree) == before


def test_only_what_changes_gets_a_new_time(tree: Path, builds: Path) -> None:
    mirror = Mirror(tree, builds)
    paths = ["mm/pool.c", "mm/pool.h"]
    mirror.lay_out({"mm/pool.c": b"one", "mm/pool.h": b"h"}, paths)
    for path in paths:
        os.utime(mirror.path / path, (1, 1))
    Mirror(tree, builds).lay_out({"mm/pool.c": b"two", "mm/pool.h": b"h"}, paths)
    assert (mirror.path / "mm/pool.c").stat().st_mtime > 1
    assert (mirror.path / "mm/pool.h").stat().st_mtime == 1


def test_what_another_series_touched_is_the_trees_again_and_newer(tree: Path, builds: Path) -> None:
    os.utime(tree / "mm/pool.c", (1, 1))
    Mirror(tree, builds).lay_out({"mm/pool.c": b"theirs"}, ["mm/pool.c", "mm/added.c"])
    mirror = Mirror(tree, builds)
    mirror.lay_out({"mm/pool.h": b"mine"}, ["mm/pool.h"])
    assert (mirror.path / "mm/pool.c").read_text() == "mm/pool.c of the tree"
    assert (mirror.path / "mm/pool.c").lstat().st_mtime > 1
    assert (mirror.path / "mm/pool.h").read_text() == "mine"
    assert not (mirror.path / "mm/added.c").exists()


def test_it_follows_the_tree(tree: Path, builds: Path) -> None:
    Mirror(tree, builds).lay_out({}, [])
    (tree / "mm/pool.h").unlink()
    (tree / "mm/later.c").write_text("later")
    mirror = Mirror(tree, builds)
    mirror.lay_out({}, [])
    assert not os.path.lexists(mirror.path / "mm/pool.h")
    assert (mirror.path / "mm/later.c").read_text() == "later"
