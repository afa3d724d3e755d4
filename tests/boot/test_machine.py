# SPDX-License-Identifier: GPL-2.0-only
"""A run ends by itself or at its limit, and leaves nothing behind. The kernel is a stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import alive, wait_until
from zpconvert.boot import machine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs put their files; empty before and after."""
    place = tmp_path / "shm"
    place.mkdir()
    monkeypatch.setattr(machine, "_SHARED", place)
    return place


def stand_in(tmp_path: Path, script: str) -> Path:
    program = tmp_path / "linux"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_what_it_is_given_and_says(tmp_path: Path, scratch: Path) -> None:
    kernel = stand_in(tmp_path, 'echo early >&2; echo "$@"; echo "$TMPDIR" "$PWD"; exit 3')
    ran = machine.boot(kernel, b"root", {"LOADS": "zram,zswap", "ZPOOL": "x"}, limit=30)
    early, options, places = ran.console.splitlines()
    assert early == "early"
    words = options.split()
    assert {"LOADS=zram,zswap", "ZPOOL=x", "page_poison=1", "mem=256M"} <= set(words)
    assert not any(word.startswith(("ubd", "root=", "eth")) for word in words)
    memory, current = places.split()
    assert memory == current
    assert Path(memory).parent == scratch
    assert not ran.hung
    assert list(scratch.iterdir()) == []


def test_its_root_is_the_archive(tmp_path: Path, scratch: Path) -> None:
    kernel = stand_in(tmp_path, 'cat "${1#initrd=}"')
    assert machine.boot(kernel, b"the archive", {}, limit=30).console == "the archive"


def test_a_hang_ends_at_the_limit_with_all_its_processes(tmp_path: Path, scratch: Path) -> None:
    note = tmp_path / "child"
    kernel = stand_in(tmp_path, f"echo here; sleep 1000 & echo $! >{note}; wait")
    began = time.monotonic()
    ran = machine.boot(kernel, b"", {}, limit=2)
    assert time.monotonic() - began < 100
    assert ran.hung
    assert ran.console == "here\n"
    child = int(note.read_text())
    for _ in range(100):
        if not alive(child):
            break
        time.sleep(0.1)
    assert not alive(child)
    assert list(scratch.iterdir()) == []


def test_without_room_in_memory_the_disk_is_used(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_ROOM", 1 << 60)
    kernel = stand_in(tmp_path, 'echo "$TMPDIR"')
    place = Path(machine.boot(kernel, b"", {}, limit=30).console.strip())
    assert place.parent != scratch
    assert not os.path.lexists(place)


def test_it_does_not_outlive_a_run_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves a run no time to end it; nobody would, and it takes a whole core."""
    note, script = tmp_path / "note", "import sys; from pathlib import Path\n"
    script += "from zpconvert.boot import machine\n"
    script += "machine._SHARED = Path(sys.argv[2])\n"
    script += "machine.boot(Path(sys.argv[1]), b'', {}, limit=60)\n"
    kernel = stand_in(tmp_path, f"echo $$ >{note}.new; mv {note}.new {note}; exec sleep 60")
    run = subprocess.Popen([sys.executable, "-c", script, kernel, tmp_path], cwd=ROOT)
    wait_until(note.exists)
    pid = int(note.read_text())
    assert alive(pid)
    run.kill()
    run.wait(30)
    wait_until(lambda: not alive(pid))
