# SPDX-License-Identifier: GPL-2.0-only
"""What is drafted from a file: members, idioms, helpers, names, questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.init.conftest import Drafted
from zpconvert.errors import UserError
from zpconvert.init.draft import Draft


def members(draft: Draft) -> list[tuple[str, str, str]]:
    return [(u.member.name, u.member.ctype, u.member.over) for u in draft.members]


def rule(draft: Draft, name: str) -> str:
    return next(idiom.text for idiom in draft.idioms if idiom.name == name)


def test_a_word_that_always_holds_one_pointer_gets_its_type(drafted: Drafted) -> None:
    draft = drafted(
        "struct pool;\n"
        "static struct pool *owner(struct page *page)\n"
        "{ return (struct pool *)page_private(page); }\n"
        "static void own(struct page *page, struct pool *pool)\n"
        "{ set_page_private(page, (unsigned long)pool); }\n"
        "static void reset(struct page *page) { set_page_private(page, 0); }\n"
    )
    assert members(draft) == [("pool", "struct pool *", "private")]
    assert "- (struct pool *)page_private(xdesc_page(e))\n+ e->pool" in rule(draft, "pool_get")
    assert "- set_page_private(xdesc_page(e), (unsigned long)v)\n+ e->pool = v" in rule(
        draft, "pool_set"
    )
    assert "- set_page_private(xdesc_page(e), 0)\n+ e->pool = NULL" in rule(draft, "pool_clear")
    assert draft.questions == ()


def test_a_link_is_a_pointer_to_the_descriptor(drafted: Drafted) -> None:
    draft = drafted(
        "static struct page *next(struct page *page) { return (struct page *)page->index; }\n"
        "static void tie(struct page *a, struct page *b) { a->index = (unsigned long)b; }\n"
    )
    assert members(draft) == [("next", "struct xdesc *", "index")]
    assert "- page_xdesc((struct page *)xdesc_page(e)->index)\n+ e->next" in rule(draft, "next_get")


def test_a_macro_of_the_file_that_reads_and_casts_stands_for_the_member(drafted: Drafted) -> None:
    draft = drafted(
        "struct pool { int n; };\n"
        "#define page_pool(page) ((struct pool *)page_private(page))\n"
        "static int n(struct page *page) { return page_pool(page)->n; }\n"
    )
    assert members(draft) == [("pool", "struct pool *", "private")]
    assert "- page_pool(xdesc_page(e))\n+ e->pool" in rule(draft, "pool_get")


def test_a_word_with_two_meanings_has_two_members_and_a_question(drafted: Drafted) -> None:
    draft = drafted(
        "static struct page *next(struct page *page) { return (struct page *)page->index; }\n"
        "static unsigned long handle(struct page *page) { return page->index; }\n"
        "static void reset(struct page *page) { page->index = 0; }\n"
    )
    assert members(draft) == [
        ("next", "struct xdesc *", "index"),
        ("index", "unsigned long", "index"),
    ]
    assert [idiom.name for idiom in draft.idioms] == ["next_get", "index"]
    (question,) = draft.questions
    assert question.topic == "two meanings"
    assert [str(place) for place in question.places] == ["mm/x.c:10:40"]


def test_a_number_that_is_cast_is_not_taken_for_the_pointer(drafted: Drafted) -> None:
    draft = drafted(
        "struct pool;\n"
        "static struct pool *owner(struct page *page)\n"
        "{ return (struct pool *)page->private; }\n"
        "static void count(struct page *page, int n) { page->private = (unsigned long)n; }\n"
    )
    assert members(draft) == [("private", "unsigned long", "private")]
    (question,) = draft.questions
    assert "numbers that are cast" in question.seen


def test_a_pointer_of_another_type_is_no_reason_to_guess(drafted: Drafted) -> None:
    draft = drafted(
        "struct a; struct b;\n"
        "static struct a *one(struct page *page) { return (struct a *)page->private; }\n"
        "static struct b *two(struct page *page) { return (struct b *)page->private; }\n"
    )
    assert members(draft) == [("private", "unsigned long", "private")]
    (question,) = draft.questions
    assert "'struct a *', 'struct b *'" in question.seen


def test_members_that_macros_name_are_the_descriptors_too(drafted: Drafted) -> None:
    draft = drafted(
        "static void drain(struct list_head *head)\n"
        "{\n\tstruct page *page;\n\tlist_for_each_entry(page, head, lru)\n\t\tget_page(page);\n"
        "\tpage = list_entry(head->next, struct page, lru);\n\tget_page(page);\n}\n"
    )
    assert members(draft) == [("lru", "struct list_head", "lru")]
    (use,) = draft.members
    assert sorted(place.line for place in use.places) == [11, 13]
    assert rule(draft, "list_entry_lru").endswith(
        "- page_xdesc(list_entry(a0, struct page, lru))\n+ list_entry(a0, struct xdesc, lru)\n"
    )


def helpers(draft: Draft) -> dict[str, tuple[str, str]]:
    return {one.helper.proto: (one.helper.old, one.helper.body[0]) for one in draft.helpers}


USES = (
    "static void use(struct page *page)\n"
    "{\n\tif (!trylock_page(page) || PageOwnerTwo(page))\n\t\treturn;\n"
    "\tget_page(page);\n\tput_page(page);\n\tmark_page(page, 1);\n\tpage_address(page);\n"
    "\t__free_page(page);\n\tpage = alloc_page(1);\n}\n"
)


def test_helpers_are_built_on_what_the_tree_says_of_folios(drafted: Drafted) -> None:
    assert helpers(drafted(USES)) == {
        "bool xdesc_trylock(struct xdesc *xdesc)": (
            "trylock_page(xdesc)",
            "return folio_trylock(xdesc_folio(xdesc));",
        ),
        "int xdesc_test_owner_2(struct xdesc *xdesc)": (
            "PageOwnerTwo(xdesc)",
            "return folio_test_owner_2(xdesc_folio(xdesc));",
        ),
        "void xdesc_get(struct xdesc *xdesc)": (
            "get_page(xdesc)",
            "folio_get(xdesc_folio(xdesc));",
        ),
        "void xdesc_put(struct xdesc *xdesc)": (
            "put_page(xdesc)",
            "folio_put(xdesc_folio(xdesc));",
        ),
        "void mark_xdesc(struct xdesc *xdesc, int how)": (
            "mark_page(xdesc, how)",
            "mark_page(xdesc_page(xdesc), how);",
        ),
        "void *xdesc_address(const struct xdesc *xdesc)": (
            "page_address(xdesc)",
            "return page_address(xdesc_page(xdesc));",
        ),
        "void __free_xdesc(struct xdesc *xdesc)": (
            "__free_page(xdesc)",
            "__free_page(xdesc_page(xdesc));",
        ),
        "struct xdesc *alloc_xdesc(gfp_t gfp_mask)": (
            "alloc_page(gfp_mask)",
            "return page_xdesc(alloc_page(gfp_mask));",
        ),
    }


def test_a_helper_s_comment_names_no_call_that_goes(drafted: Drafted) -> None:
    """`validate` would find it stale once the series has taken the old call away."""
    docs = {one.helper.old: one.helper.doc for one in drafted(USES).helpers}
    assert docs["trylock_page(xdesc)"].startswith("folio_trylock() for")
    assert docs["mark_page(xdesc, how)"].startswith("mark_page() for")
    assert not [
        doc for old, doc in docs.items() if "folio_" in doc and old.partition("(")[0] in doc
    ]


def test_a_number_of_unknown_width_is_no_parameter(drafted: Drafted) -> None:
    draft = drafted(
        "static void f(unsigned long n)\n"
        "{\n\tstruct page *page = pfn_to_page(n >> 12);\n\tn = page_mixed(page, 1);\n"
        "\tput_page(page);\n}\n"
    )
    assert "struct xdesc *pfn_to_xdesc(unsigned long pfn)" in helpers(draft)
    assert [(one.name, one.topic) for one in draft.left] == [("page_mixed", "not understood")]


def test_where_pages_may_be_compound_helpers_keep_the_page_call(drafted: Drafted) -> None:
    draft = drafted(USES.replace("alloc_page(1)", "alloc_pages(1, 2)"))
    assert draft.compound is not None
    assert str(draft.compound[0]) == "mm/x.c:17:9"
    bodies = [body for _, body in helpers(draft).values()]
    assert bodies
    assert not any("folio" in body for body in bodies)


def test_a_call_of_another_subsystem_stays_wrapped(drafted: Drafted) -> None:
    draft = drafted("static void give(struct buff *b, struct page *page) { attach(b, page); }\n")
    assert draft.helpers == ()
    (left,) = draft.left
    assert (left.name, left.why) == ("attach", "linux/net.h declares it")
    assert [str(place) for place in left.places] == ["mm/x.c:8:55"]


def test_callbacks_are_found_in_what_holds_them(drafted: Drafted) -> None:
    draft = drafted(
        "static bool move(struct page *page, int how) { get_page(page); return true; }\n"
        "static const struct mover mover = { .move = move };\n"
    )
    (callback,) = draft.seen[0].callbacks
    assert callback.holder == "struct mover.move"
    assert callback.slots == ("move:page",)
    assert (callback.place.line, callback.place.column) == (9, 45)


def test_a_slot_that_cannot_flip_is_a_border(drafted: Drafted) -> None:
    draft = drafted(
        "#define again() get_page(page)\n"
        "static void walk(struct page *page, int n)\n"
        "{\n\twhile (n--)\n\t\tagain();\n}\n"
        "static void use(struct page *p) { get_page(p); }\n"
    )
    (border,) = draft.borders
    assert border.slot == "walk:page"
    assert border.reason == "macro 'again' uses the caller's 'page' (line 12, column 3)"


def test_names_end_in_the_descriptor_where_they_ended_in_page(drafted: Drafted) -> None:
    draft = drafted(
        "static void drop_page(struct page *page) { put_page(page); }\n"
        "static void x_page_drop(struct page *p) { drop_page(p); }\n"
    )
    assert [r("drop_page") for r in draft.functions] == ["drop_xdesc"]
    assert [r("first_page") for r in draft.variables] == ["first_xdesc"]


def test_a_function_with_a_border_keeps_its_name(drafted: Drafted) -> None:
    draft = drafted(
        "#define again() get_page(page)\n"
        "static void skip_page(struct page *page, struct page *q)\n"
        "{\n\tagain();\n\tput_page(q);\n}\n"
        "static void drop_page(struct page *page) { skip_page(page, page); put_page(page); }\n"
    )
    assert [border.slot for border in draft.borders] == ["skip_page:page"]
    assert [r("skip_page") for r in draft.functions] == ["skip_page"]
    assert [r("drop_page") for r in draft.functions] == ["drop_xdesc"]


def test_a_name_that_is_taken_stays(drafted: Drafted) -> None:
    draft = drafted(
        "static void f(struct page *page, int xdesc) { mark_page(page, xdesc); }\n"
        "static void g(struct page *last_page) { get_page(last_page); }\n"
    )
    assert draft.unnamed == ("page",)
    (table,) = draft.variables
    assert (table("page"), table("last_page")) == ("page", "last_xdesc")


def test_nothing_to_convert_is_said(drafted: Drafted) -> None:
    with pytest.raises(UserError, match=r"mm/x.c: no 'struct page \*' in it"):
        drafted("static int f(void) { return 1; }\n")


def test_a_header_that_exists_is_not_taken(drafted: Drafted, tree: Path) -> None:
    (tree / "mm").mkdir()
    (tree / "mm/xdesc.h").write_text("")
    with pytest.raises(UserError, match=r"mm/xdesc.h exists already; choose another name"):
        drafted("static void f(struct page *p) { get_page(p); }\n")


def test_a_descriptor_that_the_headers_have_is_refused(drafted: Drafted) -> None:
    with pytest.raises(UserError, match="have a 'struct xdesc' already"):
        drafted("#include <linux/taken.h>\nstatic void f(struct page *p) { get_page(p); }\n")
