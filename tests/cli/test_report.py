# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert report`: a path on stdout, or one line and nothing written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from zpconvert.cli.boundary import run_command
from zpconvert.cli.main import cli


@pytest.fixture
def out(objpool_out: Path) -> Path:
    return objpool_out


def run(*words: str | Path) -> int:
    args = [str(word) for word in words]
    return run_command(lambda: cli(args, prog_name="zpconvert", standalone_mode=False))


def test_its_path_is_printed(out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("report", out) == 0
    assert capfd.readouterr() == (f"{out}/report.html\n", "")
    assert (out / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_the_series_can_be_written_again(out: Path) -> None:
    """The page is about the mails that were there, and goes with them."""
    assert run("report", out) == 0
    conversion, tree = FIXTURES / "conversions/objpool", FIXTURES / "tree"
    assert run("series", conversion, "--tree", tree, "-o", out) == 0
    assert not (out / "report.html").exists()


def first(place: Path) -> Path:
    return sorted(place.glob("0001-*"))[0]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda o: o.rename(o.with_name("x")), "out: no such directory; give what"),
        (
            lambda o: (shutil.rmtree(o), o.write_text("From x")),
            "out: not a directory: what is made",
        ),
        (lambda o: [p.unlink() for p in o.iterdir()], "out: no patches; give a directory of mails"),
        (lambda o: first(o).unlink(), ".patch: the mail is missing; write the series anew"),
        (lambda o: first(o).write_bytes(first(o).read_bytes()[:-400]), "diff is cut short"),
        (lambda o: first(o).write_text("hello\n"), "is damaged: it is no mail, or was cut short"),
        (lambda o: (o / "report.json").write_text("{}"), "report.json: not a record that this"),
        (lambda o: (o / "report.json").write_text('{"schema": 1}'), "report.json: not a record"),
        (lambda o: (o / "report.json").write_text("[" * 90000), "report.json: not a record"),
        (lambda o: (o / "report.json").mkdir(), "report.json: Is a directory"),
        (lambda o: (o / "series.json").write_text("no"), "series.json: not a record"),
        (lambda o: (o / "report.html").mkdir(), "cannot be written: Is a directory"),
    ],
)
def test_bad_input_is_one_line(
    out: Path,
    spoil: Callable[[Path], object],
    said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    spoil(out)
    assert run("report", out) == 2
    stdout, stderr = capfd.readouterr()
    assert stdout == ""
    assert said in stderr
    assert stderr.count("\n") == 1
    assert not (out / "report.html").is_file()
    assert not list(out.parent.rglob(".report*"))
