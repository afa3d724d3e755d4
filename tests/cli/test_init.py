# SPDX-License-Identifier: GPL-2.0-only
"""init on the fixture tree: what it drafts converts, works, and passes its own examples."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.test_tree import CHECKSUM, build
from zpconvert.conversion.load import load
from zpconvert.drafting import told
from zpconvert.errors import UserError
from zpconvert.kernel.write import write_files
from zpconvert.pipeline import convert
from zpconvert.smpl.examples import run_examples, unexercised

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "fixtures/tree"


@pytest.fixture(autouse=True)
def warm(header_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(header_cache))


def init(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", "init", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def works(conversion: Path, tree: Path, cache: Path) -> str:
    """Convert a copy of the fixture tree, build it with warnings, run its self-test; the file."""
    result = convert(tree, load(str(conversion)), cache=cache)
    write_files(tree, result.tree)
    done = build(tree, tree / "out")
    assert done.stderr == b""
    assert done.text.splitlines()[-1] == CHECKSUM
    return (tree / "mm/objpool.c").read_text()


def test_the_draft_converts_the_fixture_tree(
    tmp_path: Path, small_tree: Path, header_cache: Path
) -> None:
    record = tmp_path / "found.json"
    words = ("--file", "mm/objpool.c", "--descriptor", "odesc", "--json", record)
    done = init("obj", "--tree", TREE, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "obj/conversion.toml",
        "obj/idioms.cocci",
        "obj/QUESTIONS.md",
        "descriptors/odesc.toml",
    ]
    assert all((tmp_path / path).is_file() for path in done.stdout.splitlines())
    text = works(tmp_path / "obj", small_tree, header_cache)
    assert "odesc->group = group;" in text
    assert "return odesc->next;" in text
    assert "(struct page *)" not in text
    patch = tmp_path / "obj/idioms.cocci"
    results = run_examples(patch)
    assert len(results) > 8
    assert [r.diff for r in results if not r.passed] == []
    assert unexercised(patch, results) == []
    found = json.loads(record.read_text())
    assert found["version"] == 1
    assert found["written"] == done.stdout.splitlines()
    holders = [c["holder"] for c in found["files"][0]["callbacks"]]
    assert holders == [
        f"struct movable_operations.{w}_page" for w in ("isolate", "migrate", "putback")
    ]
    members = {(m["name"], m["over"]) for m in found["members"]}
    assert {("next", "index"), ("group", "private"), ("page_type", "page_type")} <= members
    calls = {h["old"]: h["calls"] for h in found["helpers"]}
    assert calls["trylock_page"] == "folio_trylock"
    assert calls["get_page"] == "folio_get"
    assert found["deprecated"] == ["kmap_atomic"]
    lines = (TREE / "mm/objpool.c").read_text().splitlines()
    for question in found["questions"]:
        for place in question["places"]:
            assert 1 <= place["line"] <= len(lines)
            assert 1 <= place["column"] <= len(lines[place["line"] - 1]) + 1


def test_several_files_share_a_draft(tmp_path: Path, small_tree: Path, header_cache: Path) -> None:
    words = ("--file", "mm/objpool.c", "--file", "mm/buddy2.c", "--descriptor", "zdesc")
    done = init(tmp_path / "both", "--tree", TREE, *words)
    assert done.returncode == 0, done.stderr
    works(tmp_path / "both", small_tree, header_cache)
    text = (small_tree / "mm/buddy2.c").read_text()
    assert "list_entry(pos, struct zdesc, lru)" in text
    assert "set_bit(B2_ALONE, &zdesc->private);" in text
    assert load(str(tmp_path / "both")).prefix == "mm"


def test_a_descriptor_that_is_there_is_shared(
    tmp_path: Path, small_tree: Path, header_cache: Path
) -> None:
    shutil.copytree(ROOT / "fixtures/conversions/descriptors", tmp_path / "descriptors")
    before = (tmp_path / "descriptors/tdesc.toml").read_bytes()
    words = ("--tree", TREE, "--file", "mm/objpool.c", "--descriptor", "tdesc")
    done = init(tmp_path / "obj", *words)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "descriptors") not in done.stdout
    assert (tmp_path / "descriptors/tdesc.toml").read_bytes() == before
    text = works(tmp_path / "obj", small_tree, header_cache)
    assert "tdesc_trylock(" in text
    assert "tdesc->group = group;" in text
    assert "tdesc->first_start" in text
    questions = (tmp_path / "obj/QUESTIONS.md").read_text()
    assert "a helper for copy_highpage()" in questions


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--file", "mm/none.c"], "mm/none.c: not in this tree; pass a kernel that has it"),
        (["--file", "../x.c"], "--file: '../x.c' is no C file of the tree"),
        (["--file", "mm/Kconfig"], "--file: 'mm/Kconfig' is no C file of the tree"),
        (["--file", "mm/migrate.c", "--file", "mm/migrate.c"], "is named twice; name it once"),
        (["--descriptor", "x-y"], "--descriptor: 'x-y' is no C identifier"),
        (["--descriptor", "list_head"], "headers have a 'struct list_head' already; choose"),
        (["--tree", "/"], "/: not a kernel tree"),
        (["--json", "no/such/file"], "no/such/file: no such directory"),
        (["--json", "-"], "--json -: no file that can be written; name a file"),
        (["--json", "/dev/null"], "--json /dev/null: no file that can be written; name a file"),
        (["--json", "/dev/stdout"], "--json /dev/stdout: no file that can be written"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    tmp_path: Path, words: list[str], said: str
) -> None:
    given = {"--tree": str(TREE), "--descriptor": "odesc", "--file": "mm/objpool.c"}
    rest = [w for k, v in given.items() if k not in words for w in (k, v)]
    done = init("obj", *rest, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "obj").mkdir()
    words = ("--tree", TREE, "--file", "mm/objpool.c", "--descriptor", "odesc")
    done = init("obj", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "zpconvert: obj: exists; choose another name, or remove it\n"
    done = init("no/obj", *words, cwd=tmp_path)
    assert done.stderr == "zpconvert: no: no such directory; make it first\n"
    assert [path.name for path in tmp_path.iterdir()] == ["obj"]


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    line = "zpconvert init " + " ".join(words)
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_ZPCONVERT_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) + 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert"], env=env, capture_output=True, text=True, check=False
    )
    return [item.partition(",")[2] for item in done.stdout.splitlines()]


def test_files_of_the_tree_and_descriptors_are_completed() -> None:
    assert completed("x", "--tree", str(TREE), "--file", "mm/ob") == ["mm/objpool.c"]
    assert completed("x", "--tree", str(TREE), "--file", "m") == ["mm/"]
    assert "zpdesc" in completed("x", "--descriptor", "z")


def test_a_draft_that_fails_is_told_without_the_place_that_is_gone() -> None:
    made = Path("/w/.obj.x1/obj")
    own = UserError(f"{made}/idioms.cocci:7", "rule r: parse error", "mend rule r")
    assert str(told(own, Path("/w/obj"), made)) == (
        "/w/obj: the draft does not convert the tree (idioms.cocci:7: rule r: parse error); "
        "report it as a bug, with the files"
    )
    other = UserError("mm/x.c:3:4", "this does not parse as C", "make the place plainer")
    assert told(other, Path("/w/obj"), made) is other


def test_the_help_has_examples() -> None:
    done = init("--help")
    assert done.returncode == 0
    assert "zpconvert init my/balloon --tree ~/linux" in done.stdout
