# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.smpl.rules import RuleText


def needs(body: str, declared: str = "expression e;") -> list[set[str]]:
    return [set(one) for one in RuleText(("a",), f"@a@\n{declared}\n@@\n{body}\n").needs]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("- old(cast(e))\n+ new(e)", {"old", "cast"}),
        ("- cast(e)->index = (unsigned long)NULL\n+ e->next = NULL", {"cast", "index"}),
        ("- head((struct thing *)cast(e)->index)\n+ e", {"head", "cast", "index"}),
        ("(\n- one(e)\n+ x(e)\n|\n- two(e)\n+ x(e)\n)\n  after(e)", {"after"}),
        ("(\n- one(e, both)\n+ x(e)\n|\n- two(e, both)\n+ x(e)\n)", {"both"}),
        (r"- \(one\|two\)(three(e))" "\n+ x(e)", {"three"}),
        ("f(...) { <... when != gone(e)\n- old(e)\n+ x(e)\n...> }", {"f"}),
        ("f(...) { <+...\n- old(e)\n+ x(e)\n...+> }", {"f", "old"}),
        ("? maybe(e);\n- old(e); // why\n+ x(e);", {"old"}),
        ('- old("text %d", e)\n+ x(e)', {"old"}),
    ],
)
def test_identifiers_that_every_match_contains(body: str, wanted: set[str]) -> None:
    assert needs(body) == [wanted]


def test_what_a_rule_brings_in() -> None:
    assert "fresh" in RuleText(("a",), "@a@\nexpression e;\n@@\n- old(e)\n+ fresh(e)\n").adds


def test_a_rule_that_inherits_runs_only_after_its_parent() -> None:
    text = "@a@\nexpression e;\n@@\n- old(e)\n+ x(e)\n@b@\nexpression a.e;\n@@\n- f(e)\n+ g(e)\n"
    rule = RuleText(("a", "b"), text)
    assert rule.linked
    assert rule.needs == (frozenset({"old"}),)
