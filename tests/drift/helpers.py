# SPDX-License-Identifier: GPL-2.0-only
"""Helpers come and go: code moves into a new function, a small function into its callers."""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift, Source
from zpconvert.rewrite.edits import Replace

#: What is taken out: a pattern whose first group is the page, and the helper; `{0}` is its name.
_EXTRACTED = (
    (r"\bkmap_(?:atomic|local_page)\(([^()]+|\w+\[\w\])\)", "zs_map",
     "static void *{0}(struct page *page)\n{{\n\treturn kmap_atomic(page);\n}}"),
    (r"\(struct page \*\)(\w+)->index", "zs_link",
     "static struct page *{0}(struct page *p)\n{{\n\treturn (struct page *)p->index;\n}}"),
    (r"\bset_page_private\((\w+), 0\)", "zs_forget_owner",
     "static void {0}(struct page *page)\n{{\n\tset_page_private(page, 0);\n}}"),
    (r"\binc_zone_page_state\((\w+), NR_ZSPAGES\)", "zs_account",
     "static inline void {0}(struct page *page)\n{{\n\tinc_zone_page_state(page, NR_ZSPAGES);\n}}"),
    (r"\bdec_zone_page_state\((\w+(?:\[\w\])?), NR_ZSPAGES\)", "zs_unaccount",
     "static inline void {0}(struct page *pg)\n{{\n\tdec_zone_page_state(pg, NR_ZSPAGES);\n}}"),
    (r"\bpage_to_pfn\((\w+)\)", "zs_frame",
     "static unsigned long {0}(struct page *page)\n{{\n\treturn page_to_pfn(page);\n}}"),
    (r"\btrylock_page\((\w+)\)", "zs_try",
     "static bool {0}(struct page *victim)\n{{\n\treturn trylock_page(victim);\n}}"),
    (r"\bput_page\((\w+)\)", "zs_drop",
     "static void {0}(struct page *page)\n{{\n\tput_page(page);\n}}"),
    (r"\bpfn_to_page\(([^()]+)\)", "zs_page_of_frame",
     "static struct page *{0}(unsigned long pfn)\n{{\n\treturn pfn_to_page(pfn);\n}}"),
    (r"\balloc_page\((\w+)\)", "zs_new_page",
     "static struct page *{0}(gfp_t flags)\n{{\n\tstruct page *page = alloc_page(flags);\n\n"
     "\treturn page;\n}}"),
)  # fmt: skip

#: The body of a function that only returns an expression, but for assertions.
_ONE_RETURN = re.compile(r"\s*(?:VM_\w+\([^;]*\);\s*)*return ([^;{}]+);\s*")


def extract(chance: Random, text: str) -> str | None:
    """A helper of one use of a page, called everywhere or at some places."""
    ways = [way for way in _EXTRACTED if re.search(way[0], text)]
    if not ways:
        return None
    pattern, name, helper = chance.choice(ways)
    if name in text:
        return None
    some = chance.random() < 0.3
    found = list(re.finditer(pattern, text))
    chosen = [m for m in found if not some or chance.random() < 0.5] or found[:1]
    source = Source(text)
    first = min(f.start for f in source.with_pages)
    edits = [_bytes(text, m.span(), f"{name}({m[1]})") for m in chosen]
    return source.edited([Replace(first, first, helper.format(name) + "\n\n"), *edits])


def _bytes(text: str, span: tuple[int, int], new: str) -> Replace:
    start = len(text[: span[0]].encode())
    return Replace(start, start + len(text[span[0] : span[1]].encode()), new)


def extract_walk(chance: Random, text: str) -> str | None:
    """What links two pages becomes a function of both."""
    found = re.search(r"\b(\w+)->index = \(unsigned long\)(\w+);", text)
    if found is None or "zs_link_pages" in text:
        return None
    helper = (
        "static void zs_link_pages(struct page *from, struct page *to)\n{\n"
        "\tfrom->index = (unsigned long)to;\n}\n\n"
    )
    source = Source(text)
    first = min(f.start for f in source.with_pages)
    call = _bytes(text, found.span(), f"zs_link_pages({found[1]}, {found[2]});")
    return source.edited([Replace(first, first, helper), call])


def inline(chance: Random, text: str) -> str | None:
    """A function that only returns an expression goes into its callers."""
    source = Source(text)
    ways = []
    for function in source.with_pages:
        body = _ONE_RETURN.fullmatch(source.inner(function))
        parameter = re.search(r"\(struct \w+ \*(\w+)\)$", source.head(function))
        if body and parameter and function.static and function.free and not function.declared:
            ways.append((function, parameter[1], body[1]))
    if not ways:
        return None
    function, parameter, expression = chance.choice(ways)
    calls = re.compile(rf"\b{function.name}\((\w+(?:\[\w\])?)\)")
    end = len(source.raw[: function.end].decode())
    start = len(source.raw[: function.start].decode())
    behind = calls.sub(
        lambda m: f"({re.sub(rf'(?<![>.]){parameter}' + chr(92) + 'b', m[1], expression)})",
        text[end:],
    )
    if f"{function.name}(" in behind or function.name in text[:start]:
        return None
    return text[:start].rstrip("\n") + "\n" + behind


def inline_lookup(chance: Random, text: str) -> str | None:
    """The page of an object is looked up in place, no longer by a function with `page **`."""
    found = re.search(
        r"static void (\w+)\(unsigned long obj, struct page \*\*\w+\)\n\{\n(.*?)\n\}\n", text, re.S
    )
    if found is None:
        return None
    name, body = found[1], found[2]
    lookup = re.search(r"\*\w+ = (pfn_to_page\([^;]+\));", body)
    if lookup is None:
        return None
    before = re.search(r"\tobj >>= OBJ_TAG_BITS;\n", body)
    expression = lookup[1].replace("obj", "(obj >> OBJ_TAG_BITS)", 1) if before else lookup[1]
    calls = re.compile(rf"\b{name}\(obj, &(\w+)\);")
    rest = calls.sub(lambda m: f"{m[1]} = {expression};", text[found.end() :])
    return None if name in rest else text[: found.start()] + rest


KINDS: dict[str, Drift] = {
    "extract-helper": extract,
    "extract-link": extract_walk,
    "inline-helper": inline,
    "inline-lookup": inline_lookup,
}
