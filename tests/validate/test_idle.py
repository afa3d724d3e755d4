# SPDX-License-Identifier: GPL-2.0-only
"""An include does nothing if what it names was read before and is guarded; else it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.kernel.cells import Cell
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.validate.idle import is_guarded, without

GUARDED = b"#ifndef A_H\n#define A_H\nint a;\n#if ONE\n#else\n#endif\n#endif\n"
SOURCE = b"#include <linux/a.h>\n#include <linux/twice.h>\nint x;\n"
WITH_OWN = SOURCE.replace(b"int x;", b'#include "own.h"\nint x;')
OWN = b"#ifndef OWN_H\n%bint own;\n#endif\n"


@pytest.fixture
def build(tmp_path: Path) -> BuildDir:
    """An object that was built from two headers, one of them guarded."""
    tree, path = tmp_path / "linux", tmp_path / "build"
    texts = {
        "include/linux/a.h": GUARDED,
        "include/linux/twice.h": b"int again;\n",
        "include/linux/unread.h": GUARDED,
        "arch/x86/include/linux/a.h": GUARDED,
    }
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text)
    (path / "mm").mkdir(parents=True)
    cell = Cell("one", "x86", ())
    command = ("gcc", "-c", str(tree / "mm/x.c"))
    build = BuildDir(path, tree, cell, "gcc", {"mm/x.o": command}, "")
    was_built_from(build, "include/linux/a.h", "include/linux/twice.h")
    return build


def was_built_from(build: BuildDir, *paths: str) -> None:
    lines = "".join(f"  {build.tree}/{path} \\\n" for path in paths)
    saved = build.path / "mm/.x.o.cmd"
    saved.write_text(f"savedcmd_mm/x.o := gcc\n\ndeps_mm/x.o := \\\n{lines}")


def seen(build: BuildDir, include: bytes, source: bytes = WITH_OWN, base: bytes = SOURCE) -> bytes:
    """What is left of an include in a new header."""
    files = {"mm/x.c": source, "mm/own.h": OWN % include}
    left = without(build, "mm/x.o", {"mm/x.c": base}, files)
    assert left["mm/x.c"] == source
    first, last = (OWN.partition(b"%b")[at] for at in (0, 2))
    return left["mm/own.h"].removeprefix(first).removesuffix(last)


def test_what_was_read_does_nothing(build: BuildDir) -> None:
    assert seen(build, b"#include <linux/a.h>\n") == b""


@pytest.mark.parametrize(
    "include",
    [
        b"#include <linux/unread.h>\n",
        b"#include <linux/twice.h>\n",
        b'#include "linux/a.h"\n',
        b"#include MACRO\n",
    ],
    ids=["not read", "not guarded", "quoted", "not spelt out"],
)
def test_what_may_do_something_counts(build: BuildDir, include: bytes) -> None:
    assert seen(build, include) == include


def test_of_two_headers_of_a_name_either_may_be_meant(build: BuildDir) -> None:
    was_built_from(build, "include/linux/a.h", "arch/x86/include/linux/a.h")
    assert seen(build, b"#include <linux/a.h>\n") == b"#include <linux/a.h>\n"


@pytest.mark.parametrize(
    "source",
    [
        b'#include "own.h"\n' + SOURCE,
        WITH_OWN.replace(b"#include <linux/a.h>\n", b""),
        WITH_OWN.replace(b"int x;", b"#include <linux/late.h>\nint x;"),
        WITH_OWN.replace(b"<linux/a.h>", b"<linux/b.h>"),
    ],
    ids=["before", "no longer", "more", "another"],
)
def test_what_the_source_includes_after_it_counts(build: BuildDir, source: bytes) -> None:
    """What the header names may be read for the first time there."""
    assert seen(build, b"#include <linux/a.h>\n", source) == b"#include <linux/a.h>\n"


def test_a_header_that_the_tree_has_is_left_alone(build: BuildDir) -> None:
    base = {"mm/x.c": SOURCE, "mm/old.h": b""}
    files = {"mm/x.c": WITH_OWN, "mm/own.h": b"#include <linux/a.h>\n", "mm/old.h": b""}
    assert without(build, "mm/x.o", base, files) == files


def test_a_source_that_is_not_there(build: BuildDir) -> None:
    files = {"mm/own.h": b"#include <linux/a.h>\n"}
    assert without(build, "mm/x.o", {}, files) == files


@pytest.mark.parametrize(
    "header",
    [
        b"/* a\n */\n" + GUARDED + b"/* the end */\n",
        GUARDED.replace(b"#define A_H", b"# define A_H"),
        b"#ifndef A_H\n#define A_H\n#endif /* A_H */\n",
    ],
)
def test_a_guard(header: bytes) -> None:
    assert is_guarded(header)


@pytest.mark.parametrize(
    "header",
    [
        b"int a;\n",
        b"int a;\n" + GUARDED,
        GUARDED + b"int b;\n",
        GUARDED + b"#ifdef B\n#endif\n",
        GUARDED.replace(b"#define A_H", b"#define B_H"),
        GUARDED.replace(b"int a;", b"#else\nint a;"),
        GUARDED.replace(b"int a;", b"#elif defined(B)\nint a;"),
        GUARDED.replace(b"int a;", b"#undef A_H\nint a;"),
        GUARDED.removesuffix(b"#endif\n"),
    ],
    ids=["none", "before", "after", "two", "other", "else", "elif", "undone", "open"],
)
def test_no_guard(header: bytes) -> None:
    assert not is_guarded(header)
