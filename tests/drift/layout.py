# SPDX-License-Identifier: GPL-2.0-only
"""Layout drifts: the order of functions, how declarations are cut, where lines go on."""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift, Source

_INIT = re.compile(r"^(\t+)struct page \*(\w+) = ([^;{}*]+);\n", re.M)
_PAIR = re.compile(
    r"^(\t+)struct page \*(\w+(?: = NULL)?);\n\1struct page \*(\w+(?: = NULL)?);", re.M
)
_LIST = re.compile(r"^(\t+)struct page \*(\w+), \*(\w+);", re.M)


def order(chance: Random, text: str) -> str | None:
    """Some static functions go further down, behind a forward declaration."""
    for _ in range(chance.randint(1, 4)):
        source = Source(text)
        free = [f for f in source.functions if f.static and f.free and "(" in source.head(f)]
        plain = [
            f for f in free if not re.search(r"__(?:acquires|releases)|_init\b", source.head(f))
        ]
        if len(plain) < 3:
            return None
        moved = chance.choice(plain[:-1])
        behind = [f for f in free if f.start > moved.end]
        if not behind:
            continue
        after = chance.choice(behind)
        whole = source.of(moved)
        prototype = "" if moved.declared else f"{source.head(moved)};"
        rest = source.raw[after.end :].decode()
        middle = source.raw[moved.end : after.end].decode()
        text = f"{source.raw[: moved.start].decode()}{prototype}{middle}\n\n{whole}{rest}"
    return text


def split(chance: Random, text: str) -> str | None:
    """`*a, *b` becomes two declarations, some in the other order; an initialized page is
    declared first and assigned after the declarations."""
    found = list(_LIST.finditer(text))
    if found and chance.random() < 0.6:
        one = chance.choice(found)
        a, b = (one[2], one[3]) if chance.random() < 0.5 else (one[3], one[2])
        new = f"{one[1]}struct page *{a};\n{one[1]}struct page *{b};"
        return text[: one.start()] + new + text[one.end() :]
    found = [m for m in _INIT.finditer(text) if _blank_line(text, m.end()) is not None]
    if not found:
        return None
    one = chance.choice(found)
    at = _blank_line(text, one.end())
    assert at is not None
    declared = f"{one[1]}struct page *{one[2]};\n"
    assigned = f"{one[1]}{one[2]} = {one[3]};\n"
    return text[: one.start()] + declared + text[one.end() : at] + assigned + text[at:]


def _blank_line(text: str, at: int) -> int | None:
    """Where statements begin: past the empty line that ends the declarations, if nothing
    before it could use the page."""
    end = text.find("\n\n", at - 1)
    between = text[at : end + 1]
    if end < 0 or re.search(r"[={}]", between):
        return None
    return end + 2


def merge(chance: Random, text: str) -> str | None:
    """Two declarations become one."""
    found = list(_PAIR.finditer(text))
    if not found:
        return None
    one = chance.choice(found)
    return f"{text[: one.start()]}{one[1]}struct page *{one[2]}, *{one[3]};{text[one.end() :]}"


def continuations(chance: Random, text: str) -> str | None:
    """Heads of functions and calls go on elsewhere: aligned, by tabs, or on one line."""
    source = Source(text)
    out, at = [], 0
    for function in source.with_pages:
        head = source.head(function)
        if chance.random() < 0.5:
            continue
        new = _rebroken(chance, head)
        start = len(source.raw[: function.start].decode())
        out += [text[at:start], new]
        at = start + len(head)
    text = "".join([*out, text[at:]])
    calls = re.compile(r"^(\t+)(\w+\([^;\n]*,)\n[\t ]+([^;\n{}]*\);)", re.M)
    return calls.sub(lambda m: _call(chance, m), text)


def _rebroken(chance: Random, head: str) -> str:
    flat = re.sub(r"\s*\n\s*", " ", head)
    before, _, after = flat.partition("(")
    way = chance.randrange(4)
    if way == 0 or ", " not in after:
        return flat if way else f"{before.rpartition(' ')[0]}\n{_name(before)}({after}"
    cut = chance.choice([m.end() for m in re.finditer(r", ", after)])
    first, rest = after[:cut].rstrip(), after[cut:]
    column = len(before) + 1
    lead = {
        1: "\t" * (column // 8) + " " * (column % 8),
        2: "\t\t",
        3: "\t" * chance.randint(3, 5),
    }[way]
    return f"{before}({first}\n{lead}{rest}"


def _name(before: str) -> str:
    """The function's name with its stars, of what stands before the parenthesis."""
    return before.rpartition(" ")[2]


def _call(chance: Random, found: re.Match[str]) -> str:
    way = chance.randrange(3)
    if way == 0:
        return found[0]
    if way == 1:
        return f"{found[1]}{found[2]} {found[3]}"
    return f"{found[1]}{found[2]}\n{found[1]}\t{found[3]}"


def stars(chance: Random, text: str) -> str | None:
    """Declarations spelled in other ways: `struct page * p`, `struct  page *p`, const locals."""

    def spelled(found: re.Match[str]) -> str:
        return chance.choice((found[0], "struct page * ", "struct page  *", "struct page\t*"))

    return re.sub(r"struct page \*(?=\w+(?:;| =|,|\)))", spelled, text)


KINDS: dict[str, Drift] = {
    "order": order,
    "split-declarations": split,
    "merge-declarations": merge,
    "continuations": continuations,
    "spelling": stars,
}
