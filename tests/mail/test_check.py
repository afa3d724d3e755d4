# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zpconvert.mail.check import am_roundtrip, checkpatch, codespell
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.process import ProcessError

Sample = Any


@pytest.fixture
def patches(sample: Sample, tmp_path: Path) -> list[Path]:
    paths = sample.write(tmp_path / "out")
    return [path for path in paths[1:] if path.suffix == ".patch"]


def need(program: str) -> None:
    """A missing program fails in CI and skips visibly on a laptop."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing")
        pytest.skip(f"{program} is missing")


def snapshot(tree: Path) -> set[str]:
    return {path.name for path in tree.iterdir()}


@pytest.mark.kernel
def test_checkpatch_by_the_tree_s_own_script(
    kernel_612: Path, patches: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAINTAINERS is the one warning; a ~/.checkpatch.conf changes nothing."""
    (Path(os.environ["HOME"]) / ".checkpatch.conf").write_text("--ignore FILE_PATH_CHANGES\n")
    before = snapshot(kernel_612)
    findings = checkpatch(kernel_612, patches, signed=True)
    assert not isinstance(findings, NotAvailable)
    assert [(f.patch, f.level, f.type) for f in findings] == [
        (patches[1].name, "WARNING", "FILE_PATH_CHANGES")
    ]
    assert patches[1].read_text().splitlines()[findings[0].line - 1].startswith("new file mode")
    assert snapshot(kernel_612) == before


@pytest.mark.kernel
def test_checkpatch_findings_are_located(kernel_612: Path, patches: list[Path]) -> None:
    text = patches[0].read_text()
    bad = text.replace("+\treturn g(b);", "+        if(b) return  CamelCase(b) ;")
    unsigned = "".join(
        line for line in bad.splitlines(keepends=True) if not line.startswith("Signed-off-by")
    )
    patches[0].write_text(unsigned)
    findings = checkpatch(kernel_612, patches[:1], signed=False)
    assert not isinstance(findings, NotAvailable)
    types = {finding.type for finding in findings}
    assert {"CODE_INDENT", "SPACING", "TRAILING_STATEMENTS"} <= types
    assert "MISSING_SIGN_OFF" not in types
    spacing = next(finding for finding in findings if finding.type == "CODE_INDENT")
    assert spacing.level == "ERROR"
    assert "CamelCase" in unsigned.splitlines()[spacing.line - 1]
    signed = checkpatch(kernel_612, patches[:1], signed=True)
    assert not isinstance(signed, NotAvailable)
    assert "MISSING_SIGN_OFF" in {finding.type for finding in signed}


def test_a_tree_without_checkpatch_is_told(tmp_path: Path, patches: list[Path]) -> None:
    result = checkpatch(tmp_path, patches, signed=True)
    assert isinstance(result, NotAvailable)
    assert "has no scripts/checkpatch.pl" in result.reason


def test_a_script_that_dies_is_an_error_not_a_clean_bill(
    tmp_path: Path, patches: list[Path]
) -> None:
    need("perl")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text("exit 1;\n")
    with pytest.raises(ProcessError):
        checkpatch(tmp_path, patches, signed=True)


def test_spelling_of_messages_and_added_lines(patches: list[Path]) -> None:
    need("codespell")
    assert codespell(patches) == ()
    text = patches[1].read_text()
    text = text.replace("mm/a: use", "mm/a: Indirected use recieve").replace(
        "Let f15", "Let teh f15"
    )
    text = text.replace("+int g(int b);", "+int g(int b); /* seperate */")
    patches[1].write_text(text)
    lines = text.splitlines()
    findings = codespell(patches)
    assert not isinstance(findings, NotAvailable)
    assert [finding.message for finding in findings] == [
        "recieve ==> receive",
        "teh ==> the",
        "seperate ==> separate",
    ]
    for finding in findings:
        assert finding.patch == patches[1].name
        assert finding.message.split()[0] in lines[finding.line - 1]


def test_what_is_not_ours_is_not_spelt_for_the_user(patches: list[Path]) -> None:
    """Context and removed lines, and the names of people, are none of the series' words."""
    need("codespell")
    text = patches[0].read_text()
    text = text.replace("\n \tint b = a;", "\n \tint teh = a;").replace("-\treturn", "-\tretrun")
    patches[0].write_text(text.replace("A U Thor", "Teh Recieve", 1))
    assert codespell(patches) == ()


def test_programs_that_are_missing_are_told(
    tmp_path: Path, patches: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    spelling = codespell(patches)
    assert isinstance(spelling, NotAvailable)
    assert spelling.reason == "codespell is not installed"
    style = checkpatch(tmp_path, patches, signed=True)
    assert isinstance(style, NotAvailable)
    assert style.reason == "perl is not installed"


def test_a_patch_that_does_not_apply_says_so(sample: Sample, patches: list[Path]) -> None:
    other = {"mm/a.c": sample.base["mm/a.c"].replace(b"return b + 0;", b"return b;")}
    with pytest.raises(ProcessError, match="patch does not apply"):
        am_roundtrip(other, patches)


def test_git_am_is_not_bent_by_configuration(
    samples: Callable[..., Sample], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("hostile_config")
    sample = samples(4)
    paths = sample.write(tmp_path / "out")
    assert am_roundtrip(sample.base, paths[1:-1]) == sample.commits[-1].files
