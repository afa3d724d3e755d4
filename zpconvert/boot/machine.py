# SPDX-License-Identifier: GPL-2.0-only
"""A kernel built for ARCH=um, run as the ordinary process that it is.

It sees nothing of this machine: its root is the archive that it is given, its memory a file
without a name in a scratch directory, its console a pipe; no disk, no network, no host file
system. Its options: Documentation/virt/uml/user_mode_linux_howto_v2.rst and `linux --help`.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zpconvert import space
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory

#: Bytes of memory of a booted kernel, and the most that a run takes of the scratch directory.
MEMORY = 256 << 20
_ROOM = 2 * MEMORY
#: tmpfs, where the kernel itself would put its memory.
_SHARED = Path("/dev/shm")
#: A RAM disk to swap to; freed pages are filled with a pattern that is checked; a panic ends
#: the process.
SETTINGS = (
    f"mem={MEMORY >> 20}M",
    "con=null",
    "con0=null,fd:1",
    "panic=-1",
    "page_poison=1",
    "brd.rd_nr=1",
    "brd.rd_size=65536",
)


@dataclass(frozen=True)
class Ran:
    """A run: what the console said, whether it was still running at the time limit, and how
    long it took, in seconds."""

    console: str
    hung: bool
    seconds: float


def boot(kernel: Path, root: bytes, environment: Mapping[str, str], *, limit: float) -> Ran:
    """Run a kernel to its end, or to the time limit.

    root: the archive with its root file system. environment: what init finds in its own; values
    without white space. limit: seconds. Raises OSError when the disk is full.
    """
    with _scratch() as place:
        archive = place / "root.cpio"
        with space.at(place):
            archive.write_bytes(root)
        argv: list[str | Path] = [
            kernel,
            f"initrd={archive}",
            f"uml_dir={place}/",
            *SETTINGS,
            *(f"{name}={value}" for name, value in environment.items()),
        ]
        began = time.monotonic()
        try:
            done = run(
                argv,
                cwd=place,
                env={"TMPDIR": str(place)},
                timeout=limit,
                check=False,
                bound=True,
            )
            said, hung = done.stderr + done.stdout, False
        except ProcessError as error:
            said, hung = error.stderr + error.stdout, True
        seconds = time.monotonic() - began
    return Ran(said.decode("utf-8", "replace"), hung, seconds)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A directory for one run: in memory if there is room and programs may be mapped there."""
    base = _SHARED if _SHARED.is_dir() and _fits(_SHARED) else None
    with scratch_directory(base) as place:
        yield place


def _fits(place: Path) -> bool:
    mappable = not os.statvfs(place).f_flag & os.ST_NOEXEC
    return mappable and os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ROOM
