# SPDX-License-Identifier: GPL-2.0-only
"""Every rule's examples, as its page of documentation shows them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from zpconvert.check import rules, run, sample
from zpconvert.check.model import Rule
from zpconvert.check.rules import BY_CODE, RULES

VALID = [(r, n) for r in RULES for n in range(len(r.VALID))]
INVALID = [(r, n) for r in RULES for n in range(len(r.INVALID))]


def found(rule: Rule, text: str) -> list[str]:
    header = not rule.sources
    return [f.code for f in run.findings(lambda s: sample.subject(s, header=header), text.encode())]


def label(case: object) -> str:
    return case.code if isinstance(case, Rule) else str(case)


@pytest.mark.parametrize(("rule", "number"), VALID, ids=label)
def test_what_is_right_draws_nothing(rule: Rule, number: int) -> None:
    assert found(rule, rule.VALID[number]) == []


@pytest.mark.parametrize(("rule", "number"), INVALID, ids=label)
def test_what_is_wrong_draws_this_rule_alone(rule: Rule, number: int) -> None:
    assert set(found(rule, rule.INVALID[number])) == {rule.code}


@pytest.mark.parametrize("rule", RULES, ids=label)
def test_fixes_are_as_shown_and_final(rule: Rule) -> None:
    def make(source: bytes) -> object:
        return sample.subject(source, header=not rule.sources)

    for before, after in zip(rule.INVALID, rule.FIXED or rule.INVALID, strict=True):
        mended, count = run.mended(make, before.encode())  # type: ignore[arg-type]
        assert mended.decode() == after
        assert (count > 0) is (after != before)
        assert run.mended(make, mended) == (mended, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "fixed"),
    [
        ("b = page_desc(desc_page(a));", "b = a;"),
        ("a = (page_desc((desc_page(a))));", None),
        ("page_desc(desc_page(a));", None),
        ("a->next = page_desc(desc_page(a->next));", None),
        ("struct desc *c = page_desc(desc_page(a));", "struct desc *c = a;"),
        ("struct desc *c = page_desc(desc_page(c));", None),
    ],
)
def test_a_fix_leaves_no_statement_that_does_nothing(statement: str, fixed: str | None) -> None:
    """`desc = page_desc(desc_page(desc));` became `desc = desc;`."""

    def make(source: bytes) -> object:
        return sample.subject(source)

    text = f"static void use(struct desc *a, struct desc *b)\n{{\n\t{statement}\n}}\n"
    mended, count = run.mended(make, text.encode())  # type: ignore[arg-type]
    assert mended.decode() == text.replace(statement, fixed or statement)
    assert count == (fixed is not None)
    assert "ZPC005" in found(BY_CODE["ZPC005"], text)


def test_every_rule_is_collected_and_documented() -> None:
    modules = {p.stem for p in Path(rules.__file__).parent.glob("*.py")} - {"__init__"}
    assert {type(r).__module__.rpartition(".")[2] for r in RULES} == modules
    assert [r.code for r in RULES] == [f"ZPC{n:03}" for n in range(1, len(RULES) + 1)]
    for rule in RULES:
        assert BY_CODE[rule.code] is rule
        assert rule.VALID
        assert rule.INVALID
        assert len(inspect.getdoc(type(rule)) or "") > 80
