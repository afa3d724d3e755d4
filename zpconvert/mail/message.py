# SPDX-License-Identifier: GPL-2.0-only
"""The commit message of a step: subject, wrapped body, trailers in order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from zpconvert.errors import UserError
from zpconvert.git.model import Ident

#: Columns of a message's body (Documentation/process/submitting-patches.rst).
WIDTH = 75

_SIGNOFF = "Signed-off-by"

#: Trailers a step may carry, grouped in the order of "Ordering of commit tags" in
#: Documentation/process/maintainer-tip.rst. Within a group the step's own order stands: a
#: Closes belongs right after its Reported-by (checkpatch's BAD_REPORTED_BY_LINK). The
#: Signed-off-by of the person who runs the tool comes in its own place; a co-developer's
#: follows the Co-developed-by.
ORDER: tuple[tuple[str, ...], ...] = (
    ("Fixes",),
    ("Reported-by", "Closes"),
    ("Suggested-by",),
    ("Co-developed-by",),
    (_SIGNOFF,),
    ("Tested-by",),
    ("Reviewed-by",),
    ("Acked-by",),
    ("Cc",),
    ("Link",),
)
_TOKENS = tuple(token for group in ORDER for token in group)

_PERSON = re.compile(r"[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>")
_ADDRESS = re.compile(r"[^<>@\s]+@[^<>@\s]+")
_URL = re.compile(r"https?://\S+")
_FIXES = re.compile(r'[0-9a-f]{12,40} \(".+"\)')

_ITEM = re.compile(r"(?:[-*+]|\d+[.)]) +(?=\S)")

#: What git-am(1) takes for the end of the message, or for a header of its own.
_ENDS = re.compile(r"(?:---(?:\s|$)|diff -|Index: )")
_HEADER = re.compile(r"(?:From|Date|Subject|Content-Type):", re.IGNORECASE)


def compose(
    prefix: str,
    subject: str,
    body: str,
    trailers: Sequence[tuple[str, str]],
    signoff: Ident | None,
    *,
    where: str,
) -> str:
    """The message of a patch, ending in a newline.

    prefix: as `mm/slub`; subject: without it. signoff: who runs the tool, to sign off.
    where: `conversion.toml:line` of the step, for messages.

    Raises UserError: no body, a line that git am would cut the message at, a trailer that
    is not allowed or not well formed, Signed-off-by without its Co-developed-by.
    """
    if not body.strip():
        raise UserError(where, "the step has no body", "say what it changes and why")
    if not subject.strip() or "\n" in subject.strip():
        raise UserError(where, "the subject is not one line", "give it one")
    title = f"{prefix}: {subject.strip()}" if prefix else subject.strip()
    text = wrap(body)
    _check_body(text, where)
    block = "".join(f"{token}: {value}\n" for token, value in _ordered(trailers, signoff, where))
    return f"{title}\n\n{text}\n" + (f"\n{block}" if block else "")


def wrap(text: str, width: int = WIDTH) -> str:
    """Paragraphs filled to `width` columns, without a final newline.

    A paragraph with an indented line (code, a table) stays as it is; one that begins with a
    list marker is filled item by item, with a hanging indent.
    """
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", text.strip("\n").rstrip())
    return "\n\n".join(_wrap_paragraph(p, width) for p in paragraphs)


def _wrap_paragraph(paragraph: str, width: int) -> str:
    lines = [line.rstrip() for line in paragraph.split("\n")]
    if _ITEM.match(lines[0]):
        return "\n".join(_fill(item, width) for item in _items(lines))
    if any(line[:1] in (" ", "\t") for line in lines):
        return "\n".join(lines)
    return _fill(" ".join(lines), width)


def _items(lines: Sequence[str]) -> Iterator[str]:
    item: list[str] = []
    for line in lines:
        if _ITEM.match(line) and item:
            yield " ".join(item)
            item = []
        item.append(line.strip())
    yield " ".join(item)


def _fill(text: str, width: int) -> str:
    marker = _ITEM.match(text)
    return textwrap.fill(
        " ".join(text.split()),
        width,
        subsequent_indent=" " * marker.end() if marker else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _check_body(text: str, where: str) -> None:
    lines = text.split("\n")
    if _HEADER.match(lines[0]):
        raise UserError(where, f"git am takes {lines[0]!r} for a mail header", "reword the body")
    for line in lines:
        if _ENDS.match(line):
            raise UserError(where, f"git am cuts the message at {line!r}", "indent or reword it")


def _ordered(
    trailers: Sequence[tuple[str, str]], signoff: Ident | None, where: str
) -> Iterator[tuple[str, str]]:
    for token, value in trailers:
        _check_trailer(token, value, where)
    signed = {value for token, value in trailers if token == _SIGNOFF}
    developers = {value for token, value in trailers if token == "Co-developed-by"}
    for person in sorted(signed - developers):
        raise UserError(where, f"{person} has no Co-developed-by", "give both trailers")
    for group in ORDER:
        if group == (_SIGNOFF,) and signoff is not None:
            yield _SIGNOFF, signoff.person
        for token, value in trailers:
            if token in group and token != _SIGNOFF:
                yield token, value
            if token in group and token == "Co-developed-by" and value in signed:
                yield _SIGNOFF, value


def _check_trailer(token: str, value: str, where: str) -> None:
    if token not in _TOKENS:
        allowed = ", ".join(_TOKENS)
        raise UserError(where, f"the trailer {token} is not known", f"use one of {allowed}")
    if token == "Fixes":
        good, form = _FIXES.fullmatch(value), 'a hash of 12 digits and ("subject")'
    elif token in ("Link", "Closes"):
        good, form = _URL.match(value), "a URL"
    elif token == "Cc":
        good, form = _PERSON.match(value) or _ADDRESS.match(value), "an address"
    else:
        good, form = _PERSON.fullmatch(value), "Name <address>"
    if good is None or "\n" in value:
        raise UserError(where, f"{token}: {value!r} is not well formed", f"write {form}")
