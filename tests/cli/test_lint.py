# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert lint`, as a script sees it: its output, its exit code, the files it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zpconvert.cli.boundary import run_command
from zpconvert.cli.main import cli

OLD = "@a@\nexpression e;\n@@\n* one(e)\n@script:python@\ne << a.e;\n@@\nprint e # it is é\r\n"


@pytest.fixture
def cocci(tmp_path: Path) -> Path:
    path = tmp_path / "some.cocci"
    path.write_bytes(OLD.encode())
    return path


def run(*arguments: object) -> int:
    return run_command(lambda: cli(["lint", *map(str, arguments)], standalone_mode=False))


def test_findings(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cocci) == 1
    out, err = capsys.readouterr()
    assert out == f"{cocci}:8:1: SP401 Python 2: print statement\n"
    assert err == "1 finding, 1 of which --fix mends\n"
    assert cocci.read_bytes() == OLD.encode()


def test_fix(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cocci.chmod(0o640)
    assert run("--fix", cocci) == 0
    assert capsys.readouterr() == ("", f"{cocci}: mended\n")
    assert cocci.read_bytes() == OLD.replace("print e", "print(e)").encode()
    assert cocci.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in cocci.parent.iterdir()] == ["some.cocci"]
    assert run("--fix", cocci) == 0
    assert capsys.readouterr() == ("", "")


def test_json(cocci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "json", cocci) == 1
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "findings": [
            {
                "path": str(cocci),
                "line": 8,
                "column": 1,
                "code": "SP401",
                "message": "Python 2: print statement",
                "fixable": True,
            }
        ],
    }


def test_rename(cocci: Path) -> None:
    cocci.write_text(OLD.replace("print e", "print(e)"))
    assert run("--rename", "a.e=page", cocci) == 0
    assert cocci.read_text() == (
        "@a@\nexpression page;\n@@\n* one(page)\n@script:python@\npage << a.page;\n@@\n"
        "print(page) # it is é\n"
    )


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--explain", "sp402") == 0
    out = capsys.readouterr().out
    assert out.startswith("SP402: A script uses what Python 3 no longer has\n")
    assert "Found fault with:\n" in out
    assert "Mended:\n" in out


def test_what_came_with_the_package_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert capsys.readouterr() == ("", "")


def test_without_spatch(cocci: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cocci.write_text("@a@\n@@\n- one()\n+ two()\n")
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(cocci) == 2
    assert run("--no-spatch", cocci) == 0


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("none.cocci", None, "none.cocci: no such file; name a .cocci file or a directory"),
        ("a.cocci", b"// \xe9\n", "a.cocci:1: not UTF-8; save it as UTF-8"),
        ("a.cocci", b"\x7fELF\0", "a.cocci:1: a NUL byte; name a .cocci file"),
        (".", None, ".: no .cocci in this directory; name another one"),
    ],
)
def test_bad_input(
    name: str,
    data: bytes | None,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if data is not None:
        Path(name).write_bytes(data)
    assert run(name) == 2
    assert capsys.readouterr() == ("", f"zpconvert: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--explain", "X1"], "zpconvert: X1: no such code; choose one of SP101,"),
        (["--rename", "a.e", "some.cocci"], "zpconvert: --rename: 'a.e' is not RULE.OLD=NEW;"),
        (["--rename", "a.e=f", "some.cocci", "some.cocci"], "zpconvert: --rename: not one file;"),
        (["--rename", "b.e=f", "some.cocci"], "zpconvert: some.cocci: no metavariable b.e;"),
    ],
)
def test_bad_options(
    arguments: list[str],
    line: str,
    cocci: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(cocci.parent)
    assert run(*arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(line)
    assert err.count("\n") == 1
    assert cocci.read_bytes() == OLD.encode()
