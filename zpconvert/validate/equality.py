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

A commit in which nothing but definitions of functions differs begins with the second stage, and
with those functions that it can change; the others are what they were in its parent. If anything
is open in the end, it goes through all stages like any other.

A commit goes through none where its object, as it is built, has the same bytes as its parent's:
what runs is the same then. At most the object is compiled plain, for the functions in it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from zpconvert.conversion.model import Assumption
from zpconvert.csource.bodies import without_bodies
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.objcode import elf
from zpconvert.objcode.code import Code
from zpconvert.objcode.compare import contents
from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.validate import stubs
from zpconvert.validate.builder import Builder, Result, Unfinished
from zpconvert.validate.builder import key as job_key
from zpconvert.validate.cases import NOT_COMPILED, Case, Compared, Proof, Target
from zpconvert.validate.comments import uncommented
from zpconvert.validate.pairing import Pairing, pair
from zpconvert.validate.verdict import Verdict

#: Number of this way to compare; rows kept by another are not taken.
_ROWS = 27


@dataclass
class Comparer:
    """Compares the commits of targets.

    tree: only read. hints: names before to names after, as the series says. assumptions: the
    descriptor's; those that do not fit the tree are not used. built: the objects as they are
    built, by cell, object and commit, as far as they are known.
    """

    builder: Builder
    tree: Path
    hints: Mapping[str, str] = field(default_factory=dict)
    assumptions: Sequence[Assumption] = ()
    built: Mapping[tuple[str, str, int], Result] = field(default_factory=dict)

    def compare(self, targets: Sequence[Target], commits: Sequence[int]) -> list[Compared]:
        """What is found in `commits` (1-based, ascending), every function of each; a source
        that comes or goes is one row, `*`."""
        found: dict[Case, list[Compared]] = {}
        keys: dict[Case, str] = {}
        stubbed = sorted(stubs.overlay(self.tree, {}, self.assumptions).items())
        common = hashlib.sha256(repr((_ROWS, self.assumptions, stubbed)).encode()).hexdigest()
        for case in (case for t in targets for case in self._cases(t, commits)):
            keys[case] = self._key(case, keys[case.before] if case.before else common)
            rows = self._recall(keys[case], case)
            if rows is not None:
                found[case] = rows
        todo = [case for case in keys if case not in found]
        for case, settled in zip(todo, self._settle(todo), strict=True):
            found[case] = settled.compared()
            if not settled.unfinished:
                names = None if settled.names is None else sorted(settled.names)
                said = {"names": names, "rows": [vars(row) for row in found[case]]}
                self.builder.remember(keys[case], json.dumps(said).encode())
        rows = [row for case in keys for row in found[case]]
        return rows + [row for t in targets for n in commits for row in _one_sided(t, n)]

    def _cases(self, target: Target, commits: Sequence[int]) -> Iterator[Case]:
        before: Case | None = None
        at = 0
        for number in commits:
            if number != at + 1 or None in target.states[at : number + 1]:
                before = None
            if target.changes(number):
                before = Case(target, number, before, self.hints)
                yield before
            at = number

    def objects(self, targets: Sequence[Target], row: Compared) -> Iterator[tuple[bytes, bytes]]:
        """The two objects that a row compares, with inlining off, then with helpers flattened,
        which some functions have no code in; empty if one is not there."""
        target = next(t for t in targets if (t.build.cell.name, t.object) == (row.cell, row.object))
        for stage in (_PLAIN, _FLAT):
            jobs = [self._job(target, number, stage) for number in (row.commit - 1, row.commit)]
            before, after = self.builder.results(jobs, "listing")
            yield (
                before.obj if isinstance(before, Compiled) else b"",
                after.obj if isinstance(after, Compiled) else b"",
            )

    def _key(self, case: Case, before: str) -> str:
        """What a case's rows depend on. before: the same of the commit before, or of the
        first one what all have in common."""
        jobs = [self._job(case.target, n, _PLAIN) for n in (case.number - 1, case.number)]
        built, _ = self._built(case)
        as_built = (self._unchanged(case), isinstance(built, Failed))
        parts = (before, case.number, as_built, *map(job_key, jobs), sorted(self.hints.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _recall(self, key: str, case: Case) -> list[Compared] | None:
        text = self.builder.recall(key)
        if text is None:
            return None
        said = json.loads(text)
        case.names = None if said["names"] is None else frozenset(said["names"])
        rows = []
        for row in said["rows"]:
            verdict, assumptions = Verdict(row.pop("verdict")), tuple(row.pop("assumptions"))
            rows.append(Compared(**row, verdict=verdict, assumptions=assumptions))
        return rows

    def _settle(self, cases: Sequence[Case]) -> list[Case]:
        """The cases at their ends, those begun anew that had to be."""
        whole = [case for case in cases if not self._broken(case)]
        for case in whole:
            case.narrow()
            case.unchanged = self._unchanged(case)
        self._every_stage(whole)
        anew = {
            case: case.widened() for case in whole if (case.edit or case.unchanged) and case.left
        }
        self._every_stage(list(anew.values()))
        settled = [anew.get(case, case) for case in cases]
        pruned = [case for case in settled if case.open and any(case.left_out())]
        for case in pruned:
            case.whole = True
        self._stage([(case, _FLAT) for case in pruned], "comparing, helpers flattened")
        self._last_stages(pruned)
        return settled

    def _built(self, case: Case) -> tuple[Result | None, Result | None]:
        cell, obj = case.target.build.cell.name, case.target.object
        before, after = (self.built.get((cell, obj, n)) for n in (case.number - 1, case.number))
        return before, after

    def _broken(self, case: Case) -> bool:
        """Whether the parent is nothing to compare with, for kbuild does not compile it; with
        the flags for comparing the compiler may pass over what is wrong."""
        before, _ = self._built(case)
        if isinstance(before, Failed):
            case.left = {"*": f"the parent {NOT_COMPILED}: {_why(before)}"}
        return isinstance(before, Failed)

    def _unchanged(self, case: Case) -> bool:
        before, after = self._built(case)
        if isinstance(before, Compiled) and isinstance(after, Compiled):
            return before.obj == after.obj
        return False

    def _learn(self, cases: Sequence[Case]) -> None:
        """Settle cases that are unchanged by the functions that are in their objects."""
        jobs = [self._job(case.target, case.number, _PLAIN) for case in cases]
        results = self.builder.results(jobs, "comparing, unchanged", urgent=True)
        twice = [result for result in results for _ in range(2)]
        for case, found in zip(cases, self._pairings(cases, twice), strict=True):
            if isinstance(found, Pairing):
                case.learn(found.names)
            else:
                case.unchanged = False

    def _every_stage(self, cases: Sequence[Case]) -> None:
        self._learn([case for case in cases if case.unchanged and not case.edit])
        self._stage([(case, _FLAT if case.edit else _PLAIN) for case in cases], "comparing")
        # with its helpers apart a function may need less than with them
        other = [
            (case, _PLAIN if case.edit else _FLAT)
            for case in cases
            if case.open and (not case.edit or case.edit.inline & case.edit.touched)
        ]
        self._stage(other, "comparing, helpers flattened or not")
        self._last_stages(cases)

    def _last_stages(self, cases: Sequence[Case]) -> None:
        """The stages after the flattened one."""
        modes = [(_CALM, "helpers flattened, at -O1")]
        for name, flags in (("", _FLAT.flags), ("at -O1", _CALM.flags)):
            for some in _subsets(stubs.usable(self.tree, self.assumptions)):
                what = f"assuming {' and '.join(a.name for a in some)}"
                modes.append((_Mode(name, flags, some), what))
        for mode, what in modes:
            self._stage([(case, mode) for case in cases if case.open], f"comparing, {what}")

    def _stage(self, cases: Sequence[tuple[Case, _Mode]], what: str) -> None:
        compiled = [(case, mode) for case, mode in cases if not case.unchanged]
        jobs = [
            self._job(case.target, number, mode, without)
            for case, mode in compiled
            for number, without in zip((case.number - 1, case.number), case.left_out(), strict=True)
        ]
        # what comes after it waits for all of them
        results = self.builder.results(jobs, what, urgent=True)
        pairings = self._pairings([case for case, _ in compiled], results)
        found = zip(pairings, _in_twos(results), strict=True)
        for case, mode in cases:
            if case.unchanged:
                if case.edit and not case.keep():
                    self._learn([case])
                    if not case.unchanged:
                        case.take(mode.proof, "its functions are not known")
                continue
            pairing, two = next(found)
            case.unfinished |= any(isinstance(one, Unfinished) for one in two)
            case.take(mode.proof, pairing)

    def _pairings(self, cases: Sequence[Case], results: Sequence[Result]) -> list[Pairing | str]:
        """Each case's two objects paired, or why they are not."""
        parsed: dict[int, dict[str, Code] | str] = {}

        def codes(result: Result) -> dict[str, Code] | str:
            if isinstance(result, Unfinished):
                return f"was not compiled: {result.text}"
            if not isinstance(result, Compiled):
                return f"{NOT_COMPILED}: {_why(result)}"
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
                known = None if case.whole else case.first
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

    @property
    def proof(self) -> Proof:
        """What it shows of functions that are equal in it."""
        verdict = Verdict.ASSUMED if self.assumptions else Verdict.EQUAL
        return Proof(verdict, self.name, tuple(a.name for a in self.assumptions))


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


def _one_sided(target: Target, number: int) -> list[Compared]:
    """The row of a source that the commit adds or deletes: there is nothing to compare."""
    before, after = target.states[number - 1], target.states[number]
    if (before is None) == (after is None):
        return []
    how = f"commit {number} {'adds' if before is None else 'deletes'} the source: not compared"
    cell = target.build.cell.name
    return [Compared(number, cell, target.object, "*", "*", Verdict.UNKNOWN, how)]


def _why(failed: Failed) -> str:
    error = failed.error
    return f"{error.path}:{error.line}: {error.text}" if error.path else error.text


def _in_twos(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    return list(zip(results[::2], results[1::2], strict=True))
