# SPDX-License-Identifier: GPL-2.0-only
"""Prepared build directories, and replayed compilations, of the kernel itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compiled import compile_many
from zpconvert.errors import UserError
from zpconvert.kernel import buildcache, diagnostics, kbuild, replay, source
from zpconvert.kernel.cells import CELLS, Cell

pytestmark = pytest.mark.kernel

Builds = Callable[[str], kbuild.BuildDir]
OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"


def compiled(build: kbuild.BuildDir, overlay: dict[str, bytes]) -> replay.Compiled:
    result = replay.compile(replay.Job(build, OBJECT, overlay))
    assert isinstance(result, replay.Compiled), result.text
    return result


@pytest.fixture
def text(kernel_612: Path) -> bytes:
    return (kernel_612 / SOURCE).read_bytes()


@pytest.mark.parametrize("name", CELLS)
def test_each_built_in_cell_prepares_and_compiles_without_a_warning(
    build_612: Builds, name: str
) -> None:
    build = build_612(name)
    config = (build.path / ".config").read_text().splitlines()
    assert ("CONFIG_COMPACTION=y" in config) == ("no-compaction" not in name)
    assert ("CONFIG_DEBUG_VM=y" in config) == ("debug-vm" in name)
    result = compiled(build, {})
    assert result.obj[:4] == b"\x7fELF"
    assert (result.text, result.diagnostics) == ("", ())
    assert result.size.text > 1000


def test_an_object_is_the_same_from_the_tree_and_from_an_overlay(
    build_612: Builds, text: bytes
) -> None:
    build = build_612("compaction")
    assert compiled(build, {}).obj == compiled(build, {SOURCE: text}).obj


def test_a_header_of_the_overlay_is_found_and_the_rest_still_is(
    build_612: Builds, text: bytes
) -> None:
    overlay = {
        SOURCE: text + b'#include "internal.h"\n#include "own.h"\n#include <linux/own.h>\n'
        b"int own(void);\nint own(void) { return OWN + INCLUDED; }\n",
        "mm/own.h": b"#define OWN 1\n",
        "include/linux/own.h": b"#define INCLUDED 2\n",
    }
    assert b"own" in compiled(build_612("compaction"), overlay).obj


def test_warnings_are_those_of_w1_and_name_the_tree_s_path(build_612: Builds, text: bytes) -> None:
    overlay = {SOURCE: text + b"static const int never_read = 1;\nvoid undeclared(void) {}\n"}
    result = compiled(build_612("compaction"), overlay)
    line = text.count(b"\n") + 1
    assert [str(d).partition(" [")[0] for d in result.diagnostics] == [
        f"{SOURCE}:{line + 1}:6: warning: no previous prototype for ‘undeclared’",
        f"{SOURCE}:{line}:18: warning: ‘never_read’ defined but not used",
    ]
    assert "/tmp" not in result.text


def test_a_warning_of_a_header_is_blamed_on_the_header(build_612: Builds, text: bytes) -> None:
    overlay = {SOURCE: b'#include "own.h"\n' + text, "mm/own.h": b"void undeclared(void) {}\n"}
    (found,) = compiled(build_612("compaction"), overlay).diagnostics
    assert (found.path, found.line) == ("mm/own.h", 1)


def test_a_failure_is_a_value(build_612: Builds, text: bytes) -> None:
    overlay = {SOURCE: text + b"int broken = nowhere;\n"}
    result = replay.compile(replay.Job(build_612("compaction"), OBJECT, overlay))
    assert isinstance(result, replay.Failed)
    (error,) = [d for d in result.diagnostics if d.kind == "error"]
    assert (error.path, error.line) == (SOURCE, text.count(b"\n") + 1)
    assert "nowhere" in error.text


def test_many_come_back_in_order(build_612: Builds, text: bytes) -> None:
    build = build_612("compaction")
    texts = [text, text + b"int x(", text]
    jobs = [replay.Job(build, OBJECT, {SOURCE: one}) for one in texts]
    kinds = [type(one) for one in compile_many(jobs, workers=2)]
    assert kinds == [replay.Compiled, replay.Failed, replay.Compiled]


def test_compiling_writes_neither_to_the_tree_nor_to_the_build(
    build_612: Builds, kernel_612: Path, text: bytes
) -> None:
    build = build_612("compaction")
    # other tests use the build, and its stamp tells when that was the last time
    stamp = build.path / buildcache.STAMP

    def listing() -> set[tuple[str, int | bytes]]:
        files = {*build.path.rglob("*"), *(kernel_612 / "mm").rglob("*"), *kernel_612.iterdir()}
        times = {(str(f), f.lstat().st_mtime_ns) for f in files - {stamp}}
        return {*times, (str(stamp), stamp.read_bytes())}

    before = listing()
    compiled(build, {SOURCE: text + b"\n"})
    assert listing() == before


def test_an_option_without_effect_is_named(kernel_612: Path, tmp_path: Path) -> None:
    cell = Cell("odd", "x86_64", (*CELLS["compaction"].kconfig, "CONFIG_NO_SUCH_THING=y"))
    said = "CONFIG_NO_SUCH_THING=y has no effect in this kernel: no Kconfig for x86_64 has it; add"
    with pytest.raises(UserError, match=said):
        kbuild.prepare(kernel_612, cell, fragment=(), objects=(OBJECT,), cache=tmp_path)


def test_an_option_that_is_asked_for_twice_is_named(kernel_612: Path, tmp_path: Path) -> None:
    said = "CONFIG_COMPACTION=y and CONFIG_COMPACTION=n are both asked for; drop one"
    with pytest.raises(UserError, match=said):
        kbuild.prepare(
            kernel_612, CELLS["compaction"],
            fragment=("CONFIG_COMPACTION=n",), objects=(OBJECT,), cache=tmp_path,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "todo"), [(True, "read the log, and "), (False, "give a whole tree: this one has no")]
)
def test_a_tree_that_does_not_build_is_the_user_s_to_mend(
    tmp_path: Path, whole: bool, todo: str
) -> None:
    tree = tmp_path / "tree"
    (tree / "arch" if whole else tree).mkdir(parents=True)
    (tree / "Makefile").write_text("allnoconfig:\n\t@echo 'x: error: broken' >&2; false\n")
    with pytest.raises(UserError, match=r"build failed \(x: error: broken\)") as caught:
        kbuild.prepare(tree, CELLS["compaction"], fragment=(), objects=(), cache=tmp_path / "c")
    assert Path(caught.value.where).read_text()
    assert f"; {todo}" in str(caught.value)


def test_a_missing_program_is_named(
    kernel_612: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("make", "gcc"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^flex: no such program"):
        kbuild.prepare(kernel_612, CELLS["compaction"], fragment=(), objects=(), cache=tmp_path)


def test_preparing_twice_runs_make_once(
    build_612: Builds, kernel_612: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a make that fails first in PATH, the second call must not need it."""
    build_612("compaction")
    (tmp_path / "make").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "make").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert build_612("compaction").path.is_relative_to(source.cache_home())


def test_a_tree_that_was_built_in_place_is_built_through_links(
    kernel_612: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kbuild itself would say "The source tree is not clean" and stop. make runs again when
    what the tree's own files hold changes, and only then."""
    tree = tmp_path / "linux"
    tree.mkdir()
    for entry in kernel_612.iterdir():
        if entry.name not in ("include", "arch"):
            (tree / entry.name).symlink_to(entry)
    for part in ("include", "arch/x86/include"):
        (tree / part).mkdir(parents=True)
        for entry in (kernel_612 / part).iterdir():
            (tree / part / entry.name).symlink_to(entry)
    for part in ("arch", "arch/x86"):
        for entry in (kernel_612 / part).iterdir():
            if not (tree / part / entry.name).exists():
                (tree / part / entry.name).symlink_to(entry)
    (tree / ".config").write_text("CONFIG_BOGUS=y\n")
    (tree / "include/config").mkdir()
    (tree / "include/generated").mkdir()
    (tree / "include/generated/autoconf.h").write_text("#error the tree's own\n")
    (tree / "arch/x86/include/generated").mkdir()
    fragment = ("CONFIG_ZSWAP=y", "CONFIG_ZBUD=y")

    def prepare() -> kbuild.BuildDir:
        cache = tmp_path / "cache"
        cell = CELLS["compaction"]
        return kbuild.prepare(tree, cell, fragment=fragment, objects=(OBJECT,), cache=cache)

    build = prepare()
    assert build.tree != tree
    text = (tree / SOURCE).read_bytes() + b"int undeclared;;;\nint f(void) { return 1; }\n"
    result = compiled(build, {SOURCE: text})
    assert [d.path for d in result.diagnostics] == [SOURCE]
    assert sorted(p.name for p in (tree / "include/config").iterdir()) == []

    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/make").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/make").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert prepare() == build
    (tree / "Makefile").unlink()
    (tree / "Makefile").write_bytes((kernel_612 / "Makefile").read_bytes())
    assert prepare() == build
    (tree / "Makefile").write_bytes((kernel_612 / "Makefile").read_bytes() + b"# more\n")
    with pytest.raises(UserError, match="build failed"):
        prepare()


def test_fresh_warnings_are_told_from_moved_ones() -> None:
    old = diagnostics.parse("mm/a.c:3:5: warning: unused x\nmm/a.c:9:1: warning: unused y\n")
    new = diagnostics.parse(
        "mm/a.c: In function ‘f’:\nmm/a.c:13:5: warning: unused x\n    13 | int x;\n"
        "mm/a.c:14:5: warning: unused x\nmm/b.h:1:1: warning: unused y\n"
    )
    assert [(d.path, d.line) for d in diagnostics.fresh(old, new)] == [
        ("mm/a.c", 14), ("mm/b.h", 1)]  # fmt: skip
    assert diagnostics.fresh(new, new) == []
