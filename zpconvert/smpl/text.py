# SPDX-License-Identifier: GPL-2.0-only
"""The texts inside a .cocci: comments and strings out of the way, lengths kept."""

from __future__ import annotations

import re

_SMPL_SKIP = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*|/\*.*?\*/'
#: spatch 1.1.1 takes // for a comment of its own inside a script, too.
_PYTHON_SKIP = (
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'
    r"'(?:[^'\\\n]|\\.)*'|#[^\n]*|//[^\n]*"
)
_OCAML_SKIP = r'"(?:[^"\\]|\\.)*"|\(\*.*?\*\)|//[^\n]*'
_SKIPS = {
    language: re.compile(rf"(?P<skip>{skip})|(?P<rule>^@)", re.MULTILINE | re.DOTALL)
    for language, skip in (("smpl", _SMPL_SKIP), ("python", _PYTHON_SKIP), ("ocaml", _OCAML_SKIP))
}


def until_rule(text: str, at: int, language: str) -> tuple[int, str]:
    """(offset of the next `@` at the start of a line, the text up to there, masked)."""
    parts: list[str] = []
    last = at
    for found in _SKIPS[language].finditer(text, at):
        parts.append(text[last : found.start()])
        if found["rule"] is not None:
            return found.start(), "".join(parts)
        parts.append(blank(found.group()))
        last = found.end()
    return len(text), "".join([*parts, text[last:]])


def masked(text: str, language: str) -> str:
    """The text of one block with comments and strings as blanks, to the same length."""
    return _SKIPS[language].sub(
        lambda found: found.group() if found["skip"] is None else blank(found.group()), text
    )


def blank(text: str) -> str:
    """As many spaces; line ends stay."""
    return re.sub(r"[^\n]", " ", text)


def lines(text: str) -> list[str]:
    """Lines with their ends, as spatch counts them: str.splitlines() splits at form feeds."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def without_comments(text: str) -> str:
    """A pattern with its comments as blanks, to the same length."""
    return _SKIPS["smpl"].sub(
        lambda found: (
            blank(found.group()) if found.group().startswith(("//", "/*")) else found.group()
        ),
        text,
    )


def comment_spans(script: str) -> list[tuple[int, int]]:
    """Spans of the SmPL comments (`//`) in the text of a Python script."""
    return [
        found.span()
        for found in _SKIPS["python"].finditer(script)
        if found.group().startswith("//")
    ]
