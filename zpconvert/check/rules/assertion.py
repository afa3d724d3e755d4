# SPDX-License-Identifier: GPL-2.0-only
"""A member of the descriptor without an assertion, or an assertion without its member."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject
from zpconvert.check.vocabulary import assertions, code

_ASSERT = r"\b(?:static_assert|_Static_assert|BUILD_BUG_ON)\s*"
_ASSERTED = """\
#define MATCH(old, new) \\
	static_assert(offsetof(struct page, old) == offsetof(struct desc, new))
MATCH(flags, flags);
static_assert(sizeof(struct desc) <= sizeof(struct page));
"""


class Assertion(Rule):
    """The descriptor overlays another struct for now. Only assertions keep the two in step: each
    member of the descriptor is paired with the member it lies over, and the whole is no longer
    than the old struct. Whoever edits the struct edits them with it.

    Members that only fill (named after the old struct, as `__page_lru`) need none.
    """

    code = "ZPC008"
    title = "the descriptor's struct edited without its assertion"
    sources = False
    headers = True
    VALID: ClassVar = (
        "struct desc {\n\tunsigned long flags;\n\tvoid *__page_lru;\n};\n" + _ASSERTED,
    )
    INVALID: ClassVar = (
        "struct desc {\n\tunsigned long flags;\n\tunsigned long extra;\n};\n" + _ASSERTED,
        "struct desc {\n\tunsigned long other; /* zpconvert: allow ZPC008 an example */\n};\n"
        + _ASSERTED,
        """\
struct desc {
	unsigned long flags;
};
static_assert(offsetof(struct page, flags) == offsetof(struct desc, flags));
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        descriptor, unit = subject.words.descriptor, subject.unit
        members = unit.structs.get(descriptor.new_type)
        if members is None:
            return
        pairs = list(assertions(descriptor, unit))
        asserted = {new for _, new, _ in pairs}
        filler = f"__{descriptor.replaces}_"
        for name, member in members.items():
            if name not in asserted and not name.startswith(filler):
                at = member.declarator.name or member.declaration
                yield subject.finding(
                    self, at.start_byte, at.end_byte, f"no assertion pairs member '{name}'"
                )
        for _, name, byte in pairs:
            if name not in members:
                yield subject.finding(
                    self, byte, byte + 1, f"{descriptor.new_type} has no member '{name}'"
                )
        text, tag = code(unit), rf"struct\s+{descriptor.name}"
        if not re.search(rf"{_ASSERT}\(\s*sizeof\s*\(\s*{tag}\s*\)".encode(), text):
            head = re.search(rf"\b{tag}\s*{{".encode(), text)
            if head is not None:
                yield subject.finding(
                    self,
                    head.start(),
                    head.end(),
                    f"no assertion about the size of {descriptor.new_type}",
                )
