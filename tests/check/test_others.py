# SPDX-License-Identifier: GPL-2.0-only
"""A tree that others converted: its own names win, and as it stands nothing is found.

The tree is made up, with the marks of a conversion by hand: another header, helpers under other
names and of other shapes, casts as inline functions, a member that our table does not have,
pages where pages are meant, and no list of borders.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.check.trees import WorkTree
from zpconvert.inspection import Inspector

FILES = {
    "include/linux/mm_types.h": """\
struct page {
	unsigned long flags;
	unsigned long index;
	unsigned long private;
	int refs;
};
struct folio { struct page page; };
struct page *alloc_one(int node);
void free_one(struct page *page);
void lock_page(struct page *page);
void folio_lock(struct folio *folio);
unsigned long page_to_pfn(const struct page *page);
struct page *pfn_to_page(unsigned long pfn);
void *kmap_one(struct page *page, int slot);
void tell(const char *text, const struct page *page);
""",
    "mm/zpdesc.h": """\
/* Memory descriptors of the pools, by hand. */
#include <linux/mm_types.h>

struct zpdesc {
	unsigned long bits;
	struct zpdesc *chain;
	struct owner *mine;
	int refs;
};

#define SAME_PLACE(zp, pg) \\
	_Static_assert(offsetof(struct page, pg) == offsetof(struct zpdesc, zp), "place")
SAME_PLACE(bits, flags);
SAME_PLACE(chain, index);
SAME_PLACE(mine, private);
SAME_PLACE(refs, refs);
_Static_assert(sizeof(struct zpdesc) <= sizeof(struct page), "size");

static inline struct page *zp_to_page(const struct zpdesc *zp)
{
	return (struct page *)zp;
}

static inline struct folio *zp_to_folio(const struct zpdesc *zp)
{
	return (struct folio *)zp;
}

static inline struct zpdesc *page_to_zp(struct page *page)
{
	return (struct zpdesc *)page;
}

static inline void zp_lock(struct zpdesc *zp)
{
	folio_lock(zp_to_folio(zp));
}

static inline unsigned long zp_pfn(struct zpdesc *zp)
{
	return page_to_pfn(zp_to_page(zp));
}

static inline struct zpdesc *zp_of_pfn(unsigned long pfn)
{
	return page_to_zp(pfn_to_page(pfn));
}

static inline void *zp_kmap(int slot, struct zpdesc *zp)
{
	return kmap_one(zp_to_page(zp), slot);
}
""",
    "mm/pool.c": """\
#include "zpdesc.h"

struct owner {
	struct zpdesc *first;
};

/* zp->chain links the zpdescs of an owner; a page is what the allocator gives. */
static struct zpdesc *zp_alloc(int node)
{
	struct page *page = alloc_one(node);

	return page_to_zp(page);
}

static void zp_free(struct zpdesc *zp)
{
	struct page *page = zp_to_page(zp);

	zp->mine = NULL;
	zp->chain = NULL;
	zp->refs = 0;
	free_one(page);
}

static void *map_next(struct owner *owner, int slot)
{
	struct zpdesc *zp = owner->first;

	zp_lock(zp);
	tell("mapping", zp_to_page(zp));
	return zp_kmap(slot, zp_of_pfn(zp_pfn(zp) + 1));
}

int pool_migrate(struct page *new, struct page *old)
{
	struct zpdesc *to = page_to_zp(new), *from = page_to_zp(old);

	to->chain = from->chain;
	zp_free(from);
	return map_next(to->mine, 0) != zp_alloc(0);
}
""",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(tree: Path, *, fix: bool = False) -> tuple[list[str], str]:
    """Findings of both files, and pool.c as mended."""
    inspector = Inspector(WorkTree(), [], show=lambda p: p.name, cache=lambda: None)
    texts = {name: (tree / name).read_bytes() for name in ("mm/pool.c", "mm/zpdesc.h")}
    done = {n: inspector.check(tree / n, text, fix=fix) for n, text in texts.items()}
    said = [f"{f.path} {f.code} {f.message}" for d in done.values() for f in d.findings]
    mended = done["mm/pool.c"].mended or texts["mm/pool.c"]
    return said + [str(f) for f in inspector.unused()], mended.decode()


def change(tree: Path, name: str, old: str, new: str) -> None:
    text = (tree / name).read_text()
    assert old in text
    (tree / name).write_text(text.replace(old, new))


def test_as_it_stands_nothing_is_found(tree: Path) -> None:
    assert found(tree) == ([], FILES["mm/pool.c"])


CHANGES = {
    "\tzp_lock(zp);": (
        ("\tlock_page(zp_to_page(zp));", "ZPC002 lock_page() on a zpdesc: it has zp_lock()"),
        (
            "\tzp_lock(page_to_zp(zp_to_page(zp)));",
            "ZPC005 page_to_zp() of zp_to_page() does nothing",
        ),
        (
            "\tkmap_one(zp_to_page(zp), slot);",
            "ZPC002 kmap_one() on a zpdesc: it has zp_kmap()",
        ),
    ),
    "zp_of_pfn(zp_pfn(zp) + 1)": (
        ("page_to_zp(pfn_to_page(3))", "ZPC002 pfn_to_page() on a zpdesc: it has zp_of_pfn()"),
    ),
    "\tzp->mine = NULL;": (
        (
            "\tzp_to_page(zp)->index = 0;",
            "ZPC004 'index' of struct page reached through a cast; struct zpdesc has 'chain' there",
        ),
        (
            "\tpage->private = 0;",
            "ZPC004 'private' of struct page reached through a cast;"
            " struct zpdesc has 'mine' there",
        ),
    ),
    "page_to_zp(page);": (
        (
            "(struct zpdesc *)page;",
            "ZPC003 cast from struct page * to struct zpdesc *; page_to_zp() is for that",
        ),
    ),
    "\tstruct zpdesc *first;": (
        (
            "\tstruct page *first;",
            "ZPC001 field 'first' is a struct page in a file that uses struct zpdesc",
        ),
    ),
    "zp->chain links": (
        ("page->index links", "ZPC006 comment names 'page->index', now zpdesc->chain"),
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "said"), [(old, *one) for old, many in CHANGES.items() for one in many]
)
def test_what_comes_back_is_said_in_the_tree_s_own_words(
    tree: Path, old: str, new: str, said: str
) -> None:
    change(tree, "mm/pool.c", old, new)
    messages = [line.partition(" ")[2] for line in found(tree)[0]]
    assert said in messages
    assert not [m for m in messages if "zpdesc_" in m]  # none of our own helpers' names


def test_what_is_mended_is_in_the_tree_s_own_words(tree: Path) -> None:
    lock = "\tlock_page(zp_to_page(page_to_zp(zp_to_page(zp))));"
    change(tree, "mm/pool.c", "\tzp_lock(zp);", lock)
    page = "zp_to_page(page_to_zp(pfn_to_page(page_to_pfn(zp_to_page(zp)) + 1)))"
    change(tree, "mm/pool.c", "zp_kmap(slot, zp_of_pfn(zp_pfn(zp) + 1))", f"kmap_one({page}, slot)")
    assert found(tree, fix=True) == ([], FILES["mm/pool.c"])


def test_the_header_is_held_to_its_own_assertions(tree: Path) -> None:
    change(tree, "mm/zpdesc.h", "\tint refs;\n};", "\tint refs;\n\tint more;\n};")
    change(tree, "mm/pool.c", "\tzp_lock(zp);\n", "")
    assert found(tree)[0] == [
        "zpdesc.h ZPC008 no assertion pairs member 'more'",
        "zpdesc.h ZPC007 helper zp_lock() is defined and unused",
    ]
