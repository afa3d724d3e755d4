# SPDX-License-Identifier: GPL-2.0-only
"""Text that speaks of the descriptor and could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject
from zpconvert.csource.parse import errors


class Unparsed(Rule):
    """The text is no C to the parser, so nothing in it was checked. That is said and not passed
    over: conflict markers, half an edit, or a macro that stands where C has no place for it.
    """

    code = "ZPC010"
    title = "text that was not checked, because it does not parse"
    headers = True
    VALID: ClassVar = ("static int first(struct desc *desc) { return desc_pfn(desc); }\n",)
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	if (desc_page(desc) = = ) [ desc_page(desc) ;
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        pattern = subject.words.interesting()
        for item in subject.items:
            for node in errors(item) if item.has_error else ():
                if pattern.search(subject.source, node.start_byte, node.end_byte):
                    yield subject.finding(
                        self, node.start_byte, node.end_byte, "this does not parse as C"
                    )
        for item in subject.deep:
            yield subject.finding(
                self, item.start_byte, item.end_byte, "this is nested too deeply to be followed"
            )
