# SPDX-License-Identifier: GPL-2.0-only
"""A lint rule's examples are its documentation; here they are its test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zpconvert.lint.model import Rule
from zpconvert.lint.run import fix, lint, rules

PATH = Path("some.cocci")


def valid() -> Iterator[tuple[Rule, str]]:
    return ((rule, text) for rule in rules() for text in rule.valid)


def invalid() -> Iterator[tuple[Rule, str]]:
    return ((rule, text) for rule in rules() for text in rule.invalid)


def fixed() -> Iterator[tuple[Rule, str, str]]:
    for rule in rules():
        if rule.fixed:
            pairs = zip(rule.invalid, rule.fixed, strict=True)
            yield from ((rule, *pair) for pair in pairs)


@pytest.mark.parametrize(
    ("rule", "text"), list(valid()), ids=lambda value: getattr(value, "code", "")
)
def test_a_valid_example_is_left_alone(rule: Rule, text: str) -> None:
    assert lint(text, PATH, [rule]) == []


@pytest.mark.parametrize(
    ("rule", "text"), list(invalid()), ids=lambda value: getattr(value, "code", "")
)
def test_an_invalid_example_is_found(rule: Rule, text: str) -> None:
    found = lint(text, PATH, [rule])
    assert {one.code for one in found} == {rule.code}
    assert all(1 <= one.line <= text.count("\n") + 1 for one in found)


@pytest.mark.parametrize(
    ("rule", "text", "expected"), list(fixed()), ids=lambda value: getattr(value, "code", "")
)
def test_a_fix_gives_what_the_rule_says(rule: Rule, text: str, expected: str) -> None:
    assert fix(text, PATH, [rule]) == expected
    assert fix(expected, PATH, [rule]) == expected
    mended = any(found.fixable for found in lint(text, PATH, [rule]))
    assert mended is (text != expected)


def test_every_rule_is_documented() -> None:
    codes = [rule.code for rule in rules()]
    assert len(set(codes)) == len(codes)
    for rule in rules():
        assert re.fullmatch(r"SP\d{3}", rule.code)
        assert rule.valid
        assert rule.invalid
        assert not rule.title.endswith(".")
        assert rule.why.endswith(".")
