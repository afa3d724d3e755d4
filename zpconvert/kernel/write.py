# SPDX-License-Identifier: GPL-2.0-only
"""The one place that writes to a user's tree: all files or none."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zpconvert.errors import UserError


def write_files(tree: Path, files: Mapping[str, bytes]) -> None:
    """Replace files of a tree (path in the tree → text), or leave all of them as they are.

    New texts are written beside the old ones first and put in place when all of them are
    there; if that fails half-way, what was replaced is put back. Modes are kept.

    Raises UserError when the tree cannot be written or the disk is full.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for path, text in files.items():
            staged.append((_stage(tree / path, text), tree / path))
        _install(staged)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise UserError(
            str(tree),
            "no space left" if full else f"cannot be written: {error.strerror}",
            "make room and repeat" if full else "check its permissions",
        ) from None
    finally:
        for new, _ in staged:
            new.unlink(missing_ok=True)


def _stage(target: Path, text: bytes) -> Path:
    """The text in a file of its own beside the target."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
        new.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o644)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _install(staged: list[tuple[Path, Path]]) -> None:
    before = {target: target.read_bytes() if target.exists() else None for _, target in staged}
    done: list[Path] = []
    try:
        for new, target in staged:
            done.append(target)  # first: Ctrl-C can come between the two
            new.replace(target)
    except BaseException:
        for target in done:
            old = before[target]
            if old is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(old)
        raise
