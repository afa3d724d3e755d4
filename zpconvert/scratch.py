# SPDX-License-Identifier: GPL-2.0-only
"""Directories for what is thrown away, removed even when nobody is left to do it.

A run that is killed (SIGKILL, the OOM killer) leaves its directories. Each is locked for as long
as its run lives, by flock(2) on the directory itself, and no program that is started inherits
that; the next run removes those whose lock is free. Where a file system has no such locks,
nothing is removed for others.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zpconvert.errors import UserError

#: What their names begin with. Hidden: `git send-email OUT/*` must not meet one.
PREFIX = ".zpconvert-scratch-"

#: Directories in which this run has looked for what others left.
_swept: set[Path] = set()


@contextmanager
def scratch_directory(base: Path | None = None) -> Iterator[Path]:
    """A new directory in `base` (that for temporary files if None), removed at the end.

    Raises UserError when no temporary file can be written anywhere, OSError for a `base` that
    cannot be written.
    """
    import shutil

    place = base or _temporary()
    if place not in _swept:
        _swept.add(place)
        _sweep(place)
    path, lock = _made(place)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def put(path: Path, text: bytes, base: Path) -> None:
    """Write a file whole or not at all, whatever stops the run.

    base: a directory on the same file system, where it is made. Raises OSError.
    """
    with scratch_directory(base) as place:
        new = place / path.name
        new.write_bytes(text)
        new.replace(path)


def _temporary() -> Path:
    import tempfile

    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        raise UserError(
            os.environ.get("TMPDIR", "/tmp"),
            "no directory for temporary files has room and can be written",
            "make room, or set TMPDIR",
        ) from None


def _made(base: Path) -> tuple[Path, int]:
    """A new directory and the descriptor that holds its lock."""
    import tempfile

    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        # another run can sweep it away before it is locked
        with suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_SH)
            if path.exists():
                return path, lock
            os.close(lock)


def _sweep(base: Path) -> None:
    """Remove what killed runs of this user left in a directory."""
    with suppress(OSError), os.scandir(base) as entries:
        for name in [entry.path for entry in entries if entry.name.startswith(PREFIX)]:
            _remove_free(name)


def _remove_free(path: str) -> None:
    import shutil

    with suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)
