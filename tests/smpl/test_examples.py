# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.smpl.examples import run_examples, unexercised

TEXT = """\
// Calls the new thing.
// Before:
//     if (old(a))
//     	b();
// After:
//     if (new(a))
//     	b();
// Before:
//     int f(int a)
//     {
//     	return old(1) + also(2);
//     }
// After:
//     int f(int a)
//     {
//     	return new(1) + too(2);
//     }
@a@
expression e;
@@
- old(e)
+ new(e)
@b@
expression e;
@@
- also(e)
+ too(e)
@c@
expression e;
@@
- idle(e)
+ busy(e)
"""


@pytest.fixture
def cocci(tmp_path: Path) -> Path:
    path = tmp_path / "some.cocci"
    path.write_text(TEXT)
    return path


def test_true_examples(cocci: Path) -> None:
    results = run_examples(cocci)
    assert [(one.line, one.passed, one.rules) for one in results] == [
        (2, True, {"a"}),
        (8, True, {"a", "b"}),
    ]
    assert unexercised(cocci, results) == ["c"]


def test_an_untrue_example_shows_the_difference(cocci: Path) -> None:
    cocci.write_text(TEXT.replace("new(1) + too(2)", "new(1) + also(2)"))
    first, second = run_examples(cocci)
    assert first.passed
    assert not second.passed
    assert "-\treturn new(1) + also(2);\n+\treturn new(1) + too(2);\n" in second.diff


def test_a_faulty_patch_shows_its_place(cocci: Path) -> None:
    cocci.write_text(TEXT.replace("- idle(e)", "- idle(e"))
    results = run_examples(cocci)
    assert not any(one.passed for one in results)
    assert "parse error at 32:" in results[0].diff
    assert unexercised(cocci, results) == ["a", "b", "c"]


def test_an_example_that_spatch_skips_fails(cocci: Path) -> None:
    cocci.write_text(TEXT.replace("if (old(a))", "goto out; old(a);"))
    assert run_examples(cocci)[0].diff.startswith("skipped function: spatch skipped")


def test_options_and_virtual_rules_hold(cocci: Path) -> None:
    text = TEXT.replace("@a@", "virtual patch\n@a depends on patch@")
    cocci.write_text("// Options: --no-loops\n" + text)
    assert [one.passed for one in run_examples(cocci)] == [True, True]
