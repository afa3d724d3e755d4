# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel is known to complain of by itself, as conversions and cells say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zpconvert.conversion.table import Table


@dataclass(frozen=True)
class KnownComplaint:
    """A complaint of the base itself that a booted kernel may make.

    text: matches in the line of the console that it begins with. trace: matches in the name of
    a function of the trace below it.
    """

    text: re.Pattern[str]
    trace: re.Pattern[str]
    reason: str

    def is_made(self, text: str, trace: Sequence[str]) -> bool:
        """Whether it is this one. text: the line; trace: names of the functions below it."""
        return bool(self.text.search(text)) and any(map(self.trace.search, trace))


def known_complaints(table: Table) -> tuple[KnownComplaint, ...]:
    """Those that the key `complaint` of a table lists. Raises UserError (`file:line`)."""
    return tuple(map(_complaint, table.tables("complaint")))


def _complaint(table: Table) -> KnownComplaint:
    table.only({"text", "trace", "reason"})
    reason = table.text("reason", empty="a known complaint has no reason")
    return KnownComplaint(table.pattern("text"), table.pattern("trace"), reason)
