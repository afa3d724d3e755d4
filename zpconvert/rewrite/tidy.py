# SPDX-License-Identifier: GPL-2.0-only
"""Pass 4: stale phrases in comments, functions that lost their last user, the include."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from zpconvert.csource.mask import comments

_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include\b[^\n]*\n", re.M)
_CODE = re.compile(
    rb"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|([A-Za-z_]\w*)""", re.S
)
_CONDITION = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b", re.M)


class Phrase(Protocol):
    """A phrase that became untrue (`zpconvert.conversion.model.Stale`)."""

    @property
    def pattern(self) -> re.Pattern[str]: ...
    @property
    def to(self) -> str: ...
    @property
    def within(self) -> re.Pattern[str] | None: ...


def freshen(text: bytes, phrases: Sequence[Phrase]) -> bytes:
    """Replace stale phrases in the comments of a text, and nowhere else."""
    whole_text = text.decode("utf-8", "surrogateescape")
    if not any(phrase.pattern.search(whole_text) for phrase in phrases):
        return text
    out, at = [], 0
    for start, end in comments(text):
        comment = text[start:end].decode("utf-8", "surrogateescape")
        whole = comment
        for phrase in phrases:
            if phrase.within is None or phrase.within.search(whole):
                comment = phrase.pattern.sub(phrase.to, comment)
        out += [text[at:start], comment.encode("utf-8", "surrogateescape")]
        at = end
    return b"".join([*out, text[at:]])


def identifiers(text: bytes) -> set[str]:
    """The identifiers in a text's code, directives included, comments and strings left out."""
    return {word.decode() for word in _CODE.findall(text) if word}


def unused(
    defined: Mapping[str, Collection[int]],
    texts: Sequence[Collection[str]],
    candidates: Iterable[str],
) -> set[str]:
    """Functions of `candidates` that nothing names any more.

    defined: function → the pieces that define or declare it. texts: the candidates that each
    piece names. A function that only unused ones name is unused too.
    """
    users: dict[str, set[int]] = {name: set() for name in candidates}
    for number, names in enumerate(texts):
        for name in names:
            if name in users:
                users[name].add(number)
    dropped: set[str] = set()
    gone: set[int] = set()
    while True:
        new = {f for f in users.keys() - dropped if users[f] <= gone | set(defined[f])}
        if not new:
            return dropped
        dropped |= new
        gone |= {number for name in new for number in defined[name]}


def add_include(text: bytes, header: str) -> bytes:
    """Include a header after the file's own includes; a file that has it comes back as it is."""
    line = f'#include "{header}"\n'.encode()
    if line in text:
        return text
    at, last = 0, b""
    for match in _INCLUDE.finditer(text):
        if _conditions(text[: match.start()]) == 0:
            at, last = match.end(), match.group()
    apart = b"\n" if b"<" in last else b""
    return text[:at] + apart + line + text[at:]


def without_comments(text: bytes) -> bytes:
    """A text without its comments and the white space around its lines."""
    out, at = [], 0
    for start, end in comments(text):
        out.append(text[at:start])
        at = end
    lines = b"".join([*out, text[at:]]).split(b"\n")
    return b"\n".join(line.strip() for line in lines if line.strip())


def _conditions(text: bytes) -> int:
    """How many `#if`s are open at the end of a text."""
    words = [m.group(1) for m in _CONDITION.finditer(text)]
    return sum(-1 if w == b"endif" else 1 for w in words)
