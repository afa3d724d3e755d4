# SPDX-License-Identifier: GPL-2.0-only
"""What thousands of files hold, in one digest: by their contents, for git checkout changes times.

A file whose time and size are as they were is not read again.
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
_GONE, _DIRECTORY = "gone", "directory"


def digest(paths: Iterable[str], place: Path) -> str:
    """A digest of the names and contents of files, in whatever order they come.

    place: a directory that remembers what was read. Raises OSError when the disk is full or a
    file cannot be read.
    """
    memory = place / _NAME
    known = json.loads(memory.read_text()) if memory.exists() else {}
    seen = hashlib.sha256()
    read = {}
    for path in sorted(paths):
        try:
            found = os.stat(path)  # noqa: PTH116 - thousands, before every run
        except (FileNotFoundError, NotADirectoryError):
            seen.update(f"{path} {_GONE}\n".encode())
            continue
        # kbuild names directories, too, for those that search them
        if stat.S_ISDIR(found.st_mode):
            seen.update(f"{path} {_DIRECTORY}\n".encode())
            continue
        mark = f"{found.st_mtime_ns} {found.st_size}"
        was, content = known.get(path, ("", ""))
        if was != mark:
            content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            read[path] = mark, content
        seen.update(f"{path} {content}\n".encode())
    if read:
        put(memory, json.dumps({**known, **read}).encode(), place)
    return seen.hexdigest()
