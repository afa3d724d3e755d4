# SPDX-License-Identifier: GPL-2.0-only
"""What changed between two revisions of one patch, place by place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from zpconvert.git.hunks import Place, placed
from zpconvert.mail.posted import PostedPatch

_FUNCTION = re.compile(r"\+[A-Za-z_][^;=#]*?\b(\w+)\((?:[^;]*)$")
_TRAILER = re.compile(r"[A-Z][A-Za-z-]*: \S")


@dataclass(frozen=True)
class Changes:
    """Between two revisions of a patch: names of places in the order of the new diff.

    base: what is changed there is other code of the base. code: the same code of the base
    becomes something else. gained, lost: places that only one of the revisions changes.
    arrived, departed: functions that only one revision adds to headers. rebased: the base is
    another one as far as the patches show it.
    """

    subject: bool
    body: bool
    base: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()
    departed: tuple[str, ...] = ()
    rebased: bool = False

    @property
    def same_code(self) -> bool:
        """Both revisions take away and add the same lines."""
        return not (self.follows or self.differs or self.arrived or self.departed)

    @property
    def follows(self) -> bool:
        """Some of it comes from the base."""
        return bool(self.base or (self.rebased and (self.gained or self.lost)))

    @property
    def differs(self) -> bool:
        """Some of it does not."""
        return bool(self.code or (not self.rebased and (self.gained or self.lost)))


def rebased_lines(old: Sequence[PostedPatch], new: Sequence[PostedPatch]) -> frozenset[str]:
    """Lines of the base that only one of two series takes away.

    What a series takes away and did not bring itself is the base's: so this can be told
    without either base, in whatever order the patches come.
    """
    ours, theirs = _taken(new), _taken(old)
    return frozenset((ours - theirs) + (theirs - ours))


def _taken(series: Sequence[PostedPatch]) -> Counter[str]:
    found: Counter[str] = Counter()
    brought: Counter[str] = Counter()
    for patch in series:
        lines = [line for file in patch.files for hunk in file.hunks for line in hunk.lines]
        taken = Counter(line[1:] for line in lines if line[0] == "-")
        found += taken - brought
        brought = brought - taken + Counter(line[1:] for line in lines if line[0] == "+")
    return found


def compare(old: PostedPatch, new: PostedPatch, rebased: frozenset[str]) -> Changes:
    """What is different in `new`; rebased: as `rebased_lines` gives them."""
    ours, theirs = introduced(new), introduced(old)
    moved = {name for name in (*ours, *theirs) if (name in ours) != (name in theirs)}
    after = {place: lines for place, lines in _places(new).items() if place.name not in moved}
    before = {place: lines for place, lines in _places(old).items() if place.name not in moved}
    both = [place for place in after if place in before and after[place] != before[place]]
    elsewhere = {place for place in both if rebased & _only_one(before[place], after[place])}
    return Changes(
        subject=old.subject != new.subject,
        body=body(old.message) != body(new.message),
        base=_names(place for place in both if place in elsewhere),
        code=_names(place for place in both if place not in elsewhere),
        gained=_names(place for place in after if place not in before),
        lost=_names(place for place in before if place not in after),
        arrived=tuple(name for name in ours if name not in theirs),
        departed=tuple(name for name in theirs if name not in ours),
        rebased=bool(rebased),
    )


def _only_one(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Lines that only one of two changes takes away."""
    ours, theirs = (Counter(line[1:] for line in c if line[0] == "-") for c in (before, after))
    return set((ours - theirs) + (theirs - ours))


def without(changes: Changes, patches: Iterable[PostedPatch]) -> Changes:
    """The changes but for the places that these patches explain, which became part of the new
    revision or were part of the old one."""
    known = {name for patch in patches for name in _names(_places(patch))}

    def rest(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in known)

    return replace(
        changes,
        base=rest(changes.base),
        code=rest(changes.code),
        gained=rest(changes.gained),
        lost=rest(changes.lost),
    )


def body(message: str) -> str:
    """The text of a message, without its subject and the trailers at its end."""
    lines = message.rstrip("\n").split("\n")[1:]
    while lines and (_TRAILER.match(lines[-1]) or not lines[-1]):
        lines.pop()
    return "\n".join(lines).strip("\n")


def introduced(patch: PostedPatch) -> tuple[str, ...]:
    """Functions that a patch adds to headers."""
    found = [
        match[1]
        for file in patch.files
        if file.path.endswith(".h")
        for hunk in file.hunks
        for line in hunk.lines
        if (match := _FUNCTION.match(line)) is not None
    ]
    return tuple(dict.fromkeys(found))


def _places(patch: PostedPatch) -> dict[Place, tuple[str, ...]]:
    """The places that a patch changes, with the changed lines. Those around them are the
    base's, or other patches'."""
    found: dict[Place, list[str]] = {}
    for file in patch.files:
        for place, line in placed(file):
            if line[0] in "+-":
                found.setdefault(place, []).append(line)
    return {place: tuple(lines) for place, lines in found.items()}


def _names(places: Iterable[Place]) -> tuple[str, ...]:
    """How a text speaks of places: functions with their (); between them, the file."""
    return tuple(dict.fromkeys(_name(place) for place in places))


def _name(place: Place) -> str:
    if not place.name:
        return place.path
    return place.name if " " in place.name or place.name.isupper() else f"{place.name}()"
