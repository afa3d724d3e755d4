# SPDX-License-Identifier: GPL-2.0-only
"""Texts that come to the same when they are preprocessed are compiled once, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.kernel import replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.validate.builder import Builder
from zpconvert.validate.preprocessed import alike, outline, preprocessed

OBJECT, SOURCE, HEADER = "mm/zbud.o", "mm/zbud.c", "include/linux/of_the_test.h"

#: With it, a text has no warnings.
QUIET = ("-w",)
#: Of a text: what it has, and by what that is replaced without a trace.
DROPPED = {
    "a branch that is off": (b"int off;", b"int off, more;"),
    "a condition in it": (b"#if 1\n", b"#if 2\n"),
    "a macro in it": (b"OFF 1", b"OFF 2"),
    "how a condition is written": (b"#ifdef CONFIG_ZBUD_OF_THE_TEST", b"#if 0"),
    "a comment as well": (b"int off;", b"int off, more; /* more */"),
}
#: And the same, where warnings do not count.
EXPANDED = {
    "a macro that nobody uses": (b"UNUSED 1", b"UNUSED 2"),
    "another one's name": (b"UNUSED 1", b"NOT_USED 1"),
    "what a macro goes through": (b"THROUGH VALUE", b"THROUGH 4"),
}
#: What is seen.
SEEN = {
    "a branch that is on": (b"int on;", b"int on, more;"),
    "a macro that is used": (b"VALUE 4", b"VALUE 5"),
    "in a macro's next line": (b"+ 1", b"+ 2"),
    "which branch is on": (b"#ifdef CONFIG_ZBUD_OF_THE_TEST", b"#if 1"),
    "a number of lines": (b"int off;", b"int off;\n"),
    "a pragma": (b"struct s {", b'_Pragma("pack(1)") struct s {'),
    "a warning": (b"#warning one", b"#warning two"),
}
#: What warnings are seen by: the text does not say, once it is preprocessed.
WARNED = {
    "how far a line is indented": (b"\t  x++;", b"\t\tx++;"),
    "and that it is mended": (b"\t\ty++;", b"\t  y++;"),
    "a macro spelt out": (b"SAME(x, x)", b"((x) == (x))"),
    "in which column": (b"(y + y)", b"(y  + y)"),
}
TEXT = b"""#define UNUSED 1
#define VALUE 4
#define THROUGH VALUE
#define LONG(x) (x) \\
	+ 1
#ifdef CONFIG_ZBUD_OF_THE_TEST
#define OFF 1
#if 1
int off;
#endif
#else
int on;
struct s { char a; int b; };
#warning one
#endif
#define SAME(a, b) ((a) == (b))
#ifndef NOTHING_DEFINES_IT
static int warned(int x, int y)
{
\tif (x)
\t\ty--;
\t  x++;
\tif (y)
\t\tx--;
\t\ty++;
\treturn SAME(x, x) + ((y) == (y)) + (y + y);
}
#endif
int used = THROUGH + LONG(2) + __LINE__ + sizeof(struct s);
"""


def changed(change: tuple[bytes, bytes]) -> bytes:
    assert TEXT.count(change[0]) == 1
    return TEXT.replace(*change)


def compiled(jobs: list[Job], place: Path) -> int:
    """How many jobs are compiled; each has the result that it has alone."""
    builder = Builder(place, 2)
    results = builder.results(jobs, "")
    assert results == [replay.compile(job) for job in jobs]
    again = Builder(place, 2)
    assert again.results(jobs, "") == results
    assert again.tally.compiled == 0
    return builder.tally.compiled


@pytest.fixture
def both(build_612: Callable[[str], BuildDir], tmp_path: Path) -> Callable[..., int]:
    """How many of the text and one with a change are compiled, with the flags."""

    def run(change: tuple[bytes, bytes], *flags: str) -> int:
        build = build_612("compaction")
        jobs = [Job(build, OBJECT, {SOURCE: text}, flags) for text in (TEXT, changed(change))]
        return compiled(jobs, tmp_path)

    return run


@pytest.mark.kernel
@pytest.mark.parametrize("change", [*DROPPED.values(), *EXPANDED.values()], ids=repr)
def test_what_preprocessing_drops_is_not_compiled_again(
    both: Callable[..., int], change: tuple[bytes, bytes]
) -> None:
    assert both(change, *QUIET) == 1


@pytest.mark.kernel
@pytest.mark.parametrize("change", DROPPED.values(), ids=repr)
def test_what_no_warning_is_of_is_not_compiled_again(
    both: Callable[..., int], change: tuple[bytes, bytes]
) -> None:
    assert both(change) == 1


@pytest.mark.kernel
@pytest.mark.parametrize("change", SEEN.values(), ids=repr)
@pytest.mark.parametrize("flags", [(), QUIET])
def test_what_is_seen_is_compiled(
    both: Callable[..., int], change: tuple[bytes, bytes], flags: tuple[str, ...]
) -> None:
    assert both(change, *flags) == (1 if flags and b"warning" in change[0] else 2)


@pytest.mark.kernel
@pytest.mark.parametrize("change", [*WARNED.values(), *EXPANDED.values()], ids=repr)
def test_what_warnings_are_of_is_compiled_where_they_count(
    both: Callable[..., int], change: tuple[bytes, bytes]
) -> None:
    assert both(change) == 2


@pytest.mark.kernel
def test_clang_warns_by_rules_of_its_own(build_612: Callable[[str], BuildDir]) -> None:
    gcc = build_612("compaction")
    build = replace(gcc, cell=replace(gcc.cell, toolchain="clang"))
    texts = (TEXT, changed(DROPPED["a branch that is off"]))
    for flags, number in (((), 0), (QUIET, 1)):
        jobs = {str(at): Job(build, OBJECT, {SOURCE: one}, flags) for at, one in enumerate(texts)}
        assert len(alike(jobs)) == number


@pytest.mark.kernel
def test_a_header_counts_as_a_source_does(
    build_612: Callable[[str], BuildDir], tmp_path: Path
) -> None:
    source = b"#include <linux/of_the_test.h>\n"
    guarded = b"#ifndef GUARD\n#define GUARD\n%b#endif\n"
    texts = [TEXT, changed(DROPPED["a branch that is off"]), changed(SEEN["a branch that is on"])]
    build = build_612("compaction")
    jobs = [Job(build, OBJECT, {SOURCE: source, HEADER: guarded % text}) for text in texts]
    assert compiled(jobs, tmp_path) == 2


@pytest.mark.kernel
def test_a_text_that_does_not_compile_has_its_own_words(
    build_612: Callable[[str], BuildDir], tmp_path: Path
) -> None:
    """The compiler fails on what comes out, or the preprocessor does: then nothing comes out."""
    build = build_612("compaction")
    change = DROPPED["a branch that is off"]
    for place, end, number in (("one", b"int int;\n", 1), ("two", b"#error no\n", 2)):
        texts = (TEXT + end, changed(change) + end)
        jobs = [Job(build, OBJECT, {SOURCE: text}) for text in texts]
        (tmp_path / place).mkdir()
        assert compiled(jobs, tmp_path / place) == number


@pytest.mark.kernel
def test_what_a_checker_reads_as_well_is_compiled(
    build_612: Callable[[str], BuildDir],
) -> None:
    """A checker defines macros of its own; with flags added it does not read the source."""
    plain = build_612("compaction")
    build = replace(plain, checks={OBJECT: ("true",)})
    texts = (TEXT, changed(DROPPED["a branch that is off"]))
    for flags, number in (((), 0), (QUIET, 1)):
        jobs = {str(at): Job(build, OBJECT, {SOURCE: one}, flags) for at, one in enumerate(texts)}
        assert len(alike(jobs)) == number


@pytest.mark.kernel
def test_texts_are_the_same_for_one_build_object_and_flags(
    build_612: Callable[[str], BuildDir],
) -> None:
    build = build_612("compaction")
    job = Job(build, OBJECT, {SOURCE: TEXT})
    assert alike({"a": job, "b": job}) == [{"a": job, "b": job}]
    for other in (
        replace(job, flags=("-fno-inline",)),
        replace(job, obj="mm/z3fold.o"),
        replace(job, build=replace(build, inputs="others")),
        replace(job, overlay={SOURCE: TEXT + b"int more;\n"}),
    ):
        assert alike({"a": job, "b": other}) == []


@pytest.mark.kernel
def test_a_compiler_that_hangs_does_not_preprocess(
    build_612: Callable[[str], BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "gcc"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    plain = build_612("compaction")
    build = replace(plain, commands={OBJECT: (str(slow), *plain.commands[OBJECT][1:])})
    monkeypatch.setattr(replay, "COMPILE_TIMEOUT", 0.2)
    assert preprocessed(Job(build, OBJECT, {SOURCE: TEXT})) is None


@pytest.mark.kernel
def test_where_the_scratch_directory_is_does_not_matter(
    build_612: Callable[[str], BuildDir],
) -> None:
    job = Job(build_612("compaction"), OBJECT, {SOURCE: TEXT + b"char file[] = __FILE__;\n"})
    first = preprocessed(job)
    assert first is not None
    assert preprocessed(job) == first
    assert isinstance(replay.compile(job), Compiled)


def test_outline() -> None:
    """Lines keep their places, and what no condition holds keeps its text."""
    text = b"int a;\n#define A 1 \\\n#if\nint b;\n  # if A\nint c;\n#if\n#endif\n#else\nint d;\n"
    text += b"#endif\nint e; \\\n#endif\n#include <x.h>\n#undef A\n"
    kept = b"int a;\n\n\nint b;\n\n\n\n\n\n\n\nint e; \\\n#endif\n#include <x.h>\n\n"
    assert outline(text) == kept


def test_a_guard_of_a_header_is_no_condition() -> None:
    text = b"#ifndef A\n#define A\nint a;\n#ifdef B\nint b;\n#endif\n#endif\nint c;\n"
    assert outline(text) == b"#ifndef A\n\nint a;\n\n\n\n#endif\nint c;\n"
    other = text.replace(b"#define A", b"#define C")
    assert outline(other) == b"\n\n\n\n\n\n\nint c;\n"
