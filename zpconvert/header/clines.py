# SPDX-License-Identifier: GPL-2.0-only
"""Lines of C in the kernel's layout: tabs of 8, 80 columns, backslashes in one column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_COLUMNS = 80
_TAB = 8


def width(line: str) -> int:
    """Columns that a line takes."""
    return len(line.expandtabs(_TAB))


def padded(line: str, column: int) -> str:
    """The line with tabs up to `column`, a multiple of 8; at least one."""
    return line + "\t" * max(1, -(-(column - width(line)) // _TAB))


def indent(columns: int) -> str:
    """White space that takes so many columns."""
    return "\t" * (columns // _TAB) + " " * (columns % _TAB)


def macro(lines: Sequence[str]) -> list[str]:
    """A `#define` over several lines, continued by backslashes."""
    widest = max(width(line) for line in lines[:-1])
    column = max(72, (widest // _TAB + 1) * _TAB)
    return [*(padded(line, column) + "\\" for line in lines[:-1]), lines[-1]]


def conditional(stretches: Iterable[tuple[tuple[str, ...], Sequence[str]]]) -> list[str]:
    """Stretches of lines under preprocessor conditions; neighbours share an `#if`."""
    lines: list[str] = []
    current: tuple[str, ...] = ()
    for conditions, stretch in [*stretches, ((), ())]:
        if conditions != current:
            lines += ["#endif"] if current else []
            lines += [_directive(conditions)] if conditions else []
            current = conditions
        lines += stretch
    return lines


def _directive(conditions: tuple[str, ...]) -> str:
    if len(conditions) > 1:
        return "#if " + " && ".join(f"({condition})" for condition in conditions)
    found = re.fullmatch(r"(!?)defined\((\w+)\)", conditions[0])
    if found is None:
        return f"#if {conditions[0]}"
    return f"{'#ifndef' if found[1] else '#ifdef'} {found[2]}"


def prototype(text: str) -> list[str]:
    """A function's head; parameters that do not fit stand below the first one."""
    opening = text.index("(") + 1
    first, *rest = re.split(r"(?<=,)\s*", text[opening:])
    lines = [text[:opening] + first]
    for parameter in rest:
        if width(f"{lines[-1]} {parameter}") > _COLUMNS:
            lines.append(indent(opening) + parameter)
        else:
            lines[-1] += f" {parameter}"
    return lines
