# SPDX-License-Identifier: GPL-2.0-only
"""To and Cc proposals: what the tree's own get_maintainer.pl says of the patches."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.process import ProcessError, run

#: The script works on MAINTAINERS alone: history is absent from a plain tree, and slow.
_WORDS = ("--no-git", "--no-git-fallback", "--no-fixes", "--roles", "--no-rolestats")

_LINE = re.compile(r"(?P<address>.*\S) \((?P<role>[^()]*(?:\([^()]*\)[^()]*)*)\)")


@dataclass(frozen=True)
class Maintainer:
    """`address` as a mail header takes it; `role` in the script's words, as
    `maintainer:ZSWAP COMPRESSED SWAP CACHING` or `open list:MEMORY MANAGEMENT`."""

    address: str
    role: str

    @property
    def to(self) -> bool:
        """Whether the mail goes to them, rather than in copy: who maintains the files."""
        return self.role.startswith(("maintainer", "supporter"))


@dataclass(frozen=True)
class NotAvailable:
    """A program that could not be asked, and why; part of the result, never an error."""

    program: str
    reason: str


def propose(tree: Path, patches: Sequence[Path]) -> tuple[Maintainer, ...] | NotAvailable:
    """Who the tree's MAINTAINERS names for the files of `patches`, in the script's order.

    Nothing is written to `tree`, which may be a git tree or a plain one.
    """
    script = tree / "scripts/get_maintainer.pl"
    if not script.is_file():
        return NotAvailable("get_maintainer.pl", f"{tree} has no scripts/get_maintainer.pl")
    if shutil.which("perl") is None:
        return NotAvailable("get_maintainer.pl", "perl is not installed")
    argv: list[str | Path] = [
        "perl",
        script.resolve(),
        *_WORDS,
        *(patch.resolve() for patch in patches),
    ]
    try:
        told = run(argv, cwd=tree, timeout=120).text
    except ProcessError as error:
        said = (error.stderr or error.stdout).decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else str(error)
        return NotAvailable("get_maintainer.pl", last)
    found = [_LINE.fullmatch(line) for line in told.splitlines()]
    return tuple(Maintainer(one["address"], one["role"]) for one in found if one)
