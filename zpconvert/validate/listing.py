# SPDX-License-Identifier: GPL-2.0-only
"""Two functions side by side, as objdump shows them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from zpconvert.process import run
from zpconvert.validate.report import Listing

#: Lines of a listing that are kept.
LINES = 400


def listings(before: bytes, was: str, after: bytes, name: str) -> Listing | None:
    """Disassembly of a function in both objects; None where there is no objdump."""
    if shutil.which("objdump") is None or name.startswith("["):
        return None
    return Listing(_listing(before, was), _listing(after, name))


def _listing(blob: bytes, name: str) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="zpconvert-") as place:
        path = Path(place) / "object.o"
        path.write_bytes(blob)
        words = ["objdump", "-dr", "--no-show-raw-insn", f"--disassemble={name}", str(path)]
        text = run(words, check=False, timeout=60).text
    _, _, body = text.partition(f"<{name}>:\n")
    return tuple(line.rstrip() for line in body.partition("\n\n")[0].splitlines()[:LINES])
