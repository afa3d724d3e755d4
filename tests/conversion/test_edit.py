# SPDX-License-Identifier: GPL-2.0-only
"""Steps edited in the text of a conversion.toml: what is not edited keeps its bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.conversion.edit import Steps
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Step
from zpconvert.conversion.spell import steps_text
from zpconvert.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    *sorted(ROOT.glob("semantic_patches/*/conversion.toml")),
    ROOT / "fixtures/conversions/objpool/conversion.toml",
]
TEXT = '''\
# A conversion with everything that an editor could trip over.
[conversion]
files = ["a.c"]   # one

[[step]]
id = "one"  # first
subject = "the first"
body = """
[[step]]
id = "not this"
"""
slots = ["a", "b"]  # a remark

# About the second,
# in two lines.
[[step]]
id = "two"
subject = "the second"
body = """
Two.
"""
helpers = [
    "h", # of two
    "i",
]
stale = [{ match = 'x\\d', to = "y" }]

[[border]]
slot = "c"
reason = "stays"

[[step]]
id = "three"
subject = "the third"
body = "Three."

[[step.stale]]
match = "p"
to = "q"
'''


def steps(text: str = TEXT) -> Steps:
    return Steps(text, "conversion.toml")


def values(text: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in tomllib.loads(text)["step"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_nothing_edited_is_nothing_changed(path: Path) -> None:
    text = path.read_bytes().decode()
    found = Steps(text, str(path))
    assert found.ids == [step.id for step in load(str(path.parent)).steps]
    assert found.text() == text


def test_ids() -> None:
    assert steps().ids == ["one", "two", "three"]
    assert steps().text() == TEXT


def test_a_fold_adds_up() -> None:
    found = steps()
    found.fold("three", "two")
    found.fold("1", "two")
    now = values(found.text())
    assert now.keys() == {"two"}
    assert now["two"]["subject"] == "the second"
    assert now["two"]["body"] == 'Two.\n\nThree.\n\n[[step]]\nid = "not this"\n'
    assert now["two"]["slots"] == ["a", "b"]
    assert now["two"]["helpers"] == ["h", "i"]
    assert now["two"]["stale"] == [{"match": r"x\d", "to": "y"}, {"match": "p", "to": "q"}]
    assert "# About the second,\n# in two lines.\n[[step]]\n" in found.text()
    assert '    "h", # of two\n' in found.text()
    assert found.text().endswith('[[border]]\nslot = "c"\nreason = "stays"\n')


def test_a_fold_says_once_what_both_end_with() -> None:
    ending = '"""\nNo change.\n"""'
    found = steps(TEXT.replace('"Three."', ending.replace("No", "Three.\n\nNo")))
    found.split("two", ["h"], "new", "of its own", "New.\n\nNo change.\n")
    found.fold("new", "three")
    assert values(found.text())["three"]["body"] == "Three.\n\nNew.\n\nNo change.\n"


def test_a_fold_into_tables_keeps_them_tables() -> None:
    found = steps()
    found.fold("two", "three")
    assert found.text().count("[[step.stale]]") == 2
    assert [s["match"] for s in values(found.text())["three"]["stale"]] == ["p", r"x\d"]


def test_a_split_takes_what_is_named() -> None:
    found = steps()
    found.split("two", ["i"], "new", "a new one", None)
    now = values(found.text())
    assert list(now) == ["one", "two", "new", "three"]
    assert (now["two"]["helpers"], now["new"]["helpers"]) == (["h"], ["i"])
    assert now["new"]["body"] == "Two.\n"
    assert "stale = [{ match = 'x\\d', to = \"y\" }]\n" in found.text()


def test_a_split_with_words_of_its_own() -> None:
    found = steps()
    found.split("one", ["b"], "new", "a new one", 'What is "new" \\ here.')
    assert values(found.text())["new"]["body"] == 'What is "new" \\ here.\n'


@pytest.mark.parametrize(
    ("step", "where", "other", "order"),
    [
        ("one", "after", "three", "two three one"),
        ("three", "before", "one", "three one two"),
        ("2", "before", "1", "two one three"),
        ("one", "after", "two", "two one three"),
    ],
)
def test_a_move(step: str, where: str, other: str, order: str) -> None:
    found = steps()
    found.move(step, where, other)
    assert found.ids == order.split()
    assert list(values(found.text())) == order.split()
    assert values(found.text()) == values(TEXT)


def test_a_move_there_and_back_is_none() -> None:
    text = FILES[-1].read_bytes().decode()
    found = Steps(text, "here")
    found.move("introduce", "after", "migration")
    assert found.text() != text
    found.move("introduce", "before", "chain")
    assert found.text() == text


def test_a_subject() -> None:
    found = steps()
    found.retitle("one", 'say "one"')
    old, new = TEXT.splitlines(), found.text().splitlines()
    assert [line for line in new if line not in old] == ['subject = "say \\"one\\""']
    assert len(old) == len(new)


def test_line_ends_are_kept() -> None:
    text = TEXT.replace("\n", "\r\n")
    found = steps(text)
    assert found.text() == text
    found.retitle("two", "other")
    assert found.text() == text.replace('"the second"', '"other"')


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(1, 3)), max_size=6))
def test_moves_lose_nothing(moves: list[tuple[int, bool, int]]) -> None:
    found = steps()
    for step, after, other in moves:
        if step != other:
            found.move(str(step), "after" if after else "before", str(other))
    assert sorted(filter(None, found.text().splitlines())) == sorted(
        filter(None, TEXT.splitlines())
    )
    assert values(found.text()) == values(TEXT)


def test_planned_steps_are_read_back(objpool_steps: tuple[Step, ...], tmp_path: Path) -> None:
    """Patterns with backslashes, trailers and changes among what they hold."""
    text = steps_text(objpool_steps)
    for step, table in zip(objpool_steps, tomllib.loads(text)["step"], strict=True):
        assert table["body"].split() == step.body.split()
        assert tuple(table.get("slots", ())) == step.slots
        assert [s["match"] for s in table.get("stale", [])] == [
            s.pattern.pattern for s in step.stale
        ]
    replaced = steps()
    replaced.replace(objpool_steps)
    assert replaced.ids == [step.id for step in objpool_steps]
    assert tomllib.loads(replaced.text())["border"] == tomllib.loads(TEXT)["border"]
    assert replaced.text().startswith(TEXT[: TEXT.index("[[step]]")])


@pytest.fixture(params=FILES, ids=lambda path: path.parent.name)
def objpool_steps(request: pytest.FixtureRequest) -> tuple[Step, ...]:
    return load(str(request.param.parent)).steps


def test_steps_for_a_file_without_any() -> None:
    found = Steps('[conversion]\nfiles = ["a.c"]\n', "here")
    found.replace(load(str(FILES[-1].parent)).steps[:2])
    assert list(values(found.text())) == ["introduce", "chain"]
    assert found.text().startswith('[conversion]\nfiles = ["a.c"]\n\n[[step]]\n')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.retitle("tow", "x"), "no step 'tow'; did you mean 'two'?"),
        (lambda s: s.fold("one", "9"), "no step '9'; it has one, two, three"),
        (lambda s: s.fold("one", "one"), "cannot be folded into itself"),
        (lambda s: s.move("two", "after", "2"), "step 'two' is where it is"),
        (lambda s: s.split("two", ["hh"], "n", "x", None), "does not name 'hh'; did you mean 'h'?"),
        (lambda s: s.split("two", ["h", "i"], "n", "x", None), "nothing would be left"),
        (lambda s: s.split("two", ["h"], "one", "x", None), "'one' is there already"),
    ],
)
def test_what_is_not_there(change: Callable[[Steps], None], said: str) -> None:
    found = steps()
    with pytest.raises(UserError) as caught:
        change(found)
    assert said in str(caught.value)
    assert found.text() == TEXT
