# SPDX-License-Identifier: GPL-2.0-only
"""A builder that keeps what it is asked to compile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zpconvert.kernel.replay import Job
from zpconvert.validate.builder import Builder, Result


class Noting(Builder):
    """Keeps what it is asked to compile."""

    def __init__(self, cache: Path) -> None:
        super().__init__(cache, 2)
        self.jobs: list[tuple[str, Job]] = []

    def results(self, jobs: Sequence[Job], what: str, *, urgent: bool = False) -> list[Result]:
        self.jobs += [(what, job) for job in jobs]
        return super().results(jobs, what, urgent=urgent)
