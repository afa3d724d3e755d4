# SPDX-License-Identifier: GPL-2.0-only
"""Results are kept by content: by all of it, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.kernel import kbuild
from zpconvert.kernel.kbuild import BuildDir, Compiled, Failed, Job
from zpconvert.process import ProcessError
from zpconvert.validate.builder import Builder, key, uncommented

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"a /* b */ c\n", b"a   c\n"),
        (b"a /* b\n c */ d\n", b"a\n d\n"),
        (b"a // b\nc\n", b"a\nc\n"),
        (b'"/* no */" // yes\n', b'"/* no */"\n'),
        (b"'\"' /* x */ '\\''\n", b"'\"'   '\\''\n"),
        (b'"\\"/*" + 1 /* */;\n', b'"\\"/*" + 1  ;\n'),
    ],
)
def test_comments_leave_only_their_line_ends(text: bytes, code: bytes) -> None:
    assert uncommented(text) == code
    assert text.count(b"\n") == code.count(b"\n")


@pytest.mark.kernel
def test_a_second_run_compiles_nothing(
    build_612: Callable[[str], BuildDir], kernel_612: Path, tmp_path: Path
) -> None:
    text = (kernel_612 / SOURCE).read_bytes()
    build = build_612("compaction")
    jobs = [
        Job(build, OBJECT, {SOURCE: text}),
        Job(build, OBJECT, {SOURCE: text.replace(b"/*\n", b"/* more words\n", 1)}),
        Job(build, OBJECT, {SOURCE: text + b"#error no\n"}),
    ]
    first = Builder(tmp_path, 1)
    results = first.results(jobs, "")
    assert (first.tally.compiled, first.tally.cached) == (2, 0)
    assert isinstance(results[0], Compiled)
    assert results[0] == results[1]
    assert isinstance(results[2], Failed)
    second = Builder(tmp_path, 1)
    assert second.results(jobs, "") == results
    assert (second.tally.compiled, second.tally.cached) == (0, 2)


@pytest.mark.kernel
def test_the_key_holds_all_that_goes_in(build_612: Callable[[str], BuildDir]) -> None:
    build = build_612("compaction")
    job = Job(build, OBJECT, {SOURCE: b"int a;\n"})
    others = [
        replace(job, overlay={SOURCE: b"int b;\n"}),
        replace(job, overlay={SOURCE: b"int a;\n", "mm/x.h": b"\n"}),
        replace(job, overlay={SOURCE: b"\nint a;\n"}),
        replace(job, flags=("-O1",)),
        replace(job, build=replace(build, inputs="other")),
        replace(job, build=build_612("no-compaction")),
    ]
    assert len({key(one) for one in (job, *others)}) == 7


@pytest.mark.kernel
def test_a_result_cut_short_is_made_again(
    build_612: Callable[[str], BuildDir], tmp_path: Path
) -> None:
    job = Job(build_612("compaction"), OBJECT, {SOURCE: b"int a;\n"})
    (good,) = Builder(tmp_path, 1).results([job], "")
    (kept,) = (tmp_path / "compiled").glob("*/*")
    kept.write_bytes(kept.read_bytes()[:100])
    again = Builder(tmp_path, 1)
    assert again.results([job], "") == [good]
    assert again.tally.compiled == 1


@pytest.mark.kernel
def test_a_compiler_that_hangs_is_a_failure_and_is_not_remembered(
    build_612: Callable[[str], BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> Compiled:
        raise ProcessError(("gcc",), "/", None, b"", b"", 300.0)

    job = Job(build_612("compaction"), OBJECT, {SOURCE: b"int a;\n"})
    with monkeypatch.context() as patch:
        patch.setattr(kbuild, "compile", hang)
        (result,) = Builder(tmp_path, 1).results([job], "")
    assert isinstance(result, Failed)
    assert "killed after 300 s" in result.text
    assert isinstance(Builder(tmp_path, 1).results([job], "")[0], Compiled)
