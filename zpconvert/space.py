# SPDX-License-Identifier: GPL-2.0-only
"""A full disk, whoever meets it: what programs and the system say of it, and where it is."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zpconvert.process import ProcessError
from zpconvert.scratch import PREFIX

#: No room on the disk, none in the user's quota, none below the limit for files.
_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: What programs say; the last one is git's own, of a pack (csum-file.c). A compiler's quotation
#: of a source has the line's number before it.
_SAID = re.compile(
    rb"""(?mx) ^ (?![ ]*\d*[ ]\|)
    .* (?:No\ space\ left\ on\ device|[Dd]isk\ quota\ exceeded|File\ too\ large|Out\ of\ diskspace)
    .* $"""
)
#: A file in such a line, not the program or the source at its start.
_NAMED = re.compile(r"(?<=[ '\"])/[^\s:'\"]+")


def lacking(error: OSError) -> bool:
    """Whether an error of the system is one of space."""
    if isinstance(error, shutil.Error):
        # copytree() gathers them as words
        return any(os.strerror(number) in str(error) for number in _ERRORS)
    return error.errno in _ERRORS


def out_of_space(error: ProcessError) -> bool:
    """Whether a program failed for want of disk space, quota or allowed file size."""
    return bool(_SAID.search(error.stderr)) or error.code == -signal.SIGXFSZ


def complaint(error: ProcessError) -> str:
    """The line in which a program says so; empty where it was killed for it."""
    found = _SAID.search(error.stderr)
    return found[0].decode("utf-8", "replace").strip() if found else ""


@contextmanager
def at(place: Path) -> Iterator[None]:
    """Name a place where writing fails for want of space: the system names none in write(2).

    Raises OSError, ENOSPC for what copytree() gathers.
    """
    try:
        yield
    except OSError as error:
        if not lacking(error) or (error.filename and not isinstance(error, shutil.Error)):
            raise
        raise _none(place, error.errno or errno.ENOSPC) from error


def met(error: ProcessError, place: Path) -> OSError:
    """What a program met that found no space: at the file that it names, if it names one that
    is no source (`x.c:1: …`), else at `place`, where it was to write."""
    named = _NAMED.findall(complaint(error))
    return _none(Path(named[-1]).parent if named else place)


def _none(place: Path, number: int = errno.ENOSPC) -> OSError:
    return OSError(number, os.strerror(number), str(place))


def where(error: OSError) -> str:
    """The place that an error names: of a scratch directory, which has gone, the one around it;
    empty if it names none."""
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if path is None:
        return ""
    names = [name for name in path.parts if name.startswith(PREFIX)]
    return str(Path(*path.parts[: path.parts.index(names[0])]) if names else path)
