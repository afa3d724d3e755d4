# SPDX-License-Identifier: GPL-2.0-only
"""A comment that still names a member of the old struct."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject


class Comment(Rule):
    """The code speaks of the descriptor's members; a comment that names the old struct's sends
    the reader to the wrong definition. Review of the reference series found such comments by
    hand, revision after revision.
    """

    code = "ZPC006"
    title = "a comment that names a replaced member"
    VALID: ClassVar = (
        """\
/* desc->handle holds the handle; the page is mapped only while it is read. */
static int users;
""",
    )
    INVALID: ClassVar = (
        """\
/* The handle is in page->index, the owner in first_page->private. */
static int users;
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        old, overlays = subject.words.descriptor.replaces, subject.words.overlays
        if not overlays:
            return
        members = "|".join(sorted(map(re.escape, overlays)))
        pattern = re.compile(rf"\b\w*{old}s?(?:->|\.|::)({members})\b".encode())
        for start, end in subject.unit.masked.comments:
            for found in pattern.finditer(subject.source, start, end):
                over = overlays[found[1].decode()]
                text = found[0].decode("utf-8", "replace")
                names = " or ".join(f"{subject.words.descriptor.name}->{n}" for n in over)
                yield subject.finding(
                    self, found.start(), found.end(), f"comment names '{text}', now {names}"
                )
