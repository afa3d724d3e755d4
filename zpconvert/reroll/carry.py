# SPDX-License-Identifier: GPL-2.0-only
"""What a person changed in posted messages, carried over into the next revision.

Three texts: what the tool wrote then, what is in the mail, what the tool writes now. Changes
of both sides are joined line by line; where they meet in the same lines, the person's stand,
and the other text is shown. Trailers are joined one by one: what was added in the mail stays,
what was taken out of it stays out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zpconvert.git.command import sealed_git
from zpconvert.mail.message import ORDER
from zpconvert.process import ProcessError
from zpconvert.scratch import scratch_directory

_TRAILER = re.compile(r"(?P<token>[A-Z][A-Za-z-]*): (?P<value>\S.*)")


@dataclass(frozen=True)
class Conflict:
    """Where a person and the tool changed the same: what stands now, and what does not."""

    what: str
    kept: str
    passed_over: str


@dataclass(frozen=True)
class Carried:
    """A text joined from both sides. edited: the person's changes are in it."""

    text: str
    edited: bool
    conflicts: tuple[Conflict, ...] = ()


def message(then: str, mailed: str, now: str) -> Carried:
    """A commit message of the new revision.

    then, now: as the tool wrote and writes it; mailed: as it was posted.
    """
    parts = [_split(text) for text in (then, mailed, now)]
    subject = _either("subject", *(part[0] for part in parts))
    body = text("message", *(part[1] for part in parts))
    trailers = _trailers(*(part[2] for part in parts))
    block = "".join(f"{line}\n" for line in trailers)
    whole = f"{subject.text}\n\n{body.text.strip(chr(10))}\n" + (f"\n{block}" if block else "")
    return Carried(whole, whole != now, subject.conflicts + body.conflicts)


def text(what: str, then: str, mailed: str, now: str) -> Carried:
    """Running text of the new revision; what: its name, for conflicts. As `message`."""
    if mailed in (then, now):
        return Carried(now, False)
    if now == then:
        return Carried(mailed, True)
    joined = _merge(mailed, then, now)
    if joined is not None:
        return Carried(joined, joined != now)
    kept = _merge(mailed, then, now, "--ours")
    other = _merge(mailed, then, now, "--theirs")
    assert kept is not None
    assert other is not None
    return Carried(kept, True, (_differing(what, kept, other),))


def _split(message: str) -> tuple[str, str, tuple[str, ...]]:
    """Subject, body and trailers of a message."""
    subject, _, rest = message.rstrip("\n").partition("\n")
    lines = rest.strip("\n").split("\n")
    at = len(lines)
    while at and _TRAILER.fullmatch(lines[at - 1]):
        at -= 1
    return subject, "\n".join(lines[:at]).strip("\n") + "\n", tuple(lines[at:])


def _either(what: str, then: str, mailed: str, now: str) -> Carried:
    """One line, which cannot be joined."""
    if mailed in (then, now):
        return Carried(now, False)
    conflicts = () if now == then else (Conflict(what, mailed, now),)
    return Carried(mailed, True, conflicts)


def _trailers(then: Sequence[str], mailed: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """The tool's trailers now, with what was added and without what was removed by hand, each
    new one behind those of its kind and of the kinds before it."""
    if list(now) == list(then):
        return tuple(mailed)
    found = [line for line in now if line in mailed or line not in then]
    for line in mailed:
        if line not in then and line not in found:
            at = max((n + 1 for n, one in enumerate(found) if _rank(one) <= _rank(line)), default=0)
            found.insert(at, line)
    return tuple(found)


def _rank(line: str) -> int:
    token = line.partition(":")[0]
    return next((n for n, group in enumerate(ORDER) if token in group), len(ORDER))


def _merge(ours: str, base: str, theirs: str, *words: str) -> str | None:
    """git merge-file(1) of three texts; None where they collide (and `words` do not say what
    to do then)."""
    with scratch_directory() as place:
        names = []
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (place / name).write_text(content, encoding="utf-8", newline="")
            names.append(name)
        try:
            merged = sealed_git(place, "merge-file", "-p", *words, *names)
        except ProcessError as error:
            # the exit code is the number of conflicts, up to 127
            if error.code is not None and 0 < error.code < 128:
                return None
            raise
        return merged.text


def _differing(what: str, kept: str, other: str) -> Conflict:
    """The lines in which two texts differ, from the first of them to the last."""
    ours, theirs = kept.splitlines(), other.splitlines()
    start = next(
        (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    return Conflict(
        what,
        "\n".join(ours[start : len(ours) - end]),
        "\n".join(theirs[start : len(theirs) - end]),
    )
