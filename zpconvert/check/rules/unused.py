# SPDX-License-Identifier: GPL-2.0-only
"""A helper of the descriptor's header that nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject

_REMARK = re.compile(rb"/\*.*?\*/|//[^\n]*", re.S)
_WORD = re.compile(rb"\w+")


class UnusedHelper(Rule):
    """A helper comes with its first use and goes with its last. One that waits for a user is
    code that nothing tests; reviewers asked for it to be left out.

    A helper that the descriptor's table marks as kept may wait. Looked at are the files that
    include the header, from its own directory and the conversion's list; a header below an
    include directory can be used from anywhere, and nothing is said about it.
    """

    code = "ZPC007"
    title = "a helper that is defined and unused"
    sources = False
    headers = True
    VALID: ClassVar = (
        """\
struct desc;
static inline void desc_used(struct desc *desc)
{
	used_page(desc);
}
""",
    )
    INVALID: ClassVar = (
        """\
struct desc;
static inline void desc_unused(struct desc *desc)
{
	used_page(desc);
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        unit, words = subject.unit, subject.words
        keep = {h.name for h in words.descriptor.helpers if h.keep} | words.casts
        bodies = {
            name.encode(): b" ".join(subject.source[d.start_byte : d.end_byte] for d in definitions)
            for name, function in unit.functions.items()
            if (definitions := function.definitions) and function.static
        }
        unused = set(bodies)
        for kept in keep:
            _use(kept.encode(), unused, bodies)
        known = False
        for text in subject.users():
            known = True
            _use(text, unused, bodies)
            if not unused:
                return
        for helper in sorted(name.decode() for name in unused) if known else ():
            node, declarator = unit.functions[helper].declarations[0]
            at = declarator.name or node
            yield subject.finding(
                self, at.start_byte, at.end_byte, f"helper {helper}() is defined and unused"
            )


def _use(text: bytes, unused: set[bytes], bodies: dict[bytes, bytes]) -> None:
    """Strike off what a text uses, and what that uses."""
    waiting = [text]
    while waiting and unused:
        new = unused.intersection(_WORD.findall(_REMARK.sub(b" ", waiting.pop())))
        unused -= new
        waiting += [bodies[name] for name in new]
