# SPDX-License-Identifier: GPL-2.0-only
"""Functions of a C text left out: their bodies are taken away, their declarations stay."""

from __future__ import annotations

import functools
import re
from collections.abc import Set
from itertools import pairwise

_TOKEN = re.compile(
    rb"""(?P<directive>(?m:^)[ \t]*\#(?:/\*.*?\*/|\\\n|[^\n/\\]|[/\\])*)
    | /\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*) | (?P<mark>[][(){};=])""",
    re.DOTALL | re.VERBOSE,
)
#: What takes the name of a function, the declaration of which is not enough for it; to export a
#: symbol it is.
_TAKEN = re.compile(rb"(?m)^(?!EXPORT_)[A-Za-z_]\w*\([ \t]*(\w+)[ \t]*\)")
_DIRECTIVE = re.compile(rb"(?m)^[ \t\f\v]*(?:#|%:)[ \t\f\v]*(\w*)")
_CONDITIONS = (b"if", b"ifdef", b"ifndef", b"elif", b"else", b"endif")
#: What makes a body say something of what is outside it: declarations of others, assembler text.
_OUTWARD = re.compile(
    rb"\b(?:extern|_Pragma|_*asm_*|__attribute\w*|__pure|__weak|__noreturn|__COUNTER__)\b"
)


#: An inline function declared or defined; kernel headers write __always_inline and the like too.
_INLINE = re.compile(rb"\b(?!noinline)\w*inline(?:__)?\b[^;{}()=]*?(\w+)[ \t\n]*\(")


@functools.lru_cache(maxsize=64)
def inline_functions(text: bytes) -> frozenset[str]:
    """The names of the inline functions of a C text."""
    return frozenset(found[1].decode("utf-8", "replace") for found in _INLINE.finditer(text))


def contained(body: bytes) -> bool:
    """Whether all that the body of a function says, its conditions among that, ends with it.

    What follows one that defines a macro, changes the compiler's or the assembler's state or
    declares other functions anew may be compiled to other code.
    """
    # a name or a directive may go on in the next line
    body = body.replace(b"\\\n", b"")
    depth = 0
    for word in _DIRECTIVE.findall(body):
        if word not in _CONDITIONS or (not depth and not word.startswith(b"if")):
            return False
        depth += word.startswith(b"if") - (word == b"endif")
    return not depth and not _OUTWARD.search(body)


def without_bodies(text: bytes, names: Set[str]) -> bytes:
    """A C text in which the functions `names` are declared and not defined, as many lines long.

    A function stays as it is where that cannot be done: it is inline, it is defined twice, a
    macro outside functions takes its name, its body is not `contained`. So does the whole text
    if its braces do not match.
    """
    asked = {name.encode() for name in names} - _taken(text)
    bodies = [
        (named[0], start, end, apart)
        for called, start, end, apart in _bodies(text)
        if len(named := [name for name in called if name in asked]) == 1
    ]
    seen = [name for name, *_ in bodies]
    out, at = [], 0
    for name, start, end, apart in bodies:
        if apart and seen.count(name) == 1:
            out += [text[at:start], b";" + b"\n" * text.count(b"\n", start, end)]
            at = end
    return b"".join([*out, text[at:]])


@functools.lru_cache(maxsize=64)
def _taken(text: bytes) -> frozenset[bytes]:
    return frozenset(found[1] for found in _TAKEN.finditer(text))


@functools.lru_cache(maxsize=64)
def _bodies(text: bytes) -> tuple[tuple[tuple[bytes, ...], int, int, bool], ...]:
    """The bodies of functions that are not inline: what stands before parentheses in front of
    each, its name among that; where it begins and ends, in bytes; whether it is `contained`."""
    found = []
    depth = start = 0
    head: list[bytes] = []  # what was read since the last declaration
    for token in _TOKEN.finditer(text):
        mark, name = token["mark"], token["name"]
        if mark == b"{":
            if not depth:
                start = token.start()
            depth += 1
        elif mark == b"}":
            depth -= 1
            if depth < 0:
                return ()
            if not depth:
                called = _called(head)
                if called:
                    apart = contained(text[start : token.end()])
                    found.append((called, start, token.end(), apart))
                if b"(" in head and b"=" not in head:
                    head = []
        elif not depth:
            if mark == b";" or token["directive"] is not None:
                head = []
            elif name is not None or mark is not None:
                head.append(token[0])
    return tuple(found) if not depth else ()


def _called(head: list[bytes]) -> tuple[bytes, ...]:
    """The names that may be that of the function whose body comes after `head`."""
    if b"=" in head or any(word.endswith(b"inline") for word in head if word != b"noinline"):
        return ()
    return tuple(word for word, after in pairwise(head) if after == b"(")
