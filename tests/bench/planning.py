# SPDX-License-Identifier: GPL-2.0-only
"""What planning a series costs: the planner's share of a conversion."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from tests.bench.rows import Row
from zpconvert import pipeline
from zpconvert.conversion.model import Conversion
from zpconvert.kernel.source import cache_home
from zpconvert.planner.automatic import LINES, Planned, automatic

#: CPU seconds for the file of the conversion.
PLANNER_SECONDS = 1.0


def rows(tree: Path, conversion: Conversion, rounds: int) -> Sequence[Row]:
    """The quickest of several conversions; each renders afresh."""
    took: list[float] = []

    def timed(*args: object) -> Planned:
        start = time.process_time()
        planned = automatic(*args)  # type: ignore[arg-type]
        took.append(time.process_time() - start)
        return planned

    with mock.patch.object(pipeline, "automatic", timed):
        for _ in range(rounds):
            pipeline.convert(tree, conversion, cache=cache_home(), lines=LINES)
    return [Row("planner", min(took), PLANNER_SECONDS, "s")]
