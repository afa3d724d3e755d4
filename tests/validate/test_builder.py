# SPDX-License-Identifier: GPL-2.0-only
"""Results are kept by content: by all of it, and by nothing else."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert import space
from zpconvert.kernel import precompiled, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Failed, Job, overlaid
from zpconvert.process import beside
from zpconvert.validate.builder import Builder, Unfinished, key

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"


@pytest.fixture
def hanging(build_612: Callable[[str], BuildDir], tmp_path: Path) -> tuple[Path, BuildDir]:
    """A compiler that does not end, and a build directory that has it."""
    slow = tmp_path / "gcc"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    build = build_612("compaction")
    commands = {OBJECT: (str(slow), *build.commands[OBJECT][1:])}
    return slow, replace(build, commands=commands)


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
def test_a_compiler_that_hangs_has_an_outcome_of_its_own_that_is_not_remembered(
    hanging: tuple[Path, BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, build = hanging
    job = Job(build, OBJECT, {SOURCE: b"int a;\n"})
    with monkeypatch.context() as patch:
        patch.setattr(replay, "COMPILE_TIMEOUT", 0.2)
        (result,) = Builder(tmp_path, 1).results([job], "")
    assert isinstance(result, Unfinished)
    assert "killed after 0.2 s" in result.text
    slow.write_text('#!/bin/sh\nexec gcc "$@"\n')
    assert isinstance(Builder(tmp_path, 1).results([job], "")[0], Compiled)


@pytest.mark.kernel
def test_an_interrupt_kills_the_compilers(
    build_612: Callable[[str], BuildDir], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # a background job has it ignored, and Python leaves that as it is
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    slow = tmp_path / "gcc"
    slow.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid.new\n"
                    f"mv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 60\n")  # fmt: skip
    slow.chmod(0o755)
    build = build_612("compaction")
    commands = {OBJECT: (str(slow), *build.commands[OBJECT][1:])}
    job = Job(replace(build, commands=commands), OBJECT, {SOURCE: b"int a;\n"})

    def interrupt() -> None:
        for _ in range(1000):
            if (tmp_path / "pid").exists():
                break
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    began = time.monotonic()
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        Builder(tmp_path, 1).results([job], "")
    thread.join()
    assert time.monotonic() - began < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_full_disk_under_the_cache_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, text: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    builder = Builder(tmp_path, 1)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught:
        builder.remember("ab01", b"text")
    assert space.where(caught.value) == str(tmp_path)
    with pytest.raises(OSError, match="No space left") as caught, overlaid({"mm/x.c": b""}):
        pass
    assert space.where(caught.value) == tempfile.gettempdir()


@pytest.mark.kernel
def test_so_many_compilers_whoever_asks_for_them(
    build_612: Callable[[str], BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = [0], [0]

    def compile(job: Job, opening: object) -> Failed:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        running[0] -= 1
        return Failed("no", ())

    monkeypatch.setattr(precompiled, "compile", compile)
    builder = Builder(tmp_path, 2)
    build = build_612("compaction")
    texts = [[b"int a%d;\n" % n for n in range(at, at + 4)] for at in (0, 4)]
    jobs = [[Job(build, OBJECT, {SOURCE: text}) for text in some] for some in texts]
    beside(lambda: builder.results(jobs[0], "one"), lambda: builder.results(jobs[1], "other"))
    assert builder.tally.compiled == 8
    assert most == [2]


@pytest.mark.kernel
def test_all_that_is_under_way_is_told(
    build_612: Callable[[str], BuildDir], tmp_path: Path
) -> None:
    told: list[str] = []
    builder = Builder(tmp_path, 1, told.append)
    jobs = [Job(build_612("compaction"), OBJECT, {SOURCE: b"int a%d;\n" % n}) for n in (1, 2)]

    def meanwhile(text: str) -> None:
        told.append(text)
        if text == "one: 1 of 1":
            builder.results(jobs[1:], "other")

    builder.tell = meanwhile
    builder.results(jobs[:1], "one")
    builder.results(jobs[1:], "last")
    assert told == ["one: 1 of 1", "one: 1 of 1; other: 1 of 1", "last: 1 of 1"]


@pytest.mark.kernel
def test_a_compiler_that_hangs_on_what_many_have_in_common(
    hanging: tuple[Path, BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, build = hanging
    texts = [b"#include <linux/types.h>\nint a%d;\n" % n for n in range(precompiled.WORTHWHILE)]
    jobs = [Job(build, OBJECT, {SOURCE: text}) for text in texts]
    monkeypatch.setattr(replay, "COMPILE_TIMEOUT", 0.2)
    results = Builder(tmp_path, 2).results(jobs, "")
    assert all(isinstance(one, Unfinished) for one in results)


@pytest.mark.kernel
def test_what_is_compiled_for_an_opening_is_not_compiled_again(
    build_612: Callable[[str], BuildDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each job is compiled once and counted once, and none comes from the cache."""
    text = b"#include <linux/types.h>\nint a%d;\n"
    number = precompiled.WORTHWHILE
    jobs = [Job(build_612("compaction"), OBJECT, {SOURCE: text % n}) for n in range(number)]
    plain: list[Job] = []
    real = replay.compile
    monkeypatch.setattr(replay, "compile", lambda job: (plain.append(job), real(job))[1])
    builder = Builder(tmp_path, 2)
    results = builder.results(jobs, "")
    assert (builder.tally.compiled, builder.tally.cached) == (number, 0)
    assert plain == jobs[:1]
    assert results == [real(job) for job in jobs]
