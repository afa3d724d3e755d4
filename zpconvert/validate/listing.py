# SPDX-License-Identifier: GPL-2.0-only
"""Two functions side by side, as objdump shows them."""

from __future__ import annotations

import shutil

from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.validate.report import Listing

#: Lines of a listing that are kept.
LINES = 400


def listings(objdump: str, before: bytes, was: str, after: bytes, name: str) -> Listing | None:
    """Disassembly of a function in both objects; None where it cannot be had.

    objdump: the program, that of the objects' own toolchain: another's cannot read them.
    """
    if shutil.which(objdump) is None or name.startswith("["):
        return None
    try:
        return Listing(_listing(objdump, before, was), _listing(objdump, after, name))
    except ProcessError:
        return None


def _listing(objdump: str, blob: bytes, name: str) -> tuple[str, ...]:
    with scratch_directory() as place:
        path = place / "object.o"
        path.write_bytes(blob)
        words = [objdump, "-dr", "--no-show-raw-insn", f"--disassemble={name}", str(path)]
        text = run(words, timeout=60).text
    _, _, body = text.partition(f"<{name}>:\n")
    return tuple(line.rstrip() for line in body.partition("\n\n")[0].splitlines()[:LINES])
