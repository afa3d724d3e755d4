# SPDX-License-Identifier: GPL-2.0-only
"""Runs that are killed, that run side by side, that meet a full disk or a compiler that hangs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .small import argv, commit, environment, repository

SOURCE = "mm/objpool.c"


@pytest.fixture
def tree(small_tree: Path) -> Path:
    """Three commits that each add a function."""
    repository(small_tree)
    for number in range(3):
        text = (small_tree / SOURCE).read_bytes()
        added = b"int more_%d(int x);\nint more_%d(int x) { return x + %d; }\n" % ((number,) * 3)
        commit(small_tree, {SOURCE: text + added}, f"mm/objpool: add {number}")
    return small_tree


def compiler(place: Path, script: str) -> str:
    """A PATH on which gcc is a script of ours; `$GCC` is the real one."""
    place.mkdir(exist_ok=True)
    (place / "gcc").write_text(f"#!/bin/sh\nGCC={shutil.which('gcc')}\n{script}")
    (place / "gcc").chmod(0o755)
    return f"{place}:{os.environ['PATH']}"


def outcome(report: Path) -> dict[str, object]:
    said = json.loads(report.read_text())
    del said["cost"]
    return {**said, "findings": [{**f, "reproduce": ""} for f in said["findings"]]}


def results(cache: Path) -> int:
    return len(list((cache / "zpconvert/compiled").glob("*/*")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_continues_where_it_was(
    tree: Path, tmp_path: Path, number: signal.Signals
) -> None:
    slow = compiler(
        tmp_path / "bin", 'case "$*" in *.object.o*) sleep 0.3;; esac\nexec $GCC "$@"\n'
    )
    cache, report = tmp_path / "cache", tmp_path / "report.json"
    words = argv(tree, "HEAD~3..HEAD", report, "--jobs", "1")
    child = subprocess.Popen(words, env=environment(cache, PATH=slow), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while results(cache) < 2:
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(number)
    _, said = child.communicate(timeout=60)
    assert not report.exists()
    if number is not signal.SIGKILL:
        assert child.returncode == 128 + number
        assert said.endswith(b"zpconvert: ended by SIGTERM\n")
        assert list((cache / "tmp").iterdir()) == []
    kept = results(cache)
    done = subprocess.run(words, env=environment(cache, PATH=slow), capture_output=True)
    assert done.returncode == 1, done.stderr
    # what SIGKILL left is gone, too
    assert list((cache / "tmp").iterdir()) == []
    assert [path for path in (cache / "zpconvert").iterdir() if path.name[0] == "."] == []
    cost = json.loads(report.read_text())["cost"]
    assert cost["cached"] >= kept >= 2
    again = tmp_path / "again.json"
    whole = argv(tree, "HEAD~3..HEAD", again)
    fresh = environment(tmp_path / "fresh")
    assert subprocess.run(whole, env=fresh, capture_output=True).returncode == 1
    assert outcome(report) == outcome(again)
    assert list((tmp_path / "fresh/tmp").iterdir()) == []


def test_two_runs_side_by_side_do_not_disturb_each_other(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    reports = [tmp_path / f"{n}.json" for n in range(2)]
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tree, capture_output=True, check=True
    )
    runs = [
        subprocess.Popen(
            argv(tree, "HEAD~3..HEAD", report), env=environment(cache), stdout=subprocess.PIPE
        )
        for report in reports
    ]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [1, 1]
    assert outputs[0] == outputs[1] != b""
    assert outcome(reports[0]) == outcome(reports[1])
    assert len(list((cache / "zpconvert/builds").glob("*/zpconvert.json"))) == 1
    assert list((cache / "tmp").iterdir()) == []
    assert status.stdout == b""


@pytest.mark.parametrize("where", ["compiling", "preparing"])
def test_a_full_disk_is_said_in_one_line(tree: Path, tmp_path: Path, where: str) -> None:
    """gcc's own words when it cannot write; it must not count as a commit that does not build.
    What it leaves, as one that is killed does, is removed."""
    says = (
        ': >"$TMPDIR/left.s"; '
        + 'echo "x.c:1: fatal error: error writing to x.o: No space left on device" >&2; exit 1'
    )
    ours = 'case "$*" in *.object.o*) X;; esac' if where == "compiling" else "[ $# = 1 ] || { X; }"
    full = compiler(tmp_path / "bin", ours.replace("X", says) + '\nexec $GCC "$@"\n')
    report = tmp_path / "report.json"
    done = subprocess.run(
        argv(tree, "HEAD~3..HEAD", report),
        env=environment(tmp_path / "cache", PATH=full),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()[-1:]
    cache = tmp_path / "cache"
    place = cache / "tmp" if where == "compiling" else cache / "zpconvert/builds/linux-small-"
    assert re.fullmatch(rf"zpconvert: {place}\w*: no space left; make room and repeat", line)
    assert not report.exists()
    assert done.stdout == ""
    assert list((tmp_path / "cache/tmp").iterdir()) == []
