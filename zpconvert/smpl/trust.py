# SPDX-License-Identifier: GPL-2.0-only
"""What spatch may be given without the user's consent: text that can run nothing.

`concern` does not parse SmPL. It refuses whatever could be a script, or a file that spatch
reads, and some harmless text with it: a reader that takes a text otherwise than spatch does
would let scripts through. Seen with spatch 1.1.1: between the words of a rule's head it passes
over comments, line ends and the sign at the start of a line; it takes `#include` with a sign
before it; it obeys a line `# spatch …` in any column, in comments too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zpconvert.errors import UserError

#: Lines that hold options. spatch wants no more than the beginning of the word.
_OPTION_LINE = re.compile(
    rb"^[ \t\r\v\f]*#[ \t\r\v\f#]*spatch(?P<options>[^\n]*)", re.IGNORECASE | re.MULTILINE
)
#: Comments and virtual rules up to a first head in column 1: nothing is open before any of it.
_PREAMBLE = re.compile(
    rb"(?:[ \t]*\r?\n"
    rb"|[ \t]*//[^\n\r\v\f]*\r?\n"
    rb"|[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*\r?\n"
    rb"|[ \t]*virtual[ \t]+\w+(?:[ \t]*,[ \t\r\n]*\w+)*[ \t]*;?[ \t]*(?://[^\n\r\v\f]*)?\r?\n"
    rb")*+"
)
#: Words that begin a script, read a file, or pass on another rule. What follows on the same
#: line can show that a word is none of these: `script(x)`, `p->initialize = 1`. Signs cannot,
#: spatch passes over some of them.
_WORD = re.compile(
    rb"(?P<word>script|initialize|finalize|using)(?![A-Za-z0-9_])"
    rb"(?![ \t]*(?:[A-Za-z0-9_(.,;)\[\]=&|{}]|->))|(?P<extends>extends)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)

_consented: set[bytes] = set()


@dataclass(frozen=True)
class Concern:
    """Why a text may not be given to spatch; `line` is 1-based."""

    line: int
    what: str

    def error(self, where: str) -> UserError:
        """The error to raise for it."""
        return UserError(
            where,
            f"{self.what} in a semantic patch from outside the package",
            "read it, then pass --allow-scripts to let it run",
        )


def consent(text: bytes) -> None:
    """Record that the user, or this package, trusts a .cocci: for these bytes, until the end."""
    _consented.add(text)


def consented(text: bytes) -> bool:
    """Whether `consent` was given for exactly this text."""
    return text in _consented


def without_options(text: bytes) -> bytes:
    """The text with every line of options for spatch as spaces; nothing moves."""
    return _OPTION_LINE.sub(lambda found: re.sub(rb"[^\r\n]", b" ", found.group()), text)


def option_lines(text: bytes) -> list[tuple[int, str]]:
    """(1-based line, options) of every line that spatch would take options from."""
    return [
        (
            text.count(b"\n", 0, found.start()) + 1,
            found["options"].decode("utf-8", "replace"),
        )
        for found in _OPTION_LINE.finditer(text)
    ]


def concern(text: bytes) -> Concern | None:
    """The first thing in a .cocci that might run a program or read a file; None if none can.

    The text is as spatch gets it, without options.
    """
    start = _start(text)
    if not text.startswith(b"@", start):
        words = text[start:].split(maxsplit=1) or [b""]
        word = words[0].decode("utf-8", "replace")
        return Concern(text.count(b"\n", 0, start) + 1, f"'{word}' before the first rule")
    found = _WORD.search(text, start)
    if found is None:
        return None
    word = found.group().decode().lower()
    what = f"'{word}'" if word in ("using", "extends") else f"{_language(text, found.end())} script"
    return Concern(text.count(b"\n", 0, found.start()) + 1, what)


def loads_code(text: bytes) -> bool:
    """Whether spatch might load code as soon as it reads a .cocci: OCaml, or what it includes."""
    start = _start(text)
    included = b"include" in text and not text.startswith(b"@", start)
    return included or b"ocaml" in text[start:].lower()


def _start(text: bytes) -> int:
    """Offset behind the comments and virtual rules at the top."""
    found = _PREAMBLE.match(text)
    return found.end() if found else 0


def _language(text: bytes, at: int) -> str:
    """The language of a script, as far as it can be told, for a message."""
    found = re.compile(rb"[\s:]*(python|ocaml)\b").match(text, at)
    return found[1].decode() if found else "possible"
