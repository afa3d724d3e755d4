# SPDX-License-Identifier: GPL-2.0-only
"""Comments of C texts, those within directives too."""

from __future__ import annotations

import functools
import re

#: A comment, or a literal or the name of a header, in which there is none.
_TOKEN = re.compile(
    rb"""/\*.*?\*/ | //(?:\\\n|[^\n])*
    | \#[ \t]*include(?:_next)?[ \t]*<[^>\n]*>
    | (?<!\w)(?:u8|u|U|L)?R"(?P<end>[^()\\\s]{0,16})\(.*?\)(?P=end)"
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE,
)
_BLANKS = re.compile(rb"[ \t]+\n")


def comments(text: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the comments in order, wherever they stand; what a string holds is none."""
    return [found.span() for found in _TOKEN.finditer(text) if found[0].startswith(b"/")]


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
