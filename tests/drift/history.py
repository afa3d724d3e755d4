# SPDX-License-Identifier: GPL-2.0-only
"""Drifts that the file's history had between Linux 5.19 and 6.13, as changes of the files at hand.

Only the shape of what came and went is remembered; the text is our own, written for the names
that 6.1 and 6.12 have, so these go first when drifts are combined.
"""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift, Source

#: 5.19: migration took callbacks of struct address_space_operations and a mapping.
_MAPPING_OPS = """
struct zs_migration_ops {
	bool (*isolate_page)(struct page *page, isolate_mode_t mode);
	int (*migratepage)(struct address_space *mapping, struct page *newpage,
				struct page *page, enum migrate_mode mode);
	void (*putback_page)(struct page *page);
};

static const struct zs_migration_ops zsmalloc_aops __maybe_unused = {
	.isolate_page = zs_page_isolate,
	.migratepage = zs_page_migrate,
	.putback_page = zs_page_putback,
};
"""

_TAGGED = """
#define OBJ_DEFERRED_HANDLE_TAG 2

static bool obj_tagged(struct page *page, void *obj, unsigned long *phandle, int tag)
{
	unsigned long handle;
	struct zspage *zspage = get_zspage(page);

	if (unlikely(ZsHugePage(zspage))) {
		VM_BUG_ON_PAGE(!is_first_page(page), page);
		handle = page->index;
	} else
		handle = *(unsigned long *)obj;

	if (!(handle & tag))
		return false;

	*phandle = handle & ~(unsigned long)tag;
	return true;
}

static bool __maybe_unused obj_stores_deferred_handle(struct page *page, void *obj,
							unsigned long *phandle)
{
	return obj_tagged(page, obj, phandle, OBJ_DEFERRED_HANDLE_TAG);
}
"""

_FIND_TAGGED = """
static unsigned long find_tagged_obj(struct size_class *class,
					struct page *page, int *obj_idx, int tag)
{
	unsigned int offset;
	int index = *obj_idx;
	unsigned long handle = 0;
	void *addr = kmap_atomic(page);

	offset = get_first_obj_offset(page);
	offset += class->size * index;

	while (offset < PAGE_SIZE) {
		if (obj_tagged(page, addr + offset, &handle, tag))
			break;

		offset += class->size;
		index++;
	}

	kunmap_atomic(addr);
	*obj_idx = index;
	return handle;
}

static unsigned long find_deferred_handle_obj(struct size_class *class,
						struct page *page, int *obj_idx)
{
	return find_tagged_obj(class, page, obj_idx, OBJ_DEFERRED_HANDLE_TAG);
}

static void __maybe_unused free_handles(struct zs_pool *pool, struct size_class *class,
					struct zspage *zspage)
{
	int obj_idx = 0;
	struct page *page = get_first_page(zspage);
	unsigned long handle;

	while (1) {
		handle = find_deferred_handle_obj(class, page, &obj_idx);
		if (!handle) {
			page = get_next_page(page);
			if (!page)
				break;
			obj_idx = 0;
			continue;
		}

		cache_free_handle(pool, handle);
		obj_idx++;
	}
}
"""

_RESTORE = """
static void __maybe_unused restore_freelist(struct zs_pool *pool, struct size_class *class,
						struct zspage *zspage)
{
	unsigned int obj_idx = 0;
	unsigned long handle, off = 0;
	struct page *page = get_first_page(zspage);
	struct page *prev_page = NULL;
	void *prev_page_vaddr = NULL;

	while (page) {
		void *obj_addr, *vaddr = kmap_atomic(page);
		struct page *next_page = get_next_page(page);
		struct link_free *link = (struct link_free *)(vaddr + off);

		while ((off += class->size) < PAGE_SIZE) {
			obj_addr = link++;
			if (obj_allocated(page, obj_addr, &handle))
				obj_idx++;
		}
		if (prev_page && prev_page != page) {
			prev_page_vaddr = kmap_atomic(prev_page);
			kunmap_atomic(prev_page_vaddr);
		}
		kunmap_atomic(vaddr);
		prev_page = page;
		page = next_page;
		off %= PAGE_SIZE;
	}
	set_freeobj(zspage, obj_idx);
}
"""

_UNLOCK = """
static void __maybe_unused unlock_zspage(struct zspage *zspage)
{
	struct page *page = get_first_page(zspage);

	do {
		unlock_page(page);
	} while ((page = get_next_page(page)) != NULL);
}
"""

_HUGE_FLAG = """
static inline int PageHugeObject(struct page *page)
{
	return PageChecked(page);
}

static inline void SetPageHugeObject(struct page *page)
{
	SetPageChecked(page);
}

static inline void ClearPageHugeObject(struct page *page)
{
	ClearPageChecked(page);
}
"""


def _behind(text: str, function: str, new: str) -> str | None:
    """The text with more of it behind a function."""
    found = Source(text).function(function)
    return Source(text).replaced(found.end, found.end, f"\n{new.rstrip()}") if found else None


def mapping_ops(chance: Random, text: str) -> str | None:
    """5.19: zs_page_migrate() has a mapping, and __SetPageMovable() gets one."""
    head = (
        "static int zs_page_migrate(struct page *newpage, struct page *page,\n"
        "\t\tenum migrate_mode mode)"
    )
    if head not in text:
        return None
    new = (
        "static int zs_page_migrate(struct address_space *mapping, struct page *newpage,\n"
        "\t\tstruct page *page, enum migrate_mode mode)"
    )
    text = text.replace(head, new).replace(
        "struct zs_pool {", "struct zs_pool {\n\tstruct inode *inode;"
    )
    text = re.sub(r"static const struct movable_operations zsmalloc_mops;\n\n", "", text)
    text = re.sub(
        r"static const struct movable_operations zsmalloc_mops = \{.*?\};",
        _MAPPING_OPS.strip("\n"), text, flags=re.S,
    )  # fmt: skip
    text = re.sub(
        r"__SetPageMovable\((\w+), &zsmalloc_mops\)",
        r"__SetPageMovable(\1, (void *)pool->inode->i_mapping)", text,
    )  # fmt: skip
    text = text.replace(
        "static void replace_sub_page(struct size_class *class, struct zspage *zspage,",
        "static void replace_sub_page(struct zs_pool *pool, struct size_class *class,\n"
        "\t\t\t\tstruct zspage *zspage,",
    )
    return text.replace("replace_sub_page(class, zspage,", "replace_sub_page(pool, class, zspage,")


def deferred_handles(chance: Random, text: str) -> str | None:
    """6.2 to 6.4: handles of reclaimed objects are kept where the objects' own were."""
    old = Source(text).function("obj_allocated")
    if old is None:
        return None
    source = Source(text)
    wrapper = (
        f"{_TAGGED.strip()}\n\n{source.head(old)}\n{{\n"
        "\treturn obj_tagged(page, obj, phandle, OBJ_ALLOCATED_TAG);\n}"
    )
    return _behind(source.replaced(old.start, old.end, wrapper), "find_alloced_obj", _FIND_TAGGED)


def deferred_free(chance: Random, text: str) -> str | None:
    """6.2 to 6.4: obj_free() may leave a handle behind, in page->index of a huge zspage."""
    text = text.replace(
        "static void obj_free(int class_size, unsigned long obj)",
        "static void obj_free(int class_size, unsigned long obj, unsigned long *handle)",
    )
    new = (
        "{\n\t\tif (handle)\n\t\t\tf_page->index = *handle | 2;\n"
        "\t\telse\n\t\t\tf_page->index = 0;\n\t}\n"
    )
    changed = text.replace("else\n\t\tf_page->index = 0;\n", f"else {new}")
    changed = re.sub(
        r"\bobj_free\(class->size, (\w+)\);", r"obj_free(class->size, \1, NULL);", changed
    )
    return changed if new in changed else None


def freelist(chance: Random, text: str) -> str | None:
    """6.3 and 6.4: the free list of a zspage is built anew after a failed reclaim."""
    return _behind(text, "find_alloced_obj", _RESTORE)


def unlock(chance: Random, text: str) -> str | None:
    """6.2 to 6.6: a zspage that was locked whole is unlocked whole."""
    return _behind(text, "lock_zspage", _UNLOCK)


def plain_lock(chance: Random, text: str) -> str | None:
    """Before lock_zspage() minded migration it locked page after page."""
    source = Source(text)
    old = source.function("lock_zspage")
    if old is None or "migrate_read_unlock(zspage)" not in source.of(old):
        return None
    body = (
        "\tstruct page *page = get_first_page(zspage);\n\n\tdo {\n\t\tlock_page(page);\n"
        "\t} while ((page = get_next_page(page)) != NULL);"
    )
    changed = source.replaced(old.start, old.end, f"{source.head(old)}\n{{\n{body}\n}}")
    for name in ("migrate_read_lock", "migrate_read_unlock"):
        changed = re.sub(rf"(static) (void {name}\()", r"\1 __maybe_unused \2", changed)
    return changed


def reset_offset(chance: Random, text: str) -> str | None:
    """6.11: the bits of the offset are set again before the type is cleared."""
    if "FIRST_OBJ_PAGE_TYPE_MASK" not in text:
        return None
    helper = (
        "\nstatic inline void reset_first_obj_offset(struct page *page)\n{\n"
        "\tVM_WARN_ON_ONCE(!PageZsmalloc(page));\n\tpage->page_type |= FIRST_OBJ_PAGE_TYPE_MASK;\n}"
    )
    text = text.replace(
        "\t__ClearPageZsmalloc(page);\n",
        "\treset_first_obj_offset(page);\n\t__ClearPageZsmalloc(page);\n",
        1,
    )
    return _behind(text, "get_first_obj_offset", helper)


def narrow_offset(chance: Random, text: str) -> str | None:
    """6.11: sixteen bits for the offset, not twenty-four."""
    new = text.replace("0xffffff\n", "0xffff\n").replace("SZ_16M", "SZ_64K")
    return new if new != text else None


def compact_control(chance: Random, text: str) -> str | None:
    """Up to 6.3: what compaction does is kept in a struct with two pages."""
    source = Source(text)
    old = source.function("migrate_zspage")
    if old is None or "cc->" in source.of(old):
        return None
    control = (
        "struct zs_compact_control {\n\t/* where objects come from */\n\tstruct page *s_page;\n"
        "\t/* the first page of the zspage that they go to */\n\tstruct page *d_page;\n"
        "\tint obj_idx;\n};\n\n"
    )
    body = source.of(old)
    declared = "\tstruct page *s_page = get_first_page(src_zspage);\n"
    body = body.replace(declared, "\tstruct zs_compact_control control, *cc = &control;\n")
    body = re.sub(r"(?<![\w>])s_page\b", "cc->s_page", body)
    body = body.replace("get_zspage(d_page)", "get_zspage(cc->d_page)")
    body = body.replace(
        "\n\n\twhile (1)",
        "\n\n\tcc->s_page = get_first_page(src_zspage);\n"
        "\tcc->d_page = get_first_page(dst_zspage);\n\n\twhile (1)",
    )
    return source.replaced(old.start, old.end, control + body)


def isolation(chance: Random, text: str) -> str | None:
    """6.0 to 6.6: the callbacks find the zspage and count its isolated pages."""
    find = (
        "\tstruct zspage *zspage;\n\n\tVM_BUG_ON_PAGE({0}PageIsolated(page), page);\n\n"
        "\tzspage = get_zspage(page);\n\twrite_lock(&zspage->pool->migrate_lock);\n"
        "\tzspage->pool->stats.pages_compacted.counter{1};\n\twrite_unlock(&zspage->pool->migrate_lock);\n"
    )
    if "migrate_lock" not in text:
        return None
    for name, sign, change in (("zs_page_isolate", "", "++"), ("zs_page_putback", "!", "--")):
        source = Source(text)
        function = source.function(name)
        if function is None or "get_zspage" in source.of(function):
            return None
        end = "\n\treturn true;\n" if "isolate" in name else ""
        body = find.replace("{0}", sign).replace("{1}", change)
        text = source.replaced(function.body, function.end, f"{{\n{body}{end}}}")
    return text


def no_counters(chance: Random, text: str) -> str | None:
    """Freed pages are not counted per zone."""
    new = re.sub(
        r"^\t+dec_zone_page_state\((?:page|pages\[i\]), NR_ZSPAGES\);\n", "", text, flags=re.M
    )
    return new if new != text else None


def huge_flag(chance: Random, text: str) -> str | None:
    """Before 5.17: a flag of the first page says that a zspage is huge."""
    text = re.sub(r"\bSetZsHugePage\(zspage\);", "SetPageHugeObject(zspage->first_page);", text)
    text = re.sub(r"\bZsHugePage\(zspage\)(?!\n)", "PageHugeObject(zspage->first_page)", text)
    text = re.sub(
        r"static void SetZsHugePage\(.*?\n\}\n\nstatic bool ZsHugePage\(.*?\n\}",
        _HUGE_FLAG.strip(), text, flags=re.S,
    )  # fmt: skip
    return re.sub(r"(\tClearPagePrivate\(page\);\n)", r"\1\tClearPageHugeObject(page);\n", text)


def returned_page(chance: Random, text: str) -> str | None:
    """obj_to_page() returns the page that it finds."""
    found = re.search(
        r"static void obj_to_page\(unsigned long obj, struct page \*\*page\)\n"
        r"\{\n(.*?)\t\*page = ([^;]+);\n\}", text, re.S,
    )  # fmt: skip
    if found is None:
        return None
    head = "static struct page *obj_to_page(unsigned long obj)"
    new = f"{head}\n{{\n{found[1]}\treturn {found[2]};\n}}"
    text = text[: found.start()] + new + text[found.end() :]
    return re.sub(r"\bobj_to_page\(obj, &(\w+)\);", r"\1 = obj_to_page(obj);", text)


def reclaim(chance: Random, text: str) -> str | None:
    """6.2 to 6.4: a zspage is taken off the pool, its pages locked one by one."""
    new = (
        "\nstatic int __maybe_unused zs_reclaim_page(struct zs_pool *pool, int retries)\n{\n"
        "\tstruct zspage *zspage = NULL;\n\tstruct page *page;\n\tint i, ret = -EAGAIN;\n\n"
        "\tfor (i = 0; i < ZS_SIZE_CLASSES && retries; i++, retries--) {\n"
        "\t\tstruct size_class *class = pool->size_class[i];\n\n"
        "\t\tzspage = find_get_zspage(class);\n\t\tif (!zspage)\n\t\t\tcontinue;\n"
        "\t\tif (!trylock_zspage(zspage))\n\t\t\tcontinue;\n"
        "\t\tpage = get_first_page(zspage);\n"
        "\t\tdo {\n\t\t\tBUG_ON(!PageLocked(page));\n\t\t\tunlock_page(page);\n"
        "\t\t} while ((page = get_next_page(page)) != NULL);\n\t\tret = 0;\n\t}\n\treturn ret;\n}\n"
    )
    return _behind(text, "trylock_zspage", new) and _behind(text, "migrate_zspage", new)


KINDS: dict[str, Drift] = {
    "mapping-ops": mapping_ops,
    "deferred-handles": deferred_handles,
    "deferred-free": deferred_free,
    "freelist": freelist,
    "unlock-zspage": unlock,
    "plain-lock": plain_lock,
    "reset-offset": reset_offset,
    "narrow-offset": narrow_offset,
    "compact-control": compact_control,
    "isolation": isolation,
    "no-counters": no_counters,
    "huge-flag": huge_flag,
    "returned-page": returned_page,
    "reclaim": reclaim,
}
