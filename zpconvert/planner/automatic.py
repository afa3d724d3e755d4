# SPDX-License-Identifier: GPL-2.0-only
"""Steps without a step list: the header first, then clusters of what belongs together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Conversion, Descriptor, Stale, Step
from zpconvert.planner.atoms import Atom, atoms, base_id
from zpconvert.planner.clusters import Clusters, Order
from zpconvert.planner.costs import FileCosts, main_step
from zpconvert.planner.helpers import HelperUse
from zpconvert.planner.named import kept
from zpconvert.rewrite.retype import Retyper
from zpconvert.rewrite.slots import Item

#: Lines that a planned patch changes at most, added and removed together.
LINES = 60


@dataclass(frozen=True)
class Planned:
    """Steps whose words are still to be written.

    saved: for a step by its id, the lines that would change once more if what it flips did not
    flip together.
    """

    steps: tuple[Step, ...]
    saved: Mapping[str, int]


def automatic(
    files: Sequence[Retyper],
    conversion: Conversion,
    descriptor: Descriptor,
    weights: Mapping[str, int],
    lines: int,
) -> Planned:
    """The steps of a series that nobody planned.

    files: each file of the conversion, ready to be rendered. conversion: its borders stay, and
    the comment phrases of its own steps come with the planned ones. descriptor: with the helpers
    that the tree can have. weights: lines that each of those adds to the header. lines: changed
    lines (added and removed) that a step has at most; what can only change together may exceed
    it.
    """
    phrases = [phrase for step in conversion.steps for phrase in step.stale]
    stay = [kept(file.survey, conversion.border) for file in files]
    free = atoms([file.survey for file in files], stay)
    use = HelperUse(descriptor)
    costs = [FileCosts(file, free, use, phrases) for file in files]
    families = {helper.name: helper.family for helper in descriptor.helpers}
    clusters = Clusters(costs, limit=lines, weights=weights, families=families)
    order = clusters.plan(free)
    stale = _stale(files, costs, order, phrases)
    steps = [_step("descriptor", (), stale[0])]
    for number, cluster in enumerate(order, 1):
        name = _name(cluster, [step.id for step in steps])
        steps.append(_step(name, _names(cluster, files), stale[number]))
    saved = {step.id: clusters.saved(order, n) for n, step in enumerate(steps[1:])}
    return Planned(tuple(steps), saved)


def _step(name: str, slots: Sequence[str], stale: Sequence[Stale]) -> Step:
    return Step(name, name, name, tuple(slots), (), (), tuple(stale), (), 0)


def _name(cluster: Sequence[Atom], taken: Sequence[str]) -> str:
    """An id: the function, or the field, that most of what flips depends on."""
    slots = sorted((slot for atom in cluster for slot in atom.slots), key=lambda s: s.at)
    homes = Counter(slot.function or slot.name for slot in slots)
    first = max(slots, key=lambda s: (s.depth, s.kind != "local", homes[s.function or s.name]))
    name, number = first.function or first.name, 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _names(cluster: Sequence[Atom], files: Sequence[Retyper]) -> list[str]:
    """How a plan spells a cluster: a function by its name, if all that is in it flips here."""
    here = {slot for atom in cluster for slot in atom.slots}
    everywhere = [slot for file in files for slot in file.survey.slots.values()]
    found: dict[str, None] = {}
    for slot in sorted(here, key=lambda s: s.at):
        whole = slot.function is not None and all(
            other in here for other in everywhere if other.function == slot.function
        )
        found[slot.function if whole and slot.function else base_id(slot)] = None
    return list(found)


def _stale(
    files: Sequence[Retyper],
    costs: Sequence[FileCosts],
    order: Order,
    phrases: Iterable[Stale],
) -> defaultdict[int, list[Stale]]:
    """The step at which each phrase becomes untrue; 0 is that of the header.

    A phrase goes with the last step that changes most of a function whose comments have it;
    what is said at the top of a file or nowhere goes with the header.
    """
    where = {atom: step for step, cluster in enumerate(order, 1) for atom in cluster}
    found: defaultdict[int, list[Stale]] = defaultdict(list)
    main = [
        {item.start: main_step(c) for item, c in cost.changes(where) if item is not None}
        for cost in costs
    ]
    for phrase in phrases:
        steps = [
            steps.get(item.start, 0)
            for file, steps in zip(files, main, strict=True)
            for item in file.survey.items
            if _says(file, item, phrase)
        ]
        found[max(steps, default=0)].append(phrase)
    return found


def _says(file: Retyper, item: Item, phrase: Stale) -> bool:
    """Whether a comment of an item has a phrase."""
    for start, end in item.comments:
        text = file.survey.unit.source[start:end].decode("utf-8", "surrogateescape")
        if phrase.pattern.search(text) and (phrase.within is None or phrase.within.search(text)):
            return True
    return False
