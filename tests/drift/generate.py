# SPDX-License-Identifier: GPL-2.0-only
"""Drifted files: the same for the same number."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.drift import additions, calls, conditions, helpers, history, layout, names
from tests.drift.text import Drift

#: In the order in which drifts are combined: what quotes the files at hand goes first.
KINDS: dict[str, Drift] = {
    **history.KINDS,
    **calls.KINDS,
    **helpers.KINDS,
    **additions.KINDS,
    **names.KINDS,
    **layout.KINDS,
    **conditions.KINDS,
}


@dataclass(frozen=True)
class Drifted:
    """A drifted file, the kernel that it came from, and the drifts that took effect."""

    number: int
    base: str
    kinds: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.number} ({self.base}): {', '.join(self.kinds)}"


def drifted(number: int, bases: dict[str, str]) -> Drifted:
    """The drifted file of this number.

    bases: the text of each kernel's file. The first numbers take each kind alone, on each
    base where it has an effect; the others combine two to six.
    """
    alone = [(kind, base) for kind in KINDS for base in sorted(bases)]
    if number < len(alone):
        kind, base = alone[number]
        return _drift(number, base, [kind], bases)
    chance = Random(number)
    base = chance.choice(sorted(bases))
    chosen = set(chance.sample(list(KINDS), chance.randint(2, 6)))
    return _drift(number, base, [kind for kind in KINDS if kind in chosen], bases)


def _drift(number: int, base: str, chosen: list[str], bases: dict[str, str]) -> Drifted:
    text, took = bases[base], []
    for kind in chosen:
        new = KINDS[kind](Random(f"{number} {kind}"), text)
        if new is not None and new != text:
            text = new
            took.append(kind)
    return Drifted(number, base, tuple(took), text)
