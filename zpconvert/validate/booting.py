# SPDX-License-Identifier: GPL-2.0-only
"""Each commit's kernel booted and put under load, against its parent's."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from zpconvert.boot import initramfs, machine
from zpconvert.boot.console import Console, Fault, read
from zpconvert.boot.machine import Ran
from zpconvert.conversion.model import Boot
from zpconvert.errors import UserError
from zpconvert.kernel.image import Images
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.process import side_by_side
from zpconvert.scratch import scratch_directory
from zpconvert.validate.builder import Builder
from zpconvert.validate.comments import uncommented
from zpconvert.validate.report import BootRow, Finding
from zpconvert.validate.subject import Subject, finding, hints

#: Seconds for one run; on a quiet machine it takes a few.
LIMIT = 300.0
#: So often the first kernel is run again where a commit falls short.
AGAIN = 5
_ENDED = "ended before its loads did"
_PLACE = re.compile(r"\b([\w./-]+\.[ch]):(\d+)")
#: What WARN_ON() and its like say.
_WARNED = re.compile(r"WARNING: (?:.* at )?([\w./-]+\.[ch]):(\d+)\b")


@dataclass(frozen=True)
class Judged:
    """A run, judged. faults: what went wrong, none if all was shown. passed_over: the reasons
    why complaints were no faults, to how often."""

    console: Console
    faults: tuple[Fault, ...]
    passed_over: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Booted:
    """A kernel's run. known: it was not run now, for one like it was before; seconds: 0 if there
    was no run. again: what went wrong in more runs of it."""

    known: bool
    seconds: float
    judged: Judged
    again: tuple[Fault, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What went wrong."""
        return self.judged.faults


def boot(
    subject: Subject,
    builds: Sequence[BuildDir],
    builder: Builder,
    limit: float = LIMIT,
) -> tuple[list[BootRow], list[Finding]]:
    """Boot the commits to look at, and their parents, in each of the cells that boot.

    limit: seconds for one run. Without `subject.boot`, nothing is done.
    """
    if subject.boot is None:
        return [], []
    rows: list[BootRow] = []
    findings: list[Finding] = []
    for build in builds:
        if not build.cell.boots:
            continue
        results = _Cell(subject, subject.boot, build, builder, limit).results()
        rows += [_row(number, build.cell.name, one) for number, one in results.items()]
        findings += blame(subject, build.cell.name, results)
    if not rows:
        findings.append(finding(subject, "boot", 0, "", "", 0, "nothing was booted"))
    return rows, findings


def judge(
    ran: Ran,
    counters: Sequence[str],
    limit: float,
    known: Callable[[Fault], str] = lambda fault: "",
) -> Judged:
    """What a run said, and all that went wrong: what the kernel and the loads complain of, an
    end before theirs, and, if they came to their end, a counter that stayed at zero.

    known: why a complaint is none, empty if it is one.
    """
    known = functools.cache(known)
    console = read(ran.console, lambda fault: bool(known(fault)))
    reasons = {fault: known(fault) for fault in console.faults}
    faults = [fault for fault in console.faults if not reasons[fault]]
    last = next((line for line in reversed(ran.console.splitlines()) if line.strip()), "nothing")
    if ran.hung:
        faults.append(Fault(0, f"still running after {limit:g} s; the last line is: {last}"))
    elif not console.finished:
        faults.append(Fault(0, f"{_ENDED}; the last line is: {last}"))
    else:
        # also where the parent has the complaints too, which are no finding then
        faults += [
            Fault(0, f"the run proves nothing: {name} is 0")
            for name in counters
            if not console.counters.get(name)
        ]
    return Judged(console, tuple(faults), Counter(filter(None, reasons.values())))


class _Cell:
    """The kernels of one cell."""

    def __init__(
        self,
        subject: Subject,
        boot: Boot,
        build: BuildDir,
        builder: Builder,
        limit: float,
    ) -> None:
        self.subject, self.boot, self.build = subject, boot, build
        self.builder, self.limit = builder, limit
        paths = {path for state in subject.series.states for path in state}
        self.images = Images(build, subject.tree.path, paths, builder.workers)
        self.root = functools.cache(initramfs.build)

    def results(self) -> dict[int, Booted]:
        """Number of a commit (0 for the base) to its kernel's run; kernels of the same content
        are run once."""
        wanted = sorted({n for number in self.subject.numbers for n in (number - 1, number)})
        with scratch_directory() as scratch:
            if self.images.inputs() is None:
                self.builder.tell(f"building a kernel: {self.build.cell.name}")
                # what does not build is said when its turn comes
                with contextlib.suppress(UserError):
                    self.images.make(self.subject.series.states[wanted[0]], scratch / "first")
            keys = {number: self._key(number) for number in wanted}
            firsts = {key: number for number, key in reversed(keys.items())}
            done: dict[str, Booted] = {}

            def one(item: tuple[str, int]) -> None:
                key, number = item
                done[key] = self._booted(key, number, scratch / str(number))
                self.builder.tell(f"booting {self.build.cell.name}: {len(done)} of {len(firsts)}")

            side_by_side(one, sorted(firsts.items(), key=lambda i: i[1]), self.builder.workers)
            found = _unprecedented({number: done[key] for number, key in keys.items()})
            return self._first_again(found, scratch / "again")

    def _key(self, number: int) -> str:
        """What a kernel and its run depend on, as a digest."""
        state = self.subject.series.states[number]
        parts: list[object] = [self.images.inputs(), initramfs.digest(), machine.SETTINGS]
        parts += [self.boot.loads, self.boot.zpool]
        for path, text in sorted(state.items()):
            if path not in self.subject.sources.values():
                parts.append((path, uncommented(text) if path.endswith(".h") else text))
        jobs = [
            Job(self.build, obj, files)
            for obj in self.build.commands
            for files in [self.subject.files(obj, number)]
            if files is not None
        ]
        for result in self.builder.results(jobs, "compiling"):
            parts.append(result.obj if isinstance(result, Compiled) else number)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _booted(self, key: str, number: int, program: Path) -> Booted:
        kept = self.builder.recall(key)
        if kept is not None:
            values = json.loads(zlib.decompress(kept))
            ran = Ran(values["console"], False, values["seconds"])
            return Booted(True, ran.seconds, self._judged(number, ran))
        try:
            self.images.make(self.subject.series.states[number], program)
        except UserError as error:
            fault = Fault(0, f"there is no kernel: {error}")
            return Booted(False, 0, Judged(read(""), (fault,)))
        ran = self._run(program)
        program.unlink()
        judged = self._judged(number, ran)
        if not judged.faults:
            values = {"console": ran.console, "seconds": ran.seconds}
            self.builder.remember(key, zlib.compress(json.dumps(values).encode()))
        return Booted(False, ran.seconds, judged)

    def _run(self, program: Path) -> Ran:
        environment = {"LOADS": ",".join(self.boot.loads), "ZPOOL": self.boot.zpool}
        return machine.boot(program, self.root(), environment, limit=self.limit)

    def _first_again(self, results: dict[int, Booted], program: Path) -> dict[int, Booted]:
        """The runs, the first kernel's with more of it where a commit falls short and its parent
        does not: what goes wrong at random may be the base's, and is not the commit's then."""
        first = min(results)
        one = results[first]
        if not any(new(self.subject, results, number) for number in self.subject.numbers):
            return results
        if not one.seconds:
            return results
        try:
            self.images.make(self.subject.series.states[first], program)
        except UserError:
            # its run is remembered from a time when it could be built
            return results
        self.builder.tell(f"booting {self.build.cell.name}: the first kernel, {AGAIN} times more")
        runs = side_by_side(lambda _: self._run(program), range(AGAIN), self.builder.workers)
        again = [fault for ran in runs for fault in self._judged(first, ran).faults]
        return {**results, first: replace(one, again=tuple(again))}

    def _judged(self, number: int, ran: Ran) -> Judged:
        """What a run said; known are the complaints that the conversion and the cell name, and
        warnings of lines in the files of the series."""
        state = self.subject.series.states[number]

        @functools.cache
        def known_at(path: str, line: int) -> str:
            lines = state.get(path, b"").decode("utf-8", "replace").splitlines()
            return next(
                (
                    one.reason
                    for one in self.boot.warnings
                    if line <= len(lines) and one.source.search(lines[line - 1])
                ),
                "",
            )

        def known(fault: Fault) -> str:
            for one in (*self.boot.complaints, *self.build.cell.complaints):
                if one.is_made(fault.text, fault.trace):
                    return one.reason
            place = _WARNED.match(fault.text)
            return known_at(place[1], int(place[2])) if place else ""

        return judge(ran, self.boot.counters, self.limit, known)


def _unprecedented(results: dict[int, Booted]) -> dict[int, Booted]:
    """The runs by commit; a complaint that was passed over is a fault after all where the
    parent's kernel was there to make it, and made none for that reason."""
    found = {}
    for number, one in results.items():
        parent = results.get(number - 1)
        before = one.judged.passed_over if parent is None else parent.judged.passed_over
        new = tuple(
            Fault(0, f"new, although it is known of the base: {' '.join(reason.split())}")
            for reason in one.judged.passed_over
            if reason not in before
        )
        judged = replace(one.judged, faults=(*one.judged.faults, *new))
        found[number] = replace(one, judged=judged)
    return found


def _row(number: int, cell: str, one: Booted) -> BootRow:
    return BootRow(
        commit=number,
        cell=cell,
        state="failed" if one.faults else "passed",
        known=one.known,
        seconds=round(one.seconds, 2),
        counters=dict(one.judged.console.counters),
        faults=tuple(fault.text for fault in one.faults),
        passed_over=dict(one.judged.passed_over),
        console=one.judged.console.excerpt,
    )


def new(subject: Subject, results: Mapping[int, Booted], number: int) -> list[Fault]:
    """What a commit's kernel does wrong that neither its parent's did nor, now and then, the
    first one's."""
    names = hints(subject.renames, subject.series.states)
    before = (*results[number - 1].faults, *results[min(results)].again)
    found = [
        fault
        for fault in results[number].faults
        if not any(old.same_as(fault, lambda word: names.get(word, word)) for old in before)
    ]
    panicked = {fault for fault in results[number].faults if fault.line} - set(found)
    # where it ended is said in other words each time
    return [one for one in found if not (panicked and one.text.startswith(_ENDED))]


def blame(subject: Subject, cell: str, results: dict[int, Booted]) -> Iterator[Finding]:
    """What a commit's kernel does wrong that its parent's did not. A parent that nobody asked
    to look at is said to be bad by itself, for then its child shows nothing."""
    for number, one in results.items():
        asked = number in subject.numbers
        faults = new(subject, results, number) if asked else [*one.faults, *one.again]
        if not faults:
            continue
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        said = f"{faults[0].text}{more}"
        if not asked:
            when = "already" if one.faults else f"already, in some of {AGAIN} more runs"
            said = f"{'the base' if number == 0 else f'commit {number}'} {when}: {said}"
        place = _PLACE.search(faults[0].text)
        path, line = (place[1], int(place[2])) if place else ("", 0)
        yield finding(subject, "boot", number, cell, path, line, said)
