# SPDX-License-Identifier: GPL-2.0-only
"""Names: what holds a descriptor is renamed with its comments; what counts pages is not."""

from __future__ import annotations

import re

from tests.rewrite.conftest import TYPES, closed, rendered, surveyed
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.rename import names
from zpconvert.rewrite.survey import Survey

SOURCE = """\
struct zs { struct page *page; int nr_pages; };
static struct page *get_next_page(struct page *page);
/**
 * get_next_page() - the next page
 * @page: the page; pages are many
 *
 * See get_next_page(), <page>, page->next, get_next_pages.
 */
static struct page *get_next_page(struct page *page)
{
	return page->index ? page : NULL;
}

/* counts nr_pages */
static int walk(struct zs *z, int nr_pages)
{
	struct page *page = z->page;	/* uses get_next_page() */

	/* "the page" */
	while ((page = get_next_page(page)) != NULL)
		nr_pages++;
	{
		int page = 3;

		z->nr_pages = page;
	}
	goto page;
page:
	return nr_pages;
}
static int cb(struct page *page)
{
	return walk(NULL, 1) + page_to_nid(get_next_page(page));
}
int (*ops)(struct page *page) = cb;
"""
RENAMED = """\
struct zs { struct desc *desc; int nr_pages; };
static struct desc *get_next_desc(struct desc *desc);
/**
 * get_next_desc() - the next page
 * @desc: the page; pages are many
 *
 * See get_next_desc(), <desc>, page->next, get_next_pages.
 */
static struct desc *get_next_desc(struct desc *desc)
{
	return desc_page(desc)->index ? desc : NULL;
}

/* counts nr_pages */
static int walk(struct zs *z, int nr_pages)
{
	struct desc *desc = z->desc;	/* uses get_next_desc() */

	/* "the page" */
	while ((desc = get_next_desc(desc)) != NULL)
		nr_pages++;
	{
		int page = 3;

		z->nr_pages = page;
	}
	goto page;
page:
	return nr_pages;
}
static int cb(struct page *page)
{
	struct desc *desc = page_desc(page);

	return walk(NULL, 1) + page_to_nid(desc_page(get_next_desc(desc)));
}
int (*ops)(struct page *page) = cb;
"""


def variable(name: str) -> str:
    return re.sub(r"\bpage\b", "desc", name)


def function(name: str) -> str:
    return name.replace("page", "desc")


def named(found: Survey, *taken: str) -> tuple[FileMigration, list[str]]:
    new, refusals = names(found, [variable], [function], lambda name: name in taken)
    return FileMigration(found, TYPES, new), [str(r) for r in refusals]


def test_names_and_comments_follow_in_their_scopes() -> None:
    found = surveyed(SOURCE)
    migration, refused = named(found)
    text, refusals = rendered(migration, closed(found, None))
    assert (refused, refusals) == ([], [])
    assert text == RENAMED


def test_a_function_that_is_due_early_leaves_a_shim() -> None:
    found = surveyed(SOURCE)
    migration, _ = named(found)
    text, refusals = rendered(migration, closed(found, ["walk:page"]))
    assert refusals == []
    assert "static struct desc *get_next_desc(struct desc *desc);" in text
    assert "static struct page *get_next_page(struct page *page);" in text
    assert (
        "static __maybe_unused struct page *get_next_page(struct page *page)\n{\n"
        "\treturn desc_page(get_next_desc(page_desc(page)));\n}\n" in text
    )
    assert "while ((desc = get_next_desc(desc)) != NULL)" in text
    assert "get_next_page(page))" in text


def test_without_a_caller_of_the_old_type_there_is_no_shim() -> None:
    found = surveyed(SOURCE.replace("page_to_nid(get_next_page(page))", "page_to_nid(page)"))
    migration, _ = named(found)
    text, _ = rendered(migration, closed(found, ["walk:page"]))
    assert "get_next_page(struct page *page)" not in text
    assert "static struct desc *get_next_desc(struct desc *desc)\n{" in text


def test_a_name_that_exists_is_not_given_again() -> None:
    found = surveyed(
        "static int put_page_now(struct page *page)\n{\n\tint desc = 1;\n\n"
        "\treturn page_to_nid(page) + desc;\n}\n"
        "struct s { struct page *page; int desc; };\n"
        "static int have_desc;\n"
        "static int have_page(struct page *page) { return have_desc; }\n"
    )
    migration, refused = named(found, "put_desc_now")
    assert refused == [
        "1:12: 'put_page_now()' would become 'put_desc_now', which exists (slot put_page_now())",
        "9:12: 'have_page()' would become 'have_desc', which exists (slot have_page())",
        "1:38: 'page' would become 'desc', which exists here (slot put_page_now:page)",
        "7:25: 'page' would become 'desc', which exists here (slot struct s.page)",
    ]
    text, _ = rendered(migration, closed(found, None))
    assert "return page_to_nid(desc_page(page)) + desc;" in text
    assert "static int have_page(struct desc *desc)" in text


def test_two_slots_of_a_function_do_not_become_one() -> None:
    found = surveyed("static int f(struct page *page, struct page *the) { return page == the; }\n")
    table = {"page": "desc", "the": "desc"}
    new, refusals = names(found, [lambda n: table.get(n, n)], [], lambda name: False)
    assert new.slots == {"f:page": "desc"}
    assert [r.slot for r in refusals] == ["f:the"]


def test_a_name_inside_a_macro_that_the_function_calls_is_taken() -> None:
    found = surveyed(
        "#define INNER(p) ({ int desc = 1; put_page(p); desc; })\n"
        "#define OUTER(p) INNER(p)\n"
        "static int f(struct page *page) { return OUTER(page); }\n"
        "static int g(struct page *page) { return page_to_nid(page); }\n"
    )
    migration, refused = named(found)
    assert [r.partition("(slot ")[2] for r in refused] == ["f:page)"]
    text, _ = rendered(migration, closed(found, None))
    assert "static int g(struct desc *desc)" in text
