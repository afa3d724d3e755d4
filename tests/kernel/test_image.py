# SPDX-License-Identifier: GPL-2.0-only
"""Kernels of states, on a tree whose Makefile copies two files together and notes what it did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.image import Images
from zpconvert.kernel.kbuild import BuildDir

MAKEFILE = """\
olddefconfig:
	@echo configured >>$(O)/log
linux: $(O)/pool.o $(O)/main.o
	@cat $^ >$(O)/linux
$(O)/%.o: mm/%.c
	@! grep -q error $< || { echo "$<:1: error: no" >&2; exit 1; }
	@cat $< >$@
	@echo $* >>$(O)/log
	@echo "deps := $(CURDIR)/mm/$*.c" >$(O)/.$*.o.cmd
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "linux"
    (tree / "mm").mkdir(parents=True)
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / "mm/pool.c").write_text("pool of the tree\n")
    (tree / "mm/main.c").write_text("main of the tree\n")
    for path in ("Makefile", "mm/pool.c", "mm/main.c"):
        os.utime(tree / path, (1, 1))
    return tree


@pytest.fixture
def images(tree: Path, tmp_path: Path) -> Images:
    build = tmp_path / "builds/linux-boot"
    build.mkdir(parents=True)
    (build / ".config").write_text("CONFIG_X=y\n")
    cell = Cell("boot", "um", ())
    return Images(BuildDir(build, tree, cell, "gcc", {}, ""), tree, ["mm/pool.c"], 1)


def log(images: Images) -> list[str]:
    """What make did since the last time."""
    file = images.path / "log"
    lines = file.read_text().split() if file.exists() else []
    file.unlink(missing_ok=True)
    return sorted(lines)


def make(images: Images, text: bytes, place: Path) -> str:
    images.make({"mm/pool.c": text}, place)
    return place.read_text()


def test_each_state_is_built_from_the_one_before(
    images: Images, tree: Path, tmp_path: Path
) -> None:
    place = tmp_path / "kernel"
    assert make(images, b"one\n", place) == "one\nmain of the tree\n"
    assert log(images) == ["configured", "main", "pool"]
    assert make(images, b"two\n", place) == "two\nmain of the tree\n"
    assert log(images) == ["pool"]
    assert make(images, b"two\n", place) == "two\nmain of the tree\n"
    assert log(images) == []
    assert (tree / "mm/pool.c").read_text() == "pool of the tree\n"


def test_the_inputs_are_what_the_series_does_not_touch(
    images: Images, tree: Path, tmp_path: Path
) -> None:
    assert images.inputs() is None
    make(images, b"one\n", tmp_path / "kernel")
    first = images.inputs()
    assert first is not None
    make(images, b"two\n", tmp_path / "kernel")
    (tree / "mm/pool.c").write_text("another pool\n")
    assert images.inputs() == first
    (tree / "mm/main.c").write_text("another main\n")
    assert images.inputs() != first
    assert make(images, b"two\n", tmp_path / "kernel") == "two\nanother main\n"


def test_what_does_not_build_is_said_and_the_next_is_built(images: Images, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"build failed \(mm/pool\.c:1: error: no\)"):
        images.make({"mm/pool.c": b"error\n"}, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
    assert make(images, b"good\n", tmp_path / "good") == "good\nmain of the tree\n"


def test_what_a_killed_make_left_is_not_believed(images: Images, tmp_path: Path) -> None:
    make(images, b"one\n", tmp_path / "kernel")
    # within one tick of the file system's clock pool.o would be swept, too, to be safe
    saved = images.path / ".pool.o.cmd"
    later = saved.stat().st_mtime_ns + 1_000_000_000
    os.utime(saved, ns=(later, later))
    (images.path / "zpconvert.unfinished").touch()
    (images.path / "main.o").write_text("half of")
    (images.path / "stray.o").write_text("half")
    log(images)
    assert make(images, b"one\n", tmp_path / "kernel") == "one\nmain of the tree\n"
    assert log(images) == ["main"]
    assert not (images.path / "stray.o").exists()
