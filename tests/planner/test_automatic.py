# SPDX-License-Identifier: GPL-2.0-only
"""A series that nobody planned, on the fixture tree."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from zpconvert import posting
from zpconvert.conversion.model import Conversion
from zpconvert.errors import UserError
from zpconvert.git.diff import SeriesStat, measure
from zpconvert.git.model import Ident
from zpconvert.mail.lint import lint
from zpconvert.mail.message import compose
from zpconvert.pipeline import Converted, convert
from zpconvert.rewrite import tidy

TREE = Path(__file__).resolve().parents[2] / "fixtures/tree"
SOURCE, HEADER = "mm/objpool.c", "mm/tdesc.h"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0000")


@pytest.fixture(scope="module")
def planned(objpool: Conversion, header_cache: Path) -> Converted:
    return convert(TREE, objpool, cache=header_cache, lines=60)


def stat(conversion: Conversion, result: Converted) -> SeriesStat:
    return measure(result.base, posting.commits(conversion, result, IDENT, False))


def test_the_last_tree_is_that_of_the_written_plan(
    planned: Converted, objpool_result: Converted
) -> None:
    """Comment phrases of the written steps included."""
    assert planned.planned
    assert not objpool_result.planned
    assert planned.tree == objpool_result.tree
    assert planned.kept == objpool_result.kept


def test_a_conversion_without_steps_is_planned(
    objpool: Conversion, planned: Converted, header_cache: Path
) -> None:
    """With nothing but the phrases missing, which only a step can name."""
    bare = dataclasses.replace(objpool, steps=())
    result = convert(TREE, bare, cache=header_cache)
    assert result.planned
    assert result.tree[HEADER] == planned.tree[HEADER]
    texts = (result.tree[SOURCE], planned.tree[SOURCE])
    assert texts[0] != texts[1]
    assert len({tidy.without_comments(text) for text in texts}) == 1
    assert result.absent == ()


def test_the_header_comes_first_with_all_but_helpers(planned: Converted) -> None:
    first = planned.states[0]
    assert (first.slots, first.helpers) == ((), ())
    last = planned.tree[HEADER].decode()
    core = last[last.index("struct tdesc {") : last.index("#define tdesc_page(")]
    assert core in first.files[HEADER].decode()


def test_every_slot_flips_once(planned: Converted, objpool_result: Converted) -> None:
    flipped = [slot for state in planned.states for slot in state.slots]
    assert sorted(flipped) == sorted(s for state in objpool_result.states for s in state.slots)


@pytest.mark.parametrize("lines", [25, 120])
def test_a_step_that_could_be_split_has_so_many_lines_at_most(
    lines: int,
    planned: Converted,
    objpool: Conversion,
    objpool_result: Converted,
    header_cache: Path,
) -> None:
    result = convert(TREE, objpool, cache=header_cache, lines=lines)
    assert result.tree == objpool_result.tree
    assert (len(result.states) > len(planned.states)) == (lines < 60)
    sizes = [sum(f.lines for f in commit) for commit in stat(objpool, result).commits]
    large = [s for s, size in zip(result.states, sizes, strict=True) if size > lines]
    groups = [{"obj_to_location:page"}, {"objpool_map:pages"}, {"create_page_chain:pages"}]
    for state in large[1:]:
        # one group, or one slot with what comes with it
        assert len(state.slots) == 1 or any(group <= {*state.slots} for group in groups), state


def test_churn_is_below_that_of_the_written_plan(
    planned: Converted, objpool: Conversion, objpool_result: Converted
) -> None:
    churn = stat(objpool, planned).churn
    assert 1 <= churn <= 1.25
    assert churn < stat(objpool, objpool_result).churn


def test_a_second_plan_is_the_same(
    planned: Converted, objpool: Conversion, header_cache: Path
) -> None:
    again = convert(TREE, objpool, cache=header_cache, lines=60)
    assert [s.step for s in again.states] == [s.step for s in planned.states]
    assert [s.files for s in again.states] == [s.files for s in planned.states]


def test_messages_pass_our_own_lint(planned: Converted, objpool: Conversion) -> None:
    names = frozenset(re.findall(r"(?m)^[a-z].*?\b(\w+)\(", planned.base[SOURCE].decode()))
    assert len(names) > 30
    subjects = [state.step.subject for state in planned.states]
    assert len(set(subjects)) == len(subjects)
    for state in planned.states:
        step = state.step
        message = compose(objpool.prefix, step.subject, step.body, (), None, where="here")
        assert lint(message, prefix=objpool.prefix, functions=names) == (), message
        assert len(step.body.split()) >= 12


def test_a_message_names_what_the_step_brings(planned: Converted) -> None:
    """Each helper is named where it comes; a function of each slot that flips is named."""
    for state in planned.states:
        text = f"{state.step.subject}\n{state.step.body}"
        for helper in state.helpers:
            assert f"{helper}()" in text, (state.step.id, helper)
        for slot in state.slots:
            name = slot.split(":")[0].removesuffix("()")
            name = name.split(".")[0] if name.startswith("struct ") else f"{name}()"
            assert name in text, (state.step.id, slot)


def test_steps_can_be_written_down_and_give_the_same_series(
    planned: Converted, objpool: Conversion, header_cache: Path
) -> None:
    """What the planner names, a plan can name."""
    steps = tuple(state.step for state in planned.states)
    result = convert(TREE, dataclasses.replace(objpool, steps=steps), cache=header_cache)
    assert not result.planned
    assert [s.files for s in result.states] == [s.files for s in planned.states]
    assert result.notes == ()


def test_a_header_that_is_there_is_not_introduced(
    small_tree: Path, objpool: Conversion, planned: Converted, header_cache: Path
) -> None:
    """Another conversion with the same descriptor came before."""
    (small_tree / HEADER).write_bytes(planned.tree[HEADER])
    result = convert(small_tree, objpool, cache=header_cache, lines=60)
    assert result.tree == planned.tree
    assert [state.helpers for state in result.states] == [()] * len(result.states)
    assert result.states[0].step.subject == "speak in comments of tdesc"
    assert set(result.states[0].files) == {SOURCE}
    posting.commits(objpool, result, IDENT, False)


def test_a_file_without_slots_is_no_work(
    small_tree: Path, objpool: Conversion, header_cache: Path
) -> None:
    (small_tree / SOURCE).write_text("int a;\n")
    with pytest.raises(UserError, match="nothing in it is a struct page"):
        convert(small_tree, objpool, cache=header_cache, lines=60)


def test_several_files_share_steps_and_names_are_told_apart(
    objpool: Conversion, header_cache: Path
) -> None:
    two = dataclasses.replace(objpool, files=(SOURCE, "mm/buddy2.c"), steps=())
    result = convert(TREE, two, cache=header_cache)
    assert set(result.tree) == {SOURCE, "mm/buddy2.c", HEADER}
    assert b"struct tdesc *" in result.tree["mm/buddy2.c"]
    written = tuple(state.step for state in result.states)
    again = convert(TREE, dataclasses.replace(two, steps=written), cache=header_cache)
    assert again.tree == result.tree
