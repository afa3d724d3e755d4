# SPDX-License-Identifier: GPL-2.0-only
"""No functional change, shown function by function: each commit against its parent.

Four stages, each for what the one before it left open. Plain: inlining and IPA off, the
series' own renames applied, shims seen through. Flattened: every inline function is part of
its callers, so that a helper may be another one with the same code. Calm: flattened, with less
optimisation, which turns an operand or moves an instruction when an expression comes from an
inline function and not from a macro; code that is the same then does the same. Assumed:
flattened, with the descriptor's assumptions built into both sides: each alone, each pair, all
of them, so that a function is said to need no more than it does; then the same, calm.

After the plain stage only what it left open is compiled: a function that it found to be equal
is declared and not defined for its callers, the same on both sides. What is still open in the
end goes through the stages after it once more, nothing left out.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from zpconvert.conversion.model import Assumption
from zpconvert.csource.bodies import inline_functions, without_bodies
from zpconvert.kernel import elf
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.objcode import COMPARE_FLAGS, Code
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.validate import stubs
from zpconvert.validate.builder import Builder, Result, Unfinished
from zpconvert.validate.builder import key as job_key
from zpconvert.validate.comments import uncommented
from zpconvert.validate.pairing import Pairing, contents, pair
from zpconvert.validate.verdict import Verdict

Files = Mapping[str, bytes]

#: Number of this way to compare; rows kept by another are not taken.
_ROWS = 8

_OTHER, _GONE = "other code", "is gone"


@dataclass(frozen=True)
class Compared:
    """A function (or a data section, as `[.data]`) of a commit against its parent.

    was: its name in the parent, if that is another. how: what it took, or why it is unknown.
    assumptions: names of those it needs.
    """

    commit: int
    cell: str
    object: str
    name: str
    was: str
    verdict: Verdict
    how: str = ""
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """An object to compare in a cell. states: the texts that it is made of, in the base and
    after each commit; None where it does not exist."""

    build: BuildDir
    object: str
    states: tuple[Files | None, ...]


@dataclass
class Comparer:
    """Compares the commits of targets.

    tree: only read. hints: names before to names after, as the series says. assumptions: the
    descriptor's; those that do not fit the tree are not used.
    """

    builder: Builder
    tree: Path
    hints: Mapping[str, str] = field(default_factory=dict)
    assumptions: Sequence[Assumption] = ()

    def compare(self, targets: Sequence[Target], commits: Sequence[int]) -> list[Compared]:
        """What is found in `commits` (1-based), every function of each; a source that comes
        or goes is one row, `*`."""
        cases = [_Case(t, n) for t in targets for n in commits if _changes(t, n)]
        keys = [self._key(case) for case in cases]
        known = [self._recall(key) for key in keys]
        todo = [case for case, rows in zip(cases, known, strict=True) if rows is None]
        self._settle(todo)
        found = []
        for case, key, rows in zip(cases, keys, known, strict=True):
            if rows is None:
                rows = case.compared()
                if not case.unfinished:
                    text = json.dumps([asdict(row) for row in rows])
                    self.builder.remember(key, text.encode())
            found += rows
        return found + [row for t in targets for n in commits for row in _one_sided(t, n)]

    def objects(self, targets: Sequence[Target], row: Compared) -> tuple[bytes, bytes]:
        """The two objects that a row compares, helpers flattened; empty if one is not there."""
        target = next(t for t in targets if (t.build.cell.name, t.object) == (row.cell, row.object))
        jobs = [self._job(target, number, _FLAT) for number in (row.commit - 1, row.commit)]
        before, after = self.builder.results(jobs, "listing")
        return (
            before.obj if isinstance(before, Compiled) else b"",
            after.obj if isinstance(after, Compiled) else b"",
        )

    def _key(self, case: _Case) -> str:
        jobs = [self._job(case.target, n, _PLAIN) for n in (case.number - 1, case.number)]
        headers = {s.header for a in self.assumptions for s in a.stubs}
        parts = (
            _ROWS,
            case.number,
            *map(job_key, jobs),
            self.assumptions,
            sorted(self.hints.items()),
            sorted(stubs.overlay(self.tree, {}, self.assumptions).items()) if headers else (),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _recall(self, key: str) -> list[Compared] | None:
        said = self.builder.recall(key)
        if said is None:
            return None
        rows = []
        for row in json.loads(said):
            verdict, assumptions = Verdict(row.pop("verdict")), tuple(row.pop("assumptions"))
            rows.append(Compared(**row, verdict=verdict, assumptions=assumptions))
        return rows

    def _settle(self, cases: Sequence[_Case]) -> None:
        self._stage(cases, _PLAIN, "comparing")
        self._stages(cases)
        pruned = [case for case in _open(cases) if any(case.left_out())]
        for case in pruned:
            case.whole = True
        self._stages(pruned)

    def _stages(self, cases: Sequence[_Case]) -> None:
        """The stages after the plain one."""
        self._stage(_open(cases), _FLAT, "comparing, helpers flattened")
        self._stage(_open(cases), _CALM, "comparing, helpers flattened, at -O1")
        usable = stubs.usable(self.tree, self.assumptions)
        for name, flags in (("", _FLAT.flags), ("at -O1", _CALM.flags)):
            for some in _subsets(usable):
                what = f"comparing, assuming {' and '.join(a.name for a in some)}"
                self._stage(_open(cases), _Mode(name, flags, some), what)

    def _stage(self, cases: Sequence[_Case], mode: _Mode, what: str) -> None:
        jobs = [
            self._job(case.target, number, mode, without)
            for case in cases
            for number, without in zip((case.number - 1, case.number), case.left_out(), strict=True)
        ]
        results = self.builder.results(jobs, what)
        pairings = self._pairings(cases, results)
        for case, pairing, two in zip(cases, pairings, _in_twos(results), strict=True):
            case.unfinished |= any(isinstance(one, Unfinished) for one in two)
            case.take(mode, pairing)

    def _pairings(self, cases: Sequence[_Case], results: Sequence[Result]) -> list[Pairing | str]:
        """Each case's two objects paired, or why they are not."""
        parsed: dict[int, dict[str, Code] | str] = {}

        def codes(result: Result) -> dict[str, Code] | str:
            if isinstance(result, Unfinished):
                return f"was not compiled: {result.text}"
            if not isinstance(result, Compiled):
                return f"does not compile: {result.text.strip().partition(chr(10))[0]}"
            if id(result) not in parsed:
                try:
                    parsed[id(result)] = contents(result.obj)
                except elf.ElfError as error:
                    parsed[id(result)] = f"cannot be compared: {error}"
            return parsed[id(result)]

        found: list[Pairing | str] = []
        for case, two in zip(cases, _in_twos(results), strict=True):
            before, after = map(codes, two)
            if isinstance(before, str):
                found.append(f"the parent {before}")
            elif isinstance(after, str):
                found.append(after)
            else:
                # as it was when the functions that are left out were there
                known = None if case.whole else case.plain
                found.append(pair(before, after, self.hints, known))
        return found

    def _job(
        self, target: Target, number: int, mode: _Mode, without: Set[str] = frozenset()
    ) -> Job:
        """The compilation of a state of a target, the functions `without` left out."""
        files = target.states[number]
        assert files is not None
        texts = stubs.overlay(self.tree, files, mode.assumptions)
        if mode is not _PLAIN:
            texts[stubs.FLATTEN] = stubs.FLATTEN_TEXT
        job = Job(target.build, target.object, texts, mode.flags)
        if not without or job.source not in texts:
            return job
        texts[job.source] = without_bodies(uncommented(texts[job.source]), without)
        return replace(job, flags=(*mode.flags, *_PRUNED))


@dataclass(frozen=True)
class _Mode:
    name: str
    flags: tuple[str, ...]
    assumptions: tuple[Assumption, ...] = ()


#: Where functions are left out: those that only they call are there all the same, and what only
#: they read or write is a variable still.
_PRUNED = ("-fkeep-static-functions", "-fno-ipa-reference-addressable")

_PLAIN = _Mode("", COMPARE_FLAGS)
_INLINED = (*COMPARE_FLAGS, *stubs.FLATTEN_FLAGS)
#: Whether the header of a loop is copied goes by how much stands in it, casts among it: of two
#: equal loops gcc 14 turned one round and not the other (Linux 6.1).
_FLAT = _Mode("helpers flattened", (*_INLINED, "-fno-tree-ch"))
#: virt_to_page(), once as a macro and once in an inline function, gave two orders of the
#: operands of one comparison, and two schedules of the same instructions (gcc 12, Linux 6.12).
_CALM = _Mode("helpers flattened, at -O1", (*_INLINED, "-O1", "-fno-tree-forwprop"))


def _subsets(assumptions: Sequence[Assumption]) -> list[tuple[Assumption, ...]]:
    """Each alone, each pair, all: what settles a function first is what it needs."""
    sizes = sorted({n for n in (1, 2, len(assumptions)) if n <= len(assumptions) and n})
    return [some for n in sizes for some in itertools.combinations(assumptions, n)]


def _changes(target: Target, number: int) -> bool:
    before, after = target.states[number - 1], target.states[number]
    return before is not None and after is not None and before != after


def _one_sided(target: Target, number: int) -> list[Compared]:
    """The row of a source that the commit adds or deletes: there is nothing to compare."""
    before, after = target.states[number - 1], target.states[number]
    if (before is None) == (after is None):
        return []
    how = f"commit {number} {'adds' if before is None else 'deletes'} the source: not compared"
    cell = target.build.cell.name
    return [Compared(number, cell, target.object, "*", "*", Verdict.UNKNOWN, how)]


def _in_twos(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    return list(zip(results[::2], results[1::2], strict=True))


def _open(cases: Sequence[_Case]) -> list[_Case]:
    return [case for case in cases if set(case.left) - {"*"}]


class _Case:
    """One commit of one target on its way through the stages."""

    def __init__(self, target: Target, number: int) -> None:
        self.target, self.number = target, number
        self.settled: dict[str, tuple[Verdict, str, tuple[str, ...]]] = {}
        self.left: dict[str, str] = {}
        self.plain: Pairing | None = None
        self.last: Pairing | None = None
        self.was: dict[str, str] = {}
        self.unfinished = False
        self.whole = False

    def left_out(self) -> tuple[frozenset[str], frozenset[str]]:
        """The functions that the stages after the plain one can do without, as the parent and
        as the commit calls them: they are equal, and show nothing about those that are not."""
        if self.plain is None or self.whole or any(name.startswith("[") for name in self.left):
            return frozenset(), frozenset()
        needed = {name for pair in self.plain.other for name in pair} | self._callers()
        same = [pair for pair in self.plain.same if not needed.intersection(pair)]
        return frozenset(was for was, _ in same), frozenset(now for _, now in same)

    def _callers(self) -> set[str]:
        """What the inline functions that are open become a part of."""
        assert self.plain is not None
        states = self.target.states[self.number - 1], self.target.states[self.number]
        texts = [text for files in states if files for text in files.values()]
        inline = {name for text in texts for name in inline_functions(text)}
        found: set[str] = set()
        todo = [n for name in self.left for n in (name, self.was.get(name, name)) if n in inline]
        while todo:
            new = self.plain.callers.get(todo.pop(), frozenset()) - found
            found |= new
            todo += new & inline
        return found

    def take(self, mode: _Mode, found: Pairing | str) -> None:
        """What a stage found."""
        if isinstance(found, str):
            if self.plain is None:
                self.left["*"] = found
            return
        self.last = found
        if self.plain is None:
            self._take_plain(found)
            return
        verdict = Verdict.ASSUMED if mode.assumptions else Verdict.EQUAL
        unsettled = self.unsettled(set(self.left) - {"*"}, found)
        for name in set(self.left) - unsettled - {"*"}:
            self.settled[name] = (verdict, mode.name, tuple(a.name for a in mode.assumptions))
            del self.left[name]

    def _take_plain(self, found: Pairing) -> None:
        self.plain = found
        self.was = {now: was for was, now in found.same | found.other}
        for _, now in found.same:
            self.settled[now] = (Verdict.EQUAL, "", ())
        for _, now in found.other:
            self.settled.pop(now, None)
            self.left[now] = _OTHER
        for name in found.gone:
            if name in found.visible or name.startswith("["):
                self.left[name] = _GONE
        for name in found.new:
            if name in found.visible or name.startswith("["):
                self.left[name] = "is new: there is nothing to compare it with"

    def unsettled(self, names: set[str], found: Pairing) -> set[str]:
        """Those of `names` that `found` does not show equal.

        A function that was flattened into its callers is as equal as they are.
        """
        assert self.plain is not None
        other = {now for _, now in found.other}
        same = {now for _, now in found.same} - other
        return {name for name in names if not self._shown(name, same, found.names, set())}

    def _shown(self, name: str, same: set[str], present: frozenset[str], seen: set[str]) -> bool:
        if name in present:
            return name in same
        assert self.plain is not None
        if name in seen or name in self.plain.visible:
            return name in seen
        seen.add(name)
        names = {name, self.was.get(name, name)}
        callers = {c for n in names for c in self.plain.callers.get(n, ())}
        now = {was: now for now, was in self.was.items()}
        return bool(callers) and all(
            self._shown(now.get(c, c), same, present, seen)
            for c in callers - names
            if not c.startswith("[")
        )

    def compared(self) -> list[Compared]:
        """The outcome, a row for each function."""
        rows = [self._row(name, *found) for name, found in sorted(self.settled.items())]
        for name, why in sorted({**self._lost(), **self.left}.items()):
            verdict = Verdict.DIFFERENT if why in (_OTHER, _GONE) else Verdict.UNKNOWN
            rows.append(self._row(name, verdict, why, ()))
        return rows

    def _lost(self) -> dict[str, str]:
        """Functions of the file's own that came or went, where what calls them is not settled:
        it cannot be said what became of them."""
        if self.plain is None or self.last is None:
            return {}
        # what was flattened into its callers is theirs
        unpaired = (self.plain.gone | self.plain.new) & (self.last.gone | self.last.new)
        callers = self.plain.callers
        return {
            name: "has no counterpart that is known"
            for name in unpaired - self.settled.keys()
            if callers.get(name, frozenset()) & self.left.keys()
        }

    def _row(self, name: str, verdict: Verdict, how: str, assumptions: tuple[str, ...]) -> Compared:
        cell, was = self.target.build.cell.name, self.was.get(name, name)
        return Compared(self.number, cell, self.target.object, name, was, verdict, how, assumptions)
