# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from zpconvert.report.facts import gather
from zpconvert.validate.report import Report

Record = Callable[[Report], None]


def test_what_was_written_is_read_back(out: Path, short: Report, record: Record) -> None:
    record(short)
    facts = gather(out)
    assert facts.report == short
    assert facts.unproven == ""
    assert facts.series is not None
    assert [mail.file for mail in facts.mails] == [patch.file for patch in facts.series.patches]
    changes = [change for patch in facts.series.patches for change in patch.changes]
    assert [change for mail in facts.mails for change in mail.changes] == changes
    assert facts.added == sum(change.added for change in changes)
    assert facts.removed == sum(change.removed for change in changes)


def test_findings_and_functions_of_a_patch(out: Path, short: Report, record: Record) -> None:
    record(short)
    facts = gather(out)
    assert facts.found(1) == list(short.findings)
    assert facts.found(2) == []
    assert facts.assumed(1) == ["pool_get"]
    assert facts.listing(short.findings[0]) == short.compared[1]
    assert [row.up for row in facts.bloat(1)] == [5]


def test_what_is_not_there(out: Path) -> None:
    facts = gather(out)
    assert (facts.report, facts.unproven) == (None, "There is no report.json.")
    assert (facts.found(1), facts.assumed(1), facts.bloat(1)) == ([], [], [])
    origin = facts.origin(1)
    assert origin is not None
    assert origin.file == facts.mails[0].file
