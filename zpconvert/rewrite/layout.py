# SPDX-License-Identifier: GPL-2.0-only
"""Columns: continuation lines that keep to their parenthesis, and lines that grew too long."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

#: checkpatch's limit since Linux 5.7 (commit bdc48fa11e46): longer lines draw a warning.
LIMIT = 100
#: Where a line that must be broken is broken (Documentation/process/coding-style.rst).
PREFERRED = 80
TAB = 8
_CAST = re.compile(r"(\((?:\w+ )*\w+[ *]*\)) (?=[\w(&*])")
_OPENING, _CLOSING = "([{", ")]}"


def width(line: str) -> int:
    """Columns that a line takes, tabs to multiples of 8."""
    return len(line.expandtabs(TAB))


def settle(base: bytes, new: bytes) -> bytes:
    """`new` with the layout of `base` restored where the edits moved it.

    Continuation lines that were aligned to an open parenthesis follow it; a cast that stood
    close to its operand does again, for spatch sets them apart; changed lines past `LIMIT`
    columns are broken. Lines that did not change stay as they are.
    """
    if base == new:
        return new
    old_lines = base.decode("utf-8", "surrogateescape").split("\n")
    new_lines = new.decode("utf-8", "surrogateescape").split("\n")
    pairs = _pairs(old_lines, new_lines)
    for at, before in pairs.items():
        new_lines[at] = _close_casts(old_lines[before], new_lines[at])
    _reindent(old_lines, new_lines, pairs)
    _realign(old_lines, new_lines, pairs)
    known = set(old_lines)
    out = []
    for line in new_lines:
        out += [line] if line in known or width(line) <= LIMIT else _break(line)
    return "\n".join(out).encode("utf-8", "surrogateescape")


def _pairs(old: list[str], new: list[str]) -> dict[int, int]:
    """Which line of `old` each line of `new` comes from, where that can be told."""
    pairs: dict[int, int] = {}
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and i2 - i1 == j2 - j1):
            pairs.update(zip(range(j1, j2), range(i1, i2), strict=True))
    return pairs


def _reindent(old: list[str], new: list[str], pairs: dict[int, int]) -> None:
    """Where statements begin, the base's white space: spatch moves an else's branch when the
    if's was rewritten too."""
    for j, i in pairs.items():
        moved = _indent(new[j]) != _indent(old[i]) and new[j].strip() and old[i].strip()
        if moved and not _open_columns(new, j):
            new[j] = _indent(old[i]) + new[j].lstrip()


def _close_casts(old: str, new: str) -> str:
    """The line without spaces behind casts that had none in the old one."""

    def closed(cast: re.Match[str]) -> str:
        return cast[1] if re.search(re.escape(cast[1]) + r"[\w(&*]", old) else cast[0]

    return new if old == new else _CAST.sub(closed, new)


def _realign(old: list[str], new: list[str], pairs: dict[int, int]) -> None:
    """Move continuation lines whose parenthesis moved."""
    for j in range(1, len(new)):
        i = pairs.get(j)
        if i is None or pairs.get(j - 1) != i - 1 or not new[j].strip():
            continue
        indent = _indent(old[i])
        if _indent(new[j]) != indent or not indent:
            continue
        before, after = _open_columns(old, i), _open_columns(new, j)
        column = width(indent)
        for rank in range(1, min(len(before), len(after)) + 1):
            if before[-rank] + 1 == column:
                if after[-rank] != before[-rank]:
                    new[j] = _pad(after[-rank] + 1) + new[j].lstrip()
                break


def _open_columns(lines: list[str], at: int) -> list[int]:
    """Columns (0-based) of the parentheses that are open where line `at` begins."""
    stack: list[int] = []
    first = at
    while first > 0 and at - first < 12:
        previous = lines[first - 1].rstrip()
        if not previous or previous.endswith((";", "{", "}", ":", "*/")) or previous[0] == "#":
            break
        first -= 1
    for line in lines[first:at]:
        plain = _without_literals(line)
        column = 0
        for char in plain:
            if char in _OPENING:
                stack.append(column)
            elif char in _CLOSING and stack:
                stack.pop()
            column = (column // TAB + 1) * TAB if char == "\t" else column + 1
    return stack


def _without_literals(line: str) -> str:
    """The line with strings, characters and comments blanked, as wide as before."""
    pattern = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?(?:\*/|$)|//.*'
    return re.sub(pattern, lambda m: "x" * len(m.group()), line)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _pad(columns: int) -> str:
    return "\t" * (columns // TAB) + " " * (columns % TAB)


def _break(line: str) -> list[str]:
    """A long line as two or more, broken at the outermost place that fits."""
    spot = _spot(line)
    if spot is None:
        return [line]
    at, column = spot
    rest = _pad(column) + line[at:].lstrip()
    return [line[:at].rstrip(), *(_break(rest) if width(rest) > LIMIT else [rest])]


def _spot(line: str) -> tuple[int, int] | None:
    """Where to break (index) and where to go on (column): after a comma or an operator."""
    plain = _without_literals(line)
    start = len(_indent(line))
    stack: list[int] = []
    best: tuple[int, int, int] | None = None
    for i, char in enumerate(plain):
        if char in _OPENING:
            stack.append(i)
        elif char in _CLOSING and stack:
            stack.pop()
        ends = char == "," or plain[max(0, i - 1) : i + 1] in ("&&", "||")
        ends = ends or plain[max(0, i - 1) : i + 2] == " | "
        if ends and i > start and width(line[: i + 1]) <= PREFERRED:
            column = width(line[: stack[-1] + 1]) if stack else width(_indent(line)) + TAB
            candidate = (-len(stack), i + 1, column)
            if best is None or candidate[0] >= best[0]:
                best = candidate
    return (best[1], best[2]) if best else None
