# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert validate` found, on a terminal."""

from __future__ import annotations

import itertools
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.talk import say
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.validate.report import (
        BloatRow,
        BootRow,
        CellRow,
        CommitRow,
        Finding,
        FunctionRow,
        Listing,
        Report,
    )

#: Columns of a terminal.
WIDTH = 80
#: Characters of a line to be seen from where it begins to differ.
_SEEN = 12
#: Digits of a commit's hash.
_HASH = 12
#: What is other where code before it has another length: where an instruction is, where it
#: jumps, and where in the function an entry of a table is about.
_PLACE = re.compile(r"^ *[0-9a-f]+:|\b[0-9a-f]+ <[^>]*>|(?<= of )0x[0-9a-f]+")
#: A blank that ends no line.
_TIE = "\N{NO-BREAK SPACE}"


def show(report: Report, json_file: Path | None) -> None:
    """The table on stdout, findings after it. json_file: where all of the report is, if it was
    written."""
    from zpconvert.validate.verdict import Verdict

    click.echo(f"{report.source} on {report.tree} ({report.base})")
    if report.only:
        some = ", ".join(map(str, report.only))
        click.echo(f"of {counted(len(report.commits), 'commit')} only {some}")
    click.echo()
    names = [*(c.name for c in report.cells), *(t.name for t in report.tools)]
    width = max(map(len, names))
    for cell in report.cells:
        bad = [f for f in report.findings if f.cell == cell.name]
        # why one failed is a finding
        states = {"failed": "see below", "not run": cell.reason}
        state = states.get(cell.state, _findings(len(bad)) + _grown(report, cell))
        if cell.state == "ran" and not cell.compared:
            state += ", functions not compared"
        click.echo(_row(f"  {cell.name:{width}}  {cell.state:7}  ", state))
    for tool in report.tools:
        said = tool.reason or _findings(sum(f.check == tool.name for f in report.findings))
        click.echo(_row(f"  {tool.name:{width}}  {tool.state:7}  ", said))
    if report.bloat:
        click.echo(f"\n{_bloat(report.bloat)}")
    click.echo(f"churn: {report.churn:.2f}\n")
    verdicts = ", ".join(f"{number}{_TIE}{name}" for name, number in report.functions.items())
    if not any(report.functions.values()):
        could = any(cell.compared and cell.state == "ran" for cell in report.cells)
        why = "no commit changes an object" if could else "no cell that does so was built"
        verdicts = f"not compared: {why}"
    where = [cell.name for cell in report.cells if cell.compared]
    # one that two cells have is counted once
    within = f", in {', '.join(where)}{' together' * (len(where) > 1)}" * bool(where)
    compared = f"functions against their parents{within}: {verdicts}"
    click.echo(_hung(compared, ""))
    if report.unassuming:
        click.echo(
            "  no assumptions were tried: --conversion NAME brings those of a conversion,\n"
            "  under which functions that differ may be the same"
        )
    for one in report.assumptions if any(report.functions.values()) else ():
        if one.functions:
            needed = counted(one.functions, "function")
            click.echo(_hung(f"assuming {one.name} ({needed}): {one.reason}"))
        else:
            click.echo(f"  no function needed {one.name}")
    for row in report.compared:
        if row.verdict is Verdict.DECLARED:
            said = f"declared: commit {row.commit} {row.cell}: {row.name}: {row.how}"
            click.echo(_hung(said))
    for left in report.uncovered:
        click.echo(_hung(f"not covered: commit {left.commit}: {left.path}: {left.reason}", ""))
    _show_boots(report.boots)
    _show_findings(report)
    # of a function that several cells have, the first listing
    listed = set[tuple[int, str, str]]()
    for row in report.compared:
        function = (row.commit, row.object, row.name)
        if row.listing is not None and function not in listed:
            listed.add(function)
            _side_by_side(row, row.listing, json_file)
    cost = report.cost
    say(
        f"\n{counted(cost.compiled, 'compilation')}, {cost.seconds:.0f} s of compiler, "
        f"{counted(cost.cached, 'result')} known from before"
    )


def _bloat(rows: Sequence[BloatRow]) -> str:
    """What each commit adds, from the first to the last that has a figure. An object that does
    not compile has none, there and at the next commit."""
    added = Counter[int]()
    objects: dict[int, set[str]] = {}
    for row in rows:
        added[row.commit] += row.up - row.down
        objects.setdefault(row.commit, set()).add(row.object)
    first, last = min(added), max(added)
    steps = []
    known: set[str] = set()
    for number in range(first, last + 1):
        here = objects.get(number, set())
        steps.append(f"{added[number]:+d}" if here and here >= known else "?")
        known |= here
    which = f"commits {first} to {last}" if last > first else f"commit {first}"
    text = f"bloat-o-meter, bytes by commit, {rows[0].cell}, {which}: {' '.join(steps)}"
    return _hung(f"{text} (?: not compiled)" if "?" in steps else text, "")


def _grown(report: Report, cell: CellRow) -> str:
    """What the objects of a cell have more in the end than in the beginning; empty where one of
    them was not built at both."""
    rows = [row for row in report.sizes if row.cell == cell.name]
    first = {row.object: row.text for row in rows if row.commit == 0}
    final = {row.object: row.text for row in rows if row.commit == len(report.commits)}
    objects = {row.object for row in rows}
    if not objects or not objects == first.keys() == final.keys():
        return ""
    return f", {sum(final.values()) - sum(first.values()):+d} bytes of text"


def _hung(text: str, indent: str = "  ") -> str:
    """A text as a paragraph of the summary."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_on_hyphens=False, break_long_words=False,
    ).replace(_TIE, " ")  # fmt: skip


def _row(head: str, text: str) -> str:
    """A row of the table, its last column wrapped."""
    return textwrap.fill(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip


def _show_findings(report: Report) -> None:
    """The findings, commit by commit; what several cells have in common is said once."""
    commits = {row.number: row for row in report.commits}
    for number in sorted({finding.commit for finding in report.findings}):
        same: dict[Finding, list[Finding]] = {}
        for one in report.findings:
            if one.commit == number:
                same.setdefault(replace(one, cell="", reproduce=""), []).append(one)
        by_command: dict[str, list[str]] = {}
        for several in same.values():
            by_command.setdefault(_command(several), []).append(_told(several))
        titles = [_titled(commits[number])] if number in commits else []
        for command, lines in by_command.items():
            click.echo("\n".join(["", *titles, *lines, f"  {command}"]))
            titles = []


def _titled(commit: CommitRow) -> str:
    """A commit by its mail, or by its hash and subject."""
    name = commit.name if "." in commit.name else f"{commit.name[:_HASH]} {commit.subject}"
    return f"commit {commit.number}, {name}"


def _command(several: Sequence[Finding]) -> str:
    """What shows a finding again in all cells that have it."""
    cells = dict.fromkeys(one.cell for one in several[1:] if one.cell != several[0].cell)
    return several[0].reproduce + "".join(f" --cell {cell}" for cell in cells)


def _told(several: Sequence[Finding]) -> str:
    """A finding, and the cells that have it."""
    finding = several[0]
    commit = f"commit {finding.commit}" if finding.commit else ""
    cells = ", ".join(dict.fromkeys(one.cell for one in several))
    place = " ".join(p for p in (commit, cells) if p)
    return ": ".join(p for p in (finding.check, place, finding.where, finding.text) if p)


def _findings(number: int) -> str:
    return counted(number, "finding") if number else "no findings"


def _show_boots(boots: Sequence[BootRow]) -> None:
    """A line for each cell that booted: how many kernels, and the least that was counted. Then
    why complaints were passed over."""
    for cell in dict.fromkeys(row.cell for row in boots):
        rows = [row for row in boots if row.cell == cell]
        passed = [row for row in rows if row.state == "passed"]
        least = ", ".join(
            f"{name}{_TIE}>={_TIE}{min(row.counters[name] for row in passed)}"
            for name in (passed[0].counters if passed else ())
        )
        known = sum(row.known for row in rows)
        said = (
            f"booted in {cell}: {len(passed)} of {counted(len(rows), 'kernel')} passed"
            + f" ({known} known from before)" * bool(known)
            + f": {least}" * bool(least)
        )
        click.echo(_hung(said, ""))
        for reason in dict.fromkeys(reason for row in rows for reason in row.passed_over):
            times = max(row.passed_over.get(reason, 0) for row in rows)
            said = f"passed over in {cell}, up to {counted(times, 'time')} in a run"
            click.echo(_hung(f"{said}: {' '.join(reason.split())}", ""))


def _from_difference(left: str, right: str, width: int) -> tuple[str, str]:
    """Two lines cut to a width, so that where they begin to differ is seen."""
    if max(len(left), len(right)) <= width:
        return left, right
    alike = itertools.takewhile(lambda two: two[0] == two[1], zip(left, right, strict=False))
    at = sum(1 for _ in alike)
    start = max(0, at - width // 2) if at > width - _SEEN else 0
    return _cut(left, start, width), _cut(right, start, width)


def _cut(line: str, start: int, width: int) -> str:
    """A line from a character on, at most so wide, with a mark where something is missing."""
    rest = f"{'…' * bool(start)}{line[start:]}"
    return rest if len(rest) <= width else f"{rest[: width - 1]}…"


def _side_by_side(row: FunctionRow, listing: Listing, json_file: Path | None) -> None:
    """The lines around the first difference of a row's two listings."""
    lines, same = _aligned(listing)
    click.echo(f"\n{row.name}, commit {row.commit}, {row.cell}: before, after")
    shown = lines[max(0, same - 2) : same + 8]
    width = (max(shutil.get_terminal_size().columns, WIDTH) - 5) // 2
    for left, right in shown:
        mark = "|" if left != right else " "
        left, right = _from_difference(left, right, width)
        click.echo(f"  {left:{width}} {mark} {right}".rstrip())
    if len(shown) < len(lines):
        where = f"{json_file} has them all" if json_file else "--json FILE has them all"
        click.echo(f"  {len(shown)} of {counted(len(lines), 'line')}; {where}")


def _aligned(listing: Listing) -> tuple[list[tuple[str, str]], int]:
    """The lines of two listings beside each other, and the first pair that differs, if one does
    in more than places in the code."""
    before, after = ([line.expandtabs(4) for line in s] for s in (listing.before, listing.after))
    plain = [[_PLACE.sub("", line) for line in side] for side in (before, after)]
    lines: list[tuple[str, str]] = []
    first = None
    for tag, i, j, m, n in SequenceMatcher(a=plain[0], b=plain[1], autojunk=False).get_opcodes():
        if tag != "equal" and first is None:
            first = len(lines)
        lines += itertools.zip_longest(before[i:j], after[m:n], fillvalue="")
    if first is None:
        first = next((n for n, (left, right) in enumerate(lines) if left != right), 0)
    return lines, first
