# SPDX-License-Identifier: GPL-2.0-only
"""Macros: those of the file are converted or refused, those of the headers are looked into."""

from __future__ import annotations

import pytest

from tests.csource.conftest import externals_from_texts
from tests.rewrite.conftest import HEADER, MEMBERS, TYPES, Convert, closed, rendered, surveyed
from zpconvert.rewrite import macros
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names
from zpconvert.rewrite.survey import survey

OWN = """\
#define GET() get()
#define PUT(p) do { put(p); n++; } while (0)
#define BOTH(p) ({ struct page *__p = (p); put(__p); __p; })
#define SAME(p) BUG_ON(!get() || (p) == glob)
#define NR_PAGES 4
static struct page *glob;
static struct page *get(void) { return glob; }
static void put(struct page *page) { put_page(page); }
static void f(struct page *p, int n)
{
	p = GET();
	PUT(p);
	p = BOTH(p);
	SAME(p);
	n += NR_PAGES;
}
"""
CONVERTED = """\
#define GET() desc_page(get())
#define PUT(p) do { put(page_desc(p)); n++; } while (0)
#define BOTH(p) desc_page(({ struct desc *__p = page_desc((p)); put(__p); __p; }))
#define SAME(p) BUG_ON(!get() || (p) == desc_page(glob))
#define NR_PAGES 4
static struct desc *glob;
static struct desc *get(void) { return glob; }
static void put(struct desc *page) { put_page(desc_page(page)); }
static void f(struct desc *p, int n)
{
	p = page_desc(GET());
	PUT(desc_page(p));
	p = page_desc(BOTH(desc_page(p)));
	SAME(desc_page(p));
	n += NR_PAGES;
}
"""


def test_a_macro_of_the_file_goes_on_taking_and_giving_the_old_type(convert: Convert) -> None:
    result = convert(OWN)
    assert result.refusals == []
    assert result.text == CONVERTED


@pytest.mark.parametrize(
    ("macro", "use", "reason"),
    [
        ("PUT() put_page(p)", "PUT();", "4:2: macro 'PUT' uses the caller's 'p'"),
        ("P p", "put_page(P);", "4:11: macro 'P' uses the caller's 'p'"),
        ("P glob", "P = p;", "4:2: macro 'P' is assigned to"),
        ("P(x) glob", "WRITE_ONCE(P(1), p);", "4:13: macro 'P' is assigned to"),
        ("P glob", "ext(&P);", "4:7: macro 'P' is assigned to"),
        ("FIRST(z) put_page((z)->first)", "", "1:27: cannot decide which struct's field 'first'"),
        ("OPEN(x) if (glob) {", "OPEN(1) }", "1:17: the body of macro 'OPEN' does not parse"),
    ],
)
def test_a_macro_that_cannot_follow_is_refused(
    convert: Convert, macro: str, use: str, reason: str
) -> None:
    source = (
        f"#define {macro}\n"
        "static void f(struct page *p)\n{\n"
        f"\t{use}\n}}\n"
        "static struct page *glob;\n"
        "struct z { struct page *first; };\n"
        "void ext(void *p);\n"
    )
    refusals = convert(source).refusals
    assert any(r.startswith(reason) for r in refusals), refusals


def test_a_member_of_the_same_name_is_not_the_callers(convert: Convert) -> None:
    source = (
        "struct z { int page; };\n#define N(z) ((z)->page)\n"
        "static int f(struct z *z, struct page *page)\n{\n\treturn N(z) + page_to_nid(page);\n}\n"
    )
    assert convert(source).refusals == []


@pytest.mark.parametrize(
    ("definitions", "call", "expected"),
    [
        ("", "alloc_page(1)", "page_desc(alloc_page(1))"),
        ("#define a(x) b(x)\n#define b(x) alloc_pages(x, 1)", "a(2)", "page_desc(a(2))"),
        ("#define a alloc_pages", "a(1, 2)", "page_desc(a(1, 2))"),
        ("#define virt(x) (mem_map + ((long)(x) >> 12))", "virt(n)", "page_desc(virt(n))"),
        ("#define none(x) ((void *)(x))", "none(n)", "none(n)"),
        ("#define pass(x) ({ typeof(x) _r = (x); _r; })", "pass(mem_map)",
         "page_desc(pass(mem_map))"),
        ("#define pass(x) ({ __auto_type _r = (x); _r; })", "pass(mem_map)",
         "page_desc(pass(mem_map))"),
        ("#define cast(x) ((typeof(mem_map))(x))", "cast(n)", "page_desc(cast(n))"),
        ("#define pick(c, a, b) ((c) ? (a) : (b))", "pick(n, NULL, mem_map)",
         "page_desc(pick(n, NULL, mem_map))"),
        ("#define any(x, args...) alloc_pages(x, ##args)", "any(1, 2)", "page_desc(any(1, 2))"),
        ("#define ZERO_PAGE (empty_zero + 1)\nextern struct page *empty_zero;", "ZERO_PAGE",
         "page_desc(ZERO_PAGE)"),
    ],
)  # fmt: skip
def test_the_type_of_a_headers_macro_is_that_of_its_body(
    definitions: str, call: str, expected: str
) -> None:
    source = f"static struct page *f(int n)\n{{\n\treturn {call};\n}}\n".encode()
    headers = externals_from_texts([HEADER, definitions.encode()])
    found = survey(source, headers, "struct page", MEMBERS)
    text, refusals = rendered(FileMigration(found, TYPES, Names()), closed(found, None))
    assert refusals == []
    assert f"return {expected};" in text


@pytest.mark.parametrize(
    ("body", "assigned"),
    [
        ("(x) = 1", True),
        ("x += 1", True),
        ("(x)++", True),
        ("--(x)", True),
        ("take(&(x))", True),
        ("inner(x)", True),
        ("(x) == 1", False),
        ("y = (x)", False),
        ("z->x = 1", False),
        ("1 & (x)", False),
        ("take(&(x)->lru)", False),
        ("a && x", False),
    ],
)
def test_what_a_macro_assigns_to(body: str, assigned: bool) -> None:
    found = surveyed(f"#define m(x) {body}\n#define inner(p) do {{ p = 0; }} while (0)\n")
    assert macros.assigns(found.context, "m", 0) is assigned


def test_macros_that_call_each_other_come_to_an_end() -> None:
    found = surveyed("#define a(x) b(x)\n#define b(x) a(x)\nstatic int f(void) { return a(1); }\n")
    assert not macros.assigns(found.context, "a", 0)
