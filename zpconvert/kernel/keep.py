# SPDX-License-Identifier: GPL-2.0-only
"""How much of what can be made again is kept: the newest of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def newest(paths: Iterable[Path], room: int) -> None:
    """Of files and directories, remove those used longest ago beyond `room` bytes.

    Their modification time says when they were used. What another run removes meanwhile is
    passed over.
    """
    known = []
    for path in paths:
        try:
            known.append((path.stat().st_mtime, path, _size(path)))
        except FileNotFoundError:
            continue
    for _, path, size in sorted(known, reverse=True):
        room -= size
        if room < 0:
            _remove(path)


def _size(path: Path) -> int:
    """Bytes of a file, or of the files in a directory."""
    if not path.is_dir():
        return path.stat().st_size
    with os.scandir(path) as entries:
        return sum(entry.stat().st_size for entry in entries)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
