# SPDX-License-Identifier: GPL-2.0-only
"""Diffs and listings as coloured HTML; the colours are in style.css."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.diff import DiffLexer


def diff(text: str) -> Markup:
    """A unified diff, escaped, with Pygments' short class names."""
    lexer = DiffLexer(stripnl=False, ensurenl=False)
    return Markup(highlight(text, lexer, HtmlFormatter(nowrap=True)))


def compared(before: Sequence[str], after: Sequence[str]) -> Markup:
    """Two listings as a diff."""
    lines = difflib.unified_diff(before, after, "before", "after", lineterm="")
    return diff("\n".join(lines))
