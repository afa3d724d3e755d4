# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks share: a row of the table, a clock, and programs run quietly."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A measured value against its target."""

    what: str
    measured: float
    target: float
    unit: str

    @property
    def good(self) -> bool:
        return self.measured <= self.target


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds(work: Callable[[], object]) -> float:
    """What the processor did in the programs that a call ran: how long it takes when nothing
    else wants the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def program(*words: str | Path) -> list[str]:
    """zpconvert as this interpreter runs it."""
    return [sys.executable, "-m", "zpconvert", *map(str, words)]


def quietly(argv: list[str], cwd: Path | None = None) -> None:
    subprocess.run(argv, cwd=cwd, check=True, capture_output=True)
