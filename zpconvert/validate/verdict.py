# SPDX-License-Identifier: GPL-2.0-only
"""What a comparison says, ordered from best to worst."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Verdict(enum.IntEnum):
    """A function at a commit against the commit's parent.

    EQUAL: the same code. ASSUMED: the same code once named assumptions of the descriptor are
    built into both sides. DECLARED: other code, as the step says in its data and its message.
    UNKNOWN: not compared, for whatever reason. DIFFERENT: other code.
    """

    EQUAL = 0
    ASSUMED = 1
    DECLARED = 2
    UNKNOWN = 3
    DIFFERENT = 4

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def fell_short(self) -> bool:
        """Nothing was shown."""
        return self >= Verdict.UNKNOWN


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; of none, UNKNOWN: nothing was compared."""
    return max(verdicts, default=Verdict.UNKNOWN)
