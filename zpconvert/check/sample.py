# SPDX-License-Identifier: GPL-2.0-only
"""The descriptor that the rules' examples speak of: `struct desc` over `struct page`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from zpconvert.check.subject import Subject
from zpconvert.check.vocabulary import Vocabulary, vocabulary
from zpconvert.conversion.model import Descriptor, Helper, Member

HEADER = b"""\
/* The descriptor of the examples. */
struct desc {
	unsigned long flags;
	union {
		struct desc *next;
		unsigned long handle;
	};
	struct holder *holder;
};
#define DESC_MATCH(old, new) \\
	static_assert(offsetof(struct page, old) == offsetof(struct desc, new))
DESC_MATCH(flags, flags);
DESC_MATCH(index, next);
DESC_MATCH(index, handle);
DESC_MATCH(private, holder);
static_assert(sizeof(struct desc) <= sizeof(struct page));
#define desc_page(d) (_Generic((d), \\
	const struct desc *: (const struct page *)(d), struct desc *: (struct page *)(d)))
#define desc_folio(d) (_Generic((d), \\
	const struct desc *: (const struct folio *)(d), struct desc *: (struct folio *)(d)))
#define page_desc(p) (_Generic((p), \\
	const struct page *: (const struct desc *)(p), struct page *: (struct desc *)(p)))
static inline void desc_lock(struct desc *desc)
{
	folio_lock(desc_folio(desc));
}
static inline void desc_unlock(struct desc *desc)
{
	folio_unlock(desc_folio(desc));
}
static inline unsigned long desc_pfn(struct desc *desc)
{
	return page_to_pfn(desc_page(desc));
}
static inline struct desc *pfn_desc(unsigned long pfn)
{
	return page_desc(pfn_to_page(pfn));
}
"""


def _helper(name: str, old: str, body: str) -> Helper:
    proto = f"void {name}(struct desc *desc)"
    return Helper(name, "lock", proto, old, (body,), "Lock.")


DESCRIPTOR = Descriptor(
    name="desc",
    replaces="page",
    header="mm/desc.h",
    to_old="desc_page",
    from_old="page_desc",
    to_folio="desc_folio",
    intro="The descriptor of the examples.",
    doc="",
    casts="",
    includes=(),
    members=(
        Member("flags", "unsigned long", "flags", ""),
        Member("next", "struct desc *", "index", ""),
        Member("handle", "unsigned long", "index", ""),
        Member("holder", "struct holder *", "private", ""),
    ),
    helpers=(
        _helper("desc_lock", "lock_page(desc)", "folio_lock(desc_folio(desc));"),
        _helper("desc_unlock", "unlock_page(desc)", "folio_unlock(desc_folio(desc));"),
    ),
    deprecated=(),
    path=Path("desc.toml"),
)


@cache
def words() -> Vocabulary:
    """The names of the examples."""
    return vocabulary(DESCRIPTOR, HEADER)


def subject(source: bytes, *, header: bool = False) -> Subject:
    """An example as a file under check."""
    users = (b"void user(struct desc *desc) { desc_used(desc); }\n",)
    return Subject(
        "mm/desc.h" if header else "mm/example.c",
        source,
        words(),
        header=header,
        users=lambda: users,
    )
