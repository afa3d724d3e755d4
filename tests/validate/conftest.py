# SPDX-License-Identifier: GPL-2.0-only
"""The converted kernel, state by state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

Files = Mapping[str, bytes]


@pytest.fixture(scope="session")
def states_612(kernel_612: Path) -> list[Files]:
    """The touched files of zsmalloc's conversion, in the base and after each commit."""
    from zpconvert.conversion.load import load
    from zpconvert.kernel.source import cache_home
    from zpconvert.pipeline import convert

    result = convert(kernel_612, load("zsmalloc"), cache=cache_home())
    found: list[Files] = [result.base]
    for state in result.states:
        found.append({**found[-1], **state.files})
    return found
