# SPDX-License-Identifier: GPL-2.0-only
"""What can be told of a commit message without understanding it.

Whether a sentence is imperative cannot, and is left to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from zpconvert.mail.message import WIDTH

#: Columns of a subject with its prefix: 70-75 by submitting-patches.rst.
SUBJECT_WIDTH = 75

_TRAILER = re.compile(r"(?:[A-Z][A-Za-z-]+-by|Link|Cc|Fixes|Closes): \S")
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
_WORD = re.compile(r"[\w./+-]*[\w/]")


@dataclass(frozen=True)
class Finding:
    """`line` is 1-based within the message; `rule` a short name, `text` one sentence."""

    line: int
    rule: str
    text: str


def lint(message: str, *, prefix: str, functions: Collection[str]) -> tuple[Finding, ...]:
    """Findings in a commit message, in the order of its lines.

    prefix: what the subject must begin with, as `mm/slub`. functions: names of the
    functions of the touched files, before and after: in the body they are followed by
    `()`. Names without an underscore are words of English as often as not; they pass.
    """
    lines = message.rstrip("\n").split("\n")
    found = [*_subject(lines[0], prefix), *_body(lines, functions)]
    return tuple(sorted(found, key=lambda finding: finding.line))


def _subject(subject: str, prefix: str) -> Iterator[Finding]:
    if not subject.startswith(f"{prefix}: "):
        yield Finding(1, "subject-prefix", f"the subject does not begin with '{prefix}: '")
    if len(subject) > SUBJECT_WIDTH:
        text = f"the subject has {len(subject)} columns, more than {SUBJECT_WIDTH}"
        yield Finding(1, "subject-length", text)
    if subject.endswith("."):
        yield Finding(1, "subject-dot", "the subject ends in a full stop")


def _body(lines: list[str], functions: Collection[str]) -> Iterator[Finding]:
    if len(lines) > 1 and lines[1]:
        yield Finding(2, "subject-blank", "no blank line after the subject")
    body = [(n, line) for n, line in enumerate(lines[1:], 2) if not _TRAILER.match(line)]
    if not any(line.strip() for _, line in body):
        yield Finding(1, "body-missing", "the message has no body")
    named = {name for name in functions if "_" in name}
    for number, line in body:
        if len(line) > WIDTH and " " in line.strip():
            text = f"the line has {len(line)} columns, more than {WIDTH}"
            yield Finding(number, "body-width", text)
        if line[:1] not in (" ", "\t"):
            for name in _bare(line, named):
                yield Finding(number, "function-name", f"write {name}(), with parentheses")


def _bare(line: str, named: Collection[str]) -> Iterator[str]:
    """Function names in a line of prose that lack their `()`."""
    prose = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), line)
    for word in _WORD.finditer(prose):
        if prose[: word.start()].endswith(("struct ", "union ", "enum ", "->")):
            continue
        parts = word[0].rstrip(".").split("/")
        called = prose[word.end() :].startswith("(")
        bare = [name for name in parts if name in named]
        if len(bare) == len(parts):
            yield from bare[:-1] if called else bare
