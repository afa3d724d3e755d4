# SPDX-License-Identifier: GPL-2.0-only
"""From the slots that a plan names to the slots that a tree has: what each step flips.

Three things differ between a plan and a tree: a step may name what the tree lacks (left out,
and said), name a part of a group (it gets the rest, and says so), and the tree may have slots
that no step names (placed with the step that shares most uses with them).
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from zpconvert.conversion.model import Border, Step
from zpconvert.errors import UserError
from zpconvert.rewrite.slots import Obstacle, Slot
from zpconvert.rewrite.survey import Survey

#: How alike two names are, from 0 to 1, when one may be the other misspelt.
_ALIKE = 0.8


@dataclass(frozen=True)
class Note:
    """Something that a reader of the series should know about a step (or about all of it)."""

    step: str | None
    text: str


@dataclass(frozen=True)
class FilePlan:
    """flips: one set of slots per step, in the steps' order. kept: slots that stay, and why."""

    flips: tuple[frozenset[Slot], ...]
    kept: tuple[tuple[Slot, str], ...]
    notes: tuple[Note, ...]
    missing: tuple[tuple[str, ...], ...]


def matches(pattern: str, slot: Slot) -> bool:
    """Whether a plan's slot name or shell pattern means this slot."""
    if matches_functions(pattern):
        return slot.function is not None and fnmatchcase(slot.function, pattern)
    return fnmatchcase(slot.id.partition("#")[0], pattern)


def matches_functions(pattern: str) -> bool:
    """Whether a plan's name means all that a function has."""
    return not any(mark in pattern for mark in ":(.")


def kept(survey: Survey, borders: Sequence[Border]) -> dict[Slot, str]:
    """The slots that a conversion leaves as they are, with the rest of their groups, and why."""
    return {
        member: border.reason
        for border in borders
        for slot in survey.slots.values()
        if matches(border.slot, slot)
        for member in survey.group(slot)
    }


def nearest(name: str, surveys: Iterable[Survey], steps: Sequence[Step]) -> str | None:
    """What a step may have meant by a slot that no file has: the name most like it, of those
    that no step names."""
    slots = [slot for survey in surveys for slot in survey.slots.values()]
    named = [pattern for step in steps for pattern in step.slots]
    free = [slot for slot in slots if not any(matches(pattern, slot) for pattern in named)]
    whole = {slot.function for slot in free if slot.function is not None}
    known = whole if matches_functions(name) else {slot.id.partition("#")[0] for slot in free}
    found = difflib.get_close_matches(name, sorted(known), 1, _ALIKE)
    return found[0] if found else None


def plan_file(
    path: str, survey: Survey, steps: Sequence[Step], borders: Sequence[Border]
) -> FilePlan:
    """What each step flips in a file.

    Raises UserError when a step names a slot that cannot flip.
    """
    planner = _Planner(path, survey, steps, kept(survey, borders))
    for number, step in enumerate(steps):
        planner.name(number, step)
    planner.place()
    flips = tuple(
        frozenset(s for s, n in planner.where.items() if n == number)
        for number in range(len(steps))
    )
    return FilePlan(
        flips, tuple(planner.kept.items()), tuple(planner.notes), tuple(planner.missing)
    )


class _Planner:
    def __init__(
        self, path: str, survey: Survey, steps: Sequence[Step], kept: dict[Slot, str]
    ) -> None:
        self.path, self.survey, self.steps = path, survey, steps
        self.where: dict[Slot, int] = {}
        self.kept = kept
        self.notes: list[Note] = []
        self.missing: list[tuple[str, ...]] = []

    def name(self, number: int, step: Step) -> None:
        """The slots that a step names, and the rest of their groups."""
        absent = []
        for pattern in step.slots:
            found = [
                s for s in self.survey.slots.values() if matches(pattern, s) and s not in self.kept
            ]
            if not found:
                absent.append(pattern)
            for slot in found:
                self._flip(number, step, slot)
        self.missing.append(tuple(absent))

    def _flip(self, number: int, step: Step, slot: Slot) -> None:
        pinned = self.survey.pinned(slot)
        if pinned is not None:
            self._check_parsed(slot)
            line, column = self.survey.unit.position(pinned[0])
            raise UserError(
                f"{self.path}:{line}:{column}",
                f"step '{step.id}' flips '{slot.id}', but {pinned[1]}",
                "name it as a border in the conversion, with the reason",
            )
        if slot in self.where:
            return
        group = self.survey.group(slot)
        others = sorted(s.id for s in group if not any(matches(p, s) for p in step.slots))
        if others:
            self.notes.append(Note(step.id, f"{slot.id} flips together with {', '.join(others)}"))
        for member in group:
            self.where[member] = number

    def _check_parsed(self, slot: Slot) -> None:
        """A brace too many or too few puts a slot where it is not; that is what to say then."""
        for item in self.survey.items:
            for site in item.sites:
                if isinstance(site, Obstacle) and slot in site.slots:
                    line, column = self.survey.unit.position(site.at)
                    raise UserError(
                        f"{self.path}:{line}:{column}",
                        f"{site.reason} (slot {slot.id})",
                        "mend the file",
                    )

    def place(self) -> None:
        """Slots that no step names go with what they share most uses with."""
        left = [s for s in self.survey.slots.values() if s not in self.where and s not in self.kept]
        for slot in left:
            if slot in self.where:
                continue
            pinned = self.survey.pinned(slot)
            if pinned is not None:
                line, _ = self.survey.unit.position(pinned[0])
                self.kept[slot] = f"{pinned[1]} ({self.path}:{line})"
                continue
            number = self._nearest(slot)
            if number is None:
                self.kept[slot] = "no step has anything to do with it"
                continue
            for member in self.survey.group(slot):
                self.where[member] = number
            self.notes.append(
                Note(self.steps[number].id, f"{slot.id} is in no step's list; it flips here")
            )

    def _nearest(self, slot: Slot) -> int | None:
        """The step that flips most of what is declared in the functions that use a slot; if
        they declare nothing that flips, of what they use."""
        own: Counter[int] = Counter()
        used: Counter[int] = Counter()
        for item in self.survey.items:
            if slot in item.deps:
                for other in item.deps & self.where.keys():
                    used[self.where[other]] += 1
                    own[self.where[other]] += other.function == item.function
        votes = +own or used
        if votes:
            most = max(votes.values())
            return max(n for n, count in votes.items() if count == most)
        return max(self.where.values(), default=None)
