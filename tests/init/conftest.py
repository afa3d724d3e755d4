# SPDX-License-Identifier: GPL-2.0-only
"""A small tree of headers to look at files in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.init.draft import Draft, draft

MM_TYPES = """
typedef unsigned int gfp_t;
struct list_head { struct list_head *next, *prev; };
struct address_space;
struct page {
	unsigned long flags;
	union {
		struct {
			struct list_head lru;
			struct address_space *mapping;
			unsigned long index;
			unsigned long private;
		};
		struct { unsigned long compound_head; };
	};
};
struct folio { struct page page; };
#define page_private(page) ((page)->private)
static inline void set_page_private(struct page *page, unsigned long private)
{
	page->private = private;
}
static inline void *folio_get_private(struct folio *folio)
{
	return (void *)folio->page.private;
}
"""
MM = """
#include <linux/mm_types.h>
struct folio *page_folio(struct page *page);
void folio_get(struct folio *folio);
static inline void get_page(struct page *page)
{
	folio_get(page_folio(page));
}
void folio_put(struct folio *folio);
static inline void put_page(struct page *page)
{
	struct folio *folio = page_folio(page);
	folio_put(folio);
}
#define pfn_to_page(pfn) (mem_map + (pfn))
#define page_mixed(page, n) ((page)->flags << (n))
extern struct page *mem_map;
void mark_page(struct page *page, int how);
extern void *page_address(const struct page *page);
"""
GFP = """
#include <linux/mm_types.h>
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp_mask) alloc_pages(gfp_mask, 0)
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages((page), 0)
"""
FLAGS = """
#define PAGEFLAG(uname, lname) \\
static inline int Page##uname(struct page *page) { return 1; } \\
static inline int folio_test_##lname(struct folio *folio) { return 1; }
PAGEFLAG(OwnerTwo, owner_2)
"""
PAGEMAP = """
#include <linux/mm.h>
bool folio_trylock(struct folio *folio);
static inline bool trylock_page(struct page *page)
{
	return folio_trylock(page_folio(page));
}
"""
LIST = """
#define list_entry(ptr, type, member) ((type *)(ptr))
#define list_for_each_entry(pos, head, member) \\
	for (pos = list_entry((head)->next, typeof(*pos), member); &pos->member != (head); \\
		pos = list_entry(pos->member.next, typeof(*pos), member))
void list_add(struct list_head *entry, struct list_head *head);
void list_del(struct list_head *entry);
"""
NET = """
struct buff;
void attach(struct buff *buff, struct page *page);
struct mover { bool (*move)(struct page *page, int how); };
"""
INCLUDES = "".join(
    f"#include <linux/{name}.h>\n"
    for name in ("mm_types", "mm", "gfp", "page-flags", "pagemap", "list", "net")
)

Drafted = Callable[..., Draft]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The headers, as a tree has them."""
    include = tmp_path / "linux/include/linux"
    include.mkdir(parents=True)
    texts = {
        "mm_types": MM_TYPES,
        "mm": MM,
        "gfp": GFP,
        "page-flags": FLAGS,
        "pagemap": PAGEMAP,
        "list": LIST,
        "net": NET,
        "taken": "struct xdesc { int n; };\n",
        "kconfig": "",
        "compiler_types": "",
    }
    for name, text in texts.items():
        (include / f"{name}.h").write_text(text)
    return tmp_path / "linux"


@pytest.fixture
def drafted(tree: Path) -> Drafted:
    """`drafted(code)`: a draft of one file to struct xdesc."""

    def run(code: str) -> Draft:
        sources = {"mm/x.c": (INCLUDES + code).encode()}
        return draft(tree, "x", sources, "xdesc", None)

    return run
