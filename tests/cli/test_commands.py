# SPDX-License-Identifier: GPL-2.0-only
"""convert, series, show and list: results on stdout and nothing else, words on stderr."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.pipeline import Converted

ROOT = Path(__file__).resolve().parents[2]
OBJPOOL = str(ROOT / "fixtures/conversions/objpool")
TREE = str(ROOT / "fixtures/tree")
STEPS = ["introduce", "chain", "location", "objects", "owner", "migration"]


@pytest.fixture(autouse=True)
def warm(header_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(header_cache))


def zpconvert(
    *words: str | Path, cwd: Path | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **changes},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def on_a_terminal(*words: str) -> str:
    """What the program writes to a terminal, stdout and stderr."""
    master, slave = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "zpconvert", *words],
        env={**env, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as child:
        os.close(slave)
        said = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the terminal's other end is closed: EIO on Linux
                break
            if not part:
                break
            said += part
        child.wait(60)
    os.close(master)
    assert child.returncode == 0, said
    return said.decode("utf-8", "replace").replace("\r\n", "\n")


# --- series ---------------------------------------------------------------------------------


def test_series_prints_the_paths_it_wrote_and_nothing_else(tmp_path: Path) -> None:
    done = zpconvert("series", OBJPOOL, "--tree", TREE, "-o", "out/going", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.name[:5] for path in paths] == [f"000{n}-" for n in range(7)]
    assert all(path.parent == Path("out/going") for path in paths)
    assert all((tmp_path / path).is_file() for path in paths)


def test_series_sums_up_on_stderr(tmp_path: Path, objpool_result: Converted) -> None:
    done = zpconvert("series", OBJPOOL, "--tree", TREE, "-o", tmp_path / "out")
    said = done.stderr
    assert re.search(
        r"(?m)^6 patches, \d+ lines added and \d+ removed in all, churn 1\.\d\d$", said
    )
    assert f"17 helpers in mm/tdesc.h, {objpool_result.functions} functions changed" in said
    assert "deprecated, left as it is: kmap_atomic(), 9 times" in said
    left_out = [line for line in said.splitlines() if line.startswith("family ")]
    assert left_out == ["family lock: tdesc_lock left out, nothing uses it"]
    assert "step location: obj_to_location:page flips together with " in said
    assert f"next: read {tmp_path}/out/0000-cover-letter.patch\n" in said
    assert "not to be sent: patches have no Signed-off-by; repeat with --signoff\n" in said
    assert "\x1b" not in said + done.stdout


def test_series_json_is_the_record(tmp_path: Path) -> None:
    file = tmp_path / "series.json"
    done = zpconvert("series", OBJPOOL, "--tree", TREE, "-o", tmp_path / "out", "--json", file)
    assert done.returncode == 0, done.stderr
    record = json.loads(file.read_text())
    assert file.read_bytes() == (tmp_path / "out/series.json").read_bytes()
    assert record["schema"] == 1
    assert [patch["step"] for patch in record["patches"]] == STEPS
    assert record["conversion"] == "objpool"


def test_series_from_anywhere_with_relative_paths(tmp_path: Path) -> None:
    tree = os.path.relpath(TREE, tmp_path)
    conversion = os.path.relpath(OBJPOOL, tmp_path)
    done = zpconvert("series", conversion, "--tree", tree, "-o", "o", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o"]


# --- convert --------------------------------------------------------------------------------


def test_a_diff_is_all_there_is_on_stdout(objpool_result: Converted) -> None:
    done = zpconvert("convert", OBJPOOL, "--tree", TREE, "--diff")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("diff --git a/mm/objpool.c b/mm/objpool.c\n")
    assert done.stdout.count("\ndiff --git ") == 1
    assert "\x1b" not in done.stdout
    added = "".join(line[1:] + "\n" for line in done.stdout.splitlines() if line[:1] == "+")
    assert "struct tdesc {\n" in added


@pytest.mark.parametrize("upto", [1, 3, 6])
def test_upto_takes_the_first_patches(
    upto: int, small_tree: Path, objpool_result: Converted
) -> None:
    done = zpconvert("convert", OBJPOOL, "--tree", small_tree, "--write", "--upto", str(upto))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    files = dict(objpool_result.base)
    for state in objpool_result.states[:upto]:
        files |= state.files
    for path, text in files.items():
        assert (small_tree / path).read_bytes() == text
    assert f"wrote mm/objpool.c, mm/tdesc.h in {small_tree}\n" in done.stderr


def test_write_keeps_modes_and_leaves_no_other_file(small_tree: Path) -> None:
    (small_tree / "mm/objpool.c").chmod(0o640)
    before = set(small_tree.rglob("*"))
    assert zpconvert("convert", OBJPOOL, "--tree", small_tree, "--write").returncode == 0
    assert (small_tree / "mm/objpool.c").stat().st_mode & 0o7777 == 0o640
    assert set(small_tree.rglob("*")) - before == {small_tree / "mm/tdesc.h"}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (None, "'objpool', which did not come with zpconvert; give its directory with --conv"),
        ({"directory": "/none", "digest": ""}, "in /none, which is gone; give one with --conv"),
        ({"directory": OBJPOOL, "digest": ""}, f"in {OBJPOOL}, which has changed since; give"),
    ],
    ids=["of a version that kept names alone", "gone", "changed"],
)
def test_validate_is_told_which_conversion_where_the_recorded_one_is_not_there(
    objpool_out: Path, own: object, said: str
) -> None:
    known = json.loads((objpool_out / "series.json").read_text())
    (objpool_out / "series.json").write_text(json.dumps({**known, "own": own}))
    done = zpconvert("validate", objpool_out, "--tree", TREE)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"{objpool_out}: made by the conversion {said}" in done.stderr


# --- show and list --------------------------------------------------------------------------


def test_show_lists_the_steps() -> None:
    done = zpconvert("show", OBJPOOL)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["mm/objpool: use struct tdesc for its own pages", "files: mm/objpool.c"]
    assert [line.split()[:2] for line in lines[2:]] == [
        [str(number), name] for number, name in enumerate(STEPS, 1)
    ]


def test_show_a_step_by_id_and_by_number() -> None:
    by_id, by_number = zpconvert("show", OBJPOOL, "owner"), zpconvert("show", OBJPOOL, "5")
    assert by_id.stdout == by_number.stdout
    assert by_id.stdout.startswith("mm/objpool: convert get_group(), reset_page() and free_group()")
    assert "\nslots: get_group, reset_page, free_group\n" in by_id.stdout
    assert "\nidioms: group\n" in by_id.stdout


def test_show_json_holds_the_steps() -> None:
    steps = json.loads(zpconvert("show", OBJPOOL, "--json").stdout)
    assert [step["id"] for step in steps] == STEPS
    (one,) = json.loads(zpconvert("show", OBJPOOL, "chain", "--json").stdout)
    assert one == steps[1]
    assert one["stale"] == [{"match": "page->index leads", "to": "tdesc->next leads"}]


def test_show_rules_is_a_semantic_patch_that_spatch_reads(tmp_path: Path) -> None:
    done = zpconvert("show", OBJPOOL, "--rules")
    assert done.returncode == 0
    assert "@next_get@" in done.stdout
    assert "- trylock_page(tdesc_page(" in done.stdout
    (tmp_path / "all.cocci").write_text(done.stdout)
    parsed = subprocess.run(
        ["spatch", "--parse-cocci", "all.cocci"], cwd=tmp_path, capture_output=True, check=False
    )
    assert parsed.returncode == 0, parsed.stderr


def test_convert_prints_what_it_writes_if_asked(small_tree: Path) -> None:
    diff = zpconvert("convert", OBJPOOL, "--tree", TREE, "--diff").stdout
    done = zpconvert("convert", OBJPOOL, "--tree", small_tree, "--diff", "--write")
    assert (done.returncode, done.stdout) == (0, diff)
    assert "\nwrote " in f"\n{done.stderr}"
    assert b"struct tdesc" in (small_tree / "mm/objpool.c").read_bytes()


def test_list_names_what_came_with_the_program() -> None:
    done = zpconvert("list")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    data = json.loads(zpconvert("list", "--json").stdout)
    assert [row[0] for row in rows] == [one["name"] for one in data]
    (known,) = [one for one in data if one["name"] == "zsmalloc"]
    assert known["files"] == ["mm/zsmalloc.c"]
    assert len(known["steps"]) == 20


# --- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["series", "convert", "show"])
def test_help_has_examples_that_name_the_command(name: str) -> None:
    done = zpconvert(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    examples = done.stdout.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) >= 2
    assert all(line.startswith(f"    zpconvert {name} NAME") for line in examples), examples


@pytest.mark.parametrize("words", [["convert", "--tree", TREE, "--diff"], ["show", "--rules"]])
def test_colour_and_progress_are_for_terminals_only(words: list[str]) -> None:
    argv = [words[0], OBJPOOL, *words[1:]]
    assert "\x1b" not in zpconvert(*argv).stdout
    shown = on_a_terminal(*argv)
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    for line in zpconvert(*argv).stdout.splitlines()[:20]:
        assert line.expandtabs() in plain.expandtabs()


def test_a_slot_that_the_tree_lacks_is_said(small_tree: Path, tmp_path: Path) -> None:
    conversions = tmp_path / "conversions"
    shutil.copytree(Path(OBJPOOL).parent, conversions)
    file = conversions / "objpool/conversion.toml"
    file.write_text(file.read_text().replace('"trylock_group",', '"trylock_grup",', 1))
    done = zpconvert("convert", conversions / "objpool", "--tree", small_tree, "--diff")
    assert done.returncode == 0
    assert done.stderr == (
        "step introduce in part: this tree lacks trylock_grup (did you mean 'trylock_group'?)\n"
    )
