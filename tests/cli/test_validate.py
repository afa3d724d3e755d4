# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert validate` from end to end: a small series on the real kernel, good and bad."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.validate.small import git, repository
from zpconvert.cli.boundary import Findings
from zpconvert.cli.validate import command
from zpconvert.errors import UserError
from zpconvert.git.diff import diff_files
from zpconvert.kernel.cells import Cell
from zpconvert.validate import run
from zpconvert.validate.report import BootRow, CellRow, Cost, Finding, Report
from zpconvert.validate.subject import Subject

pytestmark = pytest.mark.kernel

SOURCE = "mm/zbud.c"
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def mail(before: bytes, after: bytes, number: int, path: Path) -> None:
    diff = diff_files({SOURCE: before}, {SOURCE: after}).decode()
    path.write_text(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: A U Thor <author@example.org>\nDate: Sat, 1 Jun 2024 12:00:00 +0000\n"
        f"Subject: [PATCH {number}/2] mm/zbud: change number {number}\n\nSay why.\n\n"
        "Signed-off-by: A U Thor <author@example.org>\n---\n\n" + diff + "-- \n2.39.5\n\n"
    )


@pytest.fixture
def out(tmp_path: Path, kernel_612: Path) -> Path:
    """Two mails: the first turns a sum round, the second stores another number."""
    base = (kernel_612 / SOURCE).read_bytes()
    one = base.replace(b"return (size + CHUNK_SIZE - 1) >> CHUNK_SHIFT;",
                      b"return (CHUNK_SIZE + size - 1) >> CHUNK_SHIFT;")  # fmt: skip
    two = one.replace(b"zhdr->last_chunks = 0;", b"zhdr->last_chunks = 1;", 1)
    assert base != one != two
    mails = tmp_path / "out"
    mails.mkdir()
    mail(base, one, 1, mails / "0001-one.patch")
    mail(one, two, 2, mails / "0002-two.patch")
    return mails


def test_what_changes_a_function_is_blamed_on_its_commit(out: Path, kernel_612: Path) -> None:
    done = CliRunner().invoke(
        command,
        [str(out), "--tree", str(kernel_612), "--cell", "compaction", "--jobs", "1",
         "--kconfig", "CONFIG_ZSWAP=y", "--kconfig", "CONFIG_ZBUD=y",
         "--json", str(out / "report.json")],
    )  # fmt: skip
    assert isinstance(done.exception, Findings), done.output
    report = json.loads((out / "report.json").read_text())
    digests = {c["name"]: c["digest"] for c in report["commits"]}
    mails = [path for path in out.glob("*.patch") if not path.name.startswith("0000-")]
    assert digests == {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in mails}
    assert report["schema"] == 1
    assert report["good"] is False
    assert report["functions"]["equal"] > 20
    different = [row for row in report["compared"] if row["verdict"] == "different"]
    assert {(row["commit"], row["name"]) for row in different} == {(2, "init_zbud_page")}
    assert different[0]["listing"]["before"] != different[0]["listing"]["after"]
    (found,) = [f for f in report["findings"] if f["check"] == "equality"]
    assert (found["commit"], found["cell"], found["path"]) == (2, "compaction", SOURCE)
    assert found["line"] > 100
    assert "--commit 2 --cell compaction" in found["reproduce"]
    assert "init_zbud_page, commit 2, compaction: before, after" in done.output


def test_mails_of_a_mailbox_in_any_order(out: Path, kernel_612: Path, tmp_path: Path) -> None:
    mails = [path.read_bytes() for path in sorted(out.iterdir(), reverse=True)]
    (tmp_path / "thread.mbox").write_bytes(b"".join(mails))
    done = CliRunner().invoke(
        command,
        [str(tmp_path / "thread.mbox"), "--tree", str(kernel_612), "--cell", "compaction",
         "--jobs", "1", "--kconfig", "CONFIG_ZSWAP=y", "--kconfig", "CONFIG_ZBUD=y"],
    )  # fmt: skip
    assert isinstance(done.exception, Findings), done.output
    assert done.stdout.startswith(f"{tmp_path / 'thread.mbox'} on {kernel_612} ")
    assert "equality: commit 2 compaction: mm/zbud.c" in done.stdout
    assert "no report.json written, there is no directory OUT" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "thread.mbox"]


def first_commit(out: Path, tree: Path, cell: str) -> Result:
    """Validating the first commit in a cell, which finds nothing."""
    words = [str(out), "--tree", str(tree), "--cell", cell, "--commit", "1"]
    words += ["--kconfig", "CONFIG_ZSWAP=y", "--kconfig", "CONFIG_ZBUD=y"]
    done = CliRunner().invoke(command, words)
    assert done.exception is None, done.output
    return done


def test_a_good_commit_is_good(out: Path, kernel_612: Path) -> None:
    done = first_commit(out, kernel_612, "compaction")
    assert "functions against their parents, in compaction: " in done.output
    assert "0 unknown, 0 different" in done.output
    assert "functions not compared" not in done.output
    assert not (out / "report.json").exists()
    assert done.stderr.endswith(
        "no report.json written, a part of the series or matrix was looked at; "
        "--json FILE writes one\n"
    )


def test_a_cell_that_compares_no_functions_says_so(out: Path, kernel_612: Path) -> None:
    done = first_commit(out, kernel_612, "no-compaction")
    assert re.search(r"no-compaction +ran +no findings.*, functions not compared\n", done.output)
    assert "functions against their parents: not compared: no cell that does so" in done.output


def test_a_cell_without_its_compiler_is_not_run(
    out: Path, kernel_612: Path, tmp_path: Path
) -> None:
    assert shutil.which("no-such-linux-gnu-gcc") is None
    matrix = tmp_path / "cells.toml"
    matrix.write_text(
        '[[cell]]\nname = "far"\narch = "far"\ncross = "no-such-linux-gnu-"\npackage = "gcc-far"\n'
    )
    done = CliRunner().invoke(
        command, [str(out), "--tree", str(kernel_612), "--matrix", str(matrix)]
    )
    assert re.search(r"far +not run  no no-such-linux-gnu-gcc: install gcc-far\n", done.output)
    assert "no cell ran (far not run)" in done.output
    assert isinstance(done.exception, Findings)


def test_added_and_deleted_sources_are_not_passed_over(
    kernel_612: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = (kernel_612 / SOURCE).read_bytes()
    mails, place = tmp_path / "out", tmp_path / "repository"
    (place / "mm").mkdir(parents=True)
    git(place, "init", "-q")
    for number, (path, text) in enumerate(((SOURCE, base), ("mm/fresh.c", b"int fresh;\n"))):
        (place / path).write_bytes(text)
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", f"mm/zbud: change number {number}", "-m", "Say why.")
    git(place, "rm", "-q", SOURCE)
    git(place, "commit", "-q", "-m", "mm/zbud: drop it", "-m", "Say why.")
    git(place, "format-patch", "-q", "-o", str(mails), "HEAD~2")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "codespell" else which(name))
    done = CliRunner().invoke(
        command,
        [str(mails), "--tree", str(kernel_612), "--cell", "compaction",
         "--kconfig", "CONFIG_ZSWAP=y", "--kconfig", "CONFIG_ZBUD=y"],
    )  # fmt: skip
    assert isinstance(done.exception, Findings), done.output
    assert "commit 1 adds mm/fresh.c, which is not in the tree" in done.output
    assert f"equality: commit 2 compaction: {SOURCE}: *: unknown: commit 2 deletes" in done.output
    assert "codespell   not run  codespell is not installed" in done.output
    assert "\ncodespell:" not in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--boot: which loads to run is not known; give --conversion"),
        (["--conversion", "zsmalloc", "--cell", "compaction"], "--boot: none of the cells boots"),
        (["--conversion", str(FIXTURES / "conversions/objpool")], "does not say how to boot"),
    ],
)
def test_what_cannot_be_booted_is_said_at_once(
    out: Path, kernel_612: Path, options: list[str], said: str
) -> None:
    words = [str(out), "--tree", str(kernel_612), "--boot", *options]
    done = CliRunner().invoke(command, words)
    assert isinstance(done.exception, UserError)
    assert said in str(done.exception)


def test_an_option_that_no_kconfig_has_is_refused(out: Path, kernel_612: Path) -> None:
    words = [str(out), "--tree", str(kernel_612), "--kconfig", "CONFIG_ZSWAP=y"]
    done = CliRunner().invoke(command, [*words, "--kconfig", "CONFIG_ZSWAPP=y"])
    assert isinstance(done.exception, UserError)
    assert str(done.exception) == (
        f"--kconfig: no Kconfig of {kernel_612} has CONFIG_ZSWAPP=y; see how it is spelled there"
    )


def test_a_value_that_an_option_does_not_take_is_refused(out: Path, kernel_612: Path) -> None:
    words = [str(out), "--tree", str(kernel_612), "--kconfig", "CONFIG_ZSMALLOC=yes"]
    done = CliRunner().invoke(command, words)
    assert isinstance(done.exception, UserError)
    assert str(done.exception) == (
        "--kconfig: no value for the option: CONFIG_ZSMALLOC=yes; it takes y, m or n"
    )


def test_a_report_is_not_written_where_a_directory_is(out: Path, kernel_612: Path) -> None:
    (out / "report.json").mkdir()
    try:
        done = CliRunner().invoke(command, [str(out), "--tree", str(kernel_612)])
    finally:
        (out / "report.json").rmdir()
    assert isinstance(done.exception, UserError)
    assert str(done.exception).startswith(f"{out / 'report.json'}: is a directory; ")


def test_what_is_named_twice_is_looked_at_once(
    out: Path, kernel_612: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], tuple[int, ...]]] = []

    def validate(subject: Subject, cells: list[Cell], **_: object) -> Report:
        asked.append(([cell.name for cell in cells], subject.only))
        raise UserError("stop", "here", "now")

    monkeypatch.setattr(run, "validate", validate)
    words = [str(out), "--tree", str(kernel_612)]
    for word, value in (("cell", "um"), ("cell", "compaction"), ("cell", "um"), ("commit", "2")):
        words += [f"--{word}", value]
    CliRunner().invoke(command, [*words, "--commit", "1", "--commit", "2"])
    assert asked == [(["um", "compaction"], (1, 2))]


def test_what_was_booted_is_shown_and_recorded(
    out: Path, kernel_612: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        BootRow(0, "boot-kasan", "passed", True, 2.5, {"moved": 9, "out": 4}, (), ()),
        BootRow(
            1, "boot-kasan", "passed", False, 2.5, {"moved": 7, "out": 5}, (), (), {"it\nis so": 3}
        ),
        BootRow(2, "boot-kasan", "failed", False, 2.5, {"moved": 1}, ("BUG: x",), ("BUG: x",)),
    )
    said = {"boots": rows, "cells": (CellRow("boot-kasan", "um", "gcc", "ran"),)}
    rest = {field.name: () for field in dataclasses.fields(Report)}
    report = Report(**{**rest, "functions": {}, "churn": 1.0, "cost": Cost(1, 1, 0.0), **said})  # type: ignore[arg-type]
    monkeypatch.setattr(run, "validate", lambda *_, **__: report)
    words = [str(out), "--tree", str(kernel_612), "--boot", "--conversion", "zsmalloc"]
    done = CliRunner().invoke(command, words)
    assert done.exception is None, done.output
    assert (
        "booted in boot-kasan: 2 of 3 kernels passed (1 known from before): moved >= 7,\n"
        "  out >= 4\n"
        "passed over in boot-kasan, up to 3 times in a run: it is so\n"
    ) in done.output
    assert "\n1 compilation, 0 s of compiler, 1 result known from before\n" in done.output
    recorded = json.loads((out / "report.json").read_text())["boots"]
    assert [row["state"] for row in recorded] == ["passed", "passed", "failed"]
    assert recorded[2]["faults"] == ["BUG: x"]


def test_a_command_that_shows_several_findings_is_printed_once(
    out: Path, kernel_612: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ("commit 1 --cell c", "commit 2 --cell c", "commit 1 --cell c")
    found = tuple(Finding("equality", 1, "c", "a.c", n, "x", how) for n, how in enumerate(here))
    rest = {field.name: () for field in dataclasses.fields(Report)}
    cells = (CellRow("c", "um", "gcc", "ran"),)
    known = {"functions": {}, "churn": 1.0, "cost": Cost(1, 1, 0.0), "cells": cells}
    report = Report(**{**rest, **known, "findings": found})  # type: ignore[arg-type]
    monkeypatch.setattr(run, "validate", lambda *_, **__: report)
    done = CliRunner().invoke(command, [str(out), "--tree", str(kernel_612)])
    assert done.stdout.endswith("""
equality: commit 1 c: a.c: x
equality: commit 1 c: a.c:2: x
  commit 1 --cell c

equality: commit 1 c: a.c:1: x
  commit 2 --cell c
""")


def test_another_base_than_the_mails_name_is_said(tmp_path: Path) -> None:
    place = tmp_path / "linux"
    shutil.copytree(FIXTURES / "tree", place)
    repository(place)
    words = ["git", "rev-parse", "HEAD"]
    head = subprocess.run(words, cwd=place, check=True, capture_output=True, text=True).stdout
    git(place, "commit", "-q", "--allow-empty", "-m", "mm: nothing", "-m", "Say why.")
    (place / "mm/objpool.c").write_text("int nothing;\n")
    git(place, "commit", "-q", "-a", "-m", "mm: another", "-m", "Say why.")
    base = f"--base={head.strip()}"
    git(place, "format-patch", "-q", base, "HEAD~1", "-o", str(tmp_path / "mails"))
    git(place, "checkout", "-q", "HEAD~1")
    words = [str(tmp_path / "mails"), "--tree", str(place), "--matrix", "none"]
    said = CliRunner().invoke(command, words).stderr
    assert said.startswith(f"note: the mails are for {head[:12]} (base-commit), and are validated")
    git(place, "checkout", "-q", head.strip())
    assert "note: " not in CliRunner().invoke(command, words).stderr


def test_both_or_neither_of_mails_and_range(kernel_612: Path) -> None:
    result = CliRunner().invoke(command, ["--tree", str(kernel_612)])
    assert result.exit_code == 2
    assert "give either OUT or --range" in result.output
