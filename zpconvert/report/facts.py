# SPDX-License-Identifier: GPL-2.0-only
"""All that was recorded about a series: series.json, report.json and the mails themselves."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from zpconvert.mail import reading, record
from zpconvert.mail.reading import Mail
from zpconvert.mail.record import REPORT, PatchRecord, SeriesRecord
from zpconvert.validate.report import BloatRow, Finding, FunctionRow, Report, load


@dataclass(frozen=True)
class Facts:
    """What is known of the series in a directory.

    series: None for mails that `zpconvert series` did not write. report: None where nothing was
    validated, and `unproven` says why.
    """

    out: Path
    cover: Mail | None
    mails: tuple[Mail, ...]
    series: SeriesRecord | None
    report: Report | None
    unproven: str = ""

    @property
    def title(self) -> str:
        """The series' subject."""
        return (self.cover or self.mails[0]).subject

    @property
    def added(self) -> int:
        """Lines added over the series."""
        return sum(file.added for mail in self.mails for file in mail.changes)

    @property
    def removed(self) -> int:
        """Lines removed over the series."""
        return sum(file.removed for mail in self.mails for file in mail.changes)

    @property
    def command(self) -> str:
        """What validates the series; LINUX stands for its base."""
        words = ["zpconvert", "validate", str(self.out), "--tree", "LINUX"]
        if self.series is not None:
            own = self.series.own
            words += ["--conversion", own.directory if own else self.series.conversion]
        return shlex.join(words)

    def origin(self, number: int) -> PatchRecord | None:
        """What series.json says of a patch; the first is 1."""
        return self.series.patches[number - 1] if self.series else None

    def found(self, number: int) -> list[Finding]:
        """Findings about a commit; 0: about none in particular."""
        return [f for f in self.report.findings if f.commit == number] if self.report else []

    def built(self, number: int, cell: str) -> bool:
        """Whether a commit and its parent were compiled in a cell."""
        sizes = self.report.sizes if self.report else ()
        return {number - 1, number} <= {row.commit for row in sizes if row.cell == cell}

    def bloat(self, number: int) -> list[BloatRow]:
        """How much code a commit brings and takes, by object."""
        return [row for row in self.report.bloat if row.commit == number] if self.report else []

    def assumed(self, number: int) -> list[str]:
        """Functions of a commit that are equal under assumptions only, each once."""
        rows = self.report.compared if self.report else ()
        return list(dict.fromkeys(r.name for r in rows if r.commit == number and r.assumptions))

    def listing(self, finding: Finding) -> FunctionRow | None:
        """The two listings that show a finding about a function."""
        for row in self.report.compared if self.report else ():
            same = (row.commit, row.cell) == (finding.commit, finding.cell)
            if same and row.listing is not None and finding.text.startswith(f"{row.name}: "):
                return row
        return None


def gather(out: Path) -> Facts:
    """Read a directory of mails and what is recorded beside them.

    Raises UserError where there are no mails, or a record is not one of ours.
    """
    series, paths = reading.patches(out)
    mails = tuple(reading.read(path) for path in paths)
    letter = reading.cover(out)
    found = load(out / REPORT)
    unproven = ""
    if found is None:
        unproven = f"There is no {REPORT}."
    elif [c.name for c in found.commits] != [m.file for m in mails]:
        found, unproven = None, f"{REPORT} is about other mails than these."
    else:
        pairs = zip(found.commits, paths, strict=True)
        edited = [p.name for c, p in pairs if c.digest not in ("", record.digest(p.read_bytes()))]
        if edited:
            found, unproven = None, f"{REPORT} is older than {', '.join(edited)}."
    return Facts(out, reading.read(letter) if letter else None, mails, series, found, unproven)
