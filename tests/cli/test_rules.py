# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert rules test`, and colour on a terminal only."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.cli.boundary import run_command
from zpconvert.cli.main import cli

TEXT = """\
// Calls the new thing.
// Before:
//     old(1);
// After:
//     new(1);
@a@
expression e;
@@
- old(e)
+ new(e)
@b@
expression e;
@@
- idle(e)
+ busy(e)
"""


@pytest.fixture
def cocci(tmp_path: Path) -> Path:
    path = tmp_path / "sub" / "some.cocci"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


def run(*arguments: object) -> int:
    return run_command(lambda: cli(["rules", "test", *map(str, arguments)], standalone_mode=False))


def test_true_examples(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (cocci, cocci.parent.parent):
        assert run(place) == 0
        assert capsys.readouterr() == (
            f"{cocci}: rule b: no example exercises it\n"
            "1 example in 1 file: 1 pass, 0 fail; 1 rule without an example\n",
            "",
        )


def test_an_untrue_example(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cocci.write_text(TEXT.replace("//     new(1)", "//     newer(1)"))
    assert run(cocci) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{cocci}:2: the example fails\n--- expected\n+++ by spatch\n")
    assert "-\tnewer(1);\n+\tnew(1);\n" in out
    assert out.endswith("0 pass, 1 fail; 1 rule without an example\n")


def test_what_came_with_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert " 0 fail; 0 rules without an example\n" in capsys.readouterr().out


def test_scripts_run_only_when_allowed(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cocci.write_text(TEXT + "@script:python@\ne << a.e;\n@@\nopen('made', 'w')\n")
    assert run(cocci) == 2
    assert "python script in a semantic patch" in capsys.readouterr().err
    assert not list(cocci.parent.glob("made"))


@pytest.mark.parametrize(
    ("text", "what"),
    [(None, "no such file"), ("", "no rule"), ("@a\n", "the rule's head does not end")],
)
def test_bad_input(
    text: str | None, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.cocci"
    if text is not None:
        path.write_text(text)
    assert run(path) == 2
    err = capsys.readouterr().err
    assert what in err
    assert err.count("\n") == 1


def test_an_empty_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 2
    assert "no .cocci in this directory" in capsys.readouterr().err


def _output(*arguments: str, terminal: bool) -> str:
    """stdout of `zpconvert`, a terminal or a pipe."""
    argv = [sys.executable, "-m", "zpconvert", *arguments]
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    if not terminal:
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as end:
        child = subprocess.Popen(argv, env=env, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        data = b""
        try:
            while part := end.read(4096):
                data += part
        except OSError:  # Linux says EIO when the other end is closed
            pass
        assert child.wait() == 0
    return data.decode()


def test_rules_are_coloured_on_a_terminal_only() -> None:
    show = ("show", "zsmalloc", "--rules")
    plain = _output(*show, terminal=False)
    assert "\x1b" not in plain
    coloured = _output(*show, terminal=True)
    removed = next(line for line in plain.splitlines() if line.startswith("- "))
    assert f"\x1b[91m{removed}" in coloured
