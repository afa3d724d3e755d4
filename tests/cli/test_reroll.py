# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert series --since` and `--check-against`, as a shell sees them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OBJPOOL = ROOT / "fixtures/conversions/objpool"
TREE = ROOT / "fixtures/tree"

Done = subprocess.CompletedProcess[str]


def series(*words: str | Path) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", "series", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A posted series."""
    out = tmp_path_factory.mktemp("posted") / "v1"
    done = series(OBJPOOL, "--tree", TREE, "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def thread(v1: Path, tmp_path: Path) -> Path:
    """The same in a mailbox, backwards, with a reply."""
    mails = [path.read_bytes() for path in sorted(v1.glob("*.patch"), reverse=True)]
    reply = b"From r Mon Sep 17 00:00:00 2001\nSubject: Re: [PATCH 1/6] x\n\nFine.\n\n"
    (tmp_path / "thread.mbox").write_bytes(b"".join([mails[0], reply, *mails[1:]]))
    return tmp_path / "thread.mbox"


def test_the_next_revision_is_the_next_number(v1: Path, tmp_path: Path) -> None:
    done = series(OBJPOOL, "--tree", TREE, "-o", tmp_path / "v2", "--since", v1)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name[:8] for line in done.stdout.splitlines()] == [
        f"v2-000{n}-" for n in range(7)
    ]
    assert json.loads((tmp_path / "v2/series.json").read_text())["options"]["reroll"] == 2


def test_a_mailbox_is_as_good(thread: Path, tmp_path: Path) -> None:
    done = series(OBJPOOL, "--tree", TREE, "-o", tmp_path / "v5", "-v5", "--since", thread)
    assert done.returncode == 0, done.stderr
    assert f"{thread}: passed over, mail 2: no patch: Re: [PATCH 1/6] x\n" in done.stderr
    cover = (tmp_path / "v5/v5-0000-cover-letter.patch").read_text()
    link = "https://lore.kernel.org/r/20240601-objpool-v1-0-"
    assert f"\nChanges in v5:\n- Link to v1:\n  {link}" in cover
    assert "\nRange-diff against v1:\n1:  " in cover


def test_the_same_base_gives_the_same_series(v1: Path, thread: Path) -> None:
    for source in (v1, thread):
        done = series(OBJPOOL, "--tree", TREE, "--check-against", source)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "is what would be written on tree 6.99.0, 6 patches in all" in done.stderr


def test_another_base_is_told_hunk_by_hunk(v1: Path, small_tree: Path, tmp_path: Path) -> None:
    source = small_tree / "mm/objpool.c"
    source.write_text(
        source.read_text().replace("\tif (!trylock_page(", "\tif (!0 + !trylock_page(")
    )
    before = sorted(tmp_path.rglob("*"))
    done = series(
        OBJPOOL, "--tree", small_tree, "--check-against", v1, "--json", tmp_path / "x.json"
    )
    assert done.returncode == 1
    lines = source.read_text().splitlines()
    first = next(n for n, text in enumerate(lines, 1) if "!0 +" in text) - 3
    assert lines[first - 1].startswith("\tstruct page *cursor")
    said = f"patch 1, posted 1: mm/objpool.c:{first}: a change of other code, in trylock_group()\n"
    assert done.stdout == said
    assert "(v1) differs from what would be written on linux 6.99.0 in 1 patch\n" in done.stderr
    told = json.loads((tmp_path / "x.json").read_text())
    assert {one["patch"] for one in told["differences"]} == {1}
    assert told["base"] == {"source": "linux 6.99.0", "commit": None}
    assert sorted(set(tmp_path.rglob("*")) - set(before)) == [tmp_path / "x.json"]


def test_what_a_person_edited_is_no_difference(v1: Path, tmp_path: Path) -> None:
    out = shutil.copytree(v1, tmp_path / "edited")
    mail = next(out.glob("0003-*"))
    mail.write_text(mail.read_text().replace("so all who", "and all who"))
    done = series(OBJPOOL, "--tree", TREE, "--check-against", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith(
        "patch 3: the message keeps what was edited in v1\n"
        f"edited since they were written: {mail.name}\n"
        f"{out} (v1) is what would be written on tree 6.99.0, 6 patches in all, "
        "but for what was edited in it\n"
    )


def test_an_edited_cover_letter_is_said(v1: Path, tmp_path: Path) -> None:
    out = shutil.copytree(v1, tmp_path / "edited")
    letter = out / "0000-cover-letter.patch"
    letter.write_text(letter.read_text().replace("Churn", "The churn"))
    done = series(OBJPOOL, "--tree", TREE, "--check-against", out)
    assert done.returncode == 0
    assert "edited since they were written: 0000-cover-letter.patch\n" in done.stderr


def _unlinked(pattern: str) -> Callable[[Path], None]:
    return lambda out: next(out.glob(pattern)).unlink()


def _recorded(key: str, value: object) -> Callable[[Path], None]:
    def change(out: Path) -> None:
        data = json.loads((out / "series.json").read_text())
        (out / "series.json").write_text(json.dumps({**data, key: value}))

    return change


def _elsewhere(out: Path) -> None:
    (out / "series.json").unlink()
    for mail in out.glob("*.patch"):
        text = mail.read_text().replace("mm/objpool.c", "mm/x.c").replace("mm/tdesc.h", "mm/x.h")
        mail.write_text(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_unlinked("0002-*"), "patch 2/6 is missing; give the whole series"),
        (_recorded("conversion", "z"), "{out}: a series of the conversion 'z', not of 'obj"),
        (_recorded("schema", 99), "not a record that this version reads"),
        (_elsewhere, "{out}: does not belong to the conversion 'objpool': it changes mm/x.c"),
        (lambda out: shutil.rmtree(out), "{out}: no such file or directory; give what"),
        (lambda out: [p.unlink() for p in out.iterdir()], "{out}: no mails; give what"),
    ],
    ids=["a gap", "another's", "schema", "foreign", "nowhere", "nothing"],
)  # fmt: skip
@pytest.mark.parametrize("option", ["--since", "--check-against"])
def test_a_posted_series_that_cannot_be_used(
    option: str,
    change: Callable[[Path], object],
    said: str,
    v1: Path,
    tmp_path: Path,
) -> None:
    out = shutil.copytree(v1, tmp_path / "given")
    change(out)
    words = ["-o", tmp_path / "new"] if option == "--since" else []
    done = series(OBJPOOL, "--tree", TREE, option, out, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said.format(out=out) in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_revision_that_is_not_after_the_posted_one(v1: Path, tmp_path: Path) -> None:
    done = series(OBJPOOL, "--tree", TREE, "-o", tmp_path / "new", "-v1", "--since", v1)
    said = f"zpconvert: -v: 1 is not after {v1}, which is revision 1; give -v 2\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-o", "{new}", "--check-against", "{v1}"],
        ["--since", "{v1}", "--check-against", "{v1}"],
        ["--since", "{v1}"],
    ],
    ids=["neither", "both", "since and against", "since alone"],
)
def test_options_that_exclude_each_other(words: list[str], v1: Path, tmp_path: Path) -> None:
    given = [word.format(v1=v1, new=tmp_path / "new") for word in words]
    done = series(OBJPOOL, "--tree", TREE, *given)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pass -o OUT, with --since or without, or --check-against OUT" in done.stderr


def test_validate_is_not_for_a_check(v1: Path) -> None:
    done = series(OBJPOOL, "--tree", TREE, "--check-against", v1, "--validate", "quick")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--validate goes with -o OUT; see" in done.stderr


@pytest.mark.parametrize("option", ["--to", "--cc"])
def test_an_address_that_is_none(option: str, tmp_path: Path) -> None:
    done = series(OBJPOOL, "--tree", TREE, "-o", tmp_path / "new", option, "linux-mm")
    assert (done.returncode, done.stderr) == (
        2,
        f"zpconvert: {option}: 'linux-mm' is not an address; "
        "write user@host, or 'Name <user@host>'\n",
    )
    assert not (tmp_path / "new").exists()
