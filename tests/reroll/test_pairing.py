# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from zpconvert.git.hunks import FileHunks, Hunk
from zpconvert.git.model import Ident
from zpconvert.mail.posted import PostedPatch
from zpconvert.reroll.pairing import pair

IDENT = Ident("A", "a@b.org", "0 +0000")


def patch(
    number: int, name: str, lines: Sequence[str] = (), step: str | None = None
) -> PostedPatch:
    """A patch that adds lines, each made long enough to tell something."""
    hunk = Hunk(1, 1, "", tuple(f"+a line of {line}" for line in lines or [name]))
    files = (FileHunks("a.c", (hunk,), False, False, None),)
    return PostedPatch(number, f"{name}\n\nbody\n", "", b"", IDENT, files, step)


def series(*names: str) -> list[PostedPatch]:
    return [patch(number, name) for number, name in enumerate(names, 1)]


def test_the_same_series() -> None:
    found = pair(series("a", "b"), series("a", "b"))
    assert (found.old, found.folded, found.split, found.moved) == (
        {1: 1, 2: 2},
        {},
        {},
        frozenset(),
    )


def test_a_step_counts_more_than_a_subject_and_a_subject_more_than_lines() -> None:
    old = [patch(1, "a", ["x"], "one"), patch(2, "b", ["y"], "two"), patch(3, "c", ["z"])]
    new = [patch(1, "b", ["y"], "one"), patch(2, "a", ["x"], "two"), patch(3, "c", ["q"])]
    assert pair(old, new).old == {1: 1, 2: 2, 3: 3}


def test_a_new_subject_is_seen_through_by_the_lines() -> None:
    assert pair(series("a", "b"), [patch(1, "a"), patch(2, "new", ["b"])]).old == {1: 1, 2: 2}


def test_a_patch_that_went_into_another_one() -> None:
    old = [patch(1, "a", ["1", "2"]), patch(2, "b", ["3", "4"]), patch(3, "c", ["5"])]
    found = pair(old, [patch(1, "a", ["1", "2", "3", "4"]), patch(2, "c", ["5"])])
    assert (found.old, found.folded) == ({1: 1, 2: 3}, {2: 1})
    assert found.new(3) == 2
    assert found.new(2) is None


def test_a_patch_that_was_part_of_another_one() -> None:
    new = [patch(1, "a", ["1", "2"]), patch(2, "b", ["3", "4"]), patch(3, "c", ["5"])]
    found = pair([patch(1, "a", ["1", "2", "3", "4"]), patch(2, "c", ["5"])], new)
    assert (found.old, found.split) == ({1: 1, 3: 2}, {2: 1})


def test_dropped_and_added() -> None:
    found = pair(series("a", "b"), series("a", "c"))
    assert (found.old, found.folded, found.split) == ({1: 1}, {}, {})


def test_the_fewest_patches_have_moved() -> None:
    assert pair(series(*"abcde"), series(*"bcdea")).moved == {5}
    assert pair(series(*"abcde"), series(*"acbde")).moved in ({2}, {3})


@given(st.permutations("abcdef"), st.sets(st.sampled_from("abcdef")))
def test_without_the_moved_ones_the_order_is_the_old_one(order: list[str], gone: set[str]) -> None:
    found = pair(series(*"abcdef"), series(*(name for name in order if name not in gone)))
    kept = [old for new, old in sorted(found.old.items()) if new not in found.moved]
    assert kept == sorted(kept)
    assert len(found.old) == 6 - len(gone)
