# SPDX-License-Identifier: GPL-2.0-only
"""A touched header is read as its commit has it, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.validate.small import MATRIX, commit, git, repository
from zpconvert.kernel import cells, precompiled, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.kernel.tree import open_tree
from zpconvert.validate import commits, run
from zpconvert.validate.report import Report
from zpconvert.validate.subject import Subject

SOURCE = "mm/objpool.c"
USE = b"int zz(int x);\nint zz(int x)\n{\n\treturn x + ZP_N;\n}\n"
PART = b"static inline int zp_part(int x)\n{\n\treturn x + %d;\n}\n"


def validated(tmp_path: Path, small_tree: Path, base: Mapping[str, bytes], path: str) -> Report:
    """A history in which one file changes a 1 to a 2."""
    tree = repository(small_tree)
    makefile = (tree / "Makefile").read_bytes()
    more = b"-I$(CURDIR)/arch/x86/include -I$(CURDIR)/include -I$(CURDIR)/include/uapi "
    files = dict(base) | {"Makefile": makefile.replace(b"-I$(CURDIR)/include ", more)}
    source = (tree / SOURCE).read_bytes()
    files[SOURCE] = source + files[SOURCE]
    for one in files:
        (tree / one).parent.mkdir(parents=True, exist_ok=True)
    commit(tree, files, "start")
    commit(tree, {path: files[path].replace(b"1", b"2")}, "a")
    git(tree, "checkout", "-q", "main~1")
    opened = open_tree(tree)
    fragment = ("CONFIG_OBJPOOL=y", "CONFIG_BUDDY2=y")
    one = Subject(opened, commits.from_range(opened, "main~1..main"), fragment)
    (tmp_path / "cells.toml").write_text(MATRIX)
    cell = replace(cells.read(tmp_path / "cells.toml")["small"], compare=True)
    return run.validate(one, [cell], cache=tmp_path / "cache", workers=2, tell=lambda text: None)


@pytest.mark.parametrize(
    ("header", "include"),
    [
        ("mm/zp.h", b'"zp.h"'),
        ("lib/zp.h", b'"../lib/zp.h"'),
        ("include/uapi/linux/zp.h", b"<linux/zp.h>"),
        ("arch/x86/include/asm/zp.h", b"<asm/zp.h>"),
    ],
)
def test_a_header_that_changes_alone(
    small_tree: Path, tmp_path: Path, header: str, include: bytes
) -> None:
    base = {header: b"#define ZP_N 1\n", SOURCE: b"#include " + include + b"\n" + USE}
    found = validated(tmp_path, small_tree, base, header)
    assert [row.name for row in found.compared] == ["zz"]


def test_a_header_that_is_read_from_the_tree_is_said(small_tree: Path, tmp_path: Path) -> None:
    """gcc looks for it beside the untouched header that includes it."""
    base = {"mm/a.h": b'#include "b.h"\n', "mm/b.h": b"#define ZP_N 1\n"}
    base[SOURCE] = b'#include "a.h"\n' + USE
    found = validated(tmp_path, small_tree, base, "mm/b.h")
    (said,) = [f for f in found.findings if f.check == "build"]
    assert (said.commit, said.path) == (1, "mm/b.h")
    assert said.text == "unknown: mm/objpool.o is made of the tree's own copy, not of the commit's"
    (row,) = found.uncovered
    assert row.reason == "nothing that was built reads it"


def test_a_source_that_another_one_includes(small_tree: Path, tmp_path: Path) -> None:
    base = {
        "mm/part.c": PART % 1,
        SOURCE: b'#include "part.c"\n' + USE.replace(b"ZP_N", b"zp_part(x)"),
    }
    base["mm/Makefile"] = (small_tree / "mm/Makefile").read_bytes() + b"\nobj-y += part.o\n"
    found = validated(tmp_path, small_tree, base, "mm/part.c")
    assert "mm/objpool.o" in {row.object for row in found.compared}


def test_users_that_no_cell_builds_are_named(small_tree: Path, tmp_path: Path) -> None:
    header, include = "include/linux/zp.h", b"#include <linux/zp.h>\n"
    base = {header: PART % 1, SOURCE: include, "mm/extra.c": include}
    found = validated(tmp_path, small_tree, base, header)
    (row,) = found.uncovered
    assert row.reason == "of what includes it, no cell builds mm/extra.o"


@pytest.mark.kernel
def test_a_header_that_is_included_by_force(
    build_612: Callable[[str], BuildDir], kernel_612: Path
) -> None:
    header = "include/linux/compiler_types.h"
    text = (kernel_612 / header).read_bytes() + b"\n#define ZP_N 1\n"
    job = Job(build_612("compaction"), "mm/zbud.o", {header: text, "mm/zbud.c": b"int a = ZP_N;\n"})
    assert isinstance(replay.compile(job), Compiled)
    read = replay.read(job)
    assert read is not None
    assert read[0] == job.overlay.keys()
    assert header not in read[1]
    # one that would be made for it holds the tree's
    assert precompiled.alike({"a": job}) == []
    without = replace(job, overlay={"mm/zbud.c": b"int a;\n"})
    assert len(precompiled.alike({"a": without})) == 1
