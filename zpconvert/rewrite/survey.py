# SPDX-License-Identifier: GPL-2.0-only
"""A file surveyed once: its slots, their groups, and the sites of every top-level item."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from zpconvert.csource import unit as csource
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Unit
from zpconvert.rewrite.context import Context, Headers
from zpconvert.rewrite.slots import Item, Slot
from zpconvert.rewrite.visit.items import visited


@dataclass
class Survey:
    """What a migration of one file is decided from. Positions are bytes of `unit.source`."""

    unit: Unit
    context: Context
    items: list[Item]

    @property
    def slots(self) -> dict[str, Slot]:
        """All slots by id, in file order."""
        return self.context.slots

    def group(self, slot: Slot) -> tuple[Slot, ...]:
        """The slots that flip together with one, in file order."""
        root = self.context.groups.root(slot)
        return tuple(s for s in self.slots.values() if self.context.groups.root(s) == root)

    def pinned(self, slot: Slot) -> tuple[int, str] | None:
        """Byte and reason why a slot's group cannot flip, or None."""
        for member in self.group(slot):
            if member in self.context.groups.pins:
                return self.context.groups.pins[member]
        return None


def survey(source: bytes, headers: Headers, old: str, members: frozenset[str]) -> Survey:
    """Read a C file and find all that a migration from `struct old` can depend on.

    members: names of members that the descriptor has in common with the old struct.
    """
    unit = csource.read(source)
    context = Context(unit, headers, old, members)
    items = [visited(context, node) for node in unit.items]
    return Survey(unit, context, _with_comments(unit, [i for i in items if i.start < i.end]))


def typed(context: Context, nodes: Iterable[Node]) -> dict[tuple[int, int], CType | None]:
    """Visit some top-level items; the types of the expressions in them, by the bytes they span.

    What the items declare becomes slots of the context, as `survey` has it. None is a type that
    could not be decided.
    """
    if context.types is None:
        context.types = {}
    for node in nodes:
        visited(context, node)
    return context.types


def _with_comments(unit: Unit, items: list[Item]) -> list[Item]:
    """Give each comment to the item it is in or directly before; else it is an item itself."""
    items.sort(key=lambda i: i.start)
    starts = [i.code for i in items]
    alone: list[Item] = []
    for start, end in reversed(unit.masked.comments):
        at = bisect_right(starts, start) - 1
        if at >= 0 and start < items[at].end:
            items[at].comments.insert(0, (start, end))
            continue
        follower = items[at + 1] if at + 1 < len(items) else None
        own_line = not unit.source[unit.source.rfind(b"\n", 0, start) + 1 : start].strip()
        if follower and own_line and unit.source[end : follower.start].strip(b" \t") == b"\n":
            follower.start = start
            follower.comments.insert(0, (start, end))
        else:
            alone.append(Item(start, end, None, start, comments=[(start, end)]))
    return sorted([*items, *alone], key=lambda i: i.start)
