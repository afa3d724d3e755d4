# SPDX-License-Identifier: GPL-2.0-only
"""Which helpers the header has at a commit."""

from __future__ import annotations

import re
from collections.abc import Set

from zpconvert.conversion.model import Descriptor, Helper


def select(
    descriptor: Descriptor, used_now: Set[str], used_finally: Set[str]
) -> tuple[Helper, ...]:
    """The helpers of a commit's header, in the descriptor's order.

    used_now, used_finally: names of helpers that the commit's files and those of the last
    tree call. A family comes whole, as far as the last tree uses it or the descriptor keeps
    it, as soon as one of its helpers is used; so a helper never leaves once it has come. A
    helper that is kept though its family is never used is there from the first. What a
    helper's body calls counts as used.
    """
    now, last = _closure(descriptor, used_now), _closure(descriptor, used_finally)
    begun = {helper.family for helper in descriptor.helpers if helper.name in now}
    ever = begun | {helper.family for helper in descriptor.helpers if helper.name in last}
    return tuple(
        helper
        for helper in descriptor.helpers
        if helper.name in now
        or (helper.family in begun and (helper.keep or helper.name in last))
        or (helper.keep and helper.family not in ever)
    )


def _closure(descriptor: Descriptor, used: Set[str]) -> set[str]:
    """`used` and the helpers that those call."""
    by_name = {helper.name: helper for helper in descriptor.helpers}
    found: set[str] = set()
    waiting = list(used & by_name.keys())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            words = re.findall(r"\w+", " ".join(by_name[name].body))
            waiting += [word for word in words if word in by_name]
    return found
