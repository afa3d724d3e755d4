# SPDX-License-Identifier: GPL-2.0-only
"""Each commit compiled in each cell, against its parent: it builds and warns of nothing new."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zpconvert.csource import conditions
from zpconvert.errors import UserError
from zpconvert.kernel import diagnostics, kbuild
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.validate.builder import Builder, Result, Unfinished, key
from zpconvert.validate.comments import uncommented
from zpconvert.validate.report import CellRow, Finding, SizeRow, UncoveredRow
from zpconvert.validate.subject import INCLUDERS, SOURCES, Files, Subject, finding

Tell = Callable[[str], None]

#: Configurations that set all there is: what the subsystem is there is their view of it.
EVERYTHING = ("allmodconfig", "allyesconfig")
#: Cells that progress names.
_NAMED = 3


def prepared(
    subject: Subject, cells: Iterable[Cell], objects: Sequence[str], cache: Path, tell: Tell
) -> tuple[list[CellRow], list[BuildDir], list[Finding]]:
    """Build directories of the cells whose toolchain is there, and what became of each cell."""
    rows, builds = [], []
    failed: dict[str, list[str]] = {}
    for cell in cells:
        lacks = kbuild.missing(cell)
        fragment = subject.module if cell.module and subject.module else subject.fragment
        if cell.boots and subject.boot:
            fragment = (*fragment, *subject.boot.kconfig)
        if cell.config in EVERYTHING:
            fragment = ()
        if lacks:
            reason = f"no {', '.join(lacks)}" + (f": install {cell.package}" * bool(cell.package))
            rows.append(CellRow(cell.name, cell.arch, cell.compiler, "not run", reason))
            continue
        try:
            build = kbuild.prepare(
                subject.tree.path, cell, fragment=fragment, objects=objects,
                perhaps=subject.included, cache=cache, tell=tell,
            )  # fmt: skip
        except UserError as error:
            said = f"{error}{_settings(subject, cell, error)}"
            rows.append(CellRow(cell.name, cell.arch, cell.compiler, "failed", said))
            failed.setdefault(said, []).append(cell.name)
            continue
        rows.append(CellRow(cell.name, cell.arch, build.compiler, "ran", compared=cell.compare))
        builds.append(build)
    findings = []
    for text, names in failed.items():
        # one line of a conversion can be wrong in all of them
        one, where = (names[0], "") if len(names) == 1 else ("", f" (cells {', '.join(names)})")
        findings.append(finding(subject, "prepare", 0, one, "", 0, text + where))
    if not builds and not findings:
        states = ", ".join(f"{row.name} {row.state}" for row in rows) or "none was chosen"
        text = f"nothing was compiled, so nothing is shown: no cell ran ({states})"
        findings.append(finding(subject, "prepare", 0, "", "", 0, text))
    return rows, builds, findings


def _settings(subject: Subject, cell: Cell, error: UserError) -> str:
    """What brings the settings that were found to be too few, where no conversion did; empty
    if that is not what went wrong. What a cell asks for is its own affair."""
    own = error.what.partition(" ")[0] in cell.kconfig
    if subject.conversion is not None or own or not isinstance(error, kbuild.Unconfigured):
        return ""
    lines = " ".join(f"--kconfig {line}" for line in subject.fragment)
    return f": try --conversion NAME, or {lines} with a --kconfig for each that is not set"


@dataclass(frozen=True)
class Built:
    """What compiling every commit gave, by cell, object and commit."""

    results: Mapping[tuple[str, str, int], Result]

    def merged(self, other: Built, cells: Sequence[str]) -> Built:
        """These and those of other cells, in the order of `cells`."""
        every = [*self.results.items(), *other.results.items()]
        return Built(dict(sorted(every, key=lambda one: cells.index(one[0][0]))))

    @property
    def sizes(self) -> tuple[SizeRow, ...]:
        """Those of what builds."""
        return tuple(
            SizeRow(number, cell, obj, one.size.text, one.size.data, one.size.bss)
            for (cell, obj, number), one in self.results.items()
            if isinstance(one, Compiled)
        )

    def objects(self, cell: str) -> dict[tuple[str, int], bytes]:
        """Object and commit to its bytes, in one cell."""
        return {
            (obj, number): one.obj
            for (name, obj, number), one in self.results.items()
            if name == cell and isinstance(one, Compiled)
        }

    def broken(self, subject: Subject) -> set[tuple[str, str, int]]:
        """What does not build, of the commits to look at; `findings` has each."""
        return {
            at
            for at, one in self.results.items()
            if isinstance(one, Failed) and at[-1] in subject.numbers
        }

    def findings(self, subject: Subject) -> list[Finding]:
        """What the commits to look at break, or make the compiler say."""
        return [
            found
            for at in self.results
            if at[-1] in subject.numbers
            for found in _fresh(subject, at, self.results)
        ]


def build(subject: Subject, builds: Sequence[BuildDir], builder: Builder) -> Built:
    """Compile every object at every commit to look at, and at their parents, at W=1."""
    wanted = sorted({n for number in subject.numbers for n in (number - 1, number)})
    places = [(build, obj, n) for build in builds for obj in build.commands for n in wanted]
    jobs, at = [], []
    for build, obj, number in places:
        files = subject.files(obj, number)
        if files is not None:
            jobs.append(Job(build, obj, files))
            at.append((build.cell.name, obj, number))
    # cells are compiled in two goes, beside each other
    what = "compiling in " + ", ".join(build.cell.name for build in builds[:_NAMED])
    what += f" and {len(builds) - _NAMED} more" if len(builds) > _NAMED else ""
    return Built(dict(zip(at, builder.results(jobs, what), strict=True)))


def uncompiled(subject: Subject) -> Iterator[Finding]:
    """The sources that commits touch and no cell can compile."""
    for number in subject.numbers:
        before, after = subject.series.states[number - 1], subject.series.states[number]
        for path in subject.elsewhere(number):
            verb = "adds" if path not in before else "changes" if path in after else "deletes"
            text = (
                f"unknown: commit {number} {verb} {path}, which is not in the tree: "
                "neither compiled nor compared"
            )
            yield finding(subject, "build", number, "", path, 0, text)


@dataclass(frozen=True)
class Seen:
    """Which of the touched files that are no object's own source compilers read. paths: those
    that they do, as the commits have them; findings: of those that they read in the tree."""

    paths: frozenset[str]
    findings: tuple[Finding, ...]


def seen(subject: Subject, builds: Sequence[BuildDir], builder: Builder) -> Seen:
    """Have each cell's compiler say what it reads, at the first and the last commit that touch
    a file and have it: no search for includes is as good, and what is not read is not shown to
    be equal."""
    own = set(subject.sources.values())
    touching: dict[str, list[int]] = {}
    for number in subject.numbers:
        commit = subject.series.commits[number - 1]
        for path in commit.touched:
            if path not in own and path in commit.files:
                touching.setdefault(path, []).append(number)
    asked = {(path, n) for path, numbers in touching.items() for n in (numbers[0], numbers[-1])}
    jobs: dict[str, tuple[Job, int]] = {}
    for build, (path, number) in itertools.product(builds, sorted(asked)):
        for obj in build.commands:
            files = subject.files(obj, number)
            if files is not None and path in files:
                job = Job(build, obj, files)
                jobs[key(job)] = (job, number)
    read = dict(zip(jobs, builder.reads([job for job, _ in jobs.values()]), strict=True))
    paths: set[str] = set()
    findings = []
    for name, (job, number) in jobs.items():
        ours, trees = read[name]
        paths |= ours
        for path in sorted(trees & touching.keys()):
            if (path, number) in asked and job.overlay[path] != subject.series.base.get(path):
                text = f"unknown: {job.obj} is made of the tree's own copy, not of the commit's"
                findings.append(
                    finding(subject, "build", number, job.build.cell.name, path, 0, text)
                )
    return Seen(frozenset(paths), tuple(findings))


def uncovered(
    subject: Subject, builds: Sequence[BuildDir], read: Set[str]
) -> Iterator[UncoveredRow]:
    """What commits touch and no compiler sees, and why that is; nothing where no cell was built,
    which is said. read: what compilers read besides the sources of objects."""
    if not builds:
        return
    built = {obj for build in builds for obj in build.commands}
    configs = {build.cell.name: kbuild.settings(build.path) for build in builds}
    for number in subject.numbers:
        commit = subject.series.commits[number - 1]
        for path in commit.touched:
            name = PurePosixPath(path).name
            if path.endswith(".h"):
                why = _unread(subject, path, commit.files, built, read)
            elif name in ("Makefile", "Kbuild") or name.startswith("Kconfig"):
                why = "every cell is configured and built as the tree has it"
            else:
                why = "" if path.endswith(SOURCES) or path in read else "is not compiled"
            if not why:
                settings = [configs[b.cell.name] for b in builds if _reads(subject, path, b)]
                why = _left_out(subject, path, number, settings)
            if why:
                yield UncoveredRow(number, path, why)


def _reads(subject: Subject, path: str, build: BuildDir) -> bool:
    """Whether something that a cell builds is made of a source or a header."""
    includers = subject.includers.get(path, ())
    return any(subject.source(obj) == path or obj in includers for obj in build.commands)


def _left_out(
    subject: Subject, path: str, number: int, configs: Sequence[Mapping[str, str]]
) -> str:
    """Which lines that a commit changes are under options that no cell has so; empty if all
    are seen by a compiler."""
    before, after = (
        conditions.guarded(uncommented(subject.series.states[n].get(path, b"")))
        for n in (number - 1, number)
    )
    found = []
    for guards in sorted(before.keys() | after.keys(), key=sorted):
        old, new = before.get(guards, ()), after.get(guards, ())
        if [text for _, text in old] == [text for _, text in new]:
            continue
        if any(all(guard.holds(config) for guard in guards) for config in configs):
            continue
        lines = [line for line, text in new if (text not in [was for _, was in old])]
        where = f"line {lines[0]}" if lines else "what is gone"
        found.append(f"{where} is compiled only {' and '.join(map(str, sorted(guards)))}")
    return f"{'; '.join(found)}: no cell is so" if found and configs else ""


def _unread(subject: Subject, header: str, files: Files, built: Set[str], read: Set[str]) -> str:
    """Why a header is not read by any compiler, or not by all that could; empty if it is."""
    if header not in subject.includers:
        name = PurePosixPath(header).name.encode()
        include = re.compile(rb'(?m)^\s*#\s*include\s*["<](?:[^">\n]*/)?%b[">]' % re.escape(name))
        used = any(include.search(text) for text in files.values())
        if used and header in files:
            return "" if header in read else "nothing that was built reads it"
        return "" if used else "no source of the series includes it"
    objects = subject.includers[header]
    if not built & set(objects):
        many = len(objects) > 1
        which = f"one of the {len(objects)} sources that include" if many else "what includes"
        return f"no cell builds {which} it"
    if len(objects) > INCLUDERS:
        return f"more than {INCLUDERS} sources include it; the others were not built"
    if header in files and header not in read:
        return "nothing that was built reads it"
    if left := [obj for obj in objects if obj not in built]:
        names = ", ".join(left[:_NAMED]) + f" and {len(left) - _NAMED} more" * (len(left) > _NAMED)
        return f"of what includes it, no cell builds {names}"
    return ""


def _fresh(
    subject: Subject,
    at: tuple[str, str, int],
    results: Mapping[tuple[str, str, int], Result],
) -> Iterator[Finding]:
    """What a commit's build says that its parent's did not; that it fails, in any case."""
    cell, obj, number = at
    source = subject.source(obj)
    now, before = results[at], results.get((cell, obj, number - 1))
    if isinstance(now, Unfinished):
        text = f"not known whether it builds: {now.text}"
        yield finding(subject, "build", number, cell, source, 0, text)
        return
    if isinstance(now, Failed):
        error = now.error
        what = "" if error.path in ("", source) else f"{obj} "
        text = f"{what}does not build{_since(at, results)}: {error.text}"
        yield finding(subject, "build", number, cell, error.path or source, error.line, text)
        return
    if isinstance(before, Unfinished):
        if now.diagnostics:
            text = f"not known which warnings are new: the parent: {before.text}"
            yield finding(subject, "warning", number, cell, source, 0, text)
        return
    known = before.diagnostics if before is not None else ()
    for new in diagnostics.fresh(known, now.diagnostics):
        yield finding(subject, "warning", number, cell, new.path, new.line, new.text)


def _since(at: tuple[str, str, int], results: Mapping[tuple[str, str, int], Result]) -> str:
    """Since which commit an object has not been building, as far as was compiled; empty if
    it is this one."""
    cell, obj, number = at
    first = number
    while isinstance(results.get((cell, obj, first - 1)), Failed):
        first -= 1
    if first == number:
        return ""
    if first == 0:
        return " (broken since the base)"
    known = (cell, obj, first - 1) in results
    return f" (broken since commit {first}{'' if known else ' or before'})"
