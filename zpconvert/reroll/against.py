# SPDX-License-Identifier: GPL-2.0-only
"""Where a posted series is not what the tool writes now: patch by patch, hunk by hunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from zpconvert.git.hunks import FileHunks, Hunk, placed
from zpconvert.mail.posted import PostedPatch
from zpconvert.reroll.changes import body
from zpconvert.reroll.pairing import Pairing


@dataclass(frozen=True)
class Difference:
    """patch: its number now, posted: its number then, None where there is none. path, line:
    of the hunk's first change in the file before the patch (1-based, now if there is a hunk
    now), empty and 0 if it is not about a hunk. text: one sentence without a full stop."""

    patch: int | None
    posted: int | None
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        names = [
            f"{word} {number}"
            for word, number in (("patch", self.patch), ("posted", self.posted))
            if number is not None
        ]
        place = f"{self.path}:{self.line}: " if self.path else ""
        return f"{', '.join(names)}: {place}{self.text}"


def differences(
    old: Sequence[PostedPatch], new: Sequence[PostedPatch], pairing: Pairing
) -> Iterator[Difference]:
    """All differences, in the order of the new patches, the posted ones without one last.

    Line numbers are none: a hunk that stands elsewhere applies there.
    """
    for patch in new:
        number = pairing.old.get(patch.number)
        if number is None:
            yield Difference(patch.number, None, "", 0, f'not posted: "{patch.subject}"')
        else:
            yield from _pair(old[number - 1], patch, patch.number in pairing.moved)
    for patch in old:
        if pairing.new(patch.number) is None:
            home = pairing.folded.get(patch.number)
            said = f"now in patch {home}" if home is not None else "not written any more"
            yield Difference(None, patch.number, "", 0, f'{said}: "{patch.subject}"')


def _pair(old: PostedPatch, new: PostedPatch, moved: bool) -> Iterator[Difference]:
    def found(text: str, path: str = "", line: int = 0) -> Difference:
        return Difference(new.number, old.number, path, line, text)

    if moved:
        yield found("stands in another place")
    if old.subject != new.subject:
        yield found(f'the subject is "{new.subject}", posted as "{old.subject}"')
    if body(old.message) != body(new.message):
        yield found("the message is another one")
    elif old.message.split() != new.message.split() and old.subject == new.subject:
        yield found("the trailers are others")
    posted = {file.path: file for file in old.files}
    for file in new.files:
        other = posted.pop(file.path, None)
        if other is None:
            yield found(f"{file.path} was not changed")
            continue
        for line, text in _hunks(other, file):
            yield found(text, file.path, line)
    for path in posted:
        yield found(f"{path} is not changed any more")


def _hunks(old: FileHunks, new: FileHunks) -> Iterator[tuple[int, str]]:
    matcher = SequenceMatcher(
        None, [hunk.lines for hunk in old.hunks], [hunk.lines for hunk in new.hunks], autojunk=False
    )
    for word, i, j, k, m in matcher.get_opcodes():
        if word == "equal":
            continue
        before, after = old.hunks[i:j], new.hunks[k:m]
        if not after:
            for hunk in before:
                yield _line(hunk), f"no such hunk any more{_where(old, hunk)}"
        elif not before:
            for hunk in after:
                yield _line(hunk), f"a hunk that was not posted{_where(new, hunk)}"
        else:
            for n, hunk in enumerate(after):
                then = before[min(n, len(before) - 1)]
                yield _line(hunk), f"{_kind(then, hunk)}{_where(new, hunk)}"


def _line(hunk: Hunk) -> int:
    """Where the hunk's first change is, before it."""
    return hunk.old + next(n for n, line in enumerate(hunk.lines) if line[0] in "+-")


def _kind(old: Hunk, new: Hunk) -> str:
    changed = [[line for line in hunk.lines if line[0] in "+-"] for hunk in (old, new)]
    if changed[0] == changed[1]:
        return "the same change among other lines"
    removed = [[line for line in lines if line[0] == "-"] for lines in changed]
    return "another change" if removed[0] == removed[1] else "a change of other code"


def _where(file: FileHunks, hunk: Hunk) -> str:
    """`, in f() and g()`: the functions that a hunk changes."""
    names = dict.fromkeys(
        place.name
        for place, line in placed(replace(file, hunks=(hunk,)))
        if line[0] in "+-" and place.name
    )
    words = [name if " " in name else f"{name}()" for name in names]
    return f", in {' and '.join(words)}" if words else ""
