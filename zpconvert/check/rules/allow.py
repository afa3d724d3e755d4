# SPDX-License-Identifier: GPL-2.0-only
"""A comment that silences a rule without saying why, or names a rule that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.allowed import remarks
from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject


class Allow(Rule):
    """`// zpconvert: allow CODE reason` silences a rule on its line (so does the same between
    `/*` and `*/`; several codes are joined by commas). Without a reason it silences nothing:
    the next reader has to know whether it still holds.
    """

    code = "ZPC009"
    title = "an allow comment without a code or a reason"
    headers = True
    VALID: ClassVar = (
        "static int a; // zpconvert: allow ZPC001 the callback's signature is not ours\n",
        "static int a; /* zpconvert: allow ZPC001,ZPC003 hardware gives us pages */\n",
    )
    INVALID: ClassVar = (
        "static int a; // zpconvert: allow ZPC001\n",
        "static int a; /* zpconvert: allow ZPC999 no such rule */\n",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        from zpconvert.check.rules import BY_CODE

        for remark in remarks(subject.source, subject.unit.masked.tokens):
            unknown = [c for c in remark.codes if c not in BY_CODE]
            if not remark.codes:
                text = "allow comment names no rule"
            elif unknown:
                text = f"allow comment names no rule: there is no {', '.join(unknown)}"
            elif not remark.reason:
                text = "allow comment gives no reason, so it allows nothing"
            else:
                continue
            yield subject.finding(self, remark.start, remark.end, text)
