# SPDX-License-Identifier: GPL-2.0-only
"""What a base must have for a conversion to be possible at all.

A helper that a tree cannot have is left out (`header.available`); without a member of the old
struct that the descriptor lies over, or a header that it includes, there is no first commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from zpconvert.conversion.model import Conversion, Helper, Step
from zpconvert.csource.members import Group
from zpconvert.errors import UserError

_TODO = "give a base that has it, or mend the descriptor"


def check(conversion: Conversion, old: Group, tree: Path, where: str) -> None:
    """Raise UserError, naming the API and the commit that needs it, for what a tree lacks.

    The first commit brings the whole struct. old: the tree's old struct, defined in its file
    `where`.
    """
    descriptor, steps = conversion.descriptor, conversion.steps
    commit = f'patch 1, "{conversion.prefix}: {steps[0].subject}",' if steps else "patch 1"
    known = {member.name for member in old.members()}
    for member in descriptor.members:
        if member.over not in known:
            raise UserError(
                where,
                f"{descriptor.old_type} has no member '{member.over}' (gone, or not there yet), "
                f"which {commit} needs for '{member.name}' of {descriptor.new_type}",
                _TODO,
            )
    for name in descriptor.includes:
        if name.startswith("linux/") and not (tree / "include" / name).is_file():
            raise UserError(f"include/{name}", f"not in this tree; {commit} includes it", _TODO)


def lacking(
    steps: Sequence[Step],
    unoffered: Sequence[tuple[Helper, str]],
    to_old: str,
    states: Sequence[Iterable[bytes]],
) -> list[tuple[str, ...]]:
    """For each step, the functions that the tree lacks for helpers which the step needs.

    unoffered: helpers that the tree cannot have, with what it lacks. states: the texts after
    each step. Where no text needs a helper, it is lacking where a step names it.
    """
    first = {helper: first_need(helper, to_old, states) for helper, _ in unoffered}
    return [
        tuple(
            f"{name}()"
            for helper, name in unoffered
            if first[helper] == number or (first[helper] is None and helper.name in step.helpers)
        )
        for number, step in enumerate(steps)
    ]


def first_need(helper: Helper, to_old: str, states: Sequence[Iterable[bytes]]) -> int | None:
    """The first state (0-based) whose texts make the old call that a helper would stand for on
    a descriptor, by way of the cast `to_old`; None if none does."""
    call = re.match(r"\s*(\w+)\s*\(", helper.old)
    if call is None:
        return None
    wrapped = re.compile(rf"\b{call[1]}\((?:[^;{{}}]*\W)?{re.escape(to_old)}\(".encode())
    found = (n for n, texts in enumerate(states) if any(wrapped.search(text) for text in texts))
    return next(found, None)
