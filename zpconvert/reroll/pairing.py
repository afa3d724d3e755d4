# SPDX-License-Identifier: GPL-2.0-only
"""Which patch of the new revision is which of the posted one, and what became of the rest."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zpconvert.mail.posted import PostedPatch

#: The share of its changed lines that must be found again for a patch to have gone into
#: another one, or to be another one under a new name.
_SHARE = 0.5
#: Characters of a line that says nothing of where it comes from: `{`, `} else {`, `return;`
_TELLING = 8


@dataclass(frozen=True)
class Pairing:
    """Patches by their 1-based numbers.

    old: new number -> old number, for those that are both. folded: an old number without a
    patch of its own now -> the new one that it went into. split: a new number without an old
    one -> the old one that it was part of. moved: new numbers of patches that come earlier or
    later than the patches around them did.
    """

    old: dict[int, int]
    folded: dict[int, int]
    split: dict[int, int]
    moved: frozenset[int]

    def new(self, number: int) -> int | None:
        """What an old patch is now."""
        return next((new for new, old in self.old.items() if old == number), None)


def pair(old: Sequence[PostedPatch], new: Sequence[PostedPatch]) -> Pairing:
    """Match two revisions: by step where both know it, by subject, and by what they change."""
    found: dict[int, int] = {}
    _by(lambda patch: patch.step, old, new, found)
    _by(lambda patch: patch.subject, old, new, found)
    before = {patch.number: _lines(patch) for patch in old}
    after = {patch.number: _lines(patch) for patch in new}
    _by_lines(before, after, found)
    folded, split = {}, {}
    for number in sorted(before.keys() - set(found.values())):
        grown = {
            n: after[n] - (before[found[n]] if n in found else Counter())
            for n in after
            if n in found
        }
        home = _home(before[number], grown)
        if home is not None:
            folded[number] = home
    for number in sorted(after.keys() - found.keys()):
        back = {o: n for n, o in found.items()}
        shrunk = {o: before[o] - after[back[o]] for o in before if o in back}
        home = _home(after[number], shrunk)
        if home is not None:
            split[number] = home
    return Pairing(found, folded, split, _moved(found))


def _by(
    key: Callable[[PostedPatch], str | None],
    old: Sequence[PostedPatch],
    new: Sequence[PostedPatch],
    found: dict[int, int],
) -> None:
    """Pair the patches that are alone with their key in both revisions."""
    known: Counter[str | None] = Counter(key(patch) for patch in old)
    fresh: Counter[str | None] = Counter(key(patch) for patch in new)
    for patch in new:
        name = key(patch)
        if name is None or patch.number in found or known[name] != 1 or fresh[name] != 1:
            continue
        other = next(one.number for one in old if key(one) == name)
        if other not in found.values():
            found[patch.number] = other


def _by_lines(
    before: dict[int, Counter[str]], after: dict[int, Counter[str]], found: dict[int, int]
) -> None:
    """Pair what is left where most of either side is in the other; the most alike first."""
    likeness = [
        (2 * (before[o] & after[n]).total() / max(1, before[o].total() + after[n].total()), n, o)
        for n in after.keys() - found.keys()
        for o in before.keys() - set(found.values())
    ]
    for share, n, o in sorted(likeness, key=lambda one: (-one[0], one[1:])):
        if share >= _SHARE and n not in found and o not in found.values():
            found[n] = o


def _home(lines: Counter[str], others: dict[int, Counter[str]]) -> int | None:
    """Which of the others holds most of these lines; None if none holds enough."""
    shares = {n: (lines & other).total() / max(1, lines.total()) for n, other in others.items()}
    best = max(shares, key=lambda n: (shares[n], -n), default=None)
    return best if best is not None and shares[best] >= _SHARE else None


def _lines(patch: PostedPatch) -> Counter[str]:
    """The lines that a patch adds and removes, white space aside."""
    found: Counter[str] = Counter()
    for file in patch.files:
        for hunk in file.hunks:
            for line in hunk.lines:
                text = "".join(line[1:].split())
                if line[0] in "+-" and len(text) >= _TELLING:
                    found[line[0] + text] += 1
    return found


def _moved(found: dict[int, int]) -> frozenset[int]:
    """The fewest patches that must be moved to bring the old order into the new one: all but
    a longest run that grows in both (patience sorting)."""
    order = sorted(found)
    tails: list[int] = []
    at: list[int] = []
    behind: dict[int, int | None] = {}
    for number in order:
        place = bisect_left(tails, found[number])
        behind[number] = at[place - 1] if place else None
        tails[place : place + 1] = [found[number]]
        at[place : place + 1] = [number]
    kept: set[int] = set()
    last = at[-1] if at else None
    while last is not None:
        kept.add(last)
        last = behind[last]
    return frozenset(order) - kept
