# SPDX-License-Identifier: GPL-2.0-only
"""A header that is there already is ours byte for byte, or it is refused and says where."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.header.test_generate import OLD
from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.errors import UserError
from zpconvert.header.generate import header_text
from zpconvert.header.merge import recognise
from zpconvert.header.steps import HeaderSteps
from zpconvert.resources import semantic_patches_dir

ZPDESC = load_descriptor(semantic_patches_dir() / "descriptors/zpdesc.toml")
NAMES = [helper.name for helper in ZPDESC.helpers]
SOME = ("zpdesc_get", "zpdesc_put", "alloc_zpdesc")


def with_helpers(names: tuple[str, ...] | set[str]) -> bytes:
    return header_text(ZPDESC, OLD, [h for h in ZPDESC.helpers if h.name in names])


@given(st.sets(st.sampled_from(NAMES)))
def test_a_header_of_ours_gives_its_helpers_back(names: set[str]) -> None:
    found = recognise(ZPDESC, OLD, with_helpers(names))
    assert found.names == names
    assert [h.name for h in found.helpers] == [name for name in NAMES if name in names]


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_what_a_series_adds_does_not_depend_on_who_was_first(one: set[str], two: set[str]) -> None:
    first = HeaderSteps(ZPDESC, OLD, None, set(), [one])
    second = HeaderSteps(ZPDESC, OLD, None, set(), [two])
    after_first = HeaderSteps(ZPDESC, OLD, recognise(ZPDESC, OLD, first.text(0)), set(), [two])
    after_second = HeaderSteps(ZPDESC, OLD, recognise(ZPDESC, OLD, second.text(0)), set(), [one])
    assert after_first.text(0) == after_second.text(0)
    assert after_first.names(0) == first.names(0) | second.names(0)


def test_nothing_is_added_before_its_use() -> None:
    """A family that another series has a part of is no reason to complete it at once."""
    present = recognise(ZPDESC, OLD, with_helpers({"zpdesc_unlock"}))
    steps = HeaderSteps(ZPDESC, OLD, present, set(), [set(), {"zpdesc_lock"}])
    assert steps.text(0) == present.text
    assert steps.names(1) == {"zpdesc_lock", "zpdesc_unlock"}


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("unsigned long handle;", "unsigned int handle;", r":\d+",
         "its struct zpdesc is another than that of zpdesc.toml"),
        ("struct zpdesc {", "struct zpdesc2 {", "", "is there, but does not define struct zpdesc"),
        ("#endif /* _MM", "static inline void zpdesc_eat(struct zpdesc *z)\n{\n}\n\n#endif /* _MM",
         r":\d+", r"has zpdesc_eat\(\), which zpdesc.toml does not know"),
        ("\tfolio_get(", "\tfolio_got(", r":\d+",
         r"is not as zpdesc.toml gives it: 'folio_got\(zpdesc_folio\(zpdesc\)\);', not 'folio_get"),
        ("ZPDESC_MATCH(lru, lru);\n", "", r":\d+",
         r"'ZPDESC_MATCH_SCALAR\(mapping, movable_ops…', not 'ZPDESC_MATCH\(lru, lru\);'"),
        ("#endif /* _MM_ZPDESC_H */\n", "", r":\d+", "'', not '#endif /"),
    ],
    ids=["member", "struct", "function", "body", "assertion", "cut short"],
)  # fmt: skip
def test_another_header_is_refused_and_says_where(
    old: str, new: str, where: str, what: str
) -> None:
    text = with_helpers(SOME).decode()
    assert old in text
    changed = text.replace(old, new, 1)
    with pytest.raises(UserError, match=what) as caught:
        recognise(ZPDESC, OLD, changed.encode())
    path, _, line = caught.value.where.partition(":")
    assert path == "mm/zpdesc.h"
    assert bool(line) is bool(where)
    if line:
        lines = text.split("\n")[: int(line) - 1]
        assert changed.split("\n")[: int(line) - 1] == lines
    assert "\n" not in str(caught.value)


def test_an_older_table_s_header_is_refused() -> None:
    """What a helper's body was before the table changed is not ours to replace."""
    changed = tuple(
        dataclasses.replace(h, body=("put_page(zpdesc_page(zpdesc));",))
        if h.name == "zpdesc_put"
        else h
        for h in ZPDESC.helpers
    )
    older = dataclasses.replace(ZPDESC, helpers=changed)
    text = header_text(older, OLD, [h for h in changed if h.name in SOME])
    with pytest.raises(UserError, match=r"'put_page\(zpdesc_page\(zpdesc\)\);', not 'folio_put\("):
        recognise(ZPDESC, OLD, text)
