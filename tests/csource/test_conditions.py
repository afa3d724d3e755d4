# SPDX-License-Identifier: GPL-2.0-only
"""Which lines are there only with an option, or without it."""

from __future__ import annotations

import pytest

from zpconvert.csource.conditions import Guard, guarded

WITH, WITHOUT = Guard("CONFIG_X", True), Guard("CONFIG_X", False)
EITHER, NEITHER = Guard("CONFIG_X", True, True), Guard("CONFIG_X", False, True)
OTHER = Guard("CONFIG_Y", True, True)


@pytest.mark.parametrize(
    ("condition", "first", "second"),
    [
        (b"#ifdef CONFIG_X", {WITH}, {WITHOUT}),
        (b"# ifndef CONFIG_X", {WITHOUT}, {WITH}),
        (b"#if defined(CONFIG_X)", {WITH}, {WITHOUT}),
        (b"#if !defined CONFIG_X", {WITHOUT}, {WITH}),
        (b"#if IS_ENABLED(CONFIG_X)", {EITHER}, {NEITHER}),
        (b"#if !IS_ENABLED(CONFIG_X)", {NEITHER}, {EITHER}),
        (b"#if CONFIG_X", set(), set()),
        (b"#if defined(CONFIG_X) || defined(CONFIG_Y)", set(), set()),
        (b"#ifdef DEBUG", set(), set()),
        (b"#if defined(CONFIG_X) && IS_ENABLED(CONFIG_Y)", {WITH, OTHER}, set()),
        (b"#if defined(CONFIG_X) && SHIFT > 3", {WITH}, set()),
        (b"#if IS_ENABLED(CONFIG_Y) && !defined(CONFIG_X)", {WITHOUT, OTHER}, set()),
        (b"#if SHIFT > 3 || SHIFT && defined(CONFIG_X)", set(), set()),
        (b"#if !(defined(CONFIG_X) && defined(CONFIG_Y))", set(), set()),
    ],
)
def test_a_condition(condition: bytes, first: set[Guard], second: set[Guard]) -> None:
    found = guarded(condition + b"\nint a;\n#else\n\nint b;\n#endif\nint c;\n")
    where = {line: set(key) for key, lines in found.items() for line in lines}
    assert where == {(2, b"int a;"): first, (5, b"int b;"): second, (7, b"int c;"): set()}


def test_conditions_in_each_other() -> None:
    found = guarded(b"#ifdef CONFIG_X\n#ifndef CONFIG_Y\nint a;\n#endif\nint b;\n#endif\n#endif\n")
    assert found == {
        frozenset({WITH, Guard("CONFIG_Y", False)}): ((3, b"int a;"),),
        frozenset({WITH}): ((5, b"int b;"),),
    }


def test_the_branches_before_one_do_not_hold() -> None:
    text = b"#ifdef CONFIG_X\nint a;\n#elif CONFIG_Y\nint b;\n#elif IS_ENABLED(CONFIG_Y)\nint c;\n"
    text += b"#else\nint d;\n#endif\n"
    assert guarded(text) == {
        frozenset({WITH}): ((2, b"int a;"),),
        frozenset({WITHOUT}): ((4, b"int b;"),),
        frozenset({WITHOUT, OTHER}): ((6, b"int c;"),),
        frozenset({WITHOUT, Guard("CONFIG_Y", False, True)}): ((8, b"int d;"),),
    }


@pytest.mark.parametrize(
    ("guard", "config", "holds"),
    [
        (WITH, {"CONFIG_X": "y"}, True),
        (WITH, {"CONFIG_X": "m"}, False),
        (WITH, {}, False),
        (WITHOUT, {}, True),
        (WITHOUT, {"CONFIG_X": "m"}, True),
        (WITHOUT, {"CONFIG_X": "12"}, False),
        (EITHER, {"CONFIG_X": "m"}, True),
        (NEITHER, {"CONFIG_X": "m"}, False),
    ],
)
def test_whether_it_holds(guard: Guard, config: dict[str, str], holds: bool) -> None:
    assert guard.holds(config) is holds
