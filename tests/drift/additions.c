// SPDX-License-Identifier: GPL-2.0-only
//
// Functions that use pages in ways that zsmalloc.c did not know; `additions.py` puts them in.
// FIRST, NEXT and OWNER stand for the file's functions from a zspage to its first page, from a
// page to the next, and from a page to its zspage, whatever they are called.

// way: count
static int zs_count(struct zspage *zspage)
{
	struct page *p;
	int n = 0;

	for (p = FIRST(zspage); p; p = NEXT(p))
		n++;
	return n;
}

// way: chain-of-calls
static struct page *zs_third(struct zspage *zspage)
{
	return NEXT(NEXT(FIRST(zspage)));
}

// way: fill-array
static int zs_fill(struct zspage *zspage, struct page **list, int max)
{
	struct page *page = FIRST(zspage);
	int n = 0;

	while (page && n < max) {
		list[n++] = page;
		page = NEXT(page);
	}
	return n;
}

static bool zs_all_locked(struct zspage *zspage)
{
	struct page *list[4] = { };
	int i, n = zs_fill(zspage, list, ARRAY_SIZE(list));

	for (i = 0; i < n; i++)
		if (!PageLocked(list[i]))
			return false;
	return true;
}

// way: out-parameter
static bool zs_pick(struct zspage *zspage, bool last, struct page **out)
{
	struct page *page = FIRST(zspage), *next;

	*out = NULL;
	while (last && (next = NEXT(page)))
		page = next;
	*out = page;
	return *out != NULL;
}

static unsigned long zs_pick_pfn(struct zspage *zspage)
{
	struct page *picked;

	if (!zs_pick(zspage, true, &picked))
		return 0;
	return page_to_pfn(picked);
}

// way: conditional
static struct page *zs_either(struct page *page, struct zspage *zspage, bool own)
{
	return own ? page : FIRST(zspage);
}

static void zs_drop_either(struct page *a, struct page *b, bool first)
{
	put_page(first ? a : b);
	unlock_page(!first ? a : b ?: a);
}

// way: cursor
struct zs_cursor {
	struct zspage *zspage;
	struct page *page;
	struct page *seen[2];
	int at;
};

static void zs_cursor_init(struct zs_cursor *cursor, struct zspage *zspage)
{
	cursor->zspage = zspage;
	cursor->page = FIRST(zspage);
	cursor->seen[0] = cursor->seen[1] = NULL;
	cursor->at = 0;
}

static struct page *zs_cursor_next(struct zs_cursor *cursor)
{
	struct page *page = cursor->page;

	if (page) {
		cursor->seen[cursor->at++ & 1] = page;
		cursor->page = NEXT(page);
	}
	return page;
}

// way: callback
typedef void (*zs_visit_t)(struct page *page, void *data);

static void zs_visit(struct zspage *zspage, zs_visit_t visit, void *data)
{
	struct page *page = FIRST(zspage);

	for (; page; page = NEXT(page))
		visit(page, data);
}

static void zs_note_pfn(struct page *page, void *data)
{
	unsigned long *sum = data;

	*sum += page_to_pfn(page);
	page->index = 0;
}

static unsigned long zs_sum(struct zspage *zspage)
{
	unsigned long sum = 0;

	zs_visit(zspage, zs_note_pfn, &sum);
	return sum;
}

// way: arithmetic
static unsigned long zs_run(struct page *page, int count)
{
	struct page *end = page + count;
	struct page *start = page;
	unsigned long sum = 0;

	for (; page < end; page++)
		sum += page_to_pfn(page);
	page -= count;
	return sum + (end - start) + page_to_pfn(page + 1);
}

// way: array-arithmetic
static void zs_unlock_run(struct page **pages, int n)
{
	struct page **cur = pages;

	while (n-- > 0) {
		unlock_page(*cur);
		put_page(*cur++);
	}
	if (pages[0] == *(pages + 1))
		pages[1] = NULL;
}

// way: lists
static void zs_collect(struct zspage *zspage, struct list_head *list)
{
	struct page *page = FIRST(zspage);

	do {
		list_add_tail(&page->lru, list);
	} while ((page = NEXT(page)));
}

static void zs_release_list(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

// way: exchange
static void zs_order(struct page **a, struct page **b)
{
	if (page_to_pfn(*a) > page_to_pfn(*b))
		swap(*a, *b);
}

static bool zs_later(struct page *a, struct page *b)
{
	struct page *x = a, *y = b;

	zs_order(&x, &y);
	return x == b && y == a;
}

// way: const
static bool zs_same_zone(const struct page *a, const struct page *b)
{
	if (a == b)
		return true;
	return page_zone(a) == page_zone(b) && page_to_nid(a) == page_to_nid(b);
}

// way: global
static struct page *zs_spare;

static struct page *zs_take_spare(gfp_t gfp)
{
	struct page *page = xchg(&zs_spare, NULL);

	if (!page)
		page = alloc_page(gfp);
	return page;
}

static void zs_give_spare(struct page *page)
{
	page = xchg(&zs_spare, page);
	if (page)
		__free_page(page);
}

// way: loop-macro
#define zs_for_each_page(p, z) for ((p) = FIRST(z); (p); (p) = NEXT(p))

static int zs_count_private(struct zspage *zspage)
{
	struct page *page;
	int n = 0;

	zs_for_each_page(page, zspage) {
		if (PagePrivate(page))
			n++;
	}
	return n;
}

// way: value-macro
#define zs_page_obj_pfn(p) (page_to_pfn(p) << OBJ_INDEX_BITS)
#define zs_is_head(z, p) (FIRST(z) == (p))

static unsigned long zs_head_obj(struct zspage *zspage, struct page *page)
{
	if (!zs_is_head(zspage, page))
		page = FIRST(zspage);
	return zs_page_obj_pfn(page);
}

// way: allocated-array
static struct page **zs_alloc_pages_array(int n, gfp_t gfp)
{
	struct page **pages;
	int i;

	pages = kcalloc(n, sizeof(*pages), gfp);
	if (!pages)
		return NULL;
	for (i = 0; i < n; i++) {
		pages[i] = alloc_page(gfp);
		if (!pages[i])
			goto undo;
	}
	return pages;
undo:
	while (i--)
		__free_page(pages[i]);
	kfree(pages);
	return NULL;
}

// way: bulk
static bool zs_alloc_bulk(struct page *pages[], int n, gfp_t gfp)
{
	int i;

	for (i = 0; i < n; i++)
		if (!(pages[i] = alloc_page(gfp | __GFP_NOWARN)))
			break;
	if (i == n)
		return true;
	while (--i >= 0)
		__free_page(pages[i]);
	return false;
}

// way: locked-walk
static void zs_unlock_whole(struct zspage *zspage)
{
	struct page *page = FIRST(zspage);

	do {
		lock_page(page);
		unlock_page(page);
	} while ((page = NEXT(page)) != NULL);
}

// way: folio
static bool zs_try_folio(struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_trylock(folio))
		return false;
	folio_get(folio);
	folio_unlock(page_folio(page));
	folio_put(folio);
	return folio_page(folio, 0) == page;
}

// way: addresses
static void *zs_address(struct page *page, unsigned long obj)
{
	struct page *other = virt_to_page((void *)obj);

	if (PageHighMem(page) || other == page)
		return NULL;
	return page_address(page) + offset_in_page(obj);
}

// way: once
static struct page *zs_peek(struct page *page)
{
	unsigned long word = READ_ONCE(page->index);

	if (word & 1)
		return NULL;
	return (struct page *)word;
}

static void zs_poke(struct page *page, struct page *to)
{
	WRITE_ONCE(page->index, (unsigned long)to);
}

// way: copy
static void zs_copy_whole(struct page *to, struct page *from)
{
	void *d, *s;

	s = kmap_local_page(from);
	d = kmap_local_page(to);
	memcpy(d, s, PAGE_SIZE);
	kunmap_local(d);
	kunmap_local(s);
	to->index = from->index;
	set_page_private(to, page_private(from));
}

// way: highpage
static void zs_copy_high(struct page *to, struct page *from, size_t len)
{
	copy_highpage(to, from);
	clear_highpage(from);
	memcpy_page(to, 0, from, 0, len);
}

// way: debug
static void zs_tell(struct page *page, const char *why)
{
	pr_debug("%s: page %p pfn %lx size %zu\n", why, page, page_to_pfn(page), sizeof(*page));
	dump_page(page, why);
}

// way: statement-expression
static bool zs_linked(struct page *page)
{
	return ({ struct page *n = NEXT(page); n && n != page; });
}

// way: goto
static int zs_try_two(struct page *a, struct page *b)
{
	struct page *failed = NULL;

	if (!trylock_page(a)) {
		failed = a;
		goto out;
	}
	if (!trylock_page(b)) {
		unlock_page(a), failed = b;
		goto out;
	}
	unlock_page(b);
	unlock_page(a);
out:
	return failed ? (failed == a ? 1 : 2) : 0;
}

// way: typeof
static struct page *zs_same(struct page *page)
{
	typeof(page) other = page;

	return other;
}

// way: designated
struct zs_span {
	struct page *pages[2];
	int sizes[2];
};

static int zs_span_size(struct page *a, struct page *b, int size)
{
	struct zs_span span = { .pages = { a, b }, .sizes = { size, 0 } };
	struct zs_span copy = { };

	copy.pages[0] = span.pages[1];
	return copy.pages[0] ? span.sizes[0] : span.sizes[1];
}

// way: owner
static bool zs_same_owner(struct page *a, struct page *b)
{
	return OWNER(a) == OWNER(b) && (struct zspage *)page_private(a) == OWNER(b);
}

// way: switch
static struct page *zs_nth(struct zspage *zspage, int n)
{
	switch (n) {
	case 0:
		return FIRST(zspage);
	case 1:
		return NEXT(FIRST(zspage));
	default:
		return NULL;
	}
}

// way: union
union zs_place {
	struct page *page;
	unsigned long word;
};

static unsigned long zs_place_word(struct page *page)
{
	union zs_place place = { .page = page };

	return place.word;
}

// way: error-pointers
static struct page *zs_get_checked(struct zspage *zspage)
{
	struct page *page = FIRST(zspage);

	if (!page)
		return ERR_PTR(-ENOENT);
	if (!trylock_page(page))
		return ERR_PTR(-EAGAIN);
	return page;
}

static int zs_check(struct zspage *zspage)
{
	struct page *page = zs_get_checked(zspage);

	if (IS_ERR(page))
		return PTR_ERR(page);
	unlock_page(page);
	return 0;
}
