# SPDX-License-Identifier: GPL-2.0-only
"""What validating the small tree's series could have found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.mail.reading import patches
from zpconvert.validate import report
from zpconvert.validate.report import Report
from zpconvert.validate.verdict import Verdict


@pytest.fixture
def out(objpool_out: Path) -> Path:
    """What `zpconvert series` gives."""
    return objpool_out


@pytest.fixture
def proven(out: Path) -> Report:
    """A report about it: two cells, one of them not run, and no findings."""
    names = [path.name for path in patches(out)[1]]
    commits = tuple(
        report.CommitRow(number, name, f"subject {number}") for number, name in enumerate(names, 1)
    )
    said: dict[str, object] = {
        "tool": "zpconvert 1",
        "source": str(out),
        "tree": "/linux",
        "base": "6.12.1",
        "commits": commits,
        "objects": ("mm/objpool.o",),
        "cells": (
            report.CellRow("defconfig", "x86_64", "gcc 12.2.0", "ran", compared=True),
            report.CellRow("arm64", "arm64", "", "not run", "no aarch64-linux-gnu-gcc"),
        ),
        "tools": (report.ToolRow("checkpatch", "ran"), report.ToolRow("sparse", "not run", "no")),
        "uncovered": (report.UncoveredRow(2, "include/linux/objpool.h", "no object has it"),),
        "functions": {"equal": 30, "assumed": 2, "unknown": 0, "different": 0},
        "compared": (
            report.FunctionRow(
                1, "defconfig", "mm/objpool.o", "pool_get", "pool_get", Verdict.ASSUMED,
                "flattened", ("order-0",),
            ),
        ),
        "assumptions": (report.AssumptionRow("order-0", "pages have <no> order", 2),),
        "sizes": tuple(
            report.SizeRow(number, "defconfig", "mm/objpool.o", 1000 - 7 * number, 10, 0)
            for number in range(len(commits) + 1)
        ),
        "bloat": (report.BloatRow(1, "defconfig", "mm/objpool.o", 5, -12, 1000, 993),),
        "churn": 1.25,
        "boots": (
            report.BootRow(0, "um", "passed", False, 4.25, {"stores": 77}, (), (), {"it is so": 2}),
            report.BootRow(1, "um", "failed", True, 0.5, {}, ("BUG: <x>",), ("BUG: <x>", "Oops")),
        ),
        "findings": (),
        "cost": report.Cost(10, 2, 3.5),
        "conversion": None,
    }  # fmt: skip
    # a field that validate brings later says nothing here
    rest = {f.name: 0.0 if f.type == "float" else () for f in dataclasses.fields(Report)}
    return Report(**{**rest, **said})  # type: ignore[arg-type]


@pytest.fixture
def short(proven: Report) -> Report:
    """The same, but a function of the first commit became another one."""
    row = report.FunctionRow(
        1, "defconfig", "mm/objpool.o", "pool_put", "pool_put", Verdict.DIFFERENT, "", (),
        report.Listing(("mov %rax,%rbx", "ret"), ("mov %rax,<rcx>", "ret")),
    )  # fmt: skip
    finding = report.Finding(
        "function", 1, "defconfig", "mm/objpool.c", 12, "pool_put: different: other code",
        "zpconvert validate out --tree /linux --commit 1",
    )  # fmt: skip
    return dataclasses.replace(proven, compared=(*proven.compared, row), findings=(finding,))


@pytest.fixture
def record(out: Path) -> Callable[[Report], None]:
    """Puts a report beside the mails."""
    return lambda said: report.write(said, out / report.NAME)
