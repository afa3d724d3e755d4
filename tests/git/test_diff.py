# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.git.diff import FileDiff, diff_files, measure, parse_diff
from zpconvert.git.model import Commit, Ident

IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0000")
BEFORE = {"mm/a.c": b"int f(void)\n{\n\treturn 1;\n}\n", "mm/same.c": b"same\n"}
AFTER = {
    "mm/a.c": b"int f(void)\n{\n\treturn 2;\n}\n",
    "mm/same.c": b"same\n",
    "mm/b.h": b"one\ntwo\n",
}


@pytest.mark.parametrize("config", [None, "hostile_config"])
def test_a_diff_of_two_maps_applies_and_counts(
    tree: Path, git: Callable[..., str], config: str | None, request: pytest.FixtureRequest
) -> None:
    (tree / "mm/a.c").write_bytes(BEFORE["mm/a.c"])
    if config:
        request.getfixturevalue(config)
    diff = diff_files(BEFORE, AFTER)
    assert diff.startswith(b"diff --git a/mm/a.c b/mm/a.c\nindex ")
    assert parse_diff(diff) == (FileDiff("mm/a.c", 1, 1), FileDiff("mm/b.h", 2, 0, created=True))
    patch = tree.parent / "diff"
    patch.write_bytes(diff)
    git(tree, "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", str(patch))
    assert (tree / "mm/a.c").read_bytes() == AFTER["mm/a.c"]
    assert (tree / "mm/b.h").read_bytes() == AFTER["mm/b.h"]


def test_equal_maps_have_no_diff() -> None:
    assert diff_files(BEFORE, BEFORE) == b""
    assert parse_diff(b"") == ()


def test_odd_bytes_do_not_end_a_line() -> None:
    """Form feeds and lone carriage returns are inside lines; kernel sources have both."""
    diff = diff_files({"a": b"x\n"}, {"a": b"x\ny\x0cz\rw\x85\n\xff\n"})
    assert parse_diff(diff) == (FileDiff("a", 2, 0),)


def test_what_is_no_diff_is_refused() -> None:
    with pytest.raises(ValueError, match="not a unified diff"):
        parse_diff(b"--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n-only one\n")


def test_churn_is_lines_over_the_series_by_lines_of_the_final_diff() -> None:
    once = {"a": b"1\n", "b": b"2\n"}
    stat = measure(
        once,
        [
            Commit("1\n", IDENT, {"a": b"x\n"}),
            Commit("2\n", IDENT, {"a": b"y\n", "c": b"new\n"}),
            Commit("3\n", IDENT, {"c": b"newer\n"}),
        ],
    )
    assert stat.commits == (
        (FileDiff("a", 1, 1),),
        (FileDiff("a", 1, 1), FileDiff("c", 1, 0, created=True)),
        (FileDiff("c", 1, 1),),
    )
    assert stat.lines == 3
    assert stat.churn == pytest.approx(7 / 3)


def test_a_series_that_ends_where_it_began_has_churn_one() -> None:
    stat = measure(
        {"a": b"1\n"}, [Commit("1\n", IDENT, {"a": b"2\n"}), Commit("2\n", IDENT, {"a": b"1\n"})]
    )
    assert stat.lines == 0
    assert stat.churn == 1.0
