# SPDX-License-Identifier: GPL-2.0-only
"""The changelog of a revision, in the kernel's form, from what really changed.

`Changes in v3:` and one item a change: below the `---` of each mail, and in the cover letter
for the series. Where the history that is carried along has `v1->v2:`, so has the new part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from zpconvert.conversion.model import ChangelogItem
from zpconvert.mail.cover import Base, Measured
from zpconvert.mail.message import wrap
from zpconvert.mail.posted import PostedPatch, PostedSeries
from zpconvert.plural import counted
from zpconvert.reroll.changes import Changes, compare, introduced, rebased_lines, without
from zpconvert.reroll.pairing import Pairing

#: Where the kernel's lists are archived, by Message-ID.
_ARCHIVE = "https://lore.kernel.org/r/"
#: Names in one item before the rest is a number.
_NAMES = 6
_ARROW = re.compile(r"^v\d+ ?-+> ?v\d+", re.MULTILINE)


@dataclass(frozen=True)
class Revision:
    """What the two revisions of a series are. bases: what the posted one and the new one are
    for; measured: what was, and is; the posted half of either is None if it is not known.
    asked: what the conversion says of revisions, by step; of the series under None."""

    number: int
    old: PostedSeries
    new: tuple[PostedPatch, ...]
    pairing: Pairing
    bases: tuple[Base | None, Base]
    measured: tuple[Measured | None, Measured]
    asked: dict[str | None, tuple[ChangelogItem, ...]] = field(default_factory=dict)

    @cached_property
    def lines(self) -> frozenset[str]:
        """Lines of either base that the other has not, as far as the patches show it."""
        return rebased_lines(self.old.patches, self.new) if self.rebased else frozenset()

    @property
    def rebased(self) -> bool:
        """The base is known to be another one, or not known to be the same."""
        old, new = self.bases
        if old is None:
            return True
        return old.commit != new.commit if old.commit and new.commit else old.source != new.source

    def posted(self, patch: PostedPatch) -> PostedPatch | None:
        """The posted revision of a new patch."""
        number = self.pairing.old.get(patch.number)
        return self.old.patches[number - 1] if number is not None else None

    def changes(self, patch: PostedPatch, old: PostedPatch) -> Changes:
        """What is different in a patch, apart from what patches folded into it or split out
        of it account for."""
        folded = [n for n, home in self.pairing.folded.items() if home == patch.number]
        split = [n for n, origin in self.pairing.split.items() if origin == old.number]
        moved = [self.old.patches[n - 1] for n in folded] + [self.new[n - 1] for n in split]
        return without(compare(old, patch, self.lines), moved)


def declared(items: Iterable[ChangelogItem], upto: int) -> str:
    """What a conversion says of revisions, the last first; empty if it says nothing."""
    by: dict[int, list[str]] = {}
    for item in items:
        if item.revision <= upto:
            by.setdefault(item.revision, []).append(_asked(item))
    return "\n\n".join(section(number, by[number], "") for number in sorted(by, reverse=True))


def section(number: int, items: Sequence[str], history: str) -> str:
    """The part of a changelog that is about one revision, without a final newline."""
    arrow = _ARROW.search(history) is not None and number > 1
    heading = f"v{number - 1}->v{number}:" if arrow else f"Changes in v{number}:"
    return "\n".join((heading, *(wrap(f"- {item}") for item in items)))


def with_history(part: str, history: str) -> str:
    """A new part on top of what earlier revisions said."""
    return f"{part}\n\n{history}" if history else part


def remarked(remarks: str, said: str) -> str:
    """What is said to reviewers on top of a changelog; either may be empty."""
    return "\n\n".join(filter(None, (remarks, said)))


def note(revision: Revision, patch: PostedPatch) -> str:
    """What stands below the `---` of a patch: the remarks that it has there, this revision, and
    those before it."""
    old = revision.posted(patch)
    remarks, history = _remarks(patch, old) if old is not None else (patch.notes, "")
    items = [*_asked_of(revision, patch.step), *_patch_items(revision, patch, old)]
    said = section(revision.number, items or ["no change"], history)
    return remarked(remarks, with_history(said, history))


def _remarks(patch: PostedPatch, old: PostedPatch) -> tuple[str, str]:
    """The remarks of a patch, and the posted notes without those that they take the place of.

    What a person made of posted remarks stands, unless the tool's are others now. Without a
    record, what the tool wrote then is taken to be what it writes now.
    """
    then = patch.notes if old.remarks is None else old.remarks
    if then and then in old.notes:
        rest = (part.strip("\n") for part in old.notes.split(then, 1))
        return patch.notes, "\n\n".join(filter(None, rest))
    return "" if then == patch.notes else patch.notes, old.notes


def cover(revision: Revision) -> str:
    """This revision's part of the cover letter's changelog."""
    old = revision.old
    items = [*_asked_of(revision, None), *_series_items(revision)]
    if old.message_id is not None:
        items.append(f"Link to v{old.revision}: {_ARCHIVE}{old.message_id}")
    history = old.cover.history if old.cover is not None else ""
    return section(revision.number, items or ["no change"], history)


def _asked_of(revision: Revision, step: str | None) -> list[str]:
    items = revision.asked.get(step, ())
    return [_asked(item) for item in items if item.revision == revision.number]


def _asked(item: ChangelogItem) -> str:
    name = item.asked.partition(" <")[0] if item.asked is not None else ""
    return f"{item.text} ({name})" if name else item.text


def _patch_items(revision: Revision, patch: PostedPatch, old: PostedPatch | None) -> Iterator[str]:
    pairing, before = revision.pairing, f"v{revision.old.revision}"
    if old is None:
        origin = pairing.split.get(patch.number)
        if origin is None:
            yield "new patch"
        else:
            yield f'split out of patch {origin} of {before}, "{_subject(revision.old, origin)}"'
        return
    if old.subject != patch.subject:
        yield f'was "{old.subject}"'
    if patch.number in pairing.moved:
        yield f"was patch {old.number} of {before}"
    for number, home in pairing.folded.items():
        if home == patch.number:
            yield f'fold in patch {number} of {before}, "{_subject(revision.old, number)}"'
    changes = revision.changes(patch, old)
    if changes.body:
        yield "edit the message"
    yield from _code_items(revision, changes)


def _code_items(revision: Revision, changes: Changes) -> Iterator[str]:
    """What the patch does to the code, helpers first."""
    fresh, stale = _helpers(revision)
    for name in changes.arrived:
        yield f"add {name}()" if name in fresh else f"{name}() comes with this patch"
    for name in changes.departed:
        yield f"drop {name}()" if name in stale else f"{name}() comes with another patch"
    if changes.base:
        yield f"follow the new base in {_list(changes.base)}"
    if changes.code:
        yield f"change the code of {_list(changes.code)}"
    if changes.gained:
        yield f"change {_list(changes.gained)} too"
    if changes.lost:
        yield f"no longer change {_list(changes.lost)}"


def _series_items(revision: Revision) -> Iterator[str]:
    pairing, old = revision.pairing, revision.old
    yield from _base_items(revision)
    kept = set(pairing.old.values()) | pairing.folded.keys()
    gone = {step.subject: step.reason for step in revision.measured[1].steps if step.gone}
    for number in range(1, len(old.patches) + 1):
        if number not in kept:
            name = _subject(old, number)
            reason = gone.get(name)
            yield f'drop patch {number}, "{name}"' + (f": {reason}" if reason else "")
    for number, home in pairing.folded.items():
        yield f'fold patch {number}, "{_subject(old, number)}", into what is patch {home} now'
    for patch in revision.new:
        if patch.number in pairing.split:
            origin = _subject(old, pairing.split[patch.number])
            yield f'split patch {patch.number}, "{patch.subject}", out of "{origin}"'
        elif patch.number not in pairing.old:
            yield f'add patch {patch.number}, "{patch.subject}"'
    for number in sorted(pairing.moved):
        before = pairing.old[number]
        yield f'move "{revision.new[number - 1].subject}" from {before} to {number}'
    yield from _content_items(revision)
    yield from _measured_items(*revision.measured)


def _base_items(revision: Revision) -> Iterator[str]:
    old, new = revision.bases
    if old is None:
        yield f"rebase on {new.source}"
    elif revision.rebased:
        yield f"rebase from {old.source} to {new.source}"


def _content_items(revision: Revision) -> Iterator[str]:
    """What is in the patches that are in both revisions, by their numbers now."""
    pairs = [(patch, old) for patch in revision.new if (old := revision.posted(patch)) is not None]
    found = {patch.number: revision.changes(patch, old) for patch, old in pairs}
    edited = [n for n, changes in found.items() if changes.subject or changes.body]
    if edited:
        yield f"edit the {'messages' if len(edited) > 1 else 'message'} of {_numbers(edited)}"
    fresh, stale = _helpers(revision)
    if fresh:
        yield f"add {_list([f'{name}()' for name in fresh])}"
    if stale:
        yield f"drop {_list([f'{name}()' for name in stale])}"
    follows = [n for n, changes in found.items() if changes.follows]
    if follows:
        yield f"follow the new base in {_numbers(follows)}"
    changed = [n for n, changes in found.items() if changes.differs]
    if changed:
        yield f"change the code of {_numbers(changed)}"


def _helpers(revision: Revision) -> tuple[list[str], list[str]]:
    """Functions that only the new, and only the posted series adds to headers."""
    after = [name for patch in revision.new for name in introduced(patch)]
    before = [name for patch in revision.old.patches for name in introduced(patch)]
    fresh = [name for name in dict.fromkeys(after) if name not in before]
    return fresh, [name for name in dict.fromkeys(before) if name not in after]


def _measured_items(old: Measured | None, new: Measured) -> Iterator[str]:
    if old is None:
        return
    sizes = {(size.object, size.config): size for size in old.sizes}
    for size in new.sizes:
        was = sizes.get((size.object, size.config))
        if was is not None and (was.before, was.after) != (size.before, size.after):
            yield (
                f"{size.object}, {size.config}: {size.before} -> {size.after} bytes, "
                f"was {was.before} -> {was.after}"
            )
    then, now = old.functions, new.functions
    if then is not None and now is not None and then != now:
        change, were = "changes" if now == 1 else "change", "was" if then == 1 else "were"
        yield f"{counted(now, 'function')} {change}, {were} {then}"
    before, after = (f"{m.churn:.2f}" if m.churn is not None else "" for m in (old, new))
    if before and after and before != after:
        yield f"churn {after}, was {before}"


def _subject(series: PostedSeries, number: int) -> str:
    return series.patches[number - 1].subject


def _numbers(numbers: Sequence[int]) -> str:
    """`patch 3`, `patches 1, 3 to 5 and 9`"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = []
    for run in runs:
        words += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(number) for number in run]
    return f"{'patch' if len(numbers) == 1 else 'patches'} {_and(words)}"


def _list(names: Sequence[str]) -> str:
    if len(names) <= _NAMES:
        return _and(names)
    return f"{', '.join(names[: _NAMES - 1])} and {len(names) - _NAMES + 1} more places"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
