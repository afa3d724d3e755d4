# SPDX-License-Identifier: GPL-2.0-only
"""What a log shows of a run that takes long. (A terminal's spinner is rich's own.)"""

from __future__ import annotations

import threading

import pytest

from zpconvert.cli import talk


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was said; a line is due all the time."""
    said: list[str] = []
    monkeypatch.setattr(talk, "EVERY", 0.001)
    monkeypatch.setattr(talk, "status", said.append)
    return said


def wait_for(lines: list[str], line: str) -> None:
    again = threading.Event()
    for _ in range(3000):
        if line in lines:
            return
        again.wait(0.01)
    pytest.fail(f"{line!r} is not in {set(lines)}")


def test_off_a_terminal_a_line_now_and_then(lines: list[str]) -> None:
    with talk.progress("working") as tell:
        wait_for(lines, "working (0:00 min)")
        tell("1 of 2")
        wait_for(lines, "working: 1 of 2 (0:00 min)")
        tell("2 of 2")
        wait_for(lines, "working: 2 of 2 (0:00 min)")
    number = len(lines)
    threading.Event().wait(0.05)
    assert len(lines) == number


def test_a_short_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with talk.progress("working") as tell:
        tell("1 of 1")
    assert capsys.readouterr() == ("", "")


def test_a_log_that_has_gone_does_not_stop_it(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []

    def status(text: str) -> None:
        if len(failed) < 3:
            failed.append(text)
            raise BrokenPipeError
        lines.append(text)

    monkeypatch.setattr(talk, "status", status)
    with talk.progress("working"):
        wait_for(lines, "working (0:00 min)")


def test_what_ends_the_work_ends_the_lines(lines: list[str]) -> None:
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), talk.progress("working"):
        raise KeyboardInterrupt
    assert threading.active_count() == before
