# SPDX-License-Identifier: GPL-2.0-only
"""Calls and members drift: other ways to map, store and test what is the same."""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift


def local_kmap(chance: Random, text: str) -> str | None:
    """kmap_atomic() gives way to kmap_local_page(), the newer API."""
    new = re.sub(r"\bkmap_atomic\((?!\))", "kmap_local_page(", text)
    new = re.sub(r"\bkunmap_atomic\((?!\))", "kunmap_local(", new)
    return new if new != text else None


def private_member(chance: Random, text: str) -> str | None:
    """page->private by name, not through page_private() and set_page_private()."""
    new = re.sub(r"\bpage_private\((\w+)\)", r"\1->private", text)
    new = re.sub(r"\bset_page_private\((\w+), ([^;]+)\);", r"\1->private = \2;", new)
    return new if new != text else None


def void_owner(chance: Random, text: str) -> str | None:
    """The zspage comes from the page by way of `void *`."""
    new = text.replace("(struct zspage *)page_private(", "(void *)page_private(")
    return new if new != text else None


def once(chance: Random, text: str) -> str | None:
    """The link is read and written in one access."""
    new = re.sub(r"\(struct page \*\)(\w+)->index", r"(struct page *)READ_ONCE(\1->index)", text)
    new = re.sub(
        r"\b(\w+)->index = \(unsigned long\)(\w+);",
        r"WRITE_ONCE(\1->index, (unsigned long)\2);",
        new,
    )
    return new if new != text else None


def offset_member(chance: Random, text: str) -> str | None:
    """The offset of the first object is in page->index of pages that it does not link, as a
    stand-in for the other words that it has been in."""
    new = re.sub(r"\b(\w+)->page_type\b", r"\1->index", text)
    return new if new != text else None


def union_member(chance: Random, text: str) -> str | None:
    """The offset of the first object is in the word of page->_mapcount, as a number."""
    new = re.sub(r"\breturn (\w+)->page_type;", r"return \1->_mapcount.counter;", text)
    new = re.sub(r"\b(\w+)->page_type = (\w+);", r"\1->_mapcount.counter = \2;", new)
    return new if new != text else None


def assertions(chance: Random, text: str) -> str | None:
    """Assertions name the page, or no longer do."""

    def changed(found: re.Match[str]) -> str:
        way = chance.randrange(3)
        return (found[0], f"VM_BUG_ON({found[1]});", f"WARN_ON_ONCE({found[1]});")[way]

    new = re.sub(r"\bVM_BUG_ON_PAGE\((!?\w+\(\w+\)), \w+\);", changed, text)
    return new if new != text else None


def null_tests(chance: Random, text: str) -> str | None:
    """`!= NULL` and the bare test change places."""
    new = re.sub(r"(while \()(page)( != NULL)\);", r"\1\2);", text)
    new = re.sub(r"(while \(\((\w+) = (\w+\(\w+\))\)) != NULL\);", r"\1);", new)
    new = re.sub(r"if \(!(\w*page)\)", lambda m: chance.choice((m[0], f"if ({m[1]} == NULL)")), new)
    return new if new != text else None


def folios(chance: Random, text: str) -> str | None:
    """Locks and references by way of the folio."""
    pairs = {
        "trylock_page": "folio_trylock",
        "unlock_page": "folio_unlock",
        "wait_on_page_locked": "folio_wait_locked",
        "get_page": "folio_get",
        "put_page": "folio_put",
        "PageLocked": "folio_test_locked",
    }
    chosen = [name for name in pairs if chance.random() < 0.5] or ["get_page"]
    new = text
    for name in chosen:
        new = re.sub(rf"\b{name}\((\w+)\)", rf"{pairs[name]}(page_folio(\1))", new)
    return new if new != text else None


def allocation(chance: Random, text: str) -> str | None:
    """Pages come and go by calls that name the order or the node."""
    way = chance.randrange(3)
    if way == 0:
        new = re.sub(r"\balloc_page\((\w+)\)", r"alloc_pages(\1, 0)", text)
        new = re.sub(r"\b__free_page\(([^()]+)\)", r"__free_pages(\1, 0)", new)
    elif way == 1:
        new = re.sub(r"\balloc_page\((\w+)\)", r"alloc_pages_node(NUMA_NO_NODE, \1, 0)", text)
    else:
        new = re.sub(r"\b__free_page\(([^()]+)\)", r"put_page(\1)", text)
    return new if new != text else None


def copies(chance: Random, text: str) -> str | None:
    """A page is copied whole by the call for pages."""
    new = re.sub(r"\bcopy_page\(d_addr, s_addr\);", "memcpy(d_addr, s_addr, PAGE_SIZE);", text)
    if new == text:
        new = text.replace("memcpy(d_addr, s_addr, PAGE_SIZE);", "copy_page(d_addr, s_addr);")
    return new if new != text else None


KINDS: dict[str, Drift] = {
    "local-kmap": local_kmap,
    "private-member": private_member,
    "void-owner": void_owner,
    "once": once,
    "offset-member": offset_member,
    "union-member": union_member,
    "assertions": assertions,
    "null-tests": null_tests,
    "folios": folios,
    "allocation": allocation,
    "copies": copies,
}
