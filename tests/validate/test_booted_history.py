# SPDX-License-Identifier: GPL-2.0-only
"""A history booted from its first kernel to its last; the kernels are scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from zpconvert.conversion.model import Boot
from zpconvert.errors import UserError
from zpconvert.kernel.cells import matrix
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.tree import Tree
from zpconvert.validate import booting
from zpconvert.validate.booting import AGAIN
from zpconvert.validate.builder import Builder
from zpconvert.validate.commits import Commit, Series
from zpconvert.validate.report import Finding
from zpconvert.validate.subject import Subject

KERNEL = "mm/pool.c"
PANIC = "Kernel panic - not syncing: luck"
GOOD = "echo zpconvert: counter moved 7; echo zpconvert: finished"
#: The number of a run; runs are side by side, and each makes a directory that was not there.
RUNS = "runs=1; until mkdir {place}/{name}.$runs 2>/dev/null; do runs=$((runs + 1)); done"

Validate = Callable[..., list[tuple[int, str]]]


class Scripts:
    """Stands for the kernels of a cell: each is the text of a file. broken: is not built."""

    broken: str | None = None

    def __init__(self, *_: object) -> None:
        pass

    def inputs(self) -> str:
        return "always the same"

    def make(self, files: Mapping[str, bytes], place: Path) -> None:
        text = files[KERNEL].decode()
        if text == self.broken:
            raise UserError("make", "no compiler", "install one")
        place.write_text(f"#!/bin/sh\n{text}\n")
        place.chmod(0o755)


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Validate:
    """Boots texts, the base's first; returns the commits with findings, and these."""
    monkeypatch.setattr(booting, "Images", Scripts)
    monkeypatch.setattr(Scripts, "broken", None)
    build = BuildDir(tmp_path, tmp_path, matrix("boot")[0], "", {}, "")

    def run(*texts: str) -> list[tuple[int, str]]:
        base, *states = ({KERNEL: text.encode()} for text in texts)
        made = (Commit(n, str(n), str(n), files, (KERNEL,)) for n, files in enumerate(states, 1))
        series = Series("/linux A..B", base, tuple(made))
        loads = Boot((), (), "", ("moved",))
        subject = Subject(Tree(tmp_path, "6.12.0", True), series, boot=loads)
        findings: list[Finding]
        _, findings = booting.boot(subject, [build], Builder(tmp_path, 2))
        return [(found.commit, found.text) for found in findings]

    return run


def kernel(place: Path, name: str, panics: str = "false") -> str:
    """One that counts its runs, and panics where a shell's condition holds."""
    return f"{RUNS.format(place=place, name=name)}; if {panics}; then echo {PANIC}; else {GOOD}; fi"


def runs(place: Path, name: str) -> int:
    return len(list(place.glob(f"{name}.*")))


def test_a_good_history_is_run_once(boot: Validate, tmp_path: Path) -> None:
    texts = [kernel(tmp_path, name) for name in ("base", "one", "two")]
    assert boot(*texts) == []
    assert boot(*texts) == []
    assert [runs(tmp_path, name) for name in ("base", "one", "two")] == [1, 1, 1]


def test_a_base_that_panics_now_and_then_is_found_out(boot: Validate, tmp_path: Path) -> None:
    """It did not where it counted; a commit that has its panic did."""
    base = kernel(tmp_path, "base", panics="[ $runs = 4 ]")
    commits = [kernel(tmp_path, "one"), kernel(tmp_path, "two", panics="true")]
    ((number, text),) = boot(base, *commits)
    assert number == 0
    assert text.startswith(f"the base already, in some of {AGAIN} more runs: {PANIC}")
    assert runs(tmp_path, "base") == 1 + AGAIN


def test_a_commit_that_panics_is_blamed(boot: Validate, tmp_path: Path) -> None:
    texts = [kernel(tmp_path, "base"), kernel(tmp_path, "one", panics="true")]
    ((number, text),) = boot(*texts)
    assert number == 1
    assert text.startswith(PANIC)
    assert runs(tmp_path, "base") == 1 + AGAIN


def test_a_base_that_is_known_and_cannot_be_built_any_more(
    boot: Validate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = kernel(tmp_path, "base")
    assert boot(base, kernel(tmp_path, "one")) == []
    monkeypatch.setattr(Scripts, "broken", base)
    ((number, text),) = boot(base, kernel(tmp_path, "two", panics="true"))
    assert number == 1
    assert text.startswith(PANIC)
