# SPDX-License-Identifier: GPL-2.0-only
"""The group and its error boundary: exit codes and one line each."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from zpconvert.cli.boundary import Findings, log_directory, run_command
from zpconvert.cli.main import COMMANDS, cli
from zpconvert.errors import UserError
from zpconvert.process import ProcessError
from zpconvert.scratch import PREFIX

ROOT = Path(__file__).parents[2]


def raising(error: BaseException) -> int:
    def command() -> None:
        raise error

    return run_command(command)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("a.c:3", "CRLF", "convert it"), 2, "zpconvert: a.c:3: CRLF; convert it\n"),
        (Findings(), 1, ""),
        (KeyboardInterrupt(), 130, "zpconvert: interrupted\n"),
        (click.Abort(), 130, "zpconvert: interrupted\n"),
        (click.UsageError("No such option: --x."), 2,
         "zpconvert: No such option: --x; see 'zpconvert --help'\n"),
        (OSError(errno.ENOSPC, "full", "out/1"), 2,
         "zpconvert: out/1: no space left; make room and repeat\n"),
        (OSError(errno.ENOSPC, "full"), 2,
         "zpconvert: disk: no space left; make room and repeat\n"),
        (OSError(errno.EDQUOT, "full", f"/tmp/{PREFIX}x/mm/a.c"), 2,
         "zpconvert: /tmp: no space left; make room and repeat\n"),
        (ProcessError(("objdump", "-d"), "/", 1, b"", b"one\nx.o: No space left on device\n"), 2,
         "zpconvert: objdump: x.o: No space left on device; make room and repeat\n"),
        (ProcessError(("objdump",), "/", -signal.SIGXFSZ, b"", b""), 2,
         "zpconvert: objdump: no space left; make room and repeat\n"),
    ],
)  # fmt: skip
def test_an_end_has_a_code_and_a_line(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(error) == code
    assert capsys.readouterr().err == said


def test_a_bug_leaves_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(RuntimeError("two\nlines")) == 2
    (log,) = log_directory().iterdir()
    assert log.is_relative_to(os.environ["XDG_STATE_HOME"])
    said = capsys.readouterr().err
    assert said == f"zpconvert: internal error: RuntimeError: two; report it with {log}\n"
    text = log.read_text()
    assert "Traceback" in text
    assert f"python: {sys.version}" in text
    assert "tree-sitter: " in text


def test_a_bug_without_a_place_for_its_log_is_still_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    assert raising(RuntimeError("x")) == 2
    assert "Traceback" in capsys.readouterr().err


def test_success_is_zero() -> None:
    assert run_command(lambda: None) == 0
    assert run_command(lambda: 1) == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "zpconvert", "doctor", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert (child.wait(60), child.stderr.read()) == (0, b"")
    child.stderr.close()


def test_ctrl_c_is_130() -> None:
    code = (
        "import os, signal\nfrom zpconvert.cli.boundary import run_command\n"
        # a shell's background job, as a CI may be, has it ignored
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "raise SystemExit(run_command(lambda: os.kill(os.getpid(), signal.SIGINT)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"zpconvert: interrupted\n")
    assert done.returncode == 128 + signal.SIGINT


def test_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom zpconvert.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('libcst', 'unidiff', 'tree_sitter', 'rich', 'pygments', 'subprocess')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    for name, text in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert text in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_is_there(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize(
    ("words", "code"), [(["bogus"], 2), ([], 2), (["doctor", "--x"], 2), (["--help"], 0)]
)
def test_exit_codes_of_the_program(words: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert", *words], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == code


def _every_command(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[list[str]]:
    yield list(words)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _every_command(inner, (*words, name))


def test_no_help_is_wider_than_a_terminal() -> None:
    commands = list(_every_command(cli))
    assert ["plan", "edit", "split"] in commands
    helps = {
        " ".join(words): CliRunner().invoke(cli, [*words, "--help"], terminal_width=80).output
        for words in commands
    }
    lines = [(name, line) for name, text in helps.items() for line in text.splitlines()]
    assert [one for one in lines if len(one[1]) > 80] == []
