# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert validate` shows on a terminal of what it found."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from zpconvert.cli import summary
from zpconvert.validate.report import (
    AssumptionRow,
    BloatRow,
    BootRow,
    CellRow,
    CommitRow,
    Cost,
    FunctionRow,
    Listing,
    Report,
    SizeRow,
    ToolRow,
    UncoveredRow,
)
from zpconvert.validate.verdict import Verdict


def report(**said: object) -> Report:
    """One cell that compared, and whatever else a test says."""
    rest: dict[str, object] = {field.name: () for field in dataclasses.fields(Report)}
    known = {"functions": {"equal": 1}, "churn": 1.0, "cost": Cost(1, 1, 0.0), "conversion": None}
    cells = (CellRow("c", "um", "gcc", "ran", compared=True),)
    return Report(**{**rest, **known, "cells": cells, **said})  # type: ignore[arg-type]


def shown(one: Report, capsys: pytest.CaptureFixture[str], json_file: Path | None = None) -> str:
    summary.show(one, json_file)
    return capsys.readouterr().out


def test_without_a_conversion_it_is_said_that_nothing_was_assumed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "no assumptions were tried: --conversion NAME brings those of a conversion"
    different = {"equal": 1, "different": 1}
    assert said in shown(report(functions=different), capsys)
    assert said not in shown(report(functions=different, conversion="x"), capsys)
    assert said not in shown(report(functions={"equal": 1, "different": 0}), capsys)


def test_what_was_assumed_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (AssumptionRow("one", "word " * 40, 2), AssumptionRow("two", "word " * 40, 0))
    lines = shown(report(assumptions=rows), capsys).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("  assuming one (2 functions): word word") for line in lines)
    assert lines[-1] == "  no function needed two"


def test_a_listing_that_is_cut_says_where_the_whole_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rows(lines: int) -> tuple[FunctionRow, ...]:
        same = ("nop",) * (lines - 1)
        listing = Listing((*same, "ret"), (*same, "leave"))
        how = "other code"
        return (FunctionRow(1, "c", "a.o", "f", "f", Verdict.DIFFERENT, how, (), listing),)

    assert shown(report(compared=rows(40)), capsys).endswith(
        "| leave\n  3 of 40 lines; --json FILE has them all\n"
    )
    written = shown(report(compared=rows(40)), capsys, Path("out/report.json"))
    assert written.endswith("  3 of 40 lines; out/report.json has them all\n")
    assert shown(report(compared=rows(3)), capsys).endswith("| leave\n")


@pytest.mark.parametrize("columns", [20, 80, 120])
def test_a_listing_shows_where_it_differs(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    same = "  3: R_X86_64_32S .rodata.str1.1+0x7 = 'a long text that is much the same: "
    listing = Listing((f"{same}loaded'",), (f"{same}ready'",))
    row = FunctionRow(1, "c", "a.o", "f", "f", Verdict.DIFFERENT, "", (), listing)
    *_, line = shown(report(compared=(row,)), capsys).splitlines()
    left, right = line.split(" | ")
    assert left.rstrip().endswith("same: loaded'")
    assert right.endswith("same: ready'")
    assert len(line) <= max(columns, summary.WIDTH)


def test_no_line_is_wider_than_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    cells = [CellRow(f"cell-{n}", "um", "gcc", "ran", compared=True) for n in range(9)]
    cells.append(CellRow("failed", "um", "gcc", "failed", "word " * 30))
    cells.append(CellRow("a-cell-that-does-not-compare", "um", "gcc", "ran"))
    tools = (ToolRow("tool", "not run", "word " * 30),)
    sizes = tuple(SizeRow(n, cells[-1].name, "a.o", 1000 * n, 0, 0) for n in range(2))
    uncovered = (UncoveredRow(1, "Makefile", "word " * 30),)
    counters = {f"counter_{n}": n for n in range(20)}
    boots = (BootRow(1, "cell-0", "passed", True, 1.0, counters, (), ()),)
    declared = FunctionRow(1, "c", "a.o", "g", "g", Verdict.DECLARED, "word " * 30, (), None)
    verdicts = ("equal", "assumed", "declared", "unknown", "different")
    long = ("a" * 60, "b" * 60)
    row = FunctionRow(1, "c", "a.o", "f", "f", Verdict.DIFFERENT, "", (), Listing(long, long[::-1]))
    bloat = tuple(BloatRow(n, "cell-0", "a.o", 1000, n, 0, 0) for n in range(20))
    functions = {name: 1000 + n for n, name in enumerate(verdicts)}
    one = report(
        cells=tuple(cells), functions=functions, bloat=bloat, compared=(row, declared),
        tools=tools, sizes=sizes, uncovered=uncovered, boots=boots,
        commits=(CommitRow(1, "1.patch", "a", ""),),
    )  # fmt: skip
    text = shown(one, capsys)
    assert max(map(len, text.splitlines())) <= summary.WIDTH
    for name, number in functions.items():
        assert f"{number} {name}" in text  # in one line
    assert text.count("word") == 4 * 30
    assert "counter_19 >= 19" in text
