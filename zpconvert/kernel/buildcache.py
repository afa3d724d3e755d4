# SPDX-License-Identifier: GPL-2.0-only
"""The directory that holds the build directories: who may write, what is new, what is old."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A prepared directory has this file; its time says when it was used last.
STAMP = "zpconvert.json"

#: Seconds that an unused build directory is kept: 30 days.
KEPT = 30 * 86400.0


@contextmanager
def locked(builds: Path, name: str) -> Iterator[int]:
    """Hold the lock of the build directory `name`: one run at a time prepares it. Its descriptor
    is for the programs that write there and may outlive the run."""
    with (builds / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def used(path: Path) -> None:
    """Note that a prepared directory is used now."""
    os.utime(path / STAMP)


def seed(path: Path, builds: Path, tree: Path, arch: str) -> None:
    """Start from a prepared directory of the same tree, if there is one that no run is at work
    on: its host programs are built already. One of another architecture gives those of
    `scripts` alone."""
    if path.exists():
        return
    known = sorted(_of_tree(builds, tree), key=lambda found: found[1] != arch)
    unfinished = path.with_name(f"{path.name}.new")
    for other, its_arch in known:
        shutil.rmtree(unfinished, ignore_errors=True)
        with _free(builds, other.name) as free:
            if not free:
                continue
            if its_arch == arch:
                shutil.copytree(other, unfinished, symlinks=True)
                (unfinished / STAMP).unlink(missing_ok=True)
            else:
                unfinished.mkdir()
                shutil.copytree(other / "scripts", unfinished / "scripts", symlinks=True)
        unfinished.rename(path)
        return
    path.mkdir()


@contextmanager
def _free(builds: Path, name: str) -> Iterator[bool]:
    """Hold the lock of a build directory if no other run does."""
    with (builds / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _of_tree(builds: Path, tree: Path) -> Iterator[tuple[Path, str]]:
    """The prepared directories of a tree and their architectures."""
    for stamp in sorted(builds.glob(f"{tree.name}-*/{STAMP}")):
        link = stamp.parent / "source"
        if link.is_symlink() and link.resolve() == tree:
            yield stamp.parent, json.loads(stamp.read_text()).get("arch", "")


def prune(builds: Path) -> None:
    """Remove the directories that no run has used for KEPT seconds, and what belongs to them;
    one that another run is preparing stays."""
    before = time.time() - KEPT
    for path in builds.iterdir():
        if path.name.startswith(".") or path.suffix == ".source" or not path.is_dir():
            continue
        stamp = path / STAMP
        seen = stamp if stamp.exists() else path
        if seen.stat().st_mtime >= before:
            continue
        with _free(builds, path.name) as free:
            if free:
                shutil.rmtree(path)
                shutil.rmtree(builds / f"{path.name}.source", ignore_errors=True)
