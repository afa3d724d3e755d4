# SPDX-License-Identifier: GPL-2.0-only
"""The atoms of a plan: slots that can only flip together, in one file or in several."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import Survey


@dataclass(frozen=True, eq=False)
class Atom:
    """Slots that flip in one step. order: where the first of them stands among all slots.

    Equal to itself only.
    """

    order: int
    slots: tuple[Slot, ...]

    @property
    def functions(self) -> frozenset[str]:
        """The functions that declare one of them."""
        return frozenset(slot.function for slot in self.slots if slot.function is not None)


def base_id(slot: Slot) -> str:
    """A slot's id as a plan can spell it: locals of one name in one function share it."""
    return slot.id.partition("#")[0]


def atoms(surveys: Sequence[Survey], kept: Iterable[Container[Slot]]) -> list[Atom]:
    """All that can flip, in file order. kept: for each file the slots that stay.

    Slots whose ids a plan could not tell apart are one atom: what it names must be all of it.
    """
    parts: list[list[Slot]] = []
    holds: dict[object, list[Slot]] = {}
    for survey, stays in zip(surveys, kept, strict=True):
        for slot in survey.slots.values():
            if slot in stays or survey.pinned(slot) is not None:
                continue
            keys = (survey.context.groups.root(slot), base_id(slot))
            found = [holds[key] for key in keys if key in holds]
            part = found[0] if found else []
            if not found:
                parts.append(part)
            for other in found[1:]:
                if other is not part:
                    part += other
                    parts.remove(other)
                    holds |= {key: part for key, one in holds.items() if one is other}
            part.append(slot)
            holds |= dict.fromkeys(keys, part)
    return [Atom(order, tuple(part)) for order, part in enumerate(parts)]
