# SPDX-License-Identifier: GPL-2.0-only
"""Kernels booted for real: the series' own pass, and each defect of mutants.toml is seen by a run.

One um kernel is built once and kept; each state after that is an incremental build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.validate.test_mutants import MUTANTS, OBJECT, mutate
from zpconvert.conversion.load import load
from zpconvert.kernel import kbuild
from zpconvert.kernel.cells import built_in
from zpconvert.kernel.source import cache_home
from zpconvert.kernel.tree import open_tree
from zpconvert.validate import booting
from zpconvert.validate.builder import Builder
from zpconvert.validate.commits import Commit, Series
from zpconvert.validate.report import BootRow, Finding
from zpconvert.validate.subject import of_conversion

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(3000)]

Files = Mapping[str, bytes]
CELL = "boot-kasan"
BY_BOOT = [m for m in MUTANTS if m.get("by") == "boot"]


@dataclass(frozen=True)
class Result:
    rows: dict[int, BootRow]
    findings: list[Finding]


@pytest.fixture(scope="module")
def result(kernel_612: Path, states_612: list[Files]) -> Result:
    """The base, the converted text as commit 1, and one defect in each commit after it."""
    base, final = states_612[0], states_612[-1]
    states = [final, *(mutate(final, mutant) for mutant in BY_BOOT)]
    commits = tuple(
        Commit(number, f"{number}.patch", f"commit {number}", files, ("mm/zsmalloc.c",))
        for number, files in enumerate(states, 1)
    )
    series = Series("out", base, commits)
    subject = of_conversion(open_tree(kernel_612), series, load("zsmalloc"), boot=True)
    assert subject.boot is not None
    build = kbuild.prepare(
        kernel_612,
        built_in()[CELL],
        fragment=(*subject.fragment, *subject.boot.kconfig),
        objects=[OBJECT],
        cache=cache_home(),
    )
    rows, findings = booting.boot(subject, [build], Builder(cache_home(), 2))
    return Result({row.commit: row for row in rows}, findings)


@pytest.mark.parametrize("commit", [0, 1], ids=["base", "converted"])
def test_without_a_defect_a_run_passes_and_proves_something(result: Result, commit: int) -> None:
    row = result.rows[commit]
    assert row.faults == ()
    assert row.state == "passed"
    boot = load("zsmalloc").boot
    assert boot is not None
    assert all(row.counters[name] > 0 for name in boot.counters)
    # some page moves in any kernel; these are many more than there are others
    assert row.counters["pool_pages_moved"] > 100
    assert not [f for f in result.findings if f.commit == commit]


@pytest.mark.parametrize(
    ("commit", "mutant"), list(enumerate(BY_BOOT, 2)), ids=[m["name"] for m in BY_BOOT]
)
def test_a_defect_is_seen_by_a_run(result: Result, commit: int, mutant: dict[str, str]) -> None:
    row = result.rows[commit]
    assert row.state == "failed"
    assert re.search(mutant["says"], row.faults[0]), row.console
    (found,) = [f for f in result.findings if f.commit == commit]
    assert found.text.startswith(row.faults[0])
    assert f"--boot --commit {commit} --cell {CELL}" in found.reproduce


def test_there_are_three() -> None:
    assert [m["name"] for m in BY_BOOT] == [
        "use after put",
        "first_obj_offset lost on migration",
        "handle in the wrong member",
    ]
