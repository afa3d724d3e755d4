# SPDX-License-Identifier: GPL-2.0-only
"""The root file system that kernels boot with: one static program of ours, and nothing else."""

from __future__ import annotations

import functools
import hashlib
import stat
from pathlib import Path

from zpconvert.boot.cpio import Entry, archive
from zpconvert.errors import UserError
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.space import out_of_space

_SOURCES = Path(__file__).with_name("loads")
_FLAGS = ("-O2", "-Wall", "-Wextra", "-static")


def build() -> bytes:
    """The archive, with the program compiled anew.

    Raises UserError when it cannot be: there is no static C library; ProcessError when the disk
    is full.
    """
    with scratch_directory() as place:
        program = place / "init"
        try:
            words: list[str | Path] = ["gcc", *_FLAGS, "-o", program, *sorted(_SOURCES.glob("*.c"))]
            run(words, env={"TMPDIR": str(place)})
        except ProcessError as error:
            if out_of_space(error):
                raise
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            reason = next((line for line in said if "rror" in line or "not find" in line), "")
            raise UserError(
                "gcc -static",
                f"the program that kernels boot with is not built ({reason or 'no message'})",
                "install the static C library (Debian: libc6-dev, Fedora: glibc-static)",
            ) from error
        code = program.read_bytes()
    directories = [Entry(path, stat.S_IFDIR | 0o755) for path in ("dev", "proc", "sys", "cgroup")]
    # init's own stdout, before anything is mounted
    console = Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    return archive([*directories, console, Entry("init", stat.S_IFREG | 0o755, code)])


@functools.cache
def digest() -> str:
    """What the archive depends on, without building it."""
    seen = hashlib.sha256(run(["gcc", "--version"]).stdout)
    for source in sorted(_SOURCES.iterdir()):
        seen.update(source.name.encode() + b"\0" + source.read_bytes())
    return seen.hexdigest()
