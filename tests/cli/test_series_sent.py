# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert series` says last: whether the mails can be sent."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from tests.validate.small import repository
from zpconvert.cli.boundary import Findings
from zpconvert.cli.series import command

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def series(conversion: str | Path, tree: Path, out: Path, *words: str) -> Result:
    argv = [str(conversion), "--tree", str(tree), "-o", str(out), "--signoff", *words]
    return CliRunner().invoke(command, argv)


def test_what_can_be_sent(tmp_path: Path) -> None:
    tree = tmp_path / "linux"
    shutil.copytree(FIXTURES / "tree", tree)
    repository(tree)
    done = series(FIXTURES / "conversions/objpool", tree, tmp_path / "out")
    assert done.exception is None, done.output
    cover = tmp_path / "out/0000-cover-letter.patch"
    assert done.stderr.endswith(
        f"\nnext: read {cover}, then git send-email {tmp_path}/out/*.patch\n"
    )
    assert "not to be sent" not in done.stderr


def test_what_has_no_base_is_not_to_be_sent(kernel_612: Path, tmp_path: Path) -> None:
    done = series("zbud", kernel_612, tmp_path / "out")
    assert done.exception is None, done.output
    assert "send-email" not in done.stderr
    assert done.stderr.endswith(
        f"not to be sent: {kernel_612} is no git work tree, so nobody can tell what they apply to; "
        "repeat with a git tree\n"
    )


def test_what_fell_short_is_not_to_be_sent(kernel_612: Path, tmp_path: Path) -> None:
    (tmp_path / "cells.toml").write_text(
        "".join(
            f'[[cell]]\nname = "{name}"\narch = "x86_64"\nkconfig = ["CONFIG_NO_SUCH_THING=y"]\n'
            for name in ("one", "two")
        )
    )
    matrix = str(tmp_path / "cells.toml")
    done = series("zbud", kernel_612, tmp_path / "out", "--validate", matrix)
    assert isinstance(done.exception, Findings), done.output
    assert "send-email" not in done.stderr
    assert "; mend the conversion and repeat\n" in done.stderr
    again = [line for line in done.stderr.splitlines() if line.startswith("  zpconvert validate")]
    assert len(again) == len(set(again))
    short = [line for line in done.stderr.splitlines() if line.startswith("FELL SHORT, ")]
    assert len([line for line in short if "has no effect in this kernel" in line]) == 1
