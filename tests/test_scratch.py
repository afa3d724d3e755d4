# SPDX-License-Identifier: GPL-2.0-only
"""Scratch directories: gone at the end, those of killed runs gone by the next, others' left."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from zpconvert import scratch
from zpconvert.errors import UserError
from zpconvert.scratch import PREFIX, put, scratch_directory

ROOT = Path(__file__).parent.parent

#: A run with a program that outlives it.
RUN = """
import subprocess, sys
from pathlib import Path
from zpconvert.scratch import scratch_directory

with scratch_directory(Path(sys.argv[1])) as place:
    (place / "deep").mkdir()
    (place / "deep/file").write_bytes(b"x")
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
    print(child.pid, place, flush=True)
    sys.stdin.read()
"""

#: A run that looks for remains each time, as every process does once.
BUSY = """
import sys
from pathlib import Path
from zpconvert import scratch

for number in range(300):
    scratch._swept.clear()
    with scratch.scratch_directory(Path(sys.argv[1])) as place:
        (place / "file").write_text(str(number))
        assert (place / "file").read_text() == str(number)
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No directory was looked at yet."""
    monkeypatch.setattr(scratch, "_swept", set())


def start(base: Path) -> tuple[subprocess.Popen[str], int, Path]:
    """A run that is at work: the run, the process id of its program, its directory."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(base)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    pid, place = run.stdout.readline().split()
    return run, int(pid), Path(place)


def test_a_directory_for_as_long_as_it_is_used() -> None:
    with scratch_directory() as place:
        (place / "file").write_bytes(b"x")
        assert place.parent == Path(tempfile.gettempdir())
        assert place.stat().st_mode & 0o777 == 0o700
    assert not place.exists()
    with pytest.raises(KeyError), scratch_directory() as place:
        raise KeyError
    assert not place.exists()


def test_what_a_killed_run_left_is_removed_and_what_a_run_uses_is_not(tmp_path: Path) -> None:
    (killed, orphan, left), (other, its, used) = start(tmp_path), start(tmp_path)
    try:
        killed.kill()
        killed.wait(30)
        assert left.exists()
        with scratch_directory(tmp_path) as place:
            assert set(tmp_path.iterdir()) == {used, place}
            assert (used / "deep/file").read_bytes() == b"x"
        # its program ran all the time, and had no part in the lock
        os.kill(orphan, 0)
    finally:
        for pid in (orphan, its):
            os.kill(pid, signal.SIGKILL)
        other.communicate("", timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_runs_side_by_side_take_nothing_from_each_other(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path)], cwd=ROOT) for _ in range(3)
    ]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_ours_by_name_and_nature_is_removed(tmp_path: Path) -> None:
    notes = tmp_path / "zpconvert-notes"
    notes.mkdir()
    (notes / "file").write_bytes(b"x")
    (tmp_path / f"{PREFIX}link").symlink_to(notes)
    (tmp_path / f"{PREFIX}file").write_bytes(b"x")
    (tmp_path / f"{PREFIX}left").mkdir()
    before = set(tmp_path.iterdir())
    with scratch_directory(tmp_path):
        pass
    assert before - set(tmp_path.iterdir()) == {tmp_path / f"{PREFIX}left"}
    assert (notes / "file").exists()


def test_another_user_s_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{PREFIX}left").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with scratch_directory(tmp_path):
        pass
    assert (tmp_path / f"{PREFIX}left").exists()


@pytest.mark.parametrize("when", ["before it is opened", "before it is locked"])
def test_one_that_is_swept_away_before_it_is_locked_is_made_again(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make, lock = tempfile.mkdtemp, fcntl.flock

    def mkdtemp(**words: str) -> str:
        made.append(make(**words))
        if when == "before it is opened" and len(made) == 1:
            shutil.rmtree(made[0])
        return made[-1]

    def flock(handle: int, how: int) -> None:
        if when == "before it is locked" and len(made) == 1:
            shutil.rmtree(made[0])
        lock(handle, how)

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch_directory(tmp_path) as place:
        assert place.is_dir()
        assert [str(place)] == made[1:]


def test_a_directory_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda at: (looked.append(at), scan(at))[1])
    for _ in range(3):
        with scratch_directory(tmp_path):
            pass
    assert looked.count(tmp_path) == 1


def test_a_file_is_put_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep/file"
    path.parent.mkdir()
    put(path, b"old", tmp_path)
    put(path, b"new", tmp_path)
    assert path.read_bytes() == b"new"

    def full(self: Path, text: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(text[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        put(path, b"another", tmp_path)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path.parent]


def test_no_place_for_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setenv("TMPDIR", "/no/where")
    with (
        pytest.raises(UserError, match=r"^/no/where: no directory for temporary files"),
        scratch_directory(),
    ):
        pass
