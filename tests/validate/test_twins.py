# SPDX-License-Identifier: GPL-2.0-only
"""What comes to the same once preprocessed is compiled once, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.objcode import COMPARE_FLAGS
from zpconvert.kernel.precompiled import WORTHWHILE, Opening
from zpconvert.kernel.replay import Job
from zpconvert.validate.builder import Builder
from zpconvert.validate.twins import identity

pytestmark = pytest.mark.kernel

Builds = Callable[[str], BuildDir]

OBJECT, SOURCE, HEADER = "mm/zbud.o", "mm/zbud.c", "include/linux/mmzone.h"
END = b"#endif /* _LINUX_MMZONE_H */"


def test_a_stub_that_the_configuration_leaves_out_costs_nothing(
    build_612: Builds, kernel_612: Path, tmp_path: Path
) -> None:
    text, header = ((kernel_612 / path).read_bytes() for path in (SOURCE, HEADER))
    assert END in header
    stub = b"extern int zpconvert_stub;\n"
    seen = header.replace(END, stub + END)
    hidden = header.replace(END, b"#ifdef CONFIG_ZPCONVERT_NONE\n" + stub + b"#endif\n" + END)
    build, builder = build_612("compaction"), Builder(tmp_path, 2)

    def compiled(header: bytes, flags: tuple[str, ...] = COMPARE_FLAGS) -> tuple[int, object]:
        texts = [text + b"int zpconvert_%d = %d;\n" % (n, n) for n in range(WORTHWHILE)]
        jobs = [Job(build, OBJECT, {SOURCE: one, HEADER: header}, flags) for one in texts]
        before = builder.tally.compiled
        results = builder.results(jobs, "")
        return builder.tally.compiled - before, results

    first, results = compiled(header)
    assert first == WORTHWHILE
    # one of them, to try the opening on
    assert compiled(hidden) == (1, results)
    assert compiled(seen)[0] == WORTHWHILE
    assert compiled(hidden, (*COMPARE_FLAGS, "-O1"))[0] == WORTHWHILE


GUARDED = b"/* it */\n#ifndef _A_H\n#define _A_H\nint a;\n#endif /* _A_H */\n"
OTHER = GUARDED.replace(b"int a;", b"#ifdef NONE\nint b;\n#endif")


@pytest.fixture
def job(build_612: Builds) -> Job:
    texts = {SOURCE: b'#include "a.h"\nint c;\n', "mm/a.h": GUARDED, "mm/b.h": b"int d;\n"}
    return Job(build_612("compaction"), OBJECT, texts)


def opening(job: Job, digest: str = "0") -> Opening:
    texts = {"mm/a.h": job.overlay["mm/a.h"]}
    return Opening(Path("/none"), (b'#include "a.h"\n',), texts, frozenset({"a.h"}), digest)


def identities(*jobs: Job) -> set[str | None]:
    return {identity(job, opening(job)) for job in jobs}


def changed(job: Job, **texts: bytes) -> Job:
    """The job with other texts, by the stems of the files' names."""
    paths = {path.rpartition("/")[2].partition(".")[0]: path for path in job.overlay}
    return replace(job, overlay={**job.overlay, **{paths[n]: t for n, t in texts.items()}})


def test_what_stands_in_an_opening_counts_as_it_is_preprocessed(job: Job) -> None:
    commented = changed(job, zbud=b'/* x */ #include "a.h"\nint c;  /* y */\n')
    assert len(identities(job, changed(job, a=OTHER), commented)) == 1
    assert identity(job, opening(job)) != identity(job, opening(job, "1"))


@pytest.mark.parametrize(
    "other",
    [
        {"zbud": b'#include "a.h"\nint e;\n'},
        {"zbud": b'#include "a.h"\n\nint c;\n'},
        {"zbud": b'\n#include "a.h"\nint c;\n'},
        {"b": b"int e;\n"},
    ],
)
def test_what_comes_after_it_counts_as_it_is(job: Job, other: dict[str, bytes]) -> None:
    assert len(identities(job, changed(job, **other))) == 2


@pytest.mark.parametrize(
    "edit",
    [
        (b"#define _A_H", b"#define _B_H"),
        (b"#ifndef", b"#ifdef"),
        (b"#endif /* _A_H */", b"#endif\nint e;"),
    ],
)
def test_a_header_that_may_be_read_again_counts_as_it_is(
    job: Job, edit: tuple[bytes, bytes]
) -> None:
    jobs = [changed(job, a=text.replace(*edit)) for text in (GUARDED, OTHER)]
    assert len(identities(*jobs)) == 2


@pytest.mark.parametrize("path", ["zbud", "b"])
def test_so_does_one_whose_guard_is_spoken_of(job: Job, path: str) -> None:
    text = {"zbud": b'#include "a.h"\n#undef _A_H\n#include "a.h"\n', "b": b"#undef _A_H\n"}[path]
    jobs = [changed(job, a=one, **{path: text}) for one in (GUARDED, OTHER)]
    assert len(identities(*jobs)) == 2


def test_what_does_not_fit_the_opening_has_no_twin(job: Job) -> None:
    assert identity(changed(job, zbud=b"int c;\n"), opening(job)) is None
    assert identity(changed(job, a=OTHER), opening(job)) is None
