# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.conversion.model import Step


@pytest.mark.parametrize(
    ("body", "committed", "remarks"),
    [
        ("\nWhy.\n\nMore.\n", "\nWhy.\n\nMore.\n", ""),
        ("Why.\n\nTo be checked here: a,\nb.\n\nEnd.",
         "Why.\n\nEnd.", "To be checked here: a,\nb."),
        ("Why.\n \nTo be checked here: a.\n\n\nTo be checked here: b.",
         "Why.", "To be checked here: a.\n\nTo be checked here: b."),
        ("Why. To be checked here: a.", "Why. To be checked here: a.", ""),
    ],
)  # fmt: skip
def test_remarks_are_paragraphs_of_their_own(body: str, committed: str, remarks: str) -> None:
    step = Step("a", "b", body, (), (), (), (), (), 0)
    assert (step.committed, step.remarks) == (committed, remarks)
