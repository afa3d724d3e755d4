# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zpconvert.report.chart import HEIGHT, WIDTH, lines
from zpconvert.validate.report import SizeRow


def rows(texts: list[int], cell: str = "c") -> list[SizeRow]:
    return [SizeRow(number, cell, "a.o", text, 0, 0) for number, text in enumerate(texts)]


def test_one_line_a_cell() -> None:
    found = list(lines([*rows([30, 20, 10]), *rows([5, 5], "d"), *rows([1], "e")]))
    assert [(line.cell, line.first, line.last) for line in found] == [("c", 30, 10), ("d", 5, 5)]
    assert found[0].path == "10,10 300,45 590,80"


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=40))
def test_every_commit_is_inside(texts: list[int]) -> None:
    (line,) = lines(rows(texts))
    assert len(line.points) == len(texts)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line.points)
    assert list(line.points) == sorted(line.points, key=lambda point: point[0])
