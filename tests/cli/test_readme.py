# SPDX-License-Identifier: GPL-2.0-only
"""What the README shows of the hooks and of a workflow is what the program takes."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
import yaml

from zpconvert.cli.boundary import run_command
from zpconvert.cli.main import cli
from zpconvert.kernel.cells import matrix

ROOT = Path(__file__).parents[2]


def example(first: str) -> dict[str, object]:
    """The indented YAML of the README that begins with a line."""
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"(?m)^    {re.escape(first)}\n(?:    .*\n|\n)+", text)
    assert found is not None
    read = yaml.safe_load(textwrap.dedent(found[0]))
    assert isinstance(read, dict)
    return read


def test_hooks_are_those_that_there_are() -> None:
    (repo,) = example("repos:")["repos"]  # type: ignore[misc]
    there = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in repo["hooks"]} == {hook["id"] for hook in there}


def test_the_workflow_s_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm/a.c").write_text("int a;\n")
    monkeypatch.chdir(tmp_path)
    workflow = example("name: zpconvert")
    steps = workflow["jobs"]["check"]["steps"]  # type: ignore[index]
    words = [shlex.split(step["run"]) for step in steps if "zpconvert check" in step.get("run", "")]
    assert len(words) == 2
    for command in words:
        given = command[1 : command.index(">") if ">" in command else None]
        done = run_command(lambda given=given: cli(given, standalone_mode=False))  # type: ignore[misc]
        assert done == 0, capfd.readouterr()
    assert '"version": "2.1.0"' in capfd.readouterr().out


def test_the_configurations_are_as_many_as_it_says() -> None:
    """It once spoke of functions compared in all that are built."""
    words = {"one": 1, "two": 2, "three": 3, "four": 4}
    text = " ".join((ROOT / "README.md").read_text().split())
    found = re.search(r"in (\w+) x86-64 configurations every commit.*?; in (\w+) of them", text)
    assert found is not None
    cells = matrix("quick")
    assert {cell.arch for cell in cells} == {"x86_64"}
    compare = [cell for cell in cells if cell.compare]
    assert (words[found[1]], words[found[2]]) == (len(cells), len(compare))
    assert all("CONFIG_COMPACTION=y" in cell.kconfig for cell in compare)
