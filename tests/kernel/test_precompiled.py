# SPDX-License-Identifier: GPL-2.0-only
"""What sources begin with is parsed once, and nobody can tell from the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.kernel import precompiled, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.precompiled import WORTHWHILE, Opening, alike, leading, registers
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.objcode.flags import COMPARE_FLAGS

Builds = Callable[[str], BuildDir]

SOURCE = "mm/zsmalloc.c"


@pytest.fixture
def jobs(build_612: Builds, kernel_612: Path) -> list[Job]:
    text = (kernel_612 / SOURCE).read_bytes()
    build = build_612("compaction")
    texts = [text + b"int zpconvert_%d = %d;\n" % (n, n) for n in range(WORTHWHILE)]
    return [Job(build, "mm/zsmalloc.o", {SOURCE: one}) for one in texts]


def opened(jobs: list[Job], place: Path) -> Opening | None:
    return precompiled.opening(jobs, place).opening


@pytest.fixture
def opening(jobs: list[Job], tmp_path: Path) -> Opening:
    made = opened(jobs, tmp_path / "openings")
    assert made is not None
    return made


def must_not_be_called(job: Job) -> Compiled | Failed:
    raise AssertionError(f"{job.obj} was compiled without its opening")


@pytest.mark.kernel
@pytest.mark.parametrize("flags", [(), COMPARE_FLAGS])
def test_the_same_bytes_without_parsing_again(
    jobs: list[Job], flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where registers are taken: what this source includes declares a global register
    variable, and the scheduler would move instructions across it."""
    jobs = [replace(job, flags=flags) for job in jobs]
    opening = opened(jobs, tmp_path / "openings")
    assert opening is not None
    commented = jobs[-1].overlay[SOURCE].replace(b"\n#include", b"\n/* more\nlines */\n#include", 1)
    last = replace(jobs[-1], overlay={SOURCE: commented})
    plain = [replay.compile(job) for job in (jobs[1], last)]
    monkeypatch.setattr(replay, "compile", must_not_be_called)
    assert [precompiled.compile(job, opening) for job in (jobs[1], last)] == plain


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("more", "kind"),
    [(b"static int unused(void) { return 1; }\n", Compiled), (b"int broken = nowhere;\n", Failed)],
)
def test_what_the_compiler_says_is_said_as_without_it(
    jobs: list[Job], opening: Opening, more: bytes, kind: type
) -> None:
    job = replace(jobs[0], overlay={SOURCE: jobs[0].overlay[SOURCE] + more})
    assert opening.end(job)
    found = precompiled.compile(job, opening)
    assert isinstance(found, kind)
    assert found.text
    assert found == replay.compile(job)


@pytest.mark.kernel
def test_a_changed_header_is_read(jobs: list[Job], opening: Opening, kernel_612: Path) -> None:
    header = "include/linux/slab.h"
    text = (kernel_612 / header).read_bytes() + b"#error changed\n"
    job = replace(jobs[0], overlay={**jobs[0].overlay, header: text})
    assert opening.end(jobs[0])
    assert not opening.end(job)
    assert isinstance(precompiled.compile(job, opening), Failed)


@pytest.mark.kernel
def test_another_include_is_read(jobs: list[Job], opening: Opening) -> None:
    text = jobs[0].overlay[SOURCE].replace(b"#include", b"#define __LINUX_SLAB_H 1\n#include", 1)
    assert not opening.end(replace(jobs[0], overlay={SOURCE: text}))


@pytest.mark.kernel
def test_a_local_header_that_changes_is_none_of_it(
    jobs: list[Job], kernel_612: Path, tmp_path: Path
) -> None:
    mark = b"#include <linux/fs.h>"
    texts = [job.overlay[SOURCE].replace(mark, b'#include "own.h"\n' + mark, 1) for job in jobs]
    with_own = [
        replace(job, overlay={SOURCE: text, "mm/own.h": b"#define OWN %d\n" % n})
        for n, (job, text) in enumerate(zip(jobs, texts, strict=True))
    ]
    opening = opened(with_own, tmp_path / "openings")
    assert opening is not None
    assert b"own.h" not in b"".join(opening.directives)
    assert all(opening.end(job) for job in with_own)


@pytest.mark.kernel
def test_a_first_job_that_warns_decides_nothing(jobs: list[Job], tmp_path: Path) -> None:
    text = jobs[0].overlay[SOURCE] + b"static int unused(void) { return 1; }\n"
    warns = replace(jobs[0], overlay={SOURCE: text})
    assert opened([warns, *jobs], tmp_path) is None
    assert opened(jobs, tmp_path) is not None


@pytest.mark.kernel
def test_one_that_another_run_removed_is_done_without(
    jobs: list[Job], opening: Opening, tmp_path: Path
) -> None:
    for path in opening.place.iterdir():
        path.unlink()
    assert precompiled.compile(jobs[0], opening) == replay.compile(jobs[0])


@pytest.mark.kernel
def test_few_jobs_take_one_that_is_there(jobs: list[Job], opening: Opening, tmp_path: Path) -> None:
    assert opened(jobs[:1], opening.place.parent) == opening


@pytest.mark.kernel
def test_few_jobs_are_not_worth_it(jobs: list[Job], tmp_path: Path) -> None:
    assert opened(jobs[1:], tmp_path / "openings") is None


@pytest.mark.kernel
def test_what_the_first_compiles_to_is_known_from_making_it(
    jobs: list[Job], opening: Opening, tmp_path: Path
) -> None:
    made = precompiled.opening(jobs, tmp_path / "others")
    assert made.first == replay.compile(jobs[0])
    assert precompiled.opening(jobs, tmp_path / "others").first is None


@pytest.mark.kernel
def test_jobs_that_are_not_alike_are_apart(jobs: list[Job]) -> None:
    """Other flags of the optimiser make no difference; another header of the overlay does."""
    first, second, *_ = jobs
    header = replace(first, overlay={**first.overlay, "include/linux/more.h": b""})
    named = {"a": first, "b": header, "c": replace(second, flags=("-O1",))}
    assert [list(group) for group in alike(named)] == [["a", "c"], ["b"]]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (
            b"/* a\n#include <x.h>\n*/\n#include <y.h>\nint a;\n#include <z.h>\n",
            b"#include <y.h>\n",
        ),
        (b"#define a \\\n b\n// c\n#include <y.h> /* d\n e */\nint a;\n", b"e */\n"),
        (b"#ifdef A\n#include <y.h>\n#endif\nint a;\n", b"#endif\n"),
        (b"int a;\n#include <y.h>\n", b""),
    ],
)
def test_what_a_source_begins_with(text: bytes, last: bytes) -> None:
    found = leading(text)
    assert text[: found[-1].end].endswith(last) if found else not last


def test_a_condition_that_is_open_is_not_closed() -> None:
    found = leading(b"#if A\n#include <y.h>\nint a;\n#endif\n")
    assert [one.closed for one in found] == [False, False]


@given(st.binary(max_size=200))
def test_any_bytes_end_at_a_line(text: bytes) -> None:
    for one in leading(text):
        assert text[: one.end].endswith(b"\n")


def test_registers_of_the_file_and_of_no_function() -> None:
    text = b"""\
extern int a;
register unsigned long sp asm("rsp");
static int f(void) { register int x asm("ax") ; const char *s = "}"; return x; }
register struct task *tp __asm__("tp") ;
"""
    first, second = registers(text).split(b"; ")
    assert first.endswith(b'asm("rsp")')
    assert second.endswith(b'asm("tp");')
