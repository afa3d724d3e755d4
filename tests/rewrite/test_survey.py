# SPDX-License-Identifier: GPL-2.0-only
"""A survey: which slots a file has, which flip together, and where its comments belong."""

from __future__ import annotations

from tests.rewrite.conftest import surveyed

SOURCE = """\
// alone

/* of the struct */
struct z { struct page *a, **b; /* inside */ int n; };

static struct page *f(struct page *page, int n); /* after */
/* far from it */

/* of f */
static struct page *f(struct page *page, int n)
{
	struct page *page2, *v[2];
	/* in f */
	{ struct page *page2; }
	return page;
}
static int callback(struct page *page, struct page **deep) { return 0; }
int (*use)(struct page *, struct page **) = callback;
"""


def test_slots_have_ids_and_say_what_they_are() -> None:
    found = surveyed(SOURCE)
    assert {i: (s.kind, s.depth, s.fixed) for i, s in found.slots.items()} == {
        "f()": ("result", 1, False),
        "f:page": ("param", 1, False),
        "callback:page": ("param", 1, True),
        "struct z.a": ("field", 1, False),
        "struct z.b": ("field", 2, False),
        "f:page2": ("local", 1, False),
        "f:v": ("local", 2, False),
        "f:page2#2": ("local", 1, False),
    }
    for slot in found.slots.values():
        assert SOURCE.encode()[slot.at :].startswith(slot.name.encode())


def test_each_comment_belongs_to_what_it_stands_in_or_before() -> None:
    found = surveyed(SOURCE)
    source = SOURCE.encode()
    owned = {
        source[slice(*comment)].decode(): source[item.code : item.end].decode()[:13]
        for item in found.items
        for comment in item.comments
    }
    assert owned == {
        "// alone": "// alone",
        "/* of the struct */": "struct z { st",
        "/* inside */": "struct z { st",
        "/* after */": "/* after */",
        "/* far from it */": "/* far from i",
        "/* of f */": "static struct",
        "/* in f */": "static struct",
    }


def test_items_cover_the_file_in_order_without_overlap() -> None:
    found = surveyed(SOURCE)
    ends = [0, *(item.end for item in found.items)]
    assert all(a <= item.start for a, item in zip(ends, found.items, strict=False))
    assert {item.function for item in found.items} == {None, "f", "callback"}


def test_groups_are_joined_through_pointers_to_pointers() -> None:
    found = surveyed(
        "static void fill(struct page **v) { }\n"
        "static void f(struct page *single)\n{\n\tstruct page *a[2], *b, **c = a, *apart;\n\n"
        "\tfill(a);\n\tc = &b;\n\tapart = single;\n}\n"
    )
    group = {s.id for s in found.group(found.slots["f:b"])}
    assert group == {"fill:v", "f:a", "f:b", "f:c"}
    assert {s.id for s in found.group(found.slots["f:apart"])} == {"f:apart"}


def test_functions_that_are_only_declared_have_no_slots() -> None:
    found = surveyed("struct page *other(struct page *page);\nstatic int s(struct page *);\n")
    assert found.slots == {}


def test_empty_and_old_style_parameter_lists_are_read() -> None:
    found = surveyed(
        "int a() { return 0; }\nstatic int b(void) { return a(); }\nint c(p) int p; {}\n"
    )
    assert found.slots == {}
    assert {"a", "b"} <= set(found.unit.functions)


def test_an_empty_file_is_a_file() -> None:
    assert surveyed("").items == []
    assert surveyed("\n\n").slots == {}
