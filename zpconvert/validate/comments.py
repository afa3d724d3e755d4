# SPDX-License-Identifier: GPL-2.0-only
"""Comments of C texts, those within directives too."""

from __future__ import annotations

import functools
import re

from zpconvert.csource import mask

_DIRECTIVE = re.compile(rb"(?m)^([ \t]*)#")
_BLANKS = re.compile(rb"[ \t]+\n")


def comments(text: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the comments in order, wherever they stand; what a string holds is none."""
    # the scanner takes a directive as a whole: without its mark it is words like others
    return mask.comments(_DIRECTIVE.sub(rb"\1 ", text))


@functools.lru_cache(maxsize=256)
def uncommented(text: bytes) -> bytes:
    """C text with each comment replaced by the white space it stands for and its line ends."""
    if b"/*" not in text and b"//" not in text:
        return _BLANKS.sub(b"\n", text)
    out, at = [], 0
    for start, end in comments(text):
        out += [text[at:start], b" " + b"\n" * text.count(b"\n", start, end)]
        at = end
    return _BLANKS.sub(b"\n", b"".join([*out, text[at:]]))
