# SPDX-License-Identifier: GPL-2.0-only
"""Compilations for tests, past the cache of results."""

from __future__ import annotations

from collections.abc import Iterable

from zpconvert.kernel import replay
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.process import side_by_side


def compile_many(jobs: Iterable[Job], workers: int) -> list[Compiled | Failed]:
    """Compile all jobs with `workers` compilers at a time; results in the jobs' order."""
    return side_by_side(replay.compile, jobs, workers)
