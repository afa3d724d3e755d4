# SPDX-License-Identifier: GPL-2.0-only
"""Migrations of small texts: headers of our own, every slot flipped or the ones that are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pytest

from tests.csource.conftest import externals_from_texts
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import Survey, survey

TYPES = Types("page", "desc", "desc_page", "page_desc")
#: Members that the descriptor shares with struct page.
MEMBERS = frozenset(("lru", "flags"))

HEADER = b"""
typedef struct page *pgtable_t;
struct list_head { struct list_head *next; };
struct page { unsigned long flags; struct list_head lru, other; unsigned long private; int index; };
#define NULL ((void *)0)
extern struct page *mem_map;
struct page *alloc_pages(int gfp, int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)
void put_page(struct page *page);
int page_to_nid(const struct page *page);
void *page_address(const struct page *page);
void kfree(const void *p);
void list_del(struct list_head *entry);
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) ({ \\
        void *__mptr = (void *)(ptr); \\
        ((type *)(__mptr - offsetof(type, member))); })
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) list_entry((ptr)->next, type, member)
#define list_next_entry(pos, member) list_entry((pos)->member.next, typeof(*(pos)), member)
#define list_for_each_entry(pos, head, member) \\
    for (pos = list_first_entry(head, typeof(*pos), member); \\
         &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member) \\
    for (pos = list_first_entry(head, typeof(*pos), member), n = list_next_entry(pos, member); \\
         &pos->member != (head); pos = n, n = list_next_entry(n, member))
#define for_each_page(page, n) for (page = mem_map; (n)--; page++)
#define swap(a, b) do { typeof(a) __tmp = (a); (a) = (b); (b) = __tmp; } while (0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) do { *(volatile typeof(x) *)&(x) = (v); } while (0)
#define xchg(p, v) __atomic_exchange_n(p, v, 5)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define BUG_ON(x) do { if (x) __builtin_trap(); } while (0)
"""


@dataclass(frozen=True)
class Converted:
    """A text's migration: what became of it, its refusals as `line:column: reason`, its slots."""

    text: str
    refusals: list[str]
    survey: Survey

    @property
    def slots(self) -> list[str]:
        """Ids of the slots that can flip."""
        return [i for i, s in self.survey.slots.items() if self.survey.pinned(s) is None]


def surveyed(source: str | bytes) -> Survey:
    """A text surveyed against HEADER."""
    raw = source.encode() if isinstance(source, str) else source
    return survey(raw, externals_from_texts([HEADER]), "struct page", MEMBERS)


def closed(found: Survey, ids: Iterable[str] | None) -> frozenset[Slot]:
    """The named slots with their groups; all that can flip, for None."""
    slots = [found.slots[i] for i in ids] if ids is not None else list(found.slots.values())
    whole = [member for slot in slots for member in found.group(slot)]
    return frozenset(slot for slot in whole if found.pinned(slot) is None)


def rendered(migration: FileMigration, flipped: frozenset[Slot]) -> tuple[str, list[str]]:
    """The file with these slots flipped, and what was refused."""
    pieces, refusals = migration.pieces(flipped)
    text = migration.assemble(pieces, [piece.text for piece in pieces]).text
    found = [f"{r.line}:{r.column}: {r.reason}" for r in refusals]
    return text.decode("utf-8", "surrogateescape"), found


Convert = Callable[..., Converted]


@pytest.fixture
def convert() -> Convert:
    """`convert(text)`: every slot flipped; with `only`, the slots of these ids and their groups."""

    def run(
        source: str,
        only: Iterable[str] | None = None,
        slots: Mapping[str, str] | None = None,
        functions: Mapping[str, str] | None = None,
        early: Iterable[str] = (),
    ) -> Converted:
        found = surveyed(source)
        names = Names(dict(slots or {}), dict(functions or {}), frozenset(early))
        text, refusals = rendered(FileMigration(found, TYPES, names), closed(found, only))
        return Converted(text, refusals, found)

    return run
