# SPDX-License-Identifier: GPL-2.0-only
"""Names come from the tree's own header; ours stand in where there is none."""

from __future__ import annotations

import pytest

from zpconvert.check import run
from zpconvert.check.sample import DESCRIPTOR, HEADER
from zpconvert.check.subject import Subject
from zpconvert.check.vocabulary import Vocabulary, vocabulary

#: A header that others wrote for the same idea: inline casts, other names, other layout.
OTHERS = b"""\
/* Not generated. */
struct desc {
	unsigned long flags;
	struct desc *link;
};
static_assert(offsetof(struct page, flags) == offsetof(struct desc, flags));
static_assert(offsetof(struct page, index) == offsetof(struct desc, link));
static_assert(sizeof(struct desc) <= sizeof(struct page));
static inline struct page *to_page(struct desc *d)
{
	return (struct page *)d;
}
static inline struct folio *to_folio(struct desc *d)
{
	return (struct folio *)d;
}
#define to_desc(p) ((struct desc *)(p))
static inline void lock_it(struct desc *d)
{
	folio_lock(to_folio(d));
}
static inline void *map_it(struct desc *d, int where)
{
	return kmap_at(where, to_page(d));
}
"""


def found(words: Vocabulary, text: str) -> list[str]:
    def make(source: bytes) -> Subject:
        return Subject("x.c", source, words)

    return [f"{f.code} {f.message}" for f in run.findings(make, text.encode())]


def use(*statements: str) -> str:
    lines = "".join(f"\t{s}\n" for s in statements)
    return f"static void use(struct desc *d)\n{{\n{lines}}}\n"


def test_casts_and_overlays_of_another_header() -> None:
    words = vocabulary(DESCRIPTOR, OTHERS)
    assert (words.to_old, words.from_old, words.to_folio) == (
        {"to_page"}, {"to_desc"}, {"to_folio"},
    )  # fmt: skip
    assert words.overlays == {"flags": ("flags",), "index": ("link",)}
    assert not words.ours


def test_helpers_of_another_header_are_known_by_what_they_do() -> None:
    words = vocabulary(DESCRIPTOR, OTHERS)
    assert found(words, use("lock_page(to_page(d));")) == [
        "ZPC002 lock_page() on a desc: it has lock_it()"
    ]
    assert found(words, use("kmap_at(3, to_page(d));")) == [
        "ZPC002 kmap_at() on a desc: it has map_it()"
    ]


def test_arguments_are_put_in_the_helper_s_order() -> None:
    def make(source: bytes) -> Subject:
        return Subject("x.c", source, vocabulary(DESCRIPTOR, OTHERS))

    mended, count = run.mended(make, use("kmap_at(a, to_page(d));").encode())
    assert b"\tmap_it(d, a);" in mended
    assert count == 1


@pytest.mark.parametrize(
    "statement",
    [
        "unlock_page(to_page(d));",
        "lock_page(desc_page(d));",
        "report(to_page(d)->private);",
        "to_page(d)->unrelated = 0;",
    ],
)
def test_what_another_header_does_not_have_is_not_asked_for(statement: str) -> None:
    assert found(vocabulary(DESCRIPTOR, OTHERS), use(statement)) == []


def test_a_local_that_names_a_cast_stays_in_another_tree_only() -> None:
    text = use("struct page *page = {}(d);", "clear(page);", "reset(page);", "drop(page);")
    assert found(vocabulary(DESCRIPTOR, OTHERS), text.replace("{}", "to_page")) == []
    assert found(vocabulary(DESCRIPTOR, HEADER), text.replace("{}", "desc_page")) == [
        "ZPC001 local 'page' is a struct page in a file that uses struct desc"
    ]


def test_a_local_that_names_a_cast_is_seen_through() -> None:
    text = use("struct page *page = to_page(d);", "lock_page(page);", "page->index = 0;")
    assert found(vocabulary(DESCRIPTOR, OTHERS), text) == [
        "ZPC002 lock_page() on a desc: it has lock_it()",
        "ZPC004 'index' of struct page reached through a cast; struct desc has 'link' there",
    ]


def test_a_local_that_is_reassigned_is_no_name_for_a_cast() -> None:
    text = use("struct page *page = to_page(d);", "page = other();", "a(page);", "b(page);")
    assert [f[:6] for f in found(vocabulary(DESCRIPTOR, OTHERS), text)] == ["ZPC001"]


def test_without_a_header_our_own_names_hold() -> None:
    words = vocabulary(DESCRIPTOR, None)
    assert found(words, use("lock_page(desc_page(d));")) == [
        "ZPC002 lock_page() on a desc: it has desc_lock()"
    ]


def test_a_helper_that_our_header_left_out_is_named_and_not_put_in() -> None:
    start = HEADER.index(b"static inline void desc_lock")
    header = HEADER[:start] + HEADER[HEADER.index(b"static inline void desc_unlock") :]

    def make(source: bytes) -> Subject:
        return Subject("x.c", source, vocabulary(DESCRIPTOR, header))

    text = use("lock_page(desc_page(d));").encode()
    (finding,) = run.findings(make, text)
    assert "desc_lock(), which the header does not define yet" in finding.message
    assert run.mended(make, text) == (text, 0)
