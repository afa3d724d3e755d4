# SPDX-License-Identifier: GPL-2.0-only
"""The whole validation of a series: cells prepared, commits compiled, functions compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from zpconvert.conversion.model import Assumption
from zpconvert.csource import edits
from zpconvert.errors import UserError
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.mail.record import digest
from zpconvert.objcode.code import stem
from zpconvert.process import beside
from zpconvert.validate import booting, compiling, declared, includers, listing
from zpconvert.validate.builder import Builder
from zpconvert.validate.cases import NOT_COMPILED, Compared, Target
from zpconvert.validate.comments import uncommented
from zpconvert.validate.equality import Comparer
from zpconvert.validate.patches import churn, remarks, tools
from zpconvert.validate.report import (
    AssumptionRow,
    BloatRow,
    CommitRow,
    Cost,
    Finding,
    FunctionRow,
    Report,
    ToolRow,
    count,
)
from zpconvert.validate.sizes import bloat, false_claims
from zpconvert.validate.subject import Subject, finding, hints
from zpconvert.validate.verdict import Verdict, worst

Tell = Callable[[str], None]

#: Functions of other code whose listings the report holds; the rest are counted.
LISTED = 100
#: What ends the head of a function, or a declaration; what ends its body, in its line or at the
#: beginning of another.
_OPENED = re.compile(rb"[;{]")
_CLOSED_AT_ONCE, _CLOSED = re.compile(rb"[^\n]*\}[ \t]*\n"), re.compile(rb"(?m)^\}")


def validate(
    subject: Subject, cells: Sequence[Cell], *, cache: Path, workers: int, tell: Tell
) -> Report:
    """Validate the commits of a subject in the given cells.

    cache: zpconvert's cache directory. workers: compilers at a time.
    Raises UserError when nothing of the series can be compiled.
    """
    objects = subject.objects()
    subject = replace(subject, includers=includers.touched(subject, tell))
    if not objects and not subject.included:
        source = subject.series.source
        raise UserError(source, "touches no C source of this tree", "check --tree, and the files")
    builder = Builder(cache, workers, tell)
    rows, builds, findings = compiling.prepared(subject, cells, objects, cache, tell)
    # what failed is said
    asked = [cell for cell, row in zip(cells, rows, strict=True) if row.state != "failed"]
    early = [build for build in builds if build.cell.compare] or builds[:1]
    late = [build for build in builds if build not in early]
    first, read = beside(lambda: compiling.build(subject, early, builder), lambda: _read(subject))
    # comparing goes by stages, and has its pauses
    compared, ((rest, bloated), seen) = beside(
        lambda: _compare(subject, asked, builds, builder, first),
        lambda: beside(
            lambda: beside(
                lambda: compiling.build(subject, late, builder),
                lambda: _bloat(subject, early[:1], first),
            ),
            lambda: compiling.seen(subject, builds, builder),
        ),
    )
    built = first.merged(rest, [build.cell.name for build in builds])
    booted, unwell = booting.boot(subject, builds, builder)
    findings += [*built.findings(subject), *compiling.uncompiled(subject), *seen.findings, *unwell]
    broken = built.broken(subject)
    findings += [
        _differs(subject, row)
        for row in compared.rows
        if row.verdict.fell_short and not _unbuilt(row, broken)
    ]
    return Report(
        tool=f"zpconvert {version('zpconvert')}",
        source=subject.series.source,
        tree=str(subject.tree.path),
        base=subject.tree.version,
        conversion=subject.conversion,
        commits=_commits(subject),
        only=tuple(sorted(subject.only)),
        objects=tuple(sorted({*objects, *(obj for build in builds for obj in build.commands)})),
        cells=tuple(rows),
        tools=read.tools,
        uncovered=tuple(compiling.uncovered(subject, builds, seen.paths)),
        functions=compared.counts,
        compared=compared.rows,
        assumptions=compared.assumptions,
        sizes=built.sizes,
        bloat=bloated,
        churn=churn(subject.series),
        boots=tuple(booted),
        findings=(*findings, *compared.findings, *read.findings, *_claims(subject, built)),
        cost=Cost(builder.tally.compiled, builder.tally.cached, round(builder.tally.seconds, 2)),
    )


def _commits(subject: Subject) -> tuple[CommitRow, ...]:
    series = subject.series
    digests = [digest(mail.read_bytes()) for mail in series.mails] or [""] * len(series.commits)
    return tuple(
        CommitRow(c.number, c.name, c.subject, one)
        for c, one in zip(series.commits, digests, strict=True)
    )


@dataclass(frozen=True)
class _Compared:
    """What comparing the functions gives to the report; findings: those that are about no row."""

    counts: dict[str, int]
    rows: tuple[FunctionRow, ...]
    assumptions: tuple[AssumptionRow, ...]
    findings: tuple[Finding, ...]


def _compare(
    subject: Subject,
    cells: Sequence[Cell],
    builds: Sequence[BuildDir],
    builder: Builder,
    built: compiling.Built,
) -> _Compared:
    """The functions of every commit against its parent's, in the cells that compare."""
    names = hints(subject.renames, subject.series.states)
    tree, assumptions = subject.tree.path, subject.assumptions
    comparer = Comparer(builder, tree, names, assumptions, built.results)
    targets = [
        Target(build, obj, tuple(subject.files(obj, n) for n in range(len(subject.series.states))))
        for build in builds
        if build.cell.compare
        for obj in build.commands
    ]
    compared = declared.applied(subject, comparer.compare(targets, subject.numbers))
    rows = _functions(comparer, targets, compared)
    findings = list(declared.unneeded(subject, targets, compared))
    if builds and not targets and any(cell.compare for cell in cells):
        findings.append(finding(subject, "equality", 0, "", "", 0, "no cell compared functions"))
    verdicts: dict[tuple[int, str, str], list[Verdict]] = {}
    for one in compared:
        verdicts.setdefault((one.commit, one.object, one.name), []).append(one.verdict)
    return _Compared(
        count([worst(one) for one in verdicts.values()]),
        tuple(rows),
        tuple(_used(subject.assumptions, compared)),
        tuple(findings),
    )


@dataclass(frozen=True)
class _Read:
    """What reading the mails gives to the report."""

    tools: tuple[ToolRow, ...]
    findings: tuple[Finding, ...]


def _read(subject: Subject) -> _Read:
    """The mails."""
    series = subject.series
    ran = tools(series, subject.tree)
    said = [r for tool in ran for r in tool.remarks]
    said += remarks(series, subject.tree, subject.prefix)
    findings = [
        finding(subject, r.check, r.commit, "", r.path, r.line, r.text)
        for r in said
        if not r.commit or r.commit in subject.numbers
    ]
    rows = tuple(ToolRow(t.name, "not run" if t.reason else "ran", t.reason) for t in ran)
    return _Read(rows, tuple(findings))


def _bloat(
    subject: Subject, builds: Sequence[BuildDir], built: compiling.Built
) -> tuple[BloatRow, ...]:
    """What each commit adds, in one cell."""
    return tuple(
        row
        for name in (build.cell.name for build in builds)
        for row in bloat(subject.tree.path, name, built.objects(name))
    )


def _claims(subject: Subject, built: compiling.Built) -> Iterator[Finding]:
    """The sizes that cover letters claim, and that were measured otherwise."""
    series = subject.series
    for path in series.covers:
        for line, text in false_claims(path.read_bytes(), built.sizes, len(series.commits)):
            yield finding(subject, "cover", 0, "", str(path), line, text)


def _functions(
    comparer: Comparer, targets: Sequence[Target], compared: Sequence[Compared]
) -> list[FunctionRow]:
    """The rows that are not plainly equal, the different ones with their listings."""
    rows: list[FunctionRow] = []
    listed = 0
    for one in compared:
        if one.verdict is Verdict.EQUAL:
            continue
        shown, how = None, one.how
        if one.verdict is Verdict.DIFFERENT and listed < LISTED:
            listed += 1
            cross = next(t.build.cell.cross for t in targets if t.build.cell.name == one.cell)
            found = (
                listing.listings(
                    f"{cross}objdump", before, one.was, after, one.name, comparer.hints
                )
                for before, after in comparer.objects(targets, one)
            )
            shown = next(filter(None, found), None)
            if shown is not None and one.name.startswith("["):
                names = ", ".join(listing.variables(shown))
                how += f" in {names}" * bool(names)
        rows.append(
            FunctionRow(
                one.commit, one.cell, one.object, one.name, one.was, one.verdict, how,
                one.assumptions, shown,
            )
        )  # fmt: skip
    return rows


def _used(assumptions: Iterable[Assumption], compared: Sequence[Compared]) -> list[AssumptionRow]:
    return [
        AssumptionRow(
            a.name,
            " ".join(a.reason.split()),
            len({(c.commit, c.object, c.name) for c in compared if a.name in c.assumptions}),
        )
        for a in assumptions
    ]


def _unbuilt(row: FunctionRow, broken: Set[tuple[str, str, int]]) -> bool:
    """Whether nothing is compared because the commit does not compile, which is said already."""
    return NOT_COMPILED in row.how and (row.cell, row.object, row.commit) in broken


def _differs(subject: Subject, row: FunctionRow) -> Finding:
    """A function that fell short; where its own text is not edited, with those that are."""
    source = subject.source(row.object)
    was, name = row.was, row.name
    if name.startswith("[") and row.listing is not None:
        was = name = next(iter(listing.variables(row.listing)), name)
    line = _line(
        _definition(_text(subject, source, row.commit - 1), was),
        _definition(_text(subject, source, row.commit), name),
    )
    what = f"{row.name}: {row.verdict}: {row.how}"
    sides = [subject.files(row.object, n) or {} for n in (row.commit - 1, row.commit)]
    before, after = ({p: uncommented(t) for p, t in side.items()} for side in sides)
    edited = edits.differing(before, after)
    if row.name not in edited.touched and (parts := edited.parts(row.name)):
        what += f"; it is made of {', '.join(f'{part}()' for part in parts)}, edited here"
    return finding(subject, "equality", row.commit, row.cell, source, line, what)


def _text(subject: Subject, path: str, number: int) -> bytes:
    """A source after a commit; that of the tree where no commit touches it."""
    own = subject.series.states[number].get(path)
    file = subject.tree.path / path
    return own if own is not None else file.read_bytes() if file.is_file() else b""


@dataclass(frozen=True)
class _Definition:
    """A definition; `line`: 1-based, of its first."""

    line: int
    text: bytes


def _line(before: _Definition | None, after: _Definition | None) -> int:
    """1-based line where a definition begins to differ, or begins; 0 if it is not seen."""
    if after is None:
        return 0
    old = before.text.split(b"\n") if before else []
    pairs = zip(old, after.text.split(b"\n"), strict=False)
    return after.line + next((n for n, (was, now) in enumerate(pairs) if was != now), 0)


def _definition(text: bytes, name: str) -> _Definition | None:
    """A function's definition, the longest, for others stand for what is not configured; or a
    variable's."""
    word = re.escape(stem(name).encode())
    found = []
    for head in re.finditer(rb"(?m)^(?:[A-Za-z_][^;\n(]*\b)?%b[ \t]*\(" % word, text):
        opened = _OPENED.search(text, head.end())
        if opened is None or opened[0] != b"{":
            continue
        at = opened.end()
        if end := _CLOSED_AT_ONCE.match(text, at) or _CLOSED.search(text, at):
            found.append((head.start(), end.end()))
    variable = rb"(?m)^[^\n;(){}=]*\b%b\b[ \t]*(?:\[[^\n=]*\])?[^\n=;()]*[=;]" % word
    if not found and (one := re.search(variable, text)):
        found.append(one.span())
    start, last = max(found, key=lambda span: span[1] - span[0], default=(0, 0))
    return _Definition(text.count(b"\n", 0, start) + 1, text[start:last]) if last else None
