# SPDX-License-Identifier: GPL-2.0-only
"""A helper of the descriptor's header that nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject

_REMARK = re.compile(rb"/\*.*?\*/|//[^\n]*", re.S)


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
        users = [_REMARK.sub(b" ", text) for text in subject.users().values()]
        if not users:
            return
        unit, words = subject.unit, subject.words
        keep = {h.name for h in words.descriptor.helpers if h.keep} | words.casts
        bodies = {
            name: b" ".join(subject.source[d.start_byte : d.end_byte] for d in f.definitions)
            for name, f in unit.functions.items()
            if f.definitions and f.static
        }
        used = {n for n in bodies if n in keep or any(_names(n, text) for text in users)}
        waiting = list(used)
        while waiting:
            text = _REMARK.sub(b" ", bodies[waiting.pop()])
            new = {n for n in bodies.keys() - used if _names(n, text)}
            used |= new
            waiting += new
        for name in bodies.keys() - used:
            node, declarator = unit.functions[name].declarations[0]
            at = declarator.name or node
            yield subject.finding(
                self, at.start_byte, at.end_byte, f"helper {name}() is defined and unused"
            )


def _names(name: str, text: bytes) -> bool:
    return re.search(rf"\b{name}\b".encode(), text) is not None
