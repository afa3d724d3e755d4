# SPDX-License-Identifier: GPL-2.0-only
"""To and Cc proposals: what the tree's own get_maintainer.pl says of the patches."""

from __future__ import annotations

import contextlib
import hashlib
import os
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
    """Why a program could not be asked; part of the result, never an error."""

    reason: str


def propose(
    tree: Path, patches: Sequence[Path], cache: Path | None = None
) -> tuple[Maintainer, ...] | NotAvailable:
    """Who the tree's MAINTAINERS names for the files of `patches`, in the script's order.

    Nothing is written to `tree`, which may be a git tree or a plain one. cache: where answers
    are kept by content, since the script takes longer than the whole series does.
    """
    script = tree / "scripts/get_maintainer.pl"
    if not script.is_file():
        return NotAvailable(f"{tree} has no scripts/get_maintainer.pl")
    if shutil.which("perl") is None:
        return NotAvailable("perl is not installed")
    argv: list[str | Path] = [
        "perl",
        script.resolve(),
        *_WORDS,
        *(patch.resolve() for patch in patches),
    ]
    kept = cache / "maintainers" / _key(tree, patches) if cache is not None else None
    if kept is not None:
        with contextlib.suppress(OSError):
            return _read(kept.read_text())
    try:
        told = run(argv, cwd=tree, timeout=120).text
    except ProcessError as error:
        said = (error.stderr or error.stdout).decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else str(error)
        return NotAvailable(last)
    if kept is not None:
        # what cannot be kept is asked again next time
        with contextlib.suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            new = kept.with_name(f"{kept.name}.{os.getpid()}")
            new.write_text(told)
            new.replace(kept)
    return _read(told)


def _read(told: str) -> tuple[Maintainer, ...]:
    found = [_LINE.fullmatch(line) for line in told.splitlines()]
    return tuple(Maintainer(one["address"], one["role"]) for one in found if one)


def _key(tree: Path, patches: Sequence[Path]) -> str:
    """What the answer depends on: the script, its data, and the patches without their dates."""
    digest = hashlib.sha256()
    for path in (tree / "scripts/get_maintainer.pl", tree / "MAINTAINERS"):
        digest.update(path.read_bytes() if path.is_file() else b"")
    for patch in patches:
        digest.update(patch.read_bytes().partition(b"\ndiff --git ")[2])
    return digest.hexdigest()[:24]
