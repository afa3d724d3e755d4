# SPDX-License-Identifier: GPL-2.0-only
"""Comments and kernel-doc as the kernel writes them, within 80 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

_WIDTH = 78


def block(text: str) -> list[str]:
    """A comment block: paragraphs (blank lines between them) wrapped anew."""
    return ["/*", *_body(text), " */"]


def kernel_doc(subject: str, text: str, parameters: Iterable[tuple[str, str]]) -> list[str]:
    """A kernel-doc comment (Documentation/doc-guide/kernel-doc.rst).

    subject: `name()`, `struct name`. text: the short description, as its first paragraph,
    and more. parameters: names and what they are.
    """
    brief, *more = _paragraphs(text)
    lines = ["/**", *_hanging(f"{subject} - {brief}", "\t\t")]
    for name, doc in parameters:
        lines += _hanging(f"@{name}: {doc}", "\t")
    for paragraph in more:
        lines += [" *", *_body(paragraph)]
    return [*lines, " */"]


def split_parameters(text: str) -> tuple[str, dict[str, str]]:
    """A helper's `doc` without its `@name: what it is` lines, and those."""
    found = dict(re.findall(r"^@(\w+):\s*(.*?)\s*$", text, re.MULTILINE))
    return re.sub(r"^@\w+:.*\n?", "", text, flags=re.MULTILINE).strip(), found


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def _body(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in _paragraphs(text):
        lines += [" *"] if lines else []
        lines += [f" * {line}" for line in _wrap(paragraph, _WIDTH - 3)]
    return lines


def _hanging(text: str, indent: str) -> list[str]:
    """A kernel-doc line; continued lines are indented by tabs after the star."""
    first, *rest = _wrap(text, _WIDTH - 3)
    if not rest:
        return [f" * {first}"]
    width = _WIDTH - 8 * len(indent)
    remaining = text[len(first) :].strip()
    return [f" * {first}", *(f" *{indent}{line}" for line in _wrap(remaining, width))]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
