# SPDX-License-Identifier: GPL-2.0-only
"""Whose settings `zpconvert validate OUT` takes when it is not told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from zpconvert.cli.validate import command
from zpconvert.conversion import identity, load
from zpconvert.validate import run
from zpconvert.validate.subject import Subject, finding

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


class Asked(Exception):
    """Stands for validating."""


def settings(out: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Subject:
    """What would be validated."""
    seen: list[Subject] = []

    def validate(subject: Subject, *_: object, **__: object) -> None:
        seen.append(subject)
        raise Asked

    monkeypatch.setattr(run, "validate", validate)
    done = CliRunner().invoke(command, [str(out), "--tree", str(FIXTURES / "tree"), *words])
    assert isinstance(done.exception, Asked), done.output
    return seen[0]


def test_one_s_own_though_it_is_called_like_a_bundled_one(
    objpool_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "bundled"
    shutil.copytree(FIXTURES / "conversions", bundled)
    toml = bundled / "objpool/conversion.toml"
    toml.write_text(toml.read_text().replace('prefix = "mm/objpool"', 'prefix = "mm/theirs"'))
    for module in (load, identity):
        monkeypatch.setattr(module, "semantic_patches_dir", lambda: bundled)
    assert load.load("objpool").prefix == "mm/theirs"
    assert settings(objpool_out, monkeypatch).prefix == "mm/objpool"


def test_what_shows_a_finding_again_names_the_matrix(
    objpool_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells may be in no other."""
    cells = tmp_path / "mine.toml"
    cells.write_text('[[cell]]\nname = "mine"\narch = "x86_64"\n')
    asked = settings(objpool_out, monkeypatch, "--matrix", str(cells))
    found = finding(asked, "build", 2, "mine", "", 0, "no")
    assert f" --matrix {cells} --commit 2 --cell mine" in found.reproduce
    assert "--matrix" not in " ".join(settings(objpool_out, monkeypatch).options)
