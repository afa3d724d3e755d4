# SPDX-License-Identifier: GPL-2.0-only
"""The whole validation of a series: cells prepared, commits compiled, functions compared."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from zpconvert.conversion.model import Assumption, Renaming
from zpconvert.errors import UserError
from zpconvert.kernel import diagnostics, kbuild
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.kbuild import BuildDir, Compiled, Failed, Job
from zpconvert.kernel.tree import Tree
from zpconvert.validate import listing
from zpconvert.validate.builder import Builder, Result
from zpconvert.validate.commits import Series
from zpconvert.validate.equality import Compared, Comparer, Target
from zpconvert.validate.patches import remarks
from zpconvert.validate.report import (
    AssumptionRow,
    CellRow,
    CommitRow,
    Cost,
    Finding,
    FunctionRow,
    Report,
    SizeRow,
    count,
)
from zpconvert.validate.verdict import Verdict, worst

Files = Mapping[str, bytes]
Tell = Callable[[str], None]

#: Functions of other code whose listings the report holds; the rest are counted.
LISTED = 20


@dataclass(frozen=True)
class Subject:
    """What is validated, and what its conversion knows of it.

    fragment, module: kconfig lines that build the files, and that build them as a module.
    renames: patterns for function names. assumptions: the descriptor's. prefix: of subjects.
    options: words of the command line that repeat all this.
    only: 1-based numbers of the commits to look at; () for all of them.
    """

    tree: Tree
    series: Series
    fragment: tuple[str, ...] = ()
    module: tuple[str, ...] = ()
    renames: tuple[Renaming, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    only: tuple[int, ...] = ()
    prefix: str | None = None
    options: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """The commits to look at."""
        every = range(1, len(self.series.commits) + 1)
        return [number for number in every if not self.only or number in self.only]

    def objects(self) -> list[str]:
        """The objects of the tree that the series touches."""
        sources = {p for state in self.series.states for p in state if p.endswith(".c")}
        return sorted(p[:-2] + ".o" for p in sources if (self.tree.path / p).exists())

    def files(self, obj: str, number: int) -> Files | None:
        """What goes into an object: its source and all that is no other object's source."""
        state, own = self.series.states[number], obj[:-2] + ".c"
        if own not in state:
            return None
        sources = {other[:-2] + ".c" for other in self.objects()} - {own}
        return {path: text for path, text in state.items() if path not in sources}


def kconfig_of(tree: Path, objects: Iterable[str], value: str = "y") -> tuple[str, ...]:
    """The settings that build some objects, as the Makefiles beside them say."""
    found: dict[str, None] = {}
    for obj in objects:
        directory, _, name = obj.rpartition("/")
        makefile = tree / directory / "Makefile"
        text = makefile.read_text("utf-8", "replace") if makefile.exists() else ""
        rule = rf"(?m)^[\w-]+-\$\((CONFIG_\w+)\)\s*[+:]?=.*(?<![\w-]){re.escape(name)}\b"
        found.update({f"{setting}={value}": None for setting in re.findall(rule, text)})
    return tuple(found)


def hints(renames: Sequence[Renaming], states: Sequence[Files]) -> dict[str, str]:
    """Names of functions before and after, by a conversion's patterns."""
    text = b"\n".join(text for state in states for text in state.values())
    words = {w.decode() for w in re.findall(rb"\b[A-Za-z_]\w*(?=\()", text)}
    renamed = ((word, rule(word)) for rule in renames for word in sorted(words))
    return {word: new for word, new in renamed if new != word}


def validate(
    subject: Subject, cells: Sequence[Cell], *, cache: Path, workers: int, tell: Tell
) -> Report:
    """Validate the commits of a subject in the given cells.

    cache: zpconvert's cache directory. workers: compilers at a time.
    Raises UserError when nothing of the series can be compiled.
    """
    objects = subject.objects()
    if not objects:
        raise UserError(subject.series.source, "touches no C source of this tree", "check --tree")
    builder = Builder(cache, workers, tell)
    rows, builds, findings = _prepared(subject, cells, objects, cache, tell)
    sizes, built = _build(subject, builds, objects, builder)
    findings += built
    names = hints(subject.renames, subject.series.states)
    comparer = Comparer(builder, subject.tree.path, names, subject.assumptions)
    targets = [
        Target(build, obj, tuple(subject.files(obj, n) for n in range(len(subject.series.states))))
        for build in builds
        if build.cell.compare
        for obj in objects
    ]
    compared = comparer.compare(targets, subject.numbers)
    functions = _functions(comparer, targets, compared)
    findings += [f for row in functions if row.verdict.fell_short for f in [_differs(subject, row)]]
    if not targets and any(cell.compare for cell in cells):
        findings.append(_finding(subject, "equality", 0, "", "", 0, "no cell compared functions"))
    findings += [
        _finding(subject, r.check, r.commit, "", r.path, r.line, r.text)
        for r in remarks(subject.series, subject.tree, subject.prefix)
        if not r.commit or r.commit in subject.numbers
    ]
    verdicts: dict[tuple[int, str, str], list[Verdict]] = {}
    for one in compared:
        verdicts.setdefault((one.commit, one.object, one.name), []).append(one.verdict)
    return Report(
        tool=f"zpconvert {version('zpconvert')}",
        source=subject.series.source,
        tree=str(subject.tree.path),
        base=subject.tree.version,
        commits=tuple(CommitRow(c.number, c.name, c.subject) for c in subject.series.commits),
        objects=tuple(objects),
        cells=tuple(rows),
        functions=count([worst(one) for one in verdicts.values()]),
        compared=tuple(functions),
        assumptions=tuple(_used(subject.assumptions, compared)),
        sizes=tuple(sizes),
        findings=tuple(findings),
        cost=Cost(builder.tally.compiled, builder.tally.cached, round(builder.tally.seconds, 2)),
    )


def _prepared(
    subject: Subject, cells: Iterable[Cell], objects: Sequence[str], cache: Path, tell: Tell
) -> tuple[list[CellRow], list[BuildDir], list[Finding]]:
    """Build directories of the cells whose toolchain is there, and what became of each cell."""
    rows, builds, findings = [], [], []
    for cell in cells:
        lacks = kbuild.missing(cell)
        fragment = subject.module if cell.module and subject.module else subject.fragment
        if lacks:
            reason = f"no {', '.join(lacks)}" + (f": install {cell.package}" * bool(cell.package))
            rows.append(CellRow(cell.name, cell.arch, cell.compiler, "not run", reason))
            continue
        try:
            build = kbuild.prepare(
                subject.tree.path, cell, fragment=fragment, objects=objects, cache=cache,
                progress=tell,
            )  # fmt: skip
        except UserError as error:
            rows.append(CellRow(cell.name, cell.arch, cell.compiler, "failed", str(error)))
            findings.append(_finding(subject, "prepare", 0, cell.name, "", 0, str(error)))
            continue
        rows.append(CellRow(cell.name, cell.arch, build.compiler, "ran"))
        builds.append(build)
    return rows, builds, findings


def _build(
    subject: Subject, builds: Sequence[BuildDir], objects: Sequence[str], builder: Builder
) -> tuple[list[SizeRow], list[Finding]]:
    """Compile every object at every commit to look at, and at their parents, at W=1."""
    wanted = sorted({n for number in subject.numbers for n in (number - 1, number)})
    places = [(build, obj, n) for build in builds for obj in objects for n in wanted]
    jobs, at = [], []
    for build, obj, number in places:
        files = subject.files(obj, number)
        if files is not None:
            jobs.append(Job(build, obj, files))
            at.append((build.cell.name, obj, number))
    results = dict(zip(at, builder.results(jobs, "compiling"), strict=True))
    sizes = [
        SizeRow(number, cell, obj, one.size.text, one.size.data, one.size.bss)
        for (cell, obj, number), one in results.items()
        if isinstance(one, Compiled)
    ]
    findings = [
        found
        for (cell, obj, number), now in results.items()
        if number in subject.numbers
        for found in _fresh(subject, cell, number, results.get((cell, obj, number - 1)), now)
    ]
    return sizes, findings


def _fresh(
    subject: Subject, cell: str, number: int, before: Result | None, now: Result
) -> Iterator[Finding]:
    """What a commit's build says that its parent's did not."""
    known = before.diagnostics if before is not None else ()
    if isinstance(now, Failed):
        first = next((d for d in now.diagnostics if d.kind != "warning"), None)
        path, line = (first.path, first.line) if first else ("", 0)
        text = first.text if first else now.text.strip().partition("\n")[0]
        if not isinstance(before, Failed):
            yield _finding(subject, "build", number, cell, path, line, text)
        return
    for new in diagnostics.fresh(known, now.diagnostics):
        yield _finding(subject, "warning", number, cell, new.path, new.line, new.text)


def _functions(
    comparer: Comparer, targets: Sequence[Target], compared: Sequence[Compared]
) -> list[FunctionRow]:
    """The rows that are not plainly equal, the different ones with their listings."""
    rows: list[FunctionRow] = []
    listed = 0
    for one in compared:
        if one.verdict is Verdict.EQUAL:
            continue
        shown = None
        if one.verdict is Verdict.DIFFERENT and listed < LISTED:
            listed += 1
            before, after = comparer.objects(targets, one)
            shown = listing.listings(before, one.was, after, one.name)
        rows.append(
            FunctionRow(
                one.commit, one.cell, one.object, one.name, one.was, one.verdict, one.how,
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


def _differs(subject: Subject, row: FunctionRow) -> Finding:
    source = row.object[:-2] + ".c"
    text = subject.series.states[row.commit].get(source, b"")
    line = _definition(text, row.name)
    what = f"{row.name}: {row.verdict}: {row.how}"
    return _finding(subject, "equality", row.commit, row.cell, source, line, what)


def _definition(text: bytes, name: str) -> int:
    """1-based line where a function is defined; 0 if it is not seen."""
    found = re.search(rb"(?m)^[A-Za-z_][^;\n]*\b%b\s*\([^;{]*\)[^;{]*\n?\{" % name.encode(), text)
    return text.count(b"\n", 0, found.start()) + 1 if found else 0


def _finding(
    subject: Subject, check: str, commit: int, cell: str, path: str, line: int, text: str
) -> Finding:
    words = ["zpconvert", "validate", "--tree", str(subject.tree.path)]
    if subject.series.mails:
        words.insert(2, subject.series.source)
    else:
        words += ["--range", subject.series.source.rpartition(" ")[2]]
    words += subject.options
    words += ["--commit", str(commit)] if commit else []
    words += ["--cell", cell] if cell else []
    return Finding(check, commit, cell, path, line, text, shlex.join(words))
