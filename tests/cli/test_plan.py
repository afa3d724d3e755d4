# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert plan`: shown, saved, edited."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "fixtures/tree"
OBJPOOL = ROOT / "fixtures/conversions/objpool"
FILE = "conversion.toml"

Command = subprocess.CompletedProcess[str]


@pytest.fixture(autouse=True)
def warm(header_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(header_cache))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of the fixture conversion, to be edited."""
    shutil.copytree(OBJPOOL.parent, tmp_path / "conversions")
    return tmp_path / "conversions/objpool"


def zpconvert(*words: str | Path, **changes: str) -> Command:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **changes},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refusal(done: Command) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"zpconvert: [^\n]+: [^\n]+; [^\n]+\n", done.stderr), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def shown(header_cache: Path) -> dict[str, str]:
    """The written plan in each format."""
    found = {}
    for form in ("table", "dot", "svg", "json", "toml"):
        done = zpconvert("plan", "show", OBJPOOL, "--tree", TREE, "--format", form,
                         XDG_CACHE_HOME=str(header_cache))  # fmt: skip
        assert done.returncode == 0, done.stderr
        found[form] = done.stdout
    return found


def test_the_table_says_what_each_step_does(shown: dict[str, str]) -> None:
    text = shown["table"]
    assert re.findall(r"(?m)^ *\d+  (\w+) +\d+ +\d+", text) == [
        "introduce", "chain", "location", "objects", "owner", "migration",
    ]  # fmt: skip
    assert "     flips   lock_group (last, page), lock_or_wait (page)" in text
    assert "     brings  pfn_tdesc(), tdesc_pfn()\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_json_has_the_same(shown: dict[str, str]) -> None:
    found = json.loads(shown["json"])
    assert found["conversion"] == "objpool"
    assert found["planned"] is False
    assert [row["number"] for row in found["rows"]] == [1, 2, 3, 4, 5, 6]
    lines = sum(row["added"] + row["removed"] for row in found["rows"])
    assert found["churn"] == pytest.approx(lines / found["lines"])
    # what is not in the final diff is what the churn is above one
    assert sum(row["passing"] for row in found["rows"]) == pytest.approx(
        lines - found["lines"], abs=0.03 * lines
    )


def test_the_graph_has_a_node_for_each_step_slot_holder_and_helper(shown: dict[str, str]) -> None:
    data, text = json.loads(shown["json"]), shown["dot"]
    for row in data["rows"]:
        assert f'"step:{row["step"]}" [shape=box' in text
        for helper in row["helpers"]:
            assert f'"helper:{helper}" -> "step:{row["step"]}" [style=dashed];' in text
    assert '"step:owner" -> "5:free_group";' in text
    assert 'label="struct group\\nfirst_page"' in text
    assert '"step:introduce" -> "step:chain" -> "step:location"' in text


def test_svg_is_drawn_by_graphviz(shown: dict[str, str]) -> None:
    root = ElementTree.fromstring(shown["svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    titles = {one.text for one in root.iter("{http://www.w3.org/2000/svg}title")}
    assert {"step:migration", "helper:tdesc_put", "5:free_group"} <= titles


def test_without_graphviz_svg_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("spatch", "git"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    done = zpconvert("plan", "show", OBJPOOL, "--tree", TREE, "--format", "svg",
                     PATH=str(tmp_path / "bin"))  # fmt: skip
    assert "dot: no such program; install the package graphviz" in refusal(done)


def test_toml_is_the_steps(shown: dict[str, str], mine: Path) -> None:
    file = mine / FILE
    text = file.read_text()
    head = text[: text.index("[[step]]")]
    file.write_text(head + shown["toml"])
    done = zpconvert("show", mine, "--json")
    assert [step["id"] for step in json.loads(done.stdout)] == [
        "introduce", "chain", "location", "objects", "owner", "migration",
    ]  # fmt: skip


def test_a_plan_is_saved_and_gives_the_series_that_was_planned(mine: Path, tmp_path: Path) -> None:
    whole = (mine / FILE).read_text()
    (mine / FILE).write_text(whole[: whole.index("[[step]]")])
    planned = zpconvert("series", mine, "--tree", TREE, "-o", tmp_path / "a")
    assert "objpool has no steps: " in planned.stderr
    assert "no steps are written: 'zpconvert plan show'" in zpconvert("show", mine).stderr
    assert "objpool: has no steps; 'zpconvert plan show'" in refusal(zpconvert("show", mine, "1"))
    done = zpconvert("plan", "save", mine, "--tree", TREE)
    assert done.returncode == 0, done.stderr
    assert (mine / FILE).read_text().startswith(whole[: whole.index("[[step]]")].rstrip("\n"))
    written = zpconvert("series", mine, "--tree", TREE, "-o", tmp_path / "b")
    assert "no steps" not in written.stderr
    patches = sorted(path.name for path in (tmp_path / "a").glob("*.patch"))
    assert len(patches) > 6
    for name in patches[1:]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    message, below, *_ = (tmp_path / "b" / patches[1]).read_text().split("\n---\n")
    assert "To be checked" not in message
    assert below.startswith("To be checked here: the members, each against its use of struct page")
    again = refusal(zpconvert("plan", "save", mine, "--tree", TREE))
    assert f"has {len(patches) - 1} steps; pass --replace" in again


def test_what_came_with_the_package_is_not_planned_anew() -> None:
    done = zpconvert("plan", "save", "zbud", "--tree", TREE)
    assert "came with zpconvert and is not edited in place; copy " in refusal(done)


def test_steps_of_either_kind_can_be_asked_for(mine: Path) -> None:
    done = zpconvert("plan", "show", mine, "--tree", TREE, "--steps", "auto", "--format", "json")
    assert json.loads(done.stdout)["planned"] is True
    assert "no steps" not in done.stderr
    whole = (mine / FILE).read_text()
    (mine / FILE).write_text(whole[: whole.index("[[step]]")])
    done = zpconvert("convert", mine, "--tree", TREE, "--diff", "--steps", "written")
    assert "conversion.toml: has no steps; add a [[step]], or pass --steps auto" in refusal(done)


def test_a_limit_is_for_planned_steps() -> None:
    done = zpconvert("convert", OBJPOOL, "--tree", TREE, "--diff", "--max-lines", "9")
    assert "--max-lines: limits planned steps only; add --steps auto" in refusal(done)


def test_edits_are_written(mine: Path) -> None:
    for words in (
        ("fold", "owner", "into", "migration"),
        ("split", "chain", "alloc_group", "--id", "alloc", "--subject", "convert alloc_group()"),
        ("move", "alloc", "before", "2"),
        ("retitle", "1", "add struct tdesc"),
    ):
        done = zpconvert("plan", "edit", mine, *words)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    steps = json.loads(zpconvert("show", mine, "--json").stdout)
    assert [step["id"] for step in steps] == [
        "introduce", "alloc", "chain", "location", "objects", "migration",
    ]  # fmt: skip
    assert steps[0]["subject"] == "add struct tdesc"
    kept = (OBJPOOL / FILE).read_text()
    assert (mine / FILE).read_text().startswith(kept[: kept.index("[[step]]")])
    whole = zpconvert("convert", OBJPOOL, "--tree", TREE, "--diff").stdout
    assert zpconvert("convert", mine, "--tree", TREE, "--diff").stdout == whole != ""


def test_a_diff_writes_nothing(mine: Path) -> None:
    before = (mine / FILE).read_bytes()
    done = zpconvert("plan", "edit", mine, "retitle", "owner", "other words", "--diff")
    assert '+subject = "other words"\n' in done.stdout
    assert (mine / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fold", "ownr", "into", "chain"), "no step 'ownr'; did you mean 'owner'?"),
        (("split", "owner", "get_grp", "--id", "x", "--subject", "y"),
         "step 'owner' does not name 'get_grp'; did you mean 'get_group'?"),
        (("retitle", "owner", "x" * 80), "step 'owner': the subject has 92 columns"),
        (("retitle", "owner", " "), "step 'owner' has no subject"),
        (("split", "owner", "get_group", "--id", " ", "--subject", "y"), "a step without 'id'"),
    ],
)  # fmt: skip
def test_bad_edits_change_nothing(words: tuple[str, ...], said: str, mine: Path) -> None:
    before = (mine / FILE).read_bytes()
    assert said in refusal(zpconvert("plan", "edit", mine, *words))
    assert (mine / FILE).read_bytes() == before
    assert {path.name for path in mine.iterdir()} == {FILE, "idioms.cocci"}


def test_bundled_conversions_are_not_edited_in_place() -> None:
    file = ROOT / "semantic_patches/zsmalloc" / FILE
    before = file.read_bytes()
    said = refusal(zpconvert("plan", "edit", "zsmalloc", "fold", "lock", "into", "map"))
    assert "came with zpconvert and is not edited in place; copy " in said
    assert file.read_bytes() == before
    done = zpconvert("plan", "edit", "zsmalloc", "fold", "lock", "into", "map", "--diff")
    assert '-id = "lock"\n' in done.stdout


def test_steps_are_completed() -> None:
    words = f"zpconvert plan edit {OBJPOOL} fold o"
    done = zpconvert(_ZPCONVERT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert done.stdout.splitlines() == ["plain,objects", "plain,owner"]
