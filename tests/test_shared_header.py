# SPDX-License-Identifier: GPL-2.0-only
"""Two conversions with one descriptor in one tree: the fixture tree's objpool and buddy2."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.test_pipeline import CHECKSUM
from zpconvert import posting
from zpconvert.cli.talk import say_absent
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion
from zpconvert.errors import UserError
from zpconvert.git.model import Ident
from zpconvert.mail.check import am_roundtrip
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Converted, convert
from zpconvert.process import run

TREE = FIXTURES / "tree"
HEADER = "mm/tdesc.h"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")

Second = Callable[[Conversion, Converted], Converted]


@pytest.fixture(scope="module")
def buddy2() -> Conversion:
    return load(str(FIXTURES / "conversions/buddy2"))


@pytest.fixture(scope="module")
def buddy2_result(buddy2: Conversion, header_cache: Path) -> Converted:
    return convert(TREE, buddy2, cache=header_cache)


@pytest.fixture
def second(tmp_path_factory: pytest.TempPathFactory, header_cache: Path) -> Second:
    """`second(conversion, first)`: convert the tree that another conversion has left."""

    def made(conversion: Conversion, first: Converted) -> Converted:
        tree = shutil.copytree(TREE, tmp_path_factory.mktemp("second") / "linux")
        for path, text in first.tree.items():
            (tree / path).write_bytes(text)
        return convert(tree, conversion, cache=header_cache)

    return made


def test_the_order_makes_no_difference(
    objpool: Conversion, buddy2: Conversion, objpool_result: Converted, buddy2_result: Converted,
    second: Second,
) -> None:  # fmt: skip
    one = objpool_result.tree | second(buddy2, objpool_result).tree
    other = buddy2_result.tree | second(objpool, buddy2_result).tree
    assert set(one) == {"mm/objpool.c", "mm/buddy2.c", HEADER}
    assert one == other
    assert one[HEADER] not in (objpool_result.tree[HEADER], buddy2_result.tree[HEADER])


def test_every_commit_of_the_second_series_works(
    buddy2: Conversion, objpool_result: Converted, second: Second, small_tree: Path, tmp_path: Path
) -> None:
    result = second(buddy2, objpool_result)
    for path, text in objpool_result.tree.items():
        (small_tree / path).write_bytes(text)
    make: list[str | Path] = ["make", "-s", "-C", small_tree, f"O={tmp_path}/out", "W=1"]
    assert len(result.states) == 2
    for state in result.states:
        for path, text in state.files.items():
            (small_tree / path).write_bytes(text)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        done = run([*make, "check"], timeout=120)
        assert done.stderr == b"", state.step.id
        assert done.text.splitlines()[-1] == CHECKSUM, state.step.id


def test_the_first_series_works_alone(
    buddy2_result: Converted, small_tree: Path, tmp_path: Path
) -> None:
    assert len(buddy2_result.states) == 3
    for state in buddy2_result.states:
        for path, text in state.files.items():
            (small_tree / path).write_bytes(text)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        done = run(["make", "-s", "-C", small_tree, f"O={tmp_path}/out", "W=1", "check"])
        assert (done.stderr, done.text.splitlines()[-1]) == (b"", CHECKSUM), state.step.id


def test_the_second_series_only_adds_helpers_to_the_header(
    buddy2: Conversion, objpool_result: Converted, second: Second
) -> None:
    result = second(buddy2, objpool_result)
    before = result.base[HEADER].decode().splitlines()
    assert result.base[HEADER] == objpool_result.tree[HEADER]
    assert [s.helpers for s in result.states] == [("tdesc_address", "virt_to_tdesc"), ()]
    after = result.tree[HEADER].decode().splitlines()
    rest = iter(after)
    assert all(line in rest for line in before), "a line went or moved"
    assert HEADER not in result.states[1].files


def test_a_step_that_only_introduces_the_descriptor_falls_away(
    buddy2: Conversion, objpool_result: Converted, second: Second,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """And the include comes with the first use."""
    result = second(buddy2, objpool_result)
    (absent,) = result.absent
    assert (absent.step.id, absent.gone, absent.present) == ("introduce", True, True)
    assert b'#include "tdesc.h"' in result.states[0].files["mm/buddy2.c"]
    say_absent(result)
    assert capsys.readouterr().err == (
        "step introduce left out: this tree has its descriptor already\n"
    )


def test_a_step_that_does_more_shrinks(
    objpool: Conversion, buddy2_result: Converted, second: Second
) -> None:
    result = second(objpool, buddy2_result)
    (absent,) = result.absent
    assert (absent.step.id, absent.gone, absent.present) == ("introduce", False, True)
    assert len(result.states) == len(objpool.steps)
    assert "tdesc_trylock" in result.states[0].helpers


def test_messages_and_cover_letter_are_true_of_the_tree(
    buddy2: Conversion, objpool_result: Converted, buddy2_result: Converted, second: Second,
    tmp_path: Path,
) -> None:  # fmt: skip
    subjects = {}
    shared = second(buddy2, objpool_result)
    for name, result in (("alone", buddy2_result), ("shared", shared)):
        posted = posting.post(
            tmp_path / name, TREE, buddy2, result, None,
            ident=IDENT, signoff=False, options=SeriesOptions(),
        )  # fmt: skip
        cover, *mails = [path for path in posted.paths if path.suffix == ".patch"]
        assert am_roundtrip(result.base, mails) == result.tree
        subjects[name] = [state.step.subject for state in result.states]
        subjects[f"{name} cover"] = [" ".join(cover.read_text().split())]
    assert subjects["alone"][:2] == [
        "add struct tdesc",
        "add alloc_tdesc() and convert buddy2_alloc()",
    ]
    assert subjects["shared"][0] == "convert buddy2_alloc() to tdesc"
    (alone,), (cover,) = subjects["alone cover"], subjects["shared cover"]
    assert "mm/buddy2: add and use struct tdesc" in alone
    assert "already" not in alone
    assert "mm/buddy2: use struct tdesc, too" in cover
    assert (
        "mm/tdesc.h is in this tree already; the series adds tdesc_address() and"
        " virt_to_tdesc() to it." in cover
    )
    assert "mm/buddy2: add struct tdesc (left out): this tree has mm/tdesc.h already" in cover


def test_a_header_that_somebody_edited_is_refused(
    buddy2: Conversion, objpool_result: Converted, small_tree: Path, header_cache: Path
) -> None:
    text = objpool_result.tree[HEADER].replace(b"folio_get(", b"get_page(&")
    assert text != objpool_result.tree[HEADER]
    (small_tree / HEADER).write_bytes(text)
    with pytest.raises(UserError, match=r"is not as tdesc\.toml gives it") as caught:
        convert(small_tree, buddy2, cache=header_cache)
    assert caught.value.where.startswith(f"{HEADER}:")
