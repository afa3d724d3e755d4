# SPDX-License-Identifier: GPL-2.0-only
"""Functions whose behaviour a step has to change, as its data says: no surprise, and no lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from zpconvert.validate.cases import Compared, Target
from zpconvert.validate.report import Finding
from zpconvert.validate.subject import Subject, finding
from zpconvert.validate.verdict import Verdict


def applied(subject: Subject, compared: Sequence[Compared]) -> list[Compared]:
    """The rows, those that differ as declared with the reason for it."""
    rows = []
    for row in compared:
        reason = _declared(subject, row.commit).get(row.name)
        if row.verdict is Verdict.DIFFERENT and reason is not None:
            row = replace(row, verdict=Verdict.DECLARED, how=reason)
        rows.append(row)
    return rows


def unneeded(
    subject: Subject, targets: Sequence[Target], compared: Sequence[Compared]
) -> Iterator[Finding]:
    """Declared changes that no cell saw: then the commit's message is not true."""
    seen = {(row.commit, row.name) for row in compared if row.verdict is Verdict.DECLARED}
    for number in subject.numbers if targets else ():
        for function in _declared(subject, number):
            if (number, function) not in seen:
                text = f"{function}() is declared to change, and no cell saw it change"
                yield finding(subject, "declared", number, "", "", 0, text)


def _declared(subject: Subject, number: int) -> dict[str, str]:
    return dict(subject.declared.get(subject.series.commits[number - 1].subject, {}))
