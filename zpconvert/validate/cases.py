# SPDX-License-Identifier: GPL-2.0-only
"""One commit of one object on its way through the stages: what is settled, what is open.

A commit in which nothing but definitions of functions differs can change those functions and
what inline ones become a part of; all others are what they were in its parent. Such a case
compiles the former only, and takes the latter from the commit before it. Where the object, as it
is built, has the same bytes as its parent's, no more is asked than which functions there are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from zpconvert.csource import edits
from zpconvert.csource.bodies import inline_functions
from zpconvert.csource.edits import Edit
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.objcode.code import stem
from zpconvert.validate.comments import uncommented
from zpconvert.validate.pairing import Pairing
from zpconvert.validate.verdict import Verdict

Files = Mapping[str, bytes]

#: How it is said that a side does not compile; what the compiler says follows.
NOT_COMPILED = "does not compile"
_OTHER, _OTHER_DATA, _GONE = "other code", "other data", "is gone"
_READS = "refers to data that is other"
_NEW = "is new: there is nothing to compare it with"
_ASKS = "is edited, and asks what is known where it is called: alone it shows nothing"
_UNKNOWN = "what the commit leaves alone is not known"


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

    def changes(self, number: int) -> bool:
        """Whether a commit (1-based) changes what the object is made of."""
        before, after = self.states[number - 1], self.states[number]
        return before is not None and after is not None and before != after


@dataclass(frozen=True)
class Proof:
    """What settled a function. how: what it took; assumptions: names of those it needs."""

    verdict: Verdict
    how: str = ""
    assumptions: tuple[str, ...] = ()


_AS_BUILT = Proof(Verdict.EQUAL, "as it is built")


class Case:
    """A commit of a target against its parent.

    before: the case of the commit before it, if there is one. hints: names before to names
    after, as the series says. edit: what the commit can change, if no more than that is
    compiled. unchanged: whether the object as it is built is the same, to the byte. names: what
    the object after it consists of, as far as known. left: the names that are open, and why;
    `*` for all of them. first, last: the objects of the first stage and of the last one,
    paired.
    """

    def __init__(
        self, target: Target, number: int, before: Case | None, hints: Mapping[str, str]
    ) -> None:
        self.target, self.number, self.before, self.hints = target, number, before, hints
        self.edit: Edit | None = None
        self.unchanged = False
        self.names: frozenset[str] | None = None
        self.settled: dict[str, Proof] = {}
        self.left: dict[str, str] = {}
        self.first: Pairing | None = None
        self.last: Pairing | None = None
        self.was: dict[str, str] = {}
        self.unfinished = False
        self.whole = False
        self._callers: Mapping[str, frozenset[str]] = {}

    @property
    def texts(self) -> tuple[Files, Files]:
        """What the object is made of, before and after."""
        before, after = self.target.states[self.number - 1 : self.number + 1]
        assert before is not None
        assert after is not None
        return before, after

    def narrow(self) -> None:
        """Compare no more than the commit can change, where that can be told."""
        if self.before is None:
            return
        # what the tree has itself is not the series' alone
        headers = {path for path in self.target.states[0] or () if path.endswith(".h")}
        self.edit = edits.edit(*self._uncommented(), headers)

    def _uncommented(self) -> tuple[Files, Files]:
        old, new = ({p: uncommented(text) for p, text in one.items()} for one in self.texts)
        return old, new

    def widened(self) -> Case:
        """The same commit, nothing of it taken from the one before."""
        case = Case(self.target, self.number, None, self.hints)
        case.unchanged = self.unchanged
        return case

    @property
    def open(self) -> bool:
        """Whether there is something that further stages may settle."""
        return bool(self.left.keys() - {"*"})

    def left_out(self) -> tuple[frozenset[str], frozenset[str]]:
        """The functions that the next stage does without, as the parent and as the commit calls
        them: they are equal, and show nothing about those that are not."""
        if self.edit is not None:
            kept = self.edit.touched if self.first is None else self._needed()
            kept |= {name for name in self.edit.short if self.edit.users(name) & kept}
            return self.edit.before - kept, self.edit.after - kept
        if self.first is None or self.whole or any(name.startswith("[") for name in self.left):
            return frozenset(), frozenset()
        needed = self._needed()
        same = [pair for pair in self.first.same if not needed.intersection(pair)]
        return frozenset(was for was, _ in same), frozenset(now for _, now in same)

    def _needed(self) -> set[str]:
        """What is open, and what the inline functions among it become a part of."""
        assert self.first is not None
        found = {name for pair in self.first.other for name in pair}
        left = {n for name in self.left for n in (name, self.was.get(name, name))}
        texts = [text for files in self.texts for text in files.values()]
        inline = {name for text in texts for name in inline_functions(text)}
        callers: set[str] = set()
        todo = list(left & inline)
        while todo:
            new = self._callers.get(todo.pop(), frozenset()) - callers
            callers |= new
            todo += new & inline
        return found | left | callers

    def take(self, proof: Proof, found: Pairing | str) -> None:
        """What a stage found. proof: what it shows of those that are equal in it."""
        if isinstance(found, str):
            if self.first is None:
                self.left["*"] = found
            return
        self.last = found
        if self.first is not None:
            unsettled = self.unsettled(self.left.keys() - {"*"}, found)
            for name in self.left.keys() - unsettled - {"*"}:
                self.settled[name] = proof
                del self.left[name]
            self._open(found)
            return
        self.first = found
        self.was = {now: was for was, now in found.same | found.other}
        reads = {name for name in found.reads if not name.startswith("[")}
        self.settled = {now: proof for _, now in found.same if now not in reads}
        # the table of a switch is data here, and may be code in another stage
        self.left = {now: _READS for _, now in found.same if now in reads}
        for _, now in found.other:
            self.settled.pop(now, None)
            self.left[now] = _OTHER_DATA if now.startswith("[") else _OTHER
        for names, why in ((found.gone, _GONE), (found.new, _NEW)):
            for name in names:
                if name in found.visible or name.startswith("["):
                    self.left[name] = why
        if self.edit is None:
            self._callers = found.callers
            self.names = frozenset({now for _, now in found.same | found.other} | found.new)
        else:
            self._carry(self.edit, proof, found)

    def _carry(self, edit: Edit, proof: Proof, found: Pairing) -> None:
        """Take from the commit before what this one does not touch, and judge what it touches
        and the compiler made a part of something else."""
        known = self.before.names if self.before else None
        if known is None or any(name.startswith("[") for name in self.left):
            self.left = {"*": _UNKNOWN}
            return
        if self._unknown(edit, known, found.names):
            self.left = {"*": _UNKNOWN}
            return
        there = {now for _, now in found.same | found.other} | found.new
        used = {n for n in edit.inline & edit.after if _users(edit, n) & there}
        # nothing else can have begun to use another
        begun = {n for n in used if _users(edit, n) & there & edit.touched}
        came = (begun | edit.after - edit.inline & there) - known
        idle = {n for n in edit.inline if not _users(edit, n) - edit.inline}
        # what is there without being used is in a table, or for other objects
        went = edit.before - edit.after | (idle | edit.touched & edit.inline - used) - there
        self._rename(edit, known, came)
        kept = {name for name in known if stem(name) not in went}
        self.names = frozenset(kept | came)
        self.settled = {
            name: proof for name, proof in self.settled.items() if self.was.get(name, name) in known
        }
        self._callers = _callers(edit, found, known | came)
        for name in kept - found.names:
            if stem(name) not in edit.touched:
                self.settled[name] = Proof(Verdict.EQUAL)
        inside = {name for name in kept - found.names if stem(name) in edit.touched}
        inside |= {name for name in came - found.names if name in self.was}
        unsettled = self.unsettled(inside, found)
        self.settled |= dict.fromkeys(inside - unsettled, proof)
        self.left |= dict.fromkeys(unsettled, _OTHER)

    def _open(self, found: Pairing) -> None:
        """Functions that are other in a stage and were in none before it are open, unless the
        first one shows what they are a part of to be the same. What nobody takes functions out
        of has all of them in the first."""
        if self.edit is None or self.first is None:
            return
        seen = self.settled.keys() | self.left.keys() | self.first.names
        came = {now: was for was, now in found.other if now not in seen and now[0] != "["}
        for name in self.unsettled(came.keys(), self.first):
            self.left[name] = _OTHER
            self.was.setdefault(name, came[name])

    def keep(self) -> bool:
        """Take everything from the commit before, for the object is unchanged, and what became
        of the functions that the compiler makes a part of others from the texts; False if that
        cannot be told from them."""
        edit, known = self.edit, self.before.names if self.before else None
        if edit is None or known is None:
            return False
        came = {now for was, now in self.hints.items() if was in known - edit.after} - known
        new = edit.after - edit.before - edit.inline
        # whether they are there, behind conditions, no object tells
        if new - came or self._unknown(edit, known, known):
            return False
        there = known - (edit.before - edit.after) | new
        came = came & new
        came |= {n for n in edit.inline & edit.after if _users(edit, n) & there & edit.touched}
        idle = {n for n in edit.inline & edit.after if not _users(edit, n) - edit.inline}
        # one that nothing named before is in a table, or for other objects
        went = edit.before - edit.after | {n for n in idle if edit.users_before.get(n)}
        came -= known
        self._rename(edit, known, came)
        kept = {name for name in known if stem(name) not in went}
        self.names = frozenset(kept | came)
        self.settled = dict.fromkeys(kept | came & self.was.keys(), _AS_BUILT)
        return True

    def learn(self, names: Set[str]) -> None:
        """Take the functions of the object from it, for it is unchanged. names: all that it
        consists of."""
        edit = edits.differing(*self._uncommented())
        self.names = frozenset(names)
        self._rename(edit, edit.before, names)
        new = edit.after - edit.before - self.was.keys()
        self.settled = dict.fromkeys(names - new, _AS_BUILT)

    def _rename(self, edit: Edit, known: Set[str], came: Set[str]) -> None:
        """Take from the series what was what, of the names that went and those that came."""
        for was, now in self.hints.items():
            if was in known - edit.after and now in came:
                self.was.setdefault(now, was)

    def _unknown(self, edit: Edit, known: Set[str], there: Set[str]) -> bool:
        """Whether it cannot be told what a touched function is a part of. there: those that the
        object has for sure."""
        stays = edit.touched & edit.before
        # what is there and nothing names is named by a macro's parts
        hidden = {n for n in stays & edit.inline & known if not edit.naming_before[n]}
        # what is not there and used all the same is inline, by a word that is not known for it
        lost = stays & edit.after - edit.inline - there
        return bool(hidden) or any(_users(edit, name) & known for name in lost)

    def unsettled(self, names: Set[str], found: Pairing) -> set[str]:
        """Those of `names` that `found` does not show equal.

        A function that was flattened into its callers is as equal as they are. One that refers
        to data which is other is not.
        """
        assert self.first is not None
        other = {now for _, now in found.other}
        same = {now for _, now in found.same} - other - found.reads
        return {name for name in names if not self._shown(name, same, found.names, set())}

    def _shown(self, name: str, same: set[str], present: frozenset[str], seen: set[str]) -> bool:
        if name in present:
            return name in same
        assert self.first is not None
        if name in seen or name in self.first.visible:
            return name in seen
        seen.add(name)
        names = {name, self.was.get(name, name)}
        callers = {c for n in names for c in self._callers.get(n, ())}
        now = {was: now for now, was in self.was.items()}
        return bool(callers) and all(
            self._shown(now.get(c, c), same, present, seen)
            for c in callers - names
            if not c.startswith("[")
        )

    def compared(self) -> list[Compared]:
        """The outcome, a row for each function."""
        rows = [self._row(name, proof) for name, proof in sorted(self.settled.items())]
        for name, why in sorted({**self._lost(), **self.left}.items()):
            shown = why in (_OTHER, _OTHER_DATA, _READS, _GONE)
            verdict = Verdict.DIFFERENT if shown else Verdict.UNKNOWN
            rows.append(self._row(name, Proof(verdict, why)))
        return [self._doubted(row) for row in rows]

    def _doubted(self, row: Compared) -> Compared:
        """A row, unknown if the function that it shows equal is not so where it is called."""
        if self.unchanged or row.verdict.fell_short or stem(row.name) not in self._asking:
            return row
        return replace(row, verdict=Verdict.UNKNOWN, how=_ASKS, assumptions=())

    @functools.cached_property
    def _asking(self) -> frozenset[str]:
        """Functions that the commit edits, and that are not alone what they are as a part of
        others; those that they are a part of, where they have no code."""
        before, after = self._uncommented()
        edited, found = edits.differing(before, after), edits.asking(before, after)
        names = self.settled.keys() | self.left.keys()
        users = {user for name in found - names for user in _users(edited, name)}
        return found | users

    def _lost(self) -> dict[str, str]:
        """Functions of the file's own that came or went, where what calls them is not settled:
        it cannot be said what became of them."""
        if self.first is None or self.last is None:
            return {}
        # what was flattened into its callers is theirs
        unpaired = (self.first.gone | self.first.new) & (self.last.gone | self.last.new)
        callers = self._callers
        return {
            name: "has no counterpart that is known"
            for name in unpaired - self.settled.keys()
            if callers.get(name, frozenset()) & self.left.keys()
        }

    def _row(self, name: str, proof: Proof) -> Compared:
        return Compared(
            self.number,
            self.target.build.cell.name,
            self.target.object,
            name,
            self.was.get(name, name),
            proof.verdict,
            proof.how,
            proof.assumptions,
        )


def _users(edit: Edit, name: str) -> set[str]:
    """What a function is a part of after the commit, through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        new = edit.users_after.get(todo.pop(), frozenset()) - found
        found |= new
        todo += new
    return found


def _callers(edit: Edit, found: Pairing, names: Set[str]) -> dict[str, frozenset[str]]:
    """What refers to a function or is made of it, of what the objects consist of.

    names: those that are not seen in them.
    """
    every = names | found.names
    callers = {name: frozenset({stem(name)}) for name in every if name != stem(name)}
    for users in (edit.users_before, edit.users_after, found.callers):
        for name, others in users.items():
            callers[name] = callers.get(name, frozenset()) | others & every
    return callers
