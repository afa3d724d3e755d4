# SPDX-License-Identifier: GPL-2.0-only
"""How complete the helper families of a header are.

The reference series wrapped nearly all flags and forgot one; nobody could see which were
left out on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Descriptor, Helper


@dataclass(frozen=True)
class Family:
    """A helper family: names that a header has, and those of the descriptor it leaves out."""

    name: str
    present: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Nothing is left out."""
        return not self.left_out


def families(descriptor: Descriptor, helpers: Sequence[Helper]) -> tuple[Family, ...]:
    """All families of the descriptor, in its order; `helpers` are the ones a header has."""
    names = {helper.name for helper in helpers}
    return tuple(
        Family(
            family,
            tuple(h.name for h in descriptor.helpers if h.family == family and h.name in names),
            tuple(h.name for h in descriptor.helpers if h.family == family and h.name not in names),
        )
        for family in dict.fromkeys(helper.family for helper in descriptor.helpers)
    )
