# SPDX-License-Identifier: GPL-2.0-only
"""What thousands of files hold, in one digest: by their contents, for git checkout changes times.

A file that is the one it was, by number, times and size, is not read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from zpconvert.scratch import put

_NAME = "zpconvert.digests"
#: What is no file; kbuild names directories, too, for those that search them.
_GONE, _DIRECTORY = _UNREAD = ("gone", "directory")


def digest(paths: Iterable[str], place: Path) -> str:
    """A digest of the names and contents of files, in whatever order they come.

    place: a directory that remembers what was read. Raises OSError when the disk is full or a
    file cannot be read.
    """
    memory = place / _NAME
    known = _read(memory)
    seen = hashlib.sha256()
    read = {}
    for path in sorted(paths):
        mark = _mark(path)
        was, content = known.get(path, ("", ""))
        if mark in _UNREAD:
            content = mark
        elif was != mark:
            content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            read[path] = mark, content
        seen.update(f"{path} {content}\n".encode("utf-8", "surrogateescape"))
    if read:
        put(memory, json.dumps({**known, **read}).encode(), place)
    return seen.hexdigest()


def _mark(path: str) -> str:
    """What tells that a file is the one it was."""
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands, before every run
    except (FileNotFoundError, NotADirectoryError):
        return _GONE
    if stat.S_ISDIR(found.st_mode):
        return _DIRECTORY
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"


def _read(memory: Path) -> dict[str, list[str]]:
    """What is remembered; nothing, if that is damaged."""
    try:
        return dict(json.loads(memory.read_text()))
    except (FileNotFoundError, TypeError, ValueError):
        return {}
