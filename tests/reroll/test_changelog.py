# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.mail.cover import Base, Measured
from zpconvert.mail.posted import PostedSeries
from zpconvert.reroll import changelog
from zpconvert.reroll.changelog import Revision
from zpconvert.reroll.pairing import pair


@pytest.mark.parametrize(
    ("then", "now", "item"),
    [
        (3, 2, "2 functions change, were 3"),
        (3, 1, "1 function changes, were 3"),
        (1, 3, "3 functions change, was 1"),
        (3, 3, "no change"),
        (None, 3, "no change"),
        (3, None, "no change"),
    ],
)
def test_the_number_of_functions(then: int | None, now: int | None, item: str) -> None:
    base = Base("v6.12", "0" * 40)
    old = PostedSeries("posted", 1, ())
    measured = (Measured(functions=then), Measured(functions=now))
    revision = Revision(2, old, (), pair((), ()), (base, base), measured)
    assert changelog.cover(revision) == f"Changes in v2:\n- {item}"
