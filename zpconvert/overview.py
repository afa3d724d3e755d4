# SPDX-License-Identifier: GPL-2.0-only
"""A series at a glance: what each step flips and brings, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Conversion
from zpconvert.git import diff
from zpconvert.git.model import Commit, Ident
from zpconvert.pipeline import Converted

_WHEN = Ident("zpconvert", "zpconvert@localhost", "0 +0000")


@dataclass(frozen=True)
class Row:
    """A step that changes something; number is that of its patch, 1-based.

    added, removed: lines, as git counts them. passing: those among them that are not in the
    final diff: added and changed again, or removed after they were added.
    """

    number: int
    step: str
    subject: str
    slots: tuple[str, ...]
    helpers: tuple[str, ...]
    added: int
    removed: int
    passing: int

    @property
    def lines(self) -> int:
        """Lines changed."""
        return self.added + self.removed

    @property
    def homes(self) -> dict[str, list[str]]:
        """The names of the slots that flip, by the function or struct that has them."""
        found: dict[str, list[str]] = {}
        for slot in self.slots:
            home = slot.rpartition(":")[0] if ":" in slot else slot.partition(".")[0]
            home = home.removesuffix("()") or "file scope"
            name = "()" if slot.endswith("()") else slot.removeprefix(home).lstrip(":.")
            found.setdefault(home, []).append(name)
        return found


@dataclass(frozen=True)
class Overview:
    """All steps; `lines` of the final diff, and what is changed over the series per line of it.

    kept: slots that stay, with the reason. planned: the steps are the planner's.
    """

    conversion: str
    planned: bool
    rows: tuple[Row, ...]
    lines: int
    churn: float
    kept: tuple[tuple[str, str], ...]


def overview(conversion: Conversion, result: Converted) -> Overview:
    """A computed series at a glance."""
    commits = [Commit(f"{s.step.subject}\n", _WHEN, s.files) for s in result.states]
    stat = diff.measure(result.base, commits)
    rows = []
    trees: list[Mapping[str, bytes]] = [result.base]
    for number, (state, files) in enumerate(zip(result.states, stat.commits, strict=True), 1):
        trees.append({**trees[-1], **state.files})
        rows.append(
            Row(
                number,
                state.step.id,
                f"{conversion.prefix}: {state.step.subject}",
                state.slots,
                state.helpers,
                sum(file.added for file in files),
                sum(file.removed for file in files),
                sum(_passing(path, trees, result.tree) for path in state.files),
            )
        )
    return Overview(
        conversion.name, result.planned, tuple(rows), stat.lines, stat.churn, result.kept
    )


def _passing(path: str, trees: Sequence[Mapping[str, bytes]], last: Mapping[str, bytes]) -> int:
    """Lines that a commit adds to a file and the last tree lacks, and that it removes though
    the base did not have them."""
    base, before, after, end = (
        Counter(tree.get(path, b"").split(b"\n")) for tree in (trees[0], trees[-2], trees[-1], last)
    )
    added, removed = after - before, before - after
    return sum((added - (end - before)).values()) + sum((removed - (base - after)).values())
