# SPDX-License-Identifier: GPL-2.0-only
"""Build directories on the small tree: seeded, kept, removed; a make that hangs is stopped."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import alive, wait_until
from zpconvert.errors import UserError
from zpconvert.kernel import buildcache, kbuild
from zpconvert.kernel.buildcache import KEPT, STAMP
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.kbuild import BuildDir

SETTINGS = ("CONFIG_OBJPOOL=y", "CONFIG_COMPACTION=y")
OBJECT = "mm/objpool.o"


def prepare(tree: Path, cache: Path, name: str = "small", **more: tuple[str, ...]) -> BuildDir:
    cell = Cell(name, "x86_64", more.pop("kconfig", SETTINGS))
    return kbuild.prepare(tree, cell, fragment=(), objects=(OBJECT,), cache=cache, **more)


def age(path: Path, seconds: float) -> None:
    for one in (path / STAMP, path):
        if one.exists():
            os.utime(one, (time.time() - seconds,) * 2)


def test_what_nobody_used_for_long_is_removed(small_tree: Path, tmp_path: Path) -> None:
    builds = tmp_path / "builds"
    old = prepare(small_tree, tmp_path, "old").path
    busy = prepare(small_tree, tmp_path, "busy").path
    recent = prepare(small_tree, tmp_path, "recent").path
    killed = builds / "linux-killed-0123"
    killed.mkdir()
    (builds / f"{old.name}.source").mkdir()
    for path in (old, busy, killed):
        age(path, KEPT + 60)
    age(recent, KEPT - 60)
    with (builds / f".{busy.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now = prepare(small_tree, tmp_path, "now").path
    left = {path.name for path in builds.iterdir() if path.is_dir()}
    assert left == {busy.name, recent.name, now.name}
    buildcache.prune(builds)
    assert not busy.exists()


def test_using_a_directory_keeps_it(small_tree: Path, tmp_path: Path) -> None:
    path = prepare(small_tree, tmp_path).path
    age(path, KEPT + 60)
    assert prepare(small_tree, tmp_path).path == path
    buildcache.prune(tmp_path / "builds")
    assert path.exists()


def test_a_new_directory_starts_from_one_of_its_tree_and_architecture(
    small_tree: Path, tmp_path: Path
) -> None:
    first = prepare(small_tree, tmp_path).path
    (first / "scripts").mkdir()
    (first / "scripts/fixdep").write_text("host program")
    (first / "leftover").write_text("x86's")
    second = prepare(small_tree, tmp_path, "second").path
    assert (second / "leftover").exists()
    other = Cell("other", "um", SETTINGS)
    third = kbuild.prepare(small_tree, other, fragment=(), objects=(OBJECT,), cache=tmp_path).path
    assert (third / "scripts/fixdep").exists()
    assert not (third / "leftover").exists()


def test_what_a_configuration_does_not_have_is_left_out_or_told(
    small_tree: Path, tmp_path: Path
) -> None:
    build = prepare(small_tree, tmp_path, perhaps=("mm/buddy2.o", "mm/migrate.o"))
    assert set(build.commands) == {OBJECT, "mm/migrate.o"}
    with pytest.raises(UserError, match="buddy2"):
        kbuild.prepare(
            small_tree, build.cell, fragment=(), objects=("mm/buddy2.o",), cache=tmp_path
        )


def test_a_make_that_hangs_is_stopped(
    small_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makefile = small_tree / "Makefile"
    makefile.write_text(makefile.read_text().replace("\t@mkdir -p $(@D)\n", "\t@sleep 600\n"))
    monkeypatch.setattr(kbuild, "MAKE_TIMEOUT", 1.0)
    began = time.monotonic()
    with pytest.raises(UserError, match=r"build failed \(.*killed after 1 s"):
        prepare(small_tree, tmp_path)
    assert time.monotonic() - began < 60


def full(*words: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_while_the_first_directory_is_copied(
    small_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """copytree() gathers what goes wrong as words."""
    prepare(small_tree, tmp_path)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left") as caught:
        prepare(small_tree, tmp_path, "second")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename.startswith(f"{tmp_path}/builds/linux-second-")


def test_a_full_disk_while_a_setting_is_written(
    small_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left") as caught:
        prepare(small_tree, tmp_path)
    assert caught.value.filename.startswith(f"{tmp_path}/builds/linux-small-")


def test_a_full_disk_is_no_object_that_the_configuration_lacks(
    small_tree: Path, tmp_path: Path
) -> None:
    """make -k goes on after it."""
    makefile = small_tree / "Makefile"
    says = "\t@case $@ in *migrate.o) echo 'x: No space left on device' >&2; exit 1;; esac\n"
    recipe = "\t@mkdir -p $(@D)\n"
    makefile.write_text(makefile.read_text().replace(recipe, says + recipe))
    with pytest.raises(OSError, match="No space left"):
        prepare(small_tree, tmp_path, perhaps=("mm/migrate.o",))


def test_what_a_killed_run_s_make_leaves_running_keeps_the_directory_locked(
    small_tree: Path, tmp_path: Path
) -> None:
    """make goes with its run; a compiler that it has started writes to the end."""
    makefile, note = small_tree / "Makefile", tmp_path / "note"
    recipe = f"\t@echo $$$$ $$PPID >{note}.new; mv {note}.new {note}; exec sleep 60\n"
    makefile.write_text(makefile.read_text().replace("\t@mkdir -p $(@D)\n", recipe))
    code = (
        "import sys; from pathlib import Path; from tests.kernel.test_buildcache import prepare\n"
        "prepare(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    words = [sys.executable, "-c", code, small_tree, tmp_path]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, cwd=Path(__file__).parents[2], env=environment) as run:
        wait_until(note.exists)
        run.kill()
    compiler, make = map(int, note.read_text().split())
    (lock,) = (tmp_path / "builds").glob(".linux-small-*.lock")
    wait_until(lambda: not alive(make))
    assert alive(compiler)
    assert not free(lock)
    os.kill(compiler, signal.SIGKILL)
    wait_until(lambda: free(lock))


def free(lock: Path) -> bool:
    with lock.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
