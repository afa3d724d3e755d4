# SPDX-License-Identifier: GPL-2.0-only
"""report.json: what `zpconvert validate` did and found.

Schema 1, a JSON object; commits are counted from 1, lines too, 0 where there is none:

    schema       1; a reader refuses any other number
    tool         name and version of the program that wrote it
    source       what was validated: a directory of mails, or a tree and a range
    tree, base   the tree, and the version of the kernel in it
    conversion   the name of the conversion whose settings, names and assumptions held; null if
                 there was none
    good         nothing fell short
    commits      [{number, name, subject, digest}]; name is a hash or the mail's file, digest
                 the SHA-256 of the mail, empty for a hash
    only         the numbers of the commits that were looked at; empty if all were
    objects      what was compiled, as `mm/x.o`
    cells        [{name, arch, compiler, state, reason, compared}]; state is `ran`, `not run` (no
                 toolchain) or `failed`; compared: functions were compared in it
    tools        [{name, state, reason}]: what reads the mails; state is `ran` or `not run`
    uncovered    [{commit, path, reason}]: what commits touch and no compiler saw
    functions    {equal, assumed, declared, unknown, different}: functions of commits, each
                 counted once with the worst verdict of all cells that compare
    compared     the rows that are not plainly equal:
                 [{commit, cell, object, name, was, verdict, how, assumptions, listing}];
                 listing is {before, after}, the disassembly or the data, for the first 100 that are
                 different, else null
    assumptions  [{name, reason, functions}]; functions is how many needed it
    sizes        [{commit, cell, object, text, data, bss}], bytes; commit 0 is the base
    bloat        [{commit, cell, object, up, down, before, after}], bytes: what the tree's
                 bloat-o-meter says of a commit against its parent, in the first cell
    churn        lines changed over the series / lines of the final diff
    boots        [{commit, cell, state, known, seconds, counters, faults, console, passed_over}],
                 with --boot; state is `passed` or `failed`; known: a kernel like it had been run
                 before; counters {name: number}: what the loads counted; faults: lines of the
                 console, or what it lacks; console: the lines from the first fault on;
                 passed_over {reason: number}: why complaints of its were no faults
    findings     [{check, commit, cell, path, line, text, reproduce}]; reproduce is a command
    cost         {compiled, cached, seconds}: compilers run, results kept, compilers' seconds

A field that is added later does not change the number; one that goes or changes does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from zpconvert import typedjson
from zpconvert.kernel.write import write_files
from zpconvert.validate.verdict import Verdict

SCHEMA = 1
NAME = "report.json"


@dataclass(frozen=True)
class CommitRow:
    """A commit of the series. digest: of its mail; empty if it came from none."""

    number: int
    name: str
    subject: str
    digest: str = ""


@dataclass(frozen=True)
class CellRow:
    """A cell: `state` is `ran`, `not run` or `failed`, and `reason` says why. compared: its
    objects were compared function by function, not only compiled."""

    name: str
    arch: str
    compiler: str
    state: str
    reason: str = ""
    compared: bool = False


@dataclass(frozen=True)
class ToolRow:
    """A program that reads the mails: `state` is `ran` or `not run`, and `reason` says why."""

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class UncoveredRow:
    """A file that a commit touches and no compiler saw, or not in all places that use it."""

    commit: int
    path: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """Disassembly of a function, before and after."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class FunctionRow:
    """A function that is not plainly equal."""

    commit: int
    cell: str
    object: str
    name: str
    was: str
    verdict: Verdict
    how: str
    assumptions: tuple[str, ...]
    listing: Listing | None = None


@dataclass(frozen=True)
class AssumptionRow:
    """An assumption and how many functions of commits needed it."""

    name: str
    reason: str
    functions: int


@dataclass(frozen=True)
class SizeRow:
    """Size of an object at a commit, 0 for the base; bytes."""

    commit: int
    cell: str
    object: str
    text: int
    data: int
    bss: int


@dataclass(frozen=True)
class BloatRow:
    """What bloat-o-meter says of an object at a commit, against the parent; bytes that grew,
    bytes that went, and the sums."""

    commit: int
    cell: str
    object: str
    up: int
    down: int
    before: int
    after: int


@dataclass(frozen=True)
class BootRow:
    """A commit's kernel (0: the base's) booted in a cell: `state` is `passed` or `failed`."""

    commit: int
    cell: str
    state: str
    known: bool
    seconds: float
    counters: dict[str, int]
    faults: tuple[str, ...]
    console: tuple[str, ...]
    passed_over: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """Something that fell short: which check, in which commit and cell (empty: none in
    particular), where, and the command that shows it again."""

    check: str
    commit: int
    cell: str
    path: str
    line: int
    text: str
    reproduce: str

    @property
    def where(self) -> str:
        """`path:line`, as far as it is known."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Cost:
    """Compilers run, results that were kept from before, the compilers' seconds."""

    compiled: int
    cached: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """All of report.json."""

    tool: str
    source: str
    tree: str
    base: str
    commits: tuple[CommitRow, ...]
    objects: tuple[str, ...]
    cells: tuple[CellRow, ...]
    tools: tuple[ToolRow, ...]
    uncovered: tuple[UncoveredRow, ...]
    functions: dict[str, int]
    compared: tuple[FunctionRow, ...]
    assumptions: tuple[AssumptionRow, ...]
    sizes: tuple[SizeRow, ...]
    bloat: tuple[BloatRow, ...]
    churn: float
    findings: tuple[Finding, ...]
    cost: Cost
    boots: tuple[BootRow, ...] = ()
    conversion: str | None = None
    only: tuple[int, ...] = ()

    @property
    def unassuming(self) -> bool:
        """Functions are other code, and there was no conversion with assumptions to try."""
        tried = self.conversion is not None or bool(self.assumptions)
        return not tried and bool(self.functions.get(str(Verdict.DIFFERENT)))

    @property
    def good(self) -> bool:
        """Nothing fell short."""
        return not self.findings


def count(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many of each verdict, the missing ones as 0."""
    found = Counter(verdicts)
    return {str(verdict): found[verdict] for verdict in Verdict}


def dump(report: Report) -> bytes:
    """The report as the bytes of report.json."""
    values = {"schema": SCHEMA, "good": report.good, **asdict(report)}
    values["compared"] = [asdict(row) | {"verdict": str(row.verdict)} for row in report.compared]
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()


def load(path: Path) -> Report | None:
    """What a report.json says, None if there is none. Raises UserError for one that is not ours."""
    return typedjson.load(Report, path, SCHEMA)


def write(report: Report, path: Path) -> None:
    """Write report.json, whole or not at all. Raises UserError (a full disk)."""
    write_files(path.parent, {path.name: dump(report)})
