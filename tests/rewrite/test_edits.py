# SPDX-License-Identifier: GPL-2.0-only
"""Edits of byte ranges: wrappers nest, replacements stay inside them."""

from __future__ import annotations

from itertools import permutations

from zpconvert.rewrite.edits import Replace, Wrap, apply

SOURCE = b"x = f(page)->a;"


def test_no_edit_no_change() -> None:
    assert apply(SOURCE, 0, len(SOURCE), []) == SOURCE


def test_a_part_of_the_source_is_given_back() -> None:
    assert apply(SOURCE, 4, 11, [Wrap(6, 10, "w")]) == b"f(w(page))"


def test_wrappers_and_names_nest_in_any_order() -> None:
    edits = [Wrap(4, 11, "outer"), Wrap(6, 10, "inner"), Replace(6, 10, "desc")]
    for order in permutations(edits):
        assert apply(SOURCE, 0, 15, list(order)) == b"x = outer(f(inner(desc)))->a;"


def test_two_wrappers_of_one_spot_and_neighbours() -> None:
    assert apply(b"a+b", 0, 3, [Wrap(0, 1, "f"), Wrap(2, 3, "g"), Wrap(0, 3, "h")]) == (
        b"h(f(a)+g(b))"
    )


def test_an_insertion_and_a_replacement_at_one_place() -> None:
    assert apply(b"{a}", 0, 3, [Replace(1, 2, "b"), Replace(1, 1, "\n")]) == b"{\nb}"


def test_what_is_inserted_goes_before_a_wrapper_that_opens_there() -> None:
    assert apply(b"{a}", 0, 3, [Wrap(1, 2, "f"), Replace(1, 1, "b;"), Replace(1, 2, "c")]) == (
        b"{b;f(c)}"
    )
