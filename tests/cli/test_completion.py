# SPDX-License-Identifier: GPL-2.0-only
"""What bash offers after `eval "$(_ZPCONVERT_COMPLETE=bash_source zpconvert)"`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FIXTURES

ROOT = Path(__file__).resolve().parents[2]


def offered(tmp_path: Path, line: str) -> list[str]:
    """What is offered for the last word of a line."""
    program = tmp_path / "zpconvert"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m zpconvert "$@"\n')
    program.chmod(0o755)
    words = shlex.join(shlex.split(line) + [""] * line.endswith(" "))
    script = f"""
        compopt() {{ :; }}  # works within completion only
        eval "$(_ZPCONVERT_COMPLETE=bash_source zpconvert)"
        COMP_WORDS=({words})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _zpconvert_completion zpconvert
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("zpconvert series z", ["z3fold", "zbud", "zsmalloc"]),
        ("zpconvert convert zs", ["zsmalloc"]),
        ("zpconvert plan show zb", ["zbud"]),
        (f"zpconvert show {FIXTURES}/conversions/objpool o", ["objects", "owner"]),
        ("zpconvert validate out --conversion zb", ["zbud"]),
        ("zpconvert check --conversion zb", ["zbud"]),
        ("zpconvert validate out --cell boot", ["boot-kasan", "boot-lockdep"]),
        ("zpconvert validate out --matrix ", ["quick", "full"]),
        ("zpconvert series zbud --validate q", ["quick"]),
        ("zpconvert lint --explain SP10", ["SP101", "SP102", "SP103"]),
        ("zpconvert check --explain ZPC01", ["ZPC010"]),
    ],
)
def test_values_are_offered(tmp_path: Path, line: str, wanted: list[str]) -> None:
    """A directory in the answer, after the names, made bash forget them all."""
    assert offered(tmp_path, line)[: len(wanted)] == wanted
