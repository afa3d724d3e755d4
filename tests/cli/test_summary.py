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
    Finding,
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


def test_a_listing_says_where_a_line_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that fits is not cut, wherever it differs."""
    monkeypatch.setenv("COLUMNS", "80")
    listing = Listing(("a" * 60, "b" * 36 + "x"), ("c" * 60, "b" * 36 + "y"))
    row = FunctionRow(1, "c", "a.o", "f", "f", Verdict.DIFFERENT, "", (), listing)
    *_, one, two = shown(report(compared=(row,)), capsys).splitlines()
    assert one == f"  {'a' * 36}… | {'c' * 36}…"
    assert two == f"  {'b' * 36}x | {'b' * 36}y"


def test_bytes_of_text_are_those_of_all_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """The last object of a cell stood for all of them."""
    commits = (CommitRow(1, "1.patch", "a", ""),)
    texts = {("a.o", 0): 100, ("b.o", 0): 1000, ("a.o", 1): 116, ("b.o", 1): 1000}
    sizes = tuple(SizeRow(n, "c", obj, text, 0, 0) for (obj, n), text in texts.items())
    said = shown(report(sizes=sizes, commits=commits), capsys)
    assert "no findings, +16 bytes of text\n" in said
    # where one of them does not compile in the end, there is no figure
    assert "no findings\n" in shown(report(sizes=sizes[:3], commits=commits), capsys)
    assert "no findings\n" in shown(report(sizes=sizes[2:], commits=commits), capsys)


def test_what_was_not_compiled_has_no_figure_of_bloat(
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = {2: ("a.o", "b.o"), 3: ("a.o",), 5: ("a.o", "b.o")}
    rows = tuple(BloatRow(n, "c", obj, n, 0, 0, 0) for n, objects in at.items() for obj in objects)
    said = shown(report(bloat=rows), capsys)
    assert "by commit, c, commits 2 to 5: +4 ? ? +10 (?: not compiled)\n" in said
    said = shown(report(bloat=rows[:2]), capsys)
    assert "bloat-o-meter, bytes by commit, c, commit 2: +4\n" in said


def test_why_a_cell_failed_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    cells = (CellRow("c", "um", "gcc", "failed", "no such setting"),)
    found = (Finding("prepare", 0, "c", "", 0, "no such setting", "zpconvert validate"),)
    said = shown(report(cells=cells, findings=found), capsys)
    assert "  c  failed   see below\n" in said
    assert said.count("no such setting") == 1


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
    assert text.count("word") == 3 * 30
    assert "counter_19 >= 19" in text


def finding(commit: int, cell: str, text: str) -> Finding:
    again = f"zpconvert validate --commit {commit} --cell {cell}"
    return Finding("equality", commit, cell, "mm/a.c", 7, text, again)


def test_findings_come_by_commit_and_once_for_all_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    commits = (CommitRow(1, "0123456789abcdef", "mm/a: one", ""), CommitRow(2, "2.patch", "x", ""))
    found = [finding(2, "c", "f"), finding(1, "c", "g"), finding(1, "d", "g"), finding(1, "d", "h")]
    assert shown(report(commits=commits, findings=tuple(found)), capsys).endswith("""
commit 1, 0123456789ab mm/a: one
equality: commit 1 c, d: mm/a.c:7: g
  zpconvert validate --commit 1 --cell c --cell d

equality: commit 1 d: mm/a.c:7: h
  zpconvert validate --commit 1 --cell d

commit 2, 2.patch
equality: commit 2 c: mm/a.c:7: f
  zpconvert validate --commit 2 --cell c
""")


def test_where_an_instruction_is_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What is shown begins before the first line that differs in more; of the first cell only."""
    same = tuple(f"  {n}:\tnop" for n in range(9))
    before = (".smp_locks of 0x40: 00 00", "   0:\tjne    30 <f+0x30>", *same, "  a:\tret")
    after = (".smp_locks of 0x41: 00 00", "   0:\tjne    31 <f+0x31>", *same, "  a:\tint3", "b")
    listing, how = Listing(before, after), "other code"
    rows = tuple(
        FunctionRow(1, cell, "a.o", "f", "f", Verdict.DIFFERENT, how, (), listing)
        for cell in ("c", "d")
    )
    said = shown(report(compared=rows), capsys)
    assert said.count("before, after") == 1
    *_, head, one, two, three, four, where = said.splitlines()
    assert head == "f, commit 1, c: before, after"
    assert [line.split()[0] for line in (one, two, three)] == ["7:", "8:", "a:"]
    assert three.endswith("int3")
    assert four.split() == ["|", "b"]
    assert where == "  4 of 13 lines; --json FILE has them all"


def test_nothing_to_compare_is_no_missing_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not compared: no commit changes an object" in shown(report(functions={}), capsys)


def test_what_is_said_twice_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    one = Finding("codespell", 1, "", "1.patch", 4, "teh", "zpconvert validate --commit 1")
    said = shown(report(findings=(one, one)), capsys)
    assert said.endswith("\ncodespell: commit 1: 1.patch:4: teh\n  zpconvert validate --commit 1\n")
