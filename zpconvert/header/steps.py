# SPDX-License-Identifier: GPL-2.0-only
"""The descriptor's header at each step of a series, on a tree that may have it already."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence, Set

from zpconvert.conversion.model import Descriptor, Helper, Step
from zpconvert.csource.members import Group
from zpconvert.header.generate import header_text
from zpconvert.header.merge import Present
from zpconvert.header.select import select


class HeaderSteps:
    """The descriptor's header at each step."""

    def __init__(
        self,
        descriptor: Descriptor,
        old: Group,
        present: Present | None,
        unoffered: Set[Helper],
        used: Sequence[Set[str]],
    ) -> None:
        """used: the helpers that the files use, by step."""
        self.descriptor, self.old, self.present = descriptor, old, present
        self.had = present.names if present is not None else frozenset[str]()
        offered = tuple(h for h in descriptor.helpers if h not in unoffered)
        self.offered = dataclasses.replace(descriptor, helpers=offered)
        #: What each step has of its own accord, whatever the tree has.
        self.wanted = [
            frozenset(h.name for h in select(self.offered, now, used[-1])) for now in used
        ]
        self._texts: dict[frozenset[str], bytes] = {}

    def names(self, number: int) -> frozenset[str]:
        """The helpers in the header after a step."""
        return self.had | self.wanted[number]

    def text(self, number: int) -> bytes:
        """The header after a step."""
        names = self.names(number)
        if names not in self._texts:
            helpers = [h for h in self.descriptor.helpers if h.name in names]
            self._texts[names] = header_text(self.descriptor, self.old, helpers)
        return self._texts[names]

    def told(self, number: int, step: Step) -> Step:
        """The step with the message that is true of this tree."""
        if self.present is None or step.shared is None:
            return step
        before = self.wanted[number - 1] if number else frozenset[str]()
        if number and not (self.wanted[number] - before) & self.had:
            return step
        return dataclasses.replace(step, subject=step.shared.subject, body=step.shared.body)
