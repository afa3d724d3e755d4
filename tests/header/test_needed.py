# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.conversion.model import Conversion, Helper
from zpconvert.csource.members import Group, StructMember
from zpconvert.csource.structs import read_struct
from zpconvert.errors import UserError
from zpconvert.header import needed

TREE = Path(__file__).resolve().parent.parent.parent / "fixtures/tree"
WHERE = "include/linux/mm_types.h"

HELPER = Helper("d_trylock", "lock", "bool d_trylock(struct d *d)", "trylock_page(d)", (), "Try.")


@pytest.fixture
def page() -> Group:
    return read_struct((TREE / WHERE).read_bytes(), "page", WHERE)


def without(group: Group, name: str) -> Group:
    """A struct that lacks a member."""
    return replace(
        group,
        children=tuple(
            without(child, name) if isinstance(child, Group) else child
            for child in group.children
            if not (isinstance(child, StructMember) and child.name == name)
        ),
    )


def test_the_fixture_tree_has_all(objpool: Conversion, page: Group) -> None:
    needed.check(objpool, page, TREE, WHERE)


@pytest.mark.parametrize("name", ["index", "page_type", "private"])
def test_a_member_that_is_gone(name: str, objpool: Conversion, page: Group) -> None:
    with pytest.raises(UserError) as caught:
        needed.check(objpool, without(page, name), TREE, WHERE)
    first = f'patch 1, "mm/objpool: {objpool.steps[0].subject}", needs for '
    assert caught.value.where == WHERE
    assert f"has no member '{name}' (gone, or not there yet), which {first}" in caught.value.what
    planned = replace(objpool, steps=())
    with pytest.raises(UserError, match=r"which patch 1 needs for"):
        needed.check(planned, without(page, name), TREE, WHERE)


def test_a_header_that_is_not_there_yet(objpool: Conversion, page: Group) -> None:
    descriptor = replace(objpool.descriptor, includes=("linux/types.h", "linux/zdesc.h"))
    with pytest.raises(UserError) as caught:
        needed.check(replace(objpool, descriptor=descriptor), page, TREE, WHERE)
    assert caught.value.where == "include/linux/zdesc.h"
    assert "not in this tree; patch 1," in caught.value.what


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"if (trylock_page(d_page(d)))", True),
        (b"trylock_page(\n\t\td_page(get(d)))", True),
        (b"trylock_page(page); put_page(d_page(d));", False),
        (b"xtrylock_page(d_page(d))", False),
        (b"d_trylock(d)", False),
    ],
)
def test_where_an_old_call_is_left_on_a_descriptor(text: bytes, found: bool) -> None:
    states = [[b"trylock_page(page);"], [b"int a;", text]]
    assert needed.first_need(HELPER, "d_page", states) == (1 if found else None)


def test_the_step_that_needs_it_lacks_it(objpool: Conversion) -> None:
    steps = [replace(step, helpers=()) for step in objpool.steps[:2]]
    states = [[b"int a;"], [b"trylock_page(d_page(d));"]]
    unoffered = [(HELPER, "folio_trylock")]
    assert needed.lacking(steps, unoffered, "d_page", states) == [(), ("folio_trylock()",)]
    steps[0] = replace(steps[0], helpers=("d_trylock",))
    assert needed.lacking(steps, unoffered, "d_page", [[b""], [b""]]) == [("folio_trylock()",), ()]
