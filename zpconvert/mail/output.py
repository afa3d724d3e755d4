# SPDX-License-Identifier: GPL-2.0-only
"""A directory of our own: written whole or not at all, foreign files never touched."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.mail import record
from zpconvert.process import ProcessError
from zpconvert.scratch import PREFIX, scratch_directory
from zpconvert.space import lacking, out_of_space


def check(out: Path) -> None:
    """Raise UserError unless `out` is missing, empty, or holds a previous output only, with its
    mails as they were written."""
    with _told(out):
        _previous(out)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A new directory to write into, on the file system of `out`; removed at the end.

    Raises UserError as `check` does, and for a full disk or a place that cannot be written.
    """
    with _told(out):
        _previous(out)
        with scratch_directory(_ground(out)) as stage:
            new = stage / "new"
            new.mkdir()
            yield new


@contextmanager
def _told(out: Path) -> Iterator[None]:
    """What the user can mend about `out`, as UserError."""
    try:
        yield
    except OSError as error:
        if lacking(error):
            raise _full(out) from None
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise UserError(str(out), "cannot be written", "choose another directory") from None
        raise
    except ProcessError as error:
        if out_of_space(error):
            raise _full(out) from None
        raise


def install(new: Path, out: Path) -> None:
    """Move the files of the staged directory `new` into `out`, in place of a previous
    output. Whatever interrupts it, `out` is as before or complete.
    Raises UserError as `check` does, OSError."""
    names = [path.name for path in new.iterdir()]
    old = _previous(out)
    if not out.is_dir():
        out.parent.mkdir(parents=True, exist_ok=True)
        new.rename(out)
    else:
        # The directory itself stays: it can be a mount point or somebody's current one.
        _exchange(new, out, old, names)


def _exchange(new: Path, out: Path, old: Sequence[str], names: Sequence[str]) -> None:
    aside = new.parent / "old"
    aside.mkdir()
    moves = [(out / name, aside / name) for name in old]
    moves += [(new / name, out / name) for name in names]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            done.append((source, target))
            source.rename(target)
    except BaseException:
        for source, target in reversed(done):
            if target.exists():
                target.rename(source)
        raise


def _previous(out: Path) -> list[str]:
    """Names of the files of a previous output in `out`; see `check`."""
    if _ground(out) != out:
        return []
    present = {path.name for path in out.iterdir() if not path.name.startswith(PREFIX)}
    if not present:
        return []
    known = record.load(out)
    ours = {*known.files, record.REPORT, record.PAGE} if known else set()
    foreign = sorted(present - ours)
    if foreign:
        raise UserError(
            str(out), f"has other files in it ({foreign[0]})", "choose another output directory"
        )
    changed = next(record.edited(known, out), None) if known is not None else None
    if changed is not None:
        raise UserError(
            str(out / changed),
            "was edited since it was written",
            f"choose another output directory (--since {out} keeps edited words), or remove it",
        )
    return sorted(present)


def _ground(out: Path) -> Path:
    """`out`, or the nearest directory above it that there is."""
    place = out
    while not place.exists() and not place.is_symlink():
        place = place.parent
    if not place.is_dir():
        raise UserError(str(place), "not a directory", "choose another output directory")
    return place


def _full(out: Path) -> UserError:
    return UserError(str(out), "the disk is full", "make room there or in the temporary directory")
