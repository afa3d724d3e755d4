# SPDX-License-Identifier: GPL-2.0-only
"""How an object's code grows from commit to commit, as the points of a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zpconvert.validate.report import SizeRow

#: Of the drawing, in its own units.
WIDTH, HEIGHT = 600, 90
_MARGIN = 10


@dataclass(frozen=True)
class Line:
    """Bytes of text of an object in a cell: of the base, of the last commit, and the points
    (x, y) of all commits, as SVG wants them."""

    object: str
    cell: str
    first: int
    last: int
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """The points of a polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


def lines(sizes: Sequence[SizeRow]) -> Iterator[Line]:
    """A line for each object and cell that has more than one commit."""
    for cell, obj in dict.fromkeys((row.cell, row.object) for row in sizes):
        known = {row.commit: row.text for row in sizes if (row.cell, row.object) == (cell, obj)}
        if len(known) < 2:
            continue
        low, high, last = min(known.values()), max(known.values()), max(known)
        points = tuple(
            (
                round(_MARGIN + number * (WIDTH - 2 * _MARGIN) / last, 1),
                round(HEIGHT - _MARGIN - (text - low) * (HEIGHT - 2 * _MARGIN) / (high - low or 1)),
            )
            for number, text in sorted(known.items())
        )
        yield Line(obj, cell, known[min(known)], known[last], points)
