# SPDX-License-Identifier: GPL-2.0-only
"""The one door to other programs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.waiting import wait_until
from zpconvert import ending, process
from zpconvert.errors import UserError
from zpconvert.process import Completed, ProcessError, beside, run, side_by_side


def sleeping(seconds: str) -> Completed:
    return run(["sleep", seconds])


def test_what_a_program_says_comes_back() -> None:
    done = run(["sh", "-c", "cat; echo err >&2; exit 3"], stdin=b"in", check=False)
    assert (done.code, done.stdout, done.stderr) == (3, b"in", b"err\n")
    assert run(["printf", r"\303\244\377"]).text == "ä\ufffd"


def test_a_failure_prints_itself_whole(tmp_path: Path) -> None:
    with pytest.raises(ProcessError) as caught:
        run(["sh", "-c", "echo why >&2; exit 3"], cwd=tmp_path)
    said = str(caught.value)
    assert said == f"sh -c echo why >&2; exit 3 (in {tmp_path}): exit code 3\nwhy"
    with pytest.raises(ProcessError, match="killed by SIGKILL"):
        run(["sh", "-c", "kill -KILL $$"])


def test_a_program_that_is_not_there_or_may_not_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such program"):
        run(["no-such-program"])
    (tmp_path / "data").write_text("x")
    with pytest.raises(UserError, match="cannot be executed"):
        run([tmp_path / "data"])


def test_a_directory_that_is_not_there_is_our_own_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(["true"], cwd=tmp_path / "none")


def test_the_locale_is_fixed_and_the_environment_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("GONE", "1")
    said = run(["env"], env={"GONE": None, "NEW": "2", "LC_ALL": "fr_FR"}).text.splitlines()
    assert {"LC_ALL=C.UTF-8", "NEW=2"} <= set(said)
    assert not any(line.startswith("GONE=") for line in said)


def test_after_its_time_a_program_is_killed_with_its_children(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(ProcessError, match=r"killed after 0\.3 s"):
        run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], timeout=0.3)
    assert time.monotonic() - start < 10
    time.sleep(0.1)
    stat = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_a_bound_program_is_run_without_setpriv_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for found in (shutil.which("setpriv"), None):
        monkeypatch.setattr(shutil, "which", lambda name, found=found: found)
        process._bond.cache_clear()
        done = run(["sh", "-c", "echo $0; exit 3"], bound=True, check=False)
        assert (done.code, done.stdout, done.argv[0]) == (3, b"sh\n", "sh")
        seen.append(process._bond())
    process._bond.cache_clear()
    assert seen[0][1:] == ("--pdeathsig", "KILL")
    assert seen[1] == ()


def test_side_by_side_keeps_the_order() -> None:
    texts = side_by_side(lambda n: run(["printf", str(n)]).text, range(8), 3)
    assert texts == [str(n) for n in range(8)]
    assert side_by_side(sleeping, [], 2) == []


@pytest.mark.parametrize("count", [1, 2, 9])
def test_the_first_failure_ends_the_others(count: int) -> None:
    """Those that run and those that have not begun."""

    def work(number: int) -> None:
        if number == 0:
            raise UserError("here", "wrong", "mend it")
        sleeping("60")

    start = time.monotonic()
    with pytest.raises(UserError):
        side_by_side(work, range(count), 2)
    assert time.monotonic() - start < 10


def test_an_interrupt_ends_all_of_them() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            side_by_side(sleeping, ["60"] * 5, 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 10


def test_an_interrupt_between_two_starts_ends_the_first(tmp_path: Path) -> None:
    """What began while the others were still being submitted was waited for, to its end."""
    mark = tmp_path / "runs"

    def one(_: str) -> Completed:
        return run(["sh", "-c", f"touch {mark}; sleep 60"])

    def items() -> Iterator[str]:
        yield "first"
        while not mark.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(one, items(), 2)
    assert time.monotonic() - start < 30


def interrupted_at(line: int, cause: BaseException) -> bool:
    """Run three programs side by side, with Ctrl-C at this line, 1-based, of those that run for
    it in this thread; when they are all submitted comes the cause. Returns whether there was
    such a line."""
    seen = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal seen
        name = frame.f_code.co_filename
        if not name.endswith(("/process.py", "/threading.py", "/thread.py", "/_base.py")):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                signal.raise_signal(signal.SIGINT)
        return trace

    def items() -> Iterator[str]:
        yield from ["60"] * 3
        raise cause

    sys.settrace(trace)
    try:
        with pytest.raises((ending.Ended, type(cause))):
            side_by_side(sleeping, items(), 2)
    finally:
        sys.settrace(None)
    return seen >= line


@pytest.mark.parametrize("cause", [ending.Ended(), UserError("here", "wrong", "mend it")])
def test_an_interrupt_at_any_line_ends_all_of_them(
    cause: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the pool held a lock, it stayed locked, and the run never ended."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    ending.listen()
    start = time.monotonic()
    line = 1
    try:
        while interrupted_at(line, cause):
            monkeypatch.setattr(ending, "_first", None)
            line += 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert line > 100
    # each of them would have slept for 60
    assert time.monotonic() - start < 60


def test_nothing_is_started_any_more_in_what_the_others_started() -> None:
    """Although who starts it passes over what becomes of it, as for compilers."""
    started: list[int] = []

    def work(number: int) -> None:
        started.append(number)
        with contextlib.suppress(ProcessError):
            sleeping("60")

    def interrupted() -> None:
        wait_until(lambda: len(started) == 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beside(interrupted, lambda: side_by_side(work, range(1000), 2))
    assert len(started) <= 4


def test_what_the_second_raises_ends_no_program_of_the_first() -> None:
    def second() -> None:
        side_by_side(failing, [1], 1)

    def failing(_: int) -> None:
        raise UserError("here", "wrong", "mend it")

    with pytest.raises(UserError, match="wrong"):
        beside(lambda: sleeping("0.5"), second)


def test_two_functions_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for what the other does."""
    os.mkfifo(tmp_path / "pipe")
    said, nothing = beside(
        lambda: run(["cat", "pipe"], cwd=tmp_path, timeout=30).text,
        lambda: run(["sh", "-c", "echo here > pipe"], cwd=tmp_path, timeout=30).text,
    )
    assert (said, nothing) == ("here\n", "")


def test_an_interrupt_of_the_first_ends_the_second_s_program(tmp_path: Path) -> None:
    def interrupted() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        beside(interrupted, lambda: run(["sh", "-c", f"touch {tmp_path}/started; sleep 60"]))
    assert time.monotonic() - start < 30


def test_what_the_second_raises_is_raised() -> None:
    with pytest.raises(ProcessError, match="exit code 1"):
        beside(lambda: 1, lambda: run(["false"]))
