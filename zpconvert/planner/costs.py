# SPDX-License-Identifier: GPL-2.0-only
"""What an order of flips costs in one file: the lines that each step changes.

The engine renders every top-level item for what has flipped so far, and the lines that differ
from step to step are counted. Semantic patches are left out of it: they rewrite lines that
have changed already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from zpconvert.planner.atoms import Atom
from zpconvert.planner.helpers import HelperUse
from zpconvert.rewrite import tidy
from zpconvert.rewrite.retype import Retyper
from zpconvert.rewrite.slots import Item, Slot

#: Lines of a shim and the empty one before it, as the engine writes them.
_SHIM = 6

#: Atom to the step that flips it.
Where = Mapping[Atom, int]


@dataclass(frozen=True)
class Change:
    """What a step makes of an item.

    lines: how many it changes. calls: the functions of the file that the item names after it.
    helpers: those that it uses then.
    """

    lines: int
    calls: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()


#: What becomes of an item, by step.
Course = list[tuple[int, Change]]

_SHIM_COMES_OR_GOES = Change(_SHIM)


class FileCosts:
    """Counts for any order of steps; what was rendered once is not rendered again."""

    def __init__(
        self,
        retyper: Retyper,
        atoms: Sequence[Atom],
        helpers: HelperUse,
        phrases: Sequence[tidy.Phrase],
    ) -> None:
        """phrases: those that become untrue in comments, with the items that have them."""
        of = {slot: atom for atom in atoms for slot in atom.slots}
        self._items = [
            one for item in retyper.survey.items if (one := _Item(retyper, item, of, helpers)).reach
        ]
        self._early = [_Early(f, retyper, of, self._items) for f in sorted(retyper.names.early)]
        #: lines that the phrases change in an item's comments, by the item's first byte
        self.said: dict[int, int] = {}
        for item in retyper.survey.items if phrases else ():
            text = retyper.survey.unit.source[item.start : item.end]
            lines = _lines_changed(text.split(b"\n"), tidy.freshen(text, phrases).split(b"\n"))
            if lines:
                self.said[item.start] = lines

    def touching(self, atom: Atom) -> frozenset[int]:
        """The items, by number, whose text depends on an atom."""
        return self._touching.get(atom, frozenset())

    @property
    def late(self) -> frozenset[Atom]:
        """What is best flipped last: signatures of functions that are converted ahead."""
        return frozenset(atom for early in self._early for atom in early.signature)

    @cached_property
    def _touching(self) -> dict[Atom, frozenset[int]]:
        found: dict[Atom, set[int]] = {}
        for number, item in enumerate(self._items):
            for atom in item.reach:
                found.setdefault(atom, set()).add(number)
        return {atom: frozenset(items) for atom, items in found.items()}

    def changes(self, where: Where) -> Iterator[tuple[Item | None, Course]]:
        """Everything that a plan does to the items, one by one; no item is a shim's."""
        courses = [one.course(where, {}) for one in self._items]
        ahead = self._ahead(where, courses)
        for early in self._early:
            if early.function in ahead:
                steps = (ahead[early.function], early.free(where, courses))
                yield None, [(step, _SHIM_COMES_OR_GOES) for step in steps]
        for one, course in zip(self._items, courses, strict=True):
            yield one.item, course

    def _ahead(self, where: Where, courses: list[Course]) -> dict[str, int]:
        """Functions that are converted before they are due, and when: their callers' doing, or
        that of another one that is. The courses are brought up to it."""
        ahead: dict[str, int] = {}
        while True:
            found = {
                early.function: step
                for early in self._early
                if (step := early.wanted(where, courses)) is not None
            }
            if found == ahead:
                return ahead
            ahead = found
            for number, one in enumerate(self._items):
                if not one.early.isdisjoint(ahead):
                    courses[number] = one.course(where, ahead)


class _Item:
    """One top-level item, rendered for sets of flipped atoms."""

    def __init__(
        self, retyper: Retyper, item: Item, of: Mapping[Slot, Atom], helpers: HelperUse
    ) -> None:
        self.item, self._retyper, self._helpers = item, retyper, helpers
        reach = {of[slot] for slot in retyper.reach(item) if slot in of}
        self.reach = tuple(sorted(reach, key=lambda a: a.order))
        self.early = item.about & retyper.names.early
        self._own = {
            function: [n for n, a in enumerate(self.reach) if function in a.functions]
            for function in self.early
        }
        self._courses: dict[tuple[int, ...], Course] = {}
        self._ranked: dict[tuple[int, ...], list[Change]] = {}
        self._states: dict[frozenset[Atom], _State] = {}
        self._lines: dict[tuple[frozenset[Atom], frozenset[Atom]], int] = {}

    def course(self, where: Where, ahead: Mapping[str, int]) -> Course:
        """What each step makes of the item, those that flip what it depends on.

        ahead: functions that are converted before they are due, and when.
        """
        steps = [where[atom] for atom in self.reach]
        if ahead:
            for function in self.early & ahead.keys():
                for n in self._own[function]:
                    steps[n] = min(steps[n], ahead[function])
        key = tuple(steps)
        if key not in self._courses:
            # what happens depends on the order of the flips, not on the numbers of their steps
            there = sorted(set(steps))
            ranks = tuple([there.index(step) for step in steps])
            if ranks not in self._ranked:
                self._ranked[ranks] = list(self._changes(ranks, len(there)))
            self._courses[key] = list(zip(there, self._ranked[ranks], strict=True))
        return self._courses[key]

    def calls(self, function: str) -> bool:
        """Whether the item names a function once all has flipped."""
        return function in self._state(frozenset(self.reach)).calls

    def _changes(self, ranks: tuple[int, ...], count: int) -> Iterator[Change]:
        before = frozenset[Atom]()
        for rank in range(count):
            after = frozenset(a for a, at in zip(self.reach, ranks, strict=True) if at <= rank)
            state = self._state(after)
            yield Change(self._changed(before, after), state.calls, state.helpers)
            before = after

    def _state(self, flipped: frozenset[Atom]) -> _State:
        if flipped not in self._states:
            slots = frozenset(slot for atom in flipped for slot in atom.slots)
            done = self._retyper.item(self.item, slots)
            lines = tuple(done.text.split(b"\n"))
            self._states[flipped] = _State(lines, done.calls, self._helpers(done.text))
        return self._states[flipped]

    def _changed(self, before: frozenset[Atom], after: frozenset[Atom]) -> int:
        """Lines removed and added from one state to another."""
        if (before, after) not in self._lines:
            old, new = self._state(before).lines, self._state(after).lines
            self._lines[before, after] = _lines_changed(old, new)
        return self._lines[before, after]


def main_step(course: Course) -> int:
    """The step that changes most of an item, the last of several; its comments go with it."""
    return max(course, key=lambda one: (one[1].lines, one[0]))[0]


def _lines_changed(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """Lines removed and added; what is the same at both ends is not looked at twice."""
    first, last = 0, 0
    shorter = min(len(old), len(new))
    while first < shorter and old[first] == new[first]:
        first += 1
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    blocks = SequenceMatcher(None, old, new, False).get_matching_blocks()
    return len(old) + len(new) - 2 * sum(block.size for block in blocks)


@dataclass(frozen=True)
class _State:
    """An item's text, the functions of the file that it names, the helpers that it will use."""

    lines: tuple[bytes, ...]
    calls: frozenset[str]
    helpers: frozenset[str]


class _Early:
    """A function that is converted as soon as a caller wants it so, behind a shim."""

    def __init__(
        self, function: str, retyper: Retyper, of: Mapping[Slot, Atom], items: Sequence[_Item]
    ) -> None:
        self.function = function
        self._new = retyper.names.functions[function]
        self.signature = [of[s] for s in retyper.signatures[function] if s in of]
        self._callers = [
            number
            for number, one in enumerate(items)
            if function not in one.item.about and one.calls(self._new)
        ]

    def due(self, where: Where) -> int:
        """The step that flips the last of its signature."""
        return max((where[atom] for atom in self.signature), default=-1)

    def free(self, where: Where, courses: Sequence[Course]) -> int:
        """The step from which on nobody calls it by its old name."""
        due = self.due(where)
        left = (
            next((s for s, change in courses[n] if self.function not in change.calls), due)
            for n in self._callers
        )
        return min(due, max(left, default=due))

    def wanted(self, where: Where, courses: Sequence[Course]) -> int | None:
        """The first step at which somebody calls it in its converted form before it is due."""
        due = self.due(where)
        steps = [
            step
            for number in self._callers
            for step, change in courses[number]
            if step < due and self._new in change.calls
        ]
        return min(steps, default=None)
