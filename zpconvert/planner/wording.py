# SPDX-License-Identifier: GPL-2.0-only
"""Words for planned steps, once it is computed what they do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Descriptor, Step
from zpconvert.planner import words
from zpconvert.planner.facts import Facts, code
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.slots import Name, Slot


@dataclass(frozen=True)
class Done:
    """A step as computed: the slots that flipped, the helpers that came, the files it changes."""

    step: Step
    slots: tuple[Slot, ...]
    helpers: tuple[str, ...]
    files: Mapping[str, bytes]


def worded(
    done: Sequence[Done],
    base: Mapping[str, bytes],
    files: Mapping[str, FileMigration],
    descriptor: Descriptor,
    saved: Mapping[str, int],
    prefix: str,
) -> tuple[Step, ...]:
    """The steps, each with a subject and a body that say what it does.

    base: the files of the base. files: the converted ones, by path. saved: see `Planned`.
    """
    trees = [dict(base)]
    for one in done:
        trees.append({**trees[-1], **one.files})
    texts = [code(tree, [*files]) for tree in trees]
    names = {
        function: file.names.functions.get(function, function)
        for file in files.values()
        for function in file.survey.unit.functions
    }
    calls = {
        item.function: frozenset(
            s.function for s in item.sites if isinstance(s, Name) and s.function
        )
        for file in files.values()
        for item in file.survey.items
        if item.function is not None
    }
    found: list[Step] = []
    for number, one in enumerate(done):
        facts = Facts(
            descriptor,
            one.slots,
            _groups(one.slots, files),
            names,
            tuple(h for h in descriptor.helpers if h.name in one.helpers),
            texts[number],
            texts[number + 1],
            texts[-1],
            bool(one.step.stale),
            saved.get(one.step.id, 0),
            calls,
        )
        if one.slots:
            subject, body = words.message(facts, prefix, [step.subject for step in found])
        elif descriptor.header in base:
            subject, body = words.preparation(facts)
        else:
            subject, body = words.introduction(facts)
        found.append(dataclasses.replace(one.step, subject=subject, body=body))
    return tuple(found)


def _groups(
    slots: Sequence[Slot], files: Mapping[str, FileMigration]
) -> tuple[tuple[Slot, ...], ...]:
    """The slots, those together that can only flip together."""
    found: dict[Slot, list[Slot]] = {}
    for slot in slots:
        roots = [file.survey.context.groups.root(slot) for file in files.values()]
        root = next((root for root in roots if root is not slot), slot)
        found.setdefault(root, []).append(slot)
    return tuple(map(tuple, found.values()))
