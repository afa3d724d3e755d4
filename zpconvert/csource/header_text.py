# SPDX-License-Identifier: GPL-2.0-only
"""A header as plain text: comments out, directives taken apart, statements one at a time.

Both arms of every conditional stay; its directives become one-character marks so that a
statement which differs between two arms can be read once for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

IF, ELSE, ENDIF = "\x01", "\x02", "\x03"
MARKS = re.compile(r"[\x01-\x03]")

_COMMENT_OR_LITERAL = re.compile(
    r"""/\*.*?(?:\*/|\Z)|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S
)
_LITERAL = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*([a-z]*)([^\n]*)$", re.M)
_DEFINE = re.compile(r"\s*([A-Za-z_]\w*)(?:\(([^()]*)\))?(.*)", re.S)
_INCLUDE = re.compile(r'\s*(?:<([^>\s]+)>|"([^"\s]+)")')
_STOP = re.compile(r"[;{(}]")
_PAREN = re.compile(r"[()]")
_BRACE = re.compile(r"[{}\x01-\x03]")
_EMPTY_ARMS = re.compile(r"\x01\s*(?:\x02\s*)*\x03")
_UNENDED_ARM = re.compile(r"\x01[^\x01-\x03]*\x02(?=[^\x01-\x03]*$)")
_ARMS = re.compile(r"\x01([^\x01-\x03]*)\x02([^\x01-\x03]*)\x03")
_ATTRIBUTE = r"\s*\b(?:__attribute__|__aligned)\s*\((?:[^()]|\([^()]*\))*\)"
_AGGREGATE = re.compile(rf"\b(struct|union|enum)\b((?:{_ATTRIBUTE}|\s+\w+)*)(?:\s*:\s*\w+)?\s*$")
_TAIL_CHARS = 300


@dataclass(frozen=True)
class Directives:
    """What the directives of one header say, and the C that is left between them.

    includes: (name, is_quoted). defines: (name, parameters or None, body).
    """

    includes: list[tuple[str, bool]]
    defines: list[tuple[str, tuple[str, ...] | None, str]]
    code: str


def read_directives(source: bytes) -> Directives:
    """Take a header's bytes apart; bytes that are no UTF-8 become U+FFFD."""
    text = source.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = MARKS.sub(" ", text).replace("@", " ").replace("\\\n", " ")
    text = _COMMENT_OR_LITERAL.sub(_drop_comment, text)
    includes: list[tuple[str, bool]] = []
    defines: list[tuple[str, tuple[str, ...] | None, str]] = []

    def take(match: re.Match[str]) -> str:
        word, rest = match[1], match[2]
        if word == "define":
            if (macro := _DEFINE.match(rest)) is not None:
                defines.append(_define(macro))
        elif word == "include":
            if (name := _INCLUDE.match(rest)) is not None:
                includes.append((name[1] or name[2], name[1] is None))
        elif word in ("if", "ifdef", "ifndef"):
            return IF
        elif word in ("else", "elif", "elifdef", "elifndef"):
            return ELSE
        elif word == "endif":
            return ENDIF
        return ""

    code = _DIRECTIVE.sub(take, text)
    return Directives(includes, defines, blank_literals(code))


def blank_literals(code: str) -> str:
    """String and character literals emptied, so that no brace or comma in one counts."""
    return _LITERAL.sub('""', code)


def _drop_comment(match: re.Match[str]) -> str:
    return " " if match[0][0] == "/" else match[0]


def _define(macro: re.Match[str]) -> tuple[str, tuple[str, ...] | None, str]:
    body = " ".join(macro[3].split())
    if macro[2] is None:
        return macro[1], None, body
    return macro[1], tuple(p for p in (q.strip() for q in macro[2].split(",")) if p), body


@dataclass
class Statement:
    """One declaration at the top of a text: its words, with bodies taken out.

    `text` has `struct @0` where an aggregate was defined; `aggregates[0]` is its keyword,
    its tag (or "") and its body. `is_function` says that a function's body followed.
    """

    text: str
    is_function: bool = False
    aggregates: list[tuple[str, str, str]] = field(default_factory=list)


def statements(code: str) -> Iterator[Statement]:
    """Every declaration of `code`, one for each arm where the arms spell it differently."""
    for statement in _whole_statements(code):
        text = statement.text
        if ELSE in text:
            text = _UNENDED_ARM.sub(" ", _EMPTY_ARMS.sub(" ", text))
        variants = [text]
        while len(variants) <= 8 and any(_is_forked(v) for v in variants):
            variants = [arm for v in variants for arm in _fork(v)]
        for variant in variants:
            plain = MARKS.sub(" ", variant).strip()
            if plain:
                yield Statement(plain, statement.is_function, statement.aggregates)


def _is_forked(text: str) -> bool:
    return ELSE in text and _ARMS.search(text) is not None


def _fork(text: str) -> list[str]:
    arms = _ARMS.search(text)
    if arms is None:
        return [text]
    head, tail = text[: arms.start()], text[arms.end() :]
    return [f"{head} {arms[1]} {tail}", f"{head} {arms[2]} {tail}"]


def _whole_statements(code: str) -> Iterator[Statement]:
    at = start = 0
    parts: list[str] = []
    aggregates: list[tuple[str, str, str]] = []
    while (stop := _STOP.search(code, at)) is not None:
        here, kind = stop.start(), stop[0]
        if kind == "(":
            close = match_paren(code, here)
            at = here + 1 if close < 0 else close + 1
            continue
        if kind == "{":
            head = code[start:here]
            aggregate = _AGGREGATE.search(head[-_TAIL_CHARS:])
            if aggregate is not None or head.rstrip().endswith("="):
                end = _body_end(code, here)
                if aggregate is not None:
                    parts.append(head[: len(head) - len(aggregate[0])])
                    parts.append(f" {aggregate[1]} @{len(aggregates)} ")
                    tag = _tag(aggregate[2])
                    aggregates.append((aggregate[1], tag, code[here + 1 : end]))
                else:
                    parts.append(head)
                at = start = end + 1
                continue
            if '"' not in head or "(" in head:
                parts.append(head)
                yield Statement("".join(parts), True, aggregates)
                here = _body_end(code, here)
        elif kind == ";":
            parts.append(code[start:here])
            yield Statement("".join(parts), False, aggregates)
        at = start = here + 1
        parts, aggregates = [], []
    parts.append(code[start:])
    yield Statement("".join(parts), False, aggregates)


def _tag(words: str) -> str:
    """The tag among the words between `struct` and `{`, attributes left out."""
    bare = re.sub(_ATTRIBUTE, " ", words).split()
    named = [word for word in bare if not word.startswith("__")]
    return named[0] if named else "".join(bare[:1])


def match_paren(code: str, at: int) -> int:
    """The index of the parenthesis that closes the one at `at`, or -1."""
    depth = 0
    for paren in _PAREN.finditer(code, at):
        depth += 1 if paren[0] == "(" else -1
        if depth == 0:
            return paren.start()
    return -1


def _body_end(code: str, at: int) -> int:
    """The index of the brace that closes the one at `at`.

    Arms of a conditional are alternatives, so each starts at the depth of the first, and a
    body that only one arm opens ends with that arm. Where nothing closes it, a brace in the
    first column does: kernel style ends a body there.
    """
    depth, outer = 0, []
    for brace in _BRACE.finditer(code, at):
        mark = brace[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth <= 0:
                return brace.start()
        elif mark == IF:
            outer.append(depth)
        elif mark == ELSE:
            if not outer:
                return brace.start()
            depth = outer[-1]
        elif mark == ENDIF and outer:
            outer.pop()
    column = code.find("\n}", at)
    return column + 1 if column >= 0 else len(code)
