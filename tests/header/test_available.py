# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.header.available import available
from zpconvert.resources import semantic_patches_dir

ZPDESC = load_descriptor(semantic_patches_dir() / "descriptors/zpdesc.toml")


def test_everything_is_available_where_everything_is_known() -> None:
    now = tuple(helper for helper in ZPDESC.helpers if not helper.lacks)
    assert available(ZPDESC, lambda name: True) == (now, ())


def test_a_call_the_tree_does_not_have() -> None:
    usable, missing = available(ZPDESC, lambda name: name != "folio_trylock")
    assert [(helper.name, name) for helper, name in missing] == [
        ("zpdesc_trylock", "folio_trylock")
    ]
    now = [helper for helper in ZPDESC.helpers if not helper.lacks]
    assert len(usable) == len(now) - 1


def test_a_struct_the_tree_does_not_have() -> None:
    """struct movable_operations came with 6.0; before, a mapping was passed in its place."""
    usable, missing = available(ZPDESC, lambda name: name != "movable_operations")
    assert "__zpdesc_set_mapping_movable" in {helper.name for helper in usable}
    assert [(helper.name, name) for helper, name in missing] == [
        ("__zpdesc_set_movable", "movable_operations")
    ]


def test_a_helper_that_calls_one_that_is_missing_is_missing_too() -> None:
    calling = tuple(
        replace(h, body=("if (zpdesc)", "\tzpdesc_put(zpdesc);")) if h.name == "free_zpdesc" else h
        for h in ZPDESC.helpers
    )
    _, missing = available(replace(ZPDESC, helpers=calling), lambda name: name != "folio_put")
    assert {helper.name: name for helper, name in missing} == {
        "zpdesc_put": "folio_put",
        "free_zpdesc": "zpdesc_put",
    }


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("tree", "gone"),
    [("kernel_612", set()), ("kernel_61", {"__zpdesc_set_zsmalloc", "__zpdesc_clear_zsmalloc"})],
)
def test_what_the_real_trees_can_have(
    tree: str, gone: set[str], request: pytest.FixtureRequest
) -> None:
    root: Path = request.getfixturevalue(tree)
    files = ["page-flags.h", "pagemap.h", "mm.h", "gfp.h", "migrate.h", "mmzone.h", "highmem.h"]
    text = "".join((root / "include/linux" / file).read_text() for file in files)
    text += (root / "include/asm-generic/memory_model.h").read_text()
    text += (root / "mm/zsmalloc.c").read_text()
    words = set(re.findall(r"\w+", text))
    _, missing = available(ZPDESC, words.__contains__)
    assert {helper.name for helper, _ in missing} == gone
