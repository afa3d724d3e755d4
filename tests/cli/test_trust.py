# SPDX-License-Identifier: GPL-2.0-only
"""A conversion from outside the package runs no program, whatever command reads it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = {
    "several lines": "\n@script:python evil\ndepends on next_get@\n@@\nopen('MARK', 'w')\n",
    "comment": "\n@/*x*/initialize:python@\n@@\nopen('MARK', 'w')\n",
    "literal": '\n@b@\n@@\n- h(\'"\', "/*")\n+ k()\n@initialize:python@\n@@\n'
    "open('MARK', 'w')\n# */\n",
    "option": "\n  # spatch -o MARK\n",
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
@pytest.mark.parametrize("command", ["convert", "series", "rules test", "lint"])
def test_no_script_of_an_outsider_runs(
    command: str, hidden: str, small_tree: Path, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "fixtures/conversions", tmp_path / "conversions")
    conversion = tmp_path / "conversions/objpool"
    mark = tmp_path / "mark"
    cocci = conversion / "idioms.cocci"
    cocci.write_text(cocci.read_text() + hidden.replace("MARK", str(mark)))
    commands: dict[str, list[str | Path]] = {
        "convert": ["convert", conversion, "--tree", small_tree, "--diff"],
        "series": ["series", conversion, "--tree", small_tree, "-o", tmp_path / "out"],
        "rules test": ["rules", "test", conversion],
        "lint": ["lint", cocci],
    }
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert", *commands[command]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not mark.exists()
    if command != "lint":
        assert done.returncode == 2, done.stderr
        assert "--allow-scripts" in done.stderr or "is not allowed here" in done.stderr


def test_consent_reaches_spatch(small_tree: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures/conversions", tmp_path / "conversions")
    conversion = tmp_path / "conversions/objpool"
    mark = tmp_path / "mark"
    cocci = conversion / "idioms.cocci"
    cocci.write_text(cocci.read_text() + HIDDEN["comment"].replace("MARK", str(mark)))
    commands: list[list[str | Path]] = [
        ["convert", conversion, "--tree", small_tree, "--diff"],
        ["rules", "test", conversion],
    ]
    for words in commands:
        subprocess.run(
            [sys.executable, "-m", "zpconvert", *words, "--allow-scripts"],
            cwd=ROOT,
            capture_output=True,
            timeout=240,
            check=True,
        )
        assert mark.exists(), words
        mark.unlink()
