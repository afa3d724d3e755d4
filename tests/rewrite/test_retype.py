# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of each construct: before and after, with all slots flipped or some."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.rewrite.conftest import Convert


class Example(NamedTuple):
    """A text before and after, with the slots `only` flipped (None: all)."""

    name: str
    before: str
    after: str
    only: tuple[str, ...] | None = None


EXAMPLES = (
    Example(
        "a parameter, a local, a result",
        """\
static struct page *f(struct page *page)
{
	struct page *next = page;

	put_page(next);
	return next;
}
""",
        """\
static struct desc *f(struct desc *page)
{
	struct desc *next = page;

	put_page(desc_page(next));
	return next;
}
""",
    ),
    Example(
        "several declarators of one declaration, some of them flipped",
        """\
static void f(struct page *page)
{
	struct page *a = page, *b = NULL,
		*c;

	a = b = c = page;
}
""",
        """\
static void f(struct page *page)
{
	struct page *a = page;
	struct desc *b = NULL;
	struct page *c;

	a = desc_page(b = page_desc(c = page));
}
""",
        ("f:b",),
    ),
    Example(
        "the first declarators flipped, with initializers; const and static stay",
        """\
static void f(void)
{
	static struct page *a = NULL, *b = NULL;	/* two */
	const struct page *c, *d = b;

	c = d;
}
""",
        """\
static void f(void)
{
	static struct desc *a = NULL;
	static struct page *b = NULL;	/* two */
	const struct desc *c;
	const struct page *d = b;

	c = page_desc(d);
}
""",
        ("f:a", "f:c"),
    ),
    Example(
        "arrays and their initializers",
        """\
static struct page *f(struct page *a, int n)
{
	struct page *v[4] = { NULL, a, alloc_page(1) };

	v[n] = a;
	return v[0];
}
""",
        """\
static struct page *f(struct page *a, int n)
{
	struct desc *v[4] = { NULL, page_desc(a), page_desc(alloc_page(1)) };

	v[n] = page_desc(a);
	return desc_page(v[0]);
}
""",
        ("f:v",),
    ),
    Example(
        "a pointer to pointers brings what is passed to it",
        """\
static void fill(struct page **pages, int nr_pages)
{
	int i;

	for (i = 0; i < nr_pages; i++)
		pages[i] = alloc_page(0);
}
static void f(void)
{
	struct page *v[3], *one;

	fill(v, 3);
	fill(&one, 1);
	fill(v + 1, 2);
	put_page(one);
}
""",
        """\
static void fill(struct desc **pages, int nr_pages)
{
	int i;

	for (i = 0; i < nr_pages; i++)
		pages[i] = page_desc(alloc_page(0));
}
static void f(void)
{
	struct desc *v[3], *one;

	fill(v, 3);
	fill(&one, 1);
	fill(v + 1, 2);
	put_page(desc_page(one));
}
""",
        ("f:one",),
    ),
    Example(
        "fields, anonymous unions, arrays of arrays and walks over them",
        """\
struct a { union { struct page *u; int v; }; struct page *m[2][3]; struct b *b; };
struct b { struct a as[4]; struct page **pp; };
static struct page *f(struct a *a, int i)
{
	struct b *b = a->b;
	struct page **row = a->m[i], **end = row + 3;

	a->u = b->as[i].u;
	for (; row < end; row++)
		put_page(*row);
	b->pp = &a->u;
	*b->pp++ = a->u;
	return (*b).pp[i];
}
""",
        """\
struct a { union { struct desc *u; int v; }; struct desc *m[2][3]; struct b *b; };
struct b { struct a as[4]; struct desc **pp; };
static struct desc *f(struct a *a, int i)
{
	struct b *b = a->b;
	struct desc **row = a->m[i], **end = row + 3;

	a->u = b->as[i].u;
	for (; row < end; row++)
		put_page(desc_page(*row));
	b->pp = &a->u;
	*b->pp++ = a->u;
	return (*b).pp[i];
}
""",
    ),
    Example(
        "one of a struct's fields",
        """\
struct z { struct page *a, *b, *c; };
static int f(struct z *z)
{
	return z->a == z->b || z->c;
}
""",
        """\
struct z { struct page *a; struct desc *b; struct page *c; };
static int f(struct z *z)
{
	return z->a == desc_page(z->b) || z->c;
}
""",
        ("struct z.b",),
    ),
    Example(
        "forward declarations with parameter names and without, one function of another file",
        """\
static struct page *f(struct page *a, int);
static struct page *f(struct page *, int n);
extern struct page *elsewhere(struct page *page);
static void noargs() { }
static struct page *f(struct page *b, int n)
{
	noargs();
	return elsewhere(b);
}
""",
        """\
static struct desc *f(struct desc *a, int);
static struct desc *f(struct desc *, int n);
extern struct page *elsewhere(struct page *page);
static void noargs() { }
static struct desc *f(struct desc *b, int n)
{
	noargs();
	return page_desc(elsewhere(desc_page(b)));
}
""",
    ),
    Example(
        "an inner scope's variable of the same name is another one",
        """\
static int f(struct page *page, int n)
{
	put_page(page);
	{
		int page = 3;

		n += page;
	}
	for (struct page *page = NULL; n--; )
		put_page(page);
	return page_to_nid(page);
}
""",
        """\
static int f(struct desc *page, int n)
{
	put_page(desc_page(page));
	{
		int page = 3;

		n += page;
	}
	for (struct page *page = NULL; n--; )
		put_page(page);
	return page_to_nid(desc_page(page));
}
""",
        ("f:page",),
    ),
    Example(
        "assignments in conditions, comma and conditional expressions",
        """\
static struct page *get(void) { return alloc_page(0) ?: NULL; }
static struct page *f(struct page *a, int n)
{
	struct page *b, *c;

	if ((b = get()) && b != a)
		b = a, n++;
	while ((c = get()) != NULL)
		put_page(n ? b : c);
	c = n ? a : alloc_page(0);
	return n ? (put_page(b), c) : NULL;
}
""",
        """\
static struct desc *get(void) { return page_desc(alloc_page(0)) ?: NULL; }
static struct page *f(struct page *a, int n)
{
	struct desc *b;
	struct page *c;

	if ((b = get()) && desc_page(b) != a)
		b = page_desc(a), n++;
	while ((c = desc_page(get())) != NULL)
		put_page(n ? desc_page(b) : c);
	c = n ? a : alloc_page(0);
	return n ? (put_page(desc_page(b)), c) : NULL;
}
""",
        ("get()", "f:b"),
    ),
    Example(
        "casts, through unsigned long and from it; void pointers take anything",
        """\
static void f(struct page *page, void *p)
{
	unsigned long v = (unsigned long)page | 1;

	page = (struct page *)(v & ~1UL);
	p = page;
	kfree(page);
	page = p;
	if (p == page)
		kfree(page_address(page));
}
""",
        """\
static void f(struct desc *page, void *p)
{
	unsigned long v = (unsigned long)desc_page(page) | 1;

	page = page_desc((struct page *)(v & ~1UL));
	p = page;
	kfree(page);
	page = p;
	if (p == page)
		kfree(page_address(desc_page(page)));
}
""",
    ),
    Example(
        "macros that take a type",
        """\
static void f(struct list_head *l)
{
	struct page *p = container_of(l, struct page, lru);

	p = list_first_entry(l, struct page, lru);
	list_del(&p->lru);
}
""",
        """\
static void f(struct list_head *l)
{
	struct desc *p = page_desc(container_of(l, struct page, lru));

	p = page_desc(list_first_entry(l, struct page, lru));
	list_del(&desc_page(p)->lru);
}
""",
    ),
    Example(
        "both arms of a condition, and a function that is there once in each",
        """\
#ifdef CONFIG_X
static int once(struct page *page) { return page_to_nid(page); }
#else
static int once(struct page *page) { return 0; }
#endif
static int f(struct page *p)
{
#ifdef CONFIG_X
	put_page(p);
#else
	p->index = once(p);
#endif
	return once(p);
}
""",
        """\
#ifdef CONFIG_X
static int once(struct desc *page) { return page_to_nid(desc_page(page)); }
#else
static int once(struct desc *page) { return 0; }
#endif
static int f(struct desc *p)
{
#ifdef CONFIG_X
	put_page(desc_page(p));
#else
	desc_page(p)->index = once(p);
#endif
	return once(p);
}
""",
    ),
    Example(
        "a callback keeps its signature and gets a local; one that ignores its page gets none",
        """\
struct ops { int (*migrate)(struct page *page); void (*put)(struct page *); };
static int migrate(struct page *page)
{
	return page_to_nid(page);
}
static void put(struct page *page)
{
}
static int direct(const struct page *page) { return page->index; }
static const struct ops ops = { .migrate = migrate, .put = put };
int (*global)(const struct page *page) = direct;
int other(struct page *page)
{
	int nid = page_to_nid(page);

	return nid + migrate(page);
}
""",
        """\
struct ops { int (*migrate)(struct page *page); void (*put)(struct page *); };
static int migrate(struct page *page)
{
	struct desc *page_desc = page_desc(page);

	return page_to_nid(desc_page(page_desc));
}
static void put(struct page *page)
{
}
static int direct(const struct page *page) {
	const struct desc *page_desc = page_desc(page);

	return desc_page(page_desc)->index; }
static const struct ops ops = { .migrate = migrate, .put = put };
int (*global)(const struct page *page) = direct;
int other(struct page *page)
{
	struct desc *page_desc = page_desc(page);
	int nid = page_to_nid(desc_page(page_desc));

	return nid + migrate(desc_page(page_desc));
}
""",
    ),
    Example(
        "macros of the kernel's that pass a value through or store one",
        """\
struct z { struct page *first; };
static struct page *f(struct z *z, struct page *page)
{
	WRITE_ONCE(z->first, page);
	page = READ_ONCE(z->first);
	page = xchg(&z->first, NULL);
	BUG_ON(unlikely(!page));
	return likely(page) ? READ_ONCE(page) : page;
}
""",
        """\
struct z { struct desc *first; };
static struct page *f(struct z *z, struct page *page)
{
	WRITE_ONCE(z->first, page_desc(page));
	page = desc_page(READ_ONCE(z->first));
	page = desc_page(xchg(&z->first, NULL));
	BUG_ON(unlikely(!page));
	return likely(page) ? READ_ONCE(page) : page;
}
""",
        ("struct z.first",),
    ),
    Example(
        "loops over members that the descriptor has; two cursors flip together",
        """\
static void f(struct list_head *head)
{
	struct page *page, *next, *other;

	list_for_each_entry_safe(page, next, head, lru) {
		put_page(page);
	}
	list_for_each_entry(other, head, lru)
		put_page(other);
}
""",
        """\
static void f(struct list_head *head)
{
	struct desc *page, *next;
	struct page *other;

	list_for_each_entry_safe(page, next, head, lru) {
		put_page(desc_page(page));
	}
	list_for_each_entry(other, head, lru)
		put_page(other);
}
""",
        ("f:next",),
    ),
    Example(
        "a swap of two, which flip together",
        "static void f(struct page *a, struct page *b)\n{\n\tswap(a, b);\n}\n",
        "static void f(struct desc *a, struct desc *b)\n{\n\tswap(a, b);\n}\n",
        ("f:a",),
    ),
    Example(
        "initializers: designated, positional, nested, of compound literals",
        """\
struct in { struct page *page; };
struct z { int n; struct page *first; struct in sub; };
static void f(struct page *p)
{
	struct z a = { .n = 1, .first = p, .sub = { .page = p } };
	struct z b = { 1, p, { p } }, *c = &(struct z){ .first = p };
	struct in v[] = { { p }, [2] = { .page = p } };

	a.sub = (struct in){ p };
}
""",
        """\
struct in { struct desc *page; };
struct z { int n; struct page *first; struct in sub; };
static void f(struct page *p)
{
	struct z a = { .n = 1, .first = p, .sub = { .page = page_desc(p) } };
	struct z b = { 1, p, { page_desc(p) } }, *c = &(struct z){ .first = p };
	struct in v[] = { { page_desc(p) }, [2] = { .page = page_desc(p) } };

	a.sub = (struct in){ page_desc(p) };
}
""",
        ("struct in.page",),
    ),
    Example(
        "statement expressions",
        """\
static void f(struct page *p, int n)
{
	p = ({ struct page *inner = alloc_page(n); inner; });
	put_page(({ n++; p; }));
}
""",
        """\
static void f(struct desc *p, int n)
{
	p = page_desc(({ struct page *inner = alloc_page(n); inner; }));
	put_page(desc_page(({ n++; p; })));
}
""",
        ("f:p",),
    ),
    Example(
        "sizes and arithmetic are the old struct's",
        """\
static long f(struct page *p, struct page *q)
{
	long n = p - q + sizeof(*p) + sizeof(struct page);

	p = p + n;
	q = &p[2];
	put_page(q + 1);
	return n & (p < q);
}
""",
        """\
static long f(struct desc *p, struct desc *q)
{
	long n = desc_page(p) - desc_page(q) + sizeof(*desc_page(p)) + sizeof(struct page);

	p = page_desc(desc_page(p) + n);
	q = page_desc(&desc_page(p)[2]);
	put_page(desc_page(q) + 1);
	return n & (p < q);
}
""",
    ),
    Example(
        "a step is the old struct's size, whichever way it is written",
        """\
static void f(struct page *p, struct page *q, int n)
{
	p++;
	for (; n; n--, --q)
		put_page(p);
	p += n ? 1 : q - p;
	put_page(q -= 2);
}
""",
        """\
static void f(struct desc *p, struct desc *q, int n)
{
	p = page_desc(desc_page(p) + 1);
	for (; n; n--, q = page_desc(desc_page(q) - 1))
		put_page(desc_page(p));
	p = page_desc(desc_page(p) + (n ? 1 : desc_page(q) - desc_page(p)));
	put_page(desc_page(q = page_desc(desc_page(q) - 2)));
}
""",
    ),
    Example(
        "a condition that goes on in one configuration, a parameter of another",
        """\
static bool f(struct page *p
#ifdef A
		, struct page *q
#endif
		)
{
	if (!p->index
#if IS_ENABLED(B)
		&& p != mem_map
#endif
		)
		put_page(p);
	return p;
}
""",
        """\
static bool f(struct desc *p
#ifdef A
		, struct desc *q
#endif
		)
{
	if (!desc_page(p)->index
#if IS_ENABLED(B)
		&& desc_page(p) != mem_map
#endif
		)
		put_page(desc_page(p));
	return p;
}
""",
    ),
    Example(
        "a pointer to pointers steps from pointer to pointer",
        "static void f(struct page **p)\n{\n\tput_page(*p++);\n\tp += 2;\n}\n",
        "static void f(struct desc **p)\n{\n\tput_page(desc_page(*p++));\n\tp += 2;\n}\n",
    ),
    Example(
        "a parameter or variable that a typedef spells is left",
        """\
static int f(pgtable_t table, struct page *page)
{
	pgtable_t other = page;

	return table == page && other;
}
""",
        """\
static int f(pgtable_t table, struct desc *page)
{
	pgtable_t other = desc_page(page);

	return table == desc_page(page) && other;
}
""",
    ),
    Example(
        "__auto_type keeps the type that it had",
        "static void f(struct page *p)\n{\n\t__auto_type q = p;\n\n\tput_page(q);\n}\n",
        "static void f(struct desc *p)\n{\n\t__auto_type q = desc_page(p);\n\n\tput_page(q);\n}\n",
    ),
    Example(
        "annotations of the kernel's stay where they are",
        """\
static struct page __init *f(struct page *p __maybe_unused) __must_check;
static noinline struct page *f(struct page *p)
{
	struct page *q __maybe_unused = p;

	return p;
}
""",
        """\
static struct desc __init *f(struct desc *p __maybe_unused) __must_check;
static noinline struct desc *f(struct desc *p)
{
	struct desc *q __maybe_unused = p;

	return p;
}
""",
    ),
    Example(
        "globals of the file; those that others see stay",
        """\
static struct page *mine, *own;
struct page *everybodys;
extern struct page *theirs;
static void f(void)
{
	mine = everybodys;
	theirs = own;
}
""",
        """\
static struct desc *mine, *own;
struct page *everybodys;
extern struct page *theirs;
static void f(void)
{
	mine = page_desc(everybodys);
	theirs = desc_page(own);
}
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_an_example(convert: Convert, example: Example) -> None:
    result = convert(example.before, example.only)
    assert result.refusals == []
    assert result.text == example.after


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_nothing_flipped_nothing_changed(convert: Convert, example: Example) -> None:
    result = convert(example.before, ())
    assert (result.refusals, result.text) == ([], example.before)


def test_a_body_of_one_line_with_two_fixed_parameters(convert: Convert) -> None:
    result = convert("int f(struct page *a, struct page *b) {a = b; return a == b;}\n")
    assert result.text == (
        "int f(struct page *a, struct page *b) {\n"
        "\tstruct desc *a_desc = page_desc(a);\n"
        "\tstruct desc *b_desc = page_desc(b);\n\n"
        "\ta_desc = b_desc; return a_desc == b_desc;}\n"
    )


REFUSED = {
    "a step whose value is wanted": (
        "static void f(struct page *p)\n{\n\tput_page(p++);\n}\n",
        "3:11: arithmetic on a pointer that becomes a descriptor",
    ),
    "a step of an element": (
        "static void f(struct page **p)\n{\n\tp[0]++;\n}\n",
        "3:2: arithmetic on a pointer that becomes a descriptor",
    ),
    "a loop that is arithmetic": (
        "static void f(struct page *p, int n)\n{\n\tfor_each_page(p, n)\n\t\tput_page(p);\n}\n",
        "3:2: 'for_each_page' assigns to it or takes its address",
    ),
    "a loop over a member that the descriptor lacks": (
        "static void f(struct list_head *h)\n{\n\tstruct page *p;\n\n"
        "\tlist_for_each_entry(p, h, other)\n\t\tput_page(p);\n}\n",
        "5:2: 'list_for_each_entry' assigns to it or takes its address",
    ),
    "a loop that nobody declared": (
        "static void f(struct page *p)\n{\n\tfor_each_thing(p)\n\t\tput_page(p);\n}\n",
        "3:2: 'for_each_thing' is not known",
    ),
    "a type that follows it": (
        "static void f(struct page *p)\n{\n\ttypeof(p) q = p;\n}\n",
        "3:2: its type is spelled 'typeof(p)'",
    ),
    "a value of an unknown type": (
        "static void f(struct page *p)\n{\n\tp = nobody_knows(1);\n}\n",
        "3:6: cannot decide the type of 'nobody_knows(1)'",
    ),
    "an operand of assembly": (
        'static void f(struct page *p)\n{\n\tasm volatile("" : : "r"(p));\n}\n',
        "3:22: an operand of inline assembly",
    ),
    "a region that is no C": (
        "static int f(struct page *p)\n{\n\tif (p) @ p;\n\treturn 0;\n}\n",
        "3:9: this does not parse as C",
    ),
    "a statement in two arms": (
        "static int f(struct page *p)\n{\n#ifdef A\n\tif (p->index)\n#else\n\tif (p)\n#endif\n"
        "\t\tput_page(p);\n\treturn 0;\n}\n",
        "5:1: this does not parse as C",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_decided_is_refused_where_it_stands(convert: Convert, name: str) -> None:
    before, reason = REFUSED[name]
    result = convert(before)
    assert reason in result.refusals
    assert convert(before, ()).text == before


PINNED = {
    "an address that goes elsewhere": (
        "void ext(struct page **pp);\nstatic void f(void)\n{\n\tstruct page *p;\n\n\text(&p);\n}\n",
        "f:p",
        "its address goes where the old type is expected",
    ),
    "an array that is cast": (
        "static void f(long n)\n{\n\tstruct page *v[2];\n\n\tn = (long)v;\n}\n",
        "f:v",
        "it is cast to another type",
    ),
}


@pytest.mark.parametrize("name", PINNED)
def test_a_slot_that_others_hold_by_its_address_cannot_flip(convert: Convert, name: str) -> None:
    before, slot, reason = PINNED[name]
    result = convert(before)
    assert result.text == before
    pinned = result.survey.pinned(result.survey.slots[slot])
    assert pinned is not None
    assert pinned[1] == reason
