# SPDX-License-Identifier: GPL-2.0-only
"""All rules over one file, and the edits that mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from zpconvert.check.allowed import silenced
from zpconvert.check.model import Finding, Fix, Rule
from zpconvert.check.rules import RULES
from zpconvert.check.rules.unparsed import Unparsed
from zpconvert.check.subject import Subject

Make = Callable[[bytes], Subject]


def findings(make: Make, source: bytes, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """What the rules find in a file, in its order, silenced findings left out.

    make: the file's text → the subject of the check.
    """
    try:
        subject = make(source)
        found = [
            f
            for rule in rules
            if (rule.headers if subject.header else rule.sources)
            for f in rule.check(subject)
        ]
    except RecursionError:  # the parser goes deeper than Python does
        return [_too_deep(make)]
    quiet = silenced(source, subject.unit.masked.tokens)
    return sorted(
        (f for f in set(found) if f.code not in quiet.get(f.line, ())),
        key=lambda f: (f.line, f.column, f.code, f.message),
    )


def _too_deep(make: Make) -> Finding:
    return Finding(
        make(b"").path, 1, 1, Unparsed.code, "this is nested too deeply to be followed", 1
    )


def mended(make: Make, source: bytes) -> tuple[bytes, int]:
    """A file with everything mended that can be, and how many findings that were.

    A pass takes the outermost of nested edits. Each edit takes a cast away and brings none, so
    there is a last pass.
    """
    count = 0
    while fixes := [f.fix for f in findings(make, source) if f.fix is not None]:
        source, made = apply(source, fixes)
        count += made
    return source, count


def apply(source: bytes, fixes: Iterable[Fix]) -> tuple[bytes, int]:
    """The text with the outermost edits made, and how many they are."""
    out, at, made = [], 0, 0
    for fix in sorted(fixes, key=lambda f: (f.start, -f.end)):
        if fix.start >= at:
            out += [source[at : fix.start], fix.text]
            at, made = fix.end, made + 1
    return b"".join([*out, source[at:]]), made
