# SPDX-License-Identifier: GPL-2.0-only
"""Whether a rule can run at all: with some virtual rules on, whatever the code is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from zpconvert.smpl.depends import Condition
from zpconvert.smpl.syntax import Block, Document

#: With more virtual rules than this not every combination is tried.
_MOST = 10


def may_run(block: Block, document: Document, on: frozenset[str]) -> bool:
    """Whether the block can run when just the virtual rules `on` are on.

    A rule that another depends on is taken to match whenever it can run, and not to match
    whenever that is wanted, so that False is certain and True is not.
    """
    return _may_run(block, document, on, frozenset())


def never_runs(block: Block, document: Document) -> bool:
    """Whether no choice of virtual rules lets the block run."""
    return not any(may_run(block, document, on) for on in _choices(document))


def _choices(document: Document) -> Iterator[frozenset[str]]:
    names = sorted({name.text for name in document.virtuals})
    if len(names) > _MOST:
        return iter((frozenset(names), frozenset()))
    return (frozenset(c) for size in range(len(names) + 1) for c in combinations(names, size))


def _may_run(block: Block, document: Document, on: frozenset[str], seen: frozenset[int]) -> bool:
    if block.at in seen:
        return True
    seen |= {block.at}
    if block.depends is not None and not _may_hold(block.depends, False, document, on, seen):
        return False
    for each in block.metavariables:
        source = document.rules.get(each.of.rule) if each.of else None
        if source is None or source.at >= block.at:
            continue
        # a script's default stands in for what did not match
        default = each.kind == "binding" and each.constrained
        if not default and not _may_run(source, document, on, seen):
            return False
    return True


def _may_hold(
    condition: Condition,
    negated: bool,
    document: Document,
    on: frozenset[str],
    seen: frozenset[int],
) -> bool:
    """Whether a condition, or its opposite if `negated`, can hold."""
    if condition.op == "true":
        return not negated
    if condition.op == "not":
        return _may_hold(condition.args[0], not negated, document, on, seen)
    if condition.op in ("and", "or"):
        parts = (_may_hold(arg, negated, document, on, seen) for arg in condition.args)
        return all(parts) if (condition.op == "and") != negated else any(parts)
    name = condition.name.text if condition.name else ""
    if any(name == virtual.text for virtual in document.virtuals):
        return (name in on) != negated
    target = document.rules.get(name)
    return negated or target is None or _may_run(target, document, on, seen)
