# SPDX-License-Identifier: GPL-2.0-only
"""A drafted conversion on disk: staged, tried, and then put in place whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from zpconvert.errors import UserError

DESCRIPTORS = "descriptors"


def check_target(target: Path, descriptor: Path | None) -> None:
    """Refuse what is there already. descriptor: the file of a new descriptor, if there is one."""
    for path in (target, *((descriptor,) if descriptor else ())):
        if path.exists() or path.is_symlink():
            raise UserError(str(path), "exists", "choose another name, or remove it")
    if not target.parent.is_dir():
        raise UserError(str(target.parent), "no such directory", "make it first")


@contextmanager
def staged(
    target: Path, files: Mapping[str, bytes], descriptor: tuple[Path, bytes] | None
) -> Iterator[Path]:
    """The conversion in a directory of its own beside `target`, laid out as it will be; put in
    place when the block ends well, gone when it does not.

    descriptor: where a new one goes (`descriptors/` beside `target`) and its text; or one that
    is there, to be found while staged, with its own text.
    Raises UserError when the disk is full or the directory cannot be written.
    """
    try:
        stage = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _fault(target, error) from None
    try:
        try:
            made = _lay_out(stage, target.name, files, descriptor)
        except OSError as error:
            raise _fault(target, error) from None
        yield made
        try:
            _install(made, target, descriptor[0] if descriptor else None)
        except OSError as error:
            raise _fault(target, error) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _lay_out(
    stage: Path, name: str, files: Mapping[str, bytes], descriptor: tuple[Path, bytes] | None
) -> Path:
    made = stage / name
    made.mkdir()
    for file, text in files.items():
        (made / file).write_bytes(text)
    if descriptor is not None:
        (stage / DESCRIPTORS).mkdir()
        (stage / DESCRIPTORS / descriptor[0].name).write_bytes(descriptor[1])
    return made


def _install(made: Path, target: Path, descriptor: Path | None) -> None:
    """Put the descriptor in place, then the directory; take back the first if the second fails."""
    linked = fresh = False
    try:
        if descriptor is not None and not descriptor.exists():
            fresh = not descriptor.parent.exists()
            descriptor.parent.mkdir(exist_ok=True)
            # a link, not a rename: it does not replace what somebody else has just put there
            os.link(made.parent / DESCRIPTORS / descriptor.name, descriptor)
            linked = True
        made.rename(target)
    except BaseException:
        if descriptor is not None and linked:
            descriptor.unlink(missing_ok=True)
        if descriptor is not None and fresh:
            descriptor.parent.rmdir()
        raise


def _fault(target: Path, error: OSError) -> UserError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return UserError(
        str(target),
        "no space left" if full else f"cannot be written: {error.strerror}",
        "make room and repeat" if full else "check the permissions of the directory",
    )
