# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.plural import counted


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "finding", "0 findings"),
        (1, "finding", "1 finding"),
        (2, "finding", "2 findings"),
        (0, "patch", "0 patches"),
        (1, "patch", "1 patch"),
        (20, "patch", "20 patches"),
        (2, "file", "2 files"),
    ],
)
def test_a_noun_after_its_number(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
