# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.conversion.model import Helper
from zpconvert.header.report import families
from zpconvert.header.select import select
from zpconvert.resources import semantic_patches_dir

ZPDESC = load_descriptor(semantic_patches_dir() / "descriptors/zpdesc.toml")
NAMES = sorted(helper.name for helper in ZPDESC.helpers)


def names(helpers: tuple[Helper, ...]) -> list[str]:
    return [helper.name for helper in helpers]


def keeping(name: str) -> tuple[Helper, ...]:
    return tuple(replace(h, keep=True) if h.name == name else h for h in ZPDESC.helpers)


def test_a_family_comes_with_its_first_use_as_far_as_the_last_tree_uses_it() -> None:
    used = {"zpdesc_lock", "zpdesc_unlock", "zpdesc_get"}
    assert names(select(ZPDESC, {"zpdesc_lock"}, used)) == ["zpdesc_lock", "zpdesc_unlock"]


def test_nothing_comes_before_its_use() -> None:
    assert select(ZPDESC, set(), {"zpdesc_lock"}) == ()


def test_a_kept_helper_comes_with_its_family() -> None:
    kept = replace(ZPDESC, helpers=keeping("free_zpdesc"))
    used = {"alloc_zpdesc"}
    assert names(select(ZPDESC, used, used)) == ["alloc_zpdesc"]
    assert names(select(kept, used, used)) == ["alloc_zpdesc", "free_zpdesc"]
    assert names(select(kept, set(), used)) == []


def test_a_kept_helper_of_a_family_nobody_uses_is_there_from_the_first() -> None:
    kept = replace(ZPDESC, helpers=keeping("free_zpdesc"))
    assert names(select(kept, set(), {"zpdesc_lock"})) == ["free_zpdesc"]


def test_what_a_body_calls_comes_too() -> None:
    calling = tuple(
        replace(h, body=("zpdesc_put(zpdesc);",)) if h.name == "free_zpdesc" else h
        for h in ZPDESC.helpers
    )
    used = {"free_zpdesc"}
    found = names(select(replace(ZPDESC, helpers=calling), used, used))
    assert found == ["zpdesc_put", "free_zpdesc"]


@given(st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=6))
def test_helpers_only_come_and_every_used_one_is_there(uses: list[set[str]]) -> None:
    """Uses grow from commit to commit; at the end nothing is there that nobody uses."""
    last = set().union(*uses)
    before: set[str] = set()
    for count in range(1, len(uses) + 1):
        now = set().union(*uses[:count])
        header = set(names(select(ZPDESC, now, last)))
        assert now | before <= header <= last
        before = header
    assert before == last


def test_the_report_says_what_a_family_leaves_out() -> None:
    used = {"zpdesc_lock", "zpdesc_unlock", "zpdesc_get", "zpdesc_put"}
    report = {family.name: family for family in families(ZPDESC, select(ZPDESC, used, used))}
    assert report["ref"].complete
    assert report["lock"].present == ("zpdesc_lock", "zpdesc_unlock")
    assert report["lock"].left_out == (
        "zpdesc_trylock",
        "zpdesc_wait_locked",
        "zpdesc_is_locked",
    )
    assert report["alloc"].present == ()


@pytest.mark.parametrize("family", sorted({helper.family for helper in ZPDESC.helpers}))
def test_the_bundled_descriptor_wraps_nothing_deprecated(family: str) -> None:
    deprecated = {call.name for call in ZPDESC.deprecated}
    assert deprecated
    members = [helper for helper in ZPDESC.helpers if helper.family == family]
    assert not [h for h in members if deprecated & set(" ".join([h.old, *h.body]).split("("))]
