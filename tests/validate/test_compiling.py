# SPDX-License-Identifier: GPL-2.0-only
"""What builds say of a commit: nothing that fails, hangs or cannot be compiled is passed over."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.kernel import cells, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.source import cache_home
from zpconvert.kernel.tree import Tree
from zpconvert.validate import compiling
from zpconvert.validate.builder import Builder
from zpconvert.validate.cases import Target
from zpconvert.validate.commits import Commit, Series
from zpconvert.validate.equality import Comparer
from zpconvert.validate.subject import Subject
from zpconvert.validate.verdict import Verdict

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"
GOOD, BAD = b"int a;\n", b"#error no\n"


def subject(tree: Path, *states: dict[str, bytes], only: tuple[int, ...] = ()) -> Subject:
    commits = []
    for number, (old, new) in enumerate(itertools.pairwise(states), 1):
        touched = tuple(p for p in sorted({*old, *new}) if old.get(p) != new.get(p))
        commits.append(Commit(number, f"{number:04}", "mm/a: change\n", new, touched))
    return Subject(Tree(tree, "6.12.0", False), Series("out", states[0], tuple(commits)), only=only)


def built(one: Subject, build: BuildDir, cache: Path) -> list[tuple[int, str]]:
    found = compiling.build(one, [build], Builder(cache, 1)).findings(one)
    return [(f.commit, f.text) for f in found]


@pytest.mark.kernel
def test_a_commit_that_does_not_build_is_told_though_its_parent_did_not(
    build_612: Callable[[str], BuildDir], kernel_612: Path, tmp_path: Path
) -> None:
    states = [{SOURCE: text} for text in (GOOD, BAD, BAD + GOOD, GOOD + GOOD)]
    build = build_612("compaction")
    assert built(subject(kernel_612, *states), build, tmp_path) == [
        (1, "does not build: #error no"),
        (2, "does not build (broken since commit 1): #error no"),
    ]
    assert built(subject(kernel_612, *states, only=(2,)), build, tmp_path) == [
        (2, "does not build (broken since commit 1 or before): #error no")
    ]
    assert built(subject(kernel_612, *states[1:], only=(1,)), build, tmp_path) == [
        (1, "does not build (broken since the base): #error no")
    ]


@pytest.fixture
def slow(build_612: Callable[[str], BuildDir], tmp_path: Path) -> BuildDir:
    """A compiler that hangs on texts with the word `hang`."""
    program = tmp_path / "gcc"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\ngrep -q hang "$last" && exec sleep 60\nexec gcc "$@"\n'
    )
    program.chmod(0o755)
    build = build_612("compaction")
    return replace(build, commands={OBJECT: (str(program), *build.commands[OBJECT][1:])})


@pytest.mark.kernel
def test_a_hanging_compiler_hides_no_error(
    slow: BuildDir, kernel_612: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "COMPILE_TIMEOUT", 3.0)
    hang = b"int hang;\n"
    one = subject(kernel_612, *({SOURCE: text} for text in (GOOD, hang, BAD)))
    (first, said), second = built(one, slow, tmp_path)
    assert first == 1
    assert said.startswith("not known whether it builds: ")
    assert "killed after 3 s" in said
    assert second == (2, "does not build: #error no")


@pytest.mark.kernel
def test_a_comparison_that_hung_is_unknown_and_made_again(
    slow: BuildDir, kernel_612: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = b"int f(void) { return 1; }\n", b"int f(void) { int hang = 1; return hang; }\n"
    target = Target(slow, OBJECT, ({SOURCE: before}, {SOURCE: after}))
    with monkeypatch.context() as patch:
        patch.setattr(replay, "COMPILE_TIMEOUT", 3.0)
        rows = Comparer(Builder(tmp_path, 1), kernel_612).compare([target], [1])
    assert [(row.name, row.verdict) for row in rows] == [("*", Verdict.UNKNOWN)]
    assert "was not compiled" in rows[0].how
    Path(slow.commands[OBJECT][0]).write_text('#!/bin/sh\nexec gcc "$@"\n')
    rows = Comparer(Builder(tmp_path, 1), kernel_612).compare([target], [1])
    assert [(row.name, row.verdict) for row in rows] == [("f", Verdict.EQUAL)]


@pytest.mark.kernel
def test_a_source_that_comes_or_goes_is_unknown(
    build_612: Callable[[str], BuildDir], kernel_612: Path
) -> None:
    target = Target(build_612("compaction"), OBJECT, (None, {SOURCE: GOOD}, None, None))
    rows = Comparer(Builder(cache_home(), 1), kernel_612).compare([target], [1, 2, 3])
    assert [(row.commit, row.object, row.verdict, row.how) for row in rows] == [
        (1, OBJECT, Verdict.UNKNOWN, "commit 1 adds the source: not compared"),
        (2, OBJECT, Verdict.UNKNOWN, "commit 2 deletes the source: not compared"),
    ]


def test_a_source_that_the_tree_does_not_have_is_told(tmp_path: Path) -> None:
    new = "mm/new.c"
    one = subject(tmp_path, {}, {new: GOOD}, {new: BAD}, {})
    assert [(f.commit, f.path, f.text.split(",")[0]) for f in compiling.uncompiled(one)] == [
        (1, new, "unknown: commit 1 adds mm/new.c"),
        (2, new, "unknown: commit 2 changes mm/new.c"),
        (3, new, "unknown: commit 3 deletes mm/new.c"),
    ]
    assert [f.commit for f in compiling.uncompiled(replace(one, only=(2,)))] == [2]


def test_no_cell_that_ran_is_a_finding(tmp_path: Path) -> None:
    cell = cells.Cell("far", "far", (), cross="no-such-linux-gnu-")
    one = subject(tmp_path, {SOURCE: GOOD}, {SOURCE: BAD})
    for chosen in ([cell], []):
        rows, builds, found = compiling.prepared(one, chosen, [OBJECT], tmp_path, print)
        assert not builds
        assert [row.state for row in rows] == ["not run"] * len(chosen)
        assert [(f.check, "no cell ran" in f.text) for f in found] == [("prepare", True)]
