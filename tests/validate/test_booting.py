# SPDX-License-Identifier: GPL-2.0-only
"""What a run shows, and which commit is to blame for what it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.boot.console import Console, Fault
from zpconvert.boot.machine import Ran
from zpconvert.kernel.tree import Tree
from zpconvert.validate import booting
from zpconvert.validate.booting import Booted, Judged, blame, judge
from zpconvert.validate.commits import Commit, Series
from zpconvert.validate.subject import Subject

GOOD = "zpconvert: counter moved 7\nzpconvert: finished\n"
QUIET = Console(True, (), {"moved": 7}, ())


def subject(commits: int, *only: int) -> Subject:
    files = {"mm/pool.c": b""}
    made = (Commit(n, f"{n}.patch", f"commit {n}", files, ()) for n in range(1, commits + 1))
    series = Series("/linux A..B", files, tuple(made))
    return Subject(Tree(Path("/linux"), "6.12.0", True), series, only=only, options=("--boot",))


def faults(console: str, *, hung: bool = False, counters: tuple[str, ...] = ("moved",)) -> str:
    return "; ".join(f.text for f in judge(Ran(console, hung, 1.0), counters, 60).faults)


def test_a_run_that_shows_everything() -> None:
    judged = judge(Ran(GOOD, False, 1.0), ["moved"], 60)
    assert (judged.faults, judged.passed_over) == ((), {})
    assert judged.console.counters == {"moved": 7}


@pytest.mark.parametrize(
    ("console", "said"),
    [
        (GOOD.replace("moved 7", "moved 0"), "the run proves nothing: moved is 0"),
        ("zpconvert: finished\n", "the run proves nothing: moved is 0"),
        (
            "zpconvert: counter moved 7\nhere\n",
            "ended before its loads did; the last line is: here",
        ),
        ("", "ended before its loads did; the last line is: nothing"),
        ("WARNING: x\n" + GOOD, "WARNING: x"),
        (
            "WARNING: x\n" + GOOD.replace("moved 7", "moved 0"),
            "WARNING: x; the run proves nothing: moved is 0",
        ),
    ],
)
def test_what_falls_short(console: str, said: str) -> None:
    assert faults(console) == said


def test_a_known_warning_is_counted_and_no_fault() -> None:
    said = "WARNING: at mm/pool.c:7 put\nWARNING: at mm/pool.c:9 put\nWARNING: at mm/pool.c:7 put\n"
    judged = judge(
        Ran(said + GOOD, False, 1.0), ["moved"], 60, lambda f: "always" * (":7 " in f.text)
    )
    assert [fault.text for fault in judged.faults] == ["WARNING: at mm/pool.c:9 put"]
    assert judged.console.counters == {"moved": 7}
    assert judged.passed_over == {"always": 2}


def test_the_console_is_shown_from_what_is_a_fault_on() -> None:
    said = "WARNING: known\n" + "trace\n" * 100 + "BUG: other\nmore\n"
    judged = judge(Ran(said, False, 1.0), ["moved"], 60, lambda f: "so" * ("known" in f.text))
    assert judged.console.excerpt[-2:] == ("BUG: other", "more")
    assert "WARNING: known" not in judged.console.excerpt


def test_a_known_complaint_that_the_parent_does_not_make_is_a_fault() -> None:
    """It is known of the base: a commit that brings it is to blame all the same."""
    silent, known = Judged(QUIET, ()), Judged(QUIET, (), {"always so": 3})
    runs = {n: Booted(False, 1.0, one) for n, one in enumerate((silent, silent, known, known))}
    found = [
        (finding.commit, finding.text)
        for finding in blame(subject(3), "boot", booting._unprecedented(runs))
    ]
    assert found == [(2, "new, although it is known of the base: always so")]
    runs = {n: Booted(False, 1.0, known) for n in range(4)}
    assert booting._unprecedented(runs) == runs


def test_a_counter_at_zero_is_seen_behind_what_the_parent_complains_of_too() -> None:
    before = faults("WARNING: x\n" + GOOD)
    after = faults("WARNING: x\n" + GOOD.replace("moved 7", "moved 0"))
    assert blamed(subject(1), before, after) == [
        (0, "the base already: WARNING: x"),
        (1, "the run proves nothing: moved is 0"),
    ]


def test_a_silent_hang_is_a_failure() -> None:
    assert faults("booting\n\n", hung=True) == "still running after 60 s; the last line is: booting"
    assert faults(GOOD, hung=True).startswith("still running after 60 s")


def ran(*found: Fault) -> Booted:
    return Booted(False, 1.0, Judged(QUIET, found))


def blamed(one: Subject, *runs: str) -> list[tuple[int, str]]:
    """Commits with findings. runs: the faults of the first state looked at and those after it."""
    first = one.numbers[0] - 1
    results = {
        number: ran(*(Fault(1, text) for text in run.split("; ") if text))
        for number, run in enumerate(runs, first)
    }
    return [(found.commit, found.text) for found in blame(one, "boot", results)]


def test_a_fault_is_blamed_on_the_commit_that_brings_it() -> None:
    assert blamed(subject(3), "", "", "BUG: a; BUG: b", "BUG: a") == [(2, "BUG: a (and 1 more)")]


def test_a_fault_that_the_parent_has_is_not() -> None:
    assert blamed(subject(2), "BUG: a", "BUG: a", "BUG: a; BUG: c") == [
        (0, "the base already: BUG: a"),
        (2, "BUG: c"),
    ]


def test_what_the_first_kernel_does_now_and_then_is_not_the_commit_s() -> None:
    panic = Fault(9, "Kernel panic - not syncing: Segfault with no mm")
    other = Fault(9, "BUG: other")

    def ended(last: str) -> Fault:
        return Fault(0, f"ended before its loads did; the last line is: {last}")

    first = replace(ran(), again=(panic, ended("a+0x1/0x2")))
    runs = {0: first, 1: ran(), 2: ran(panic, ended("b+0x1/0x2")), 3: ran(other, ended("b"))}
    said = [(found.commit, found.text) for found in blame(subject(3), "boot", runs)]
    assert said == [
        (0, f"the base already, in some of 5 more runs: {panic.text} (and 1 more)"),
        (3, "BUG: other (and 1 more)"),
    ]
    runs[0] = ran()
    assert [found.commit for found in blame(subject(3), "boot", runs)] == [2, 3]


def test_a_parent_that_nobody_asked_for_is_named() -> None:
    assert blamed(subject(5, 4), "BUG: a", "BUG: a") == [(3, "commit 3 already: BUG: a")]


def test_a_finding_has_its_place_and_its_command() -> None:
    results = {
        0: ran(),
        1: ran(Fault(3, "WARNING: CPU: 0 at mm/pool.c:47 move+0x1/0x2")),
    }
    (found,) = blame(subject(1), "boot-kasan", results)
    assert (found.check, found.cell, found.path, found.line) == (
        "boot",
        "boot-kasan",
        "mm/pool.c",
        47,
    )
    assert found.reproduce == (
        "zpconvert validate --tree /linux --range A..B --boot --commit 1 --cell boot-kasan"
    )
