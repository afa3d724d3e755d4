# SPDX-License-Identifier: GPL-2.0-only
"""A posted series as commits again: what git says of them is what stood in the mails."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zpconvert import posting
from zpconvert.conversion.model import Conversion
from zpconvert.errors import UserError
from zpconvert.git.diff import commit_diffs
from zpconvert.git.hunks import read_hunks
from zpconvert.git.model import Commit, Ident
from zpconvert.mail import posted, record
from zpconvert.mail.posted import PostedPatch, PostedSeries
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Converted
from zpconvert.reroll.rebuild import rebuild

TREE = Path(__file__).resolve().parent.parent.parent / "fixtures/tree"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")


def text(diff: bytes) -> bytes:
    """A diff without what depends on the rest of the file."""
    return re.sub(rb"(?m)^index .*\n", b"", diff).strip()


@pytest.fixture
def series(objpool: Conversion, objpool_result: Converted, tmp_path: Path) -> PostedSeries:
    posting.post(
        tmp_path / "out", TREE, objpool, objpool_result, None,
        ident=IDENT, signoff=True, options=SeriesOptions(),
    )  # fmt: skip
    return posted.read(tmp_path / "out")


def test_with_the_base_they_are_the_very_commits(series: PostedSeries, tmp_path: Path) -> None:
    back = rebuild(series, TREE)
    assert back.known
    assert back.base == {"mm/objpool.c": (TREE / "mm/objpool.c").read_bytes()}
    known = record.load(tmp_path / "out")
    assert known is not None
    from zpconvert.git.scratch import scratch_series

    with scratch_series(back.base, back.commits) as scratch:
        assert list(scratch.commits) == [patch.commit for patch in known.patches]


def test_without_it_the_diffs_are_the_same(series: PostedSeries, tmp_path: Path) -> None:
    """Hunk headers too: what a hunk is in is put where git looks for it."""
    back = rebuild(series, tmp_path)
    assert not back.known
    diffs = commit_diffs(back.base, back.commits)
    for patch, diff in zip(series.patches, diffs, strict=True):
        assert text(diff) == text(patch.diff[: patch.diff.rindex(b"-- \n")])


def test_the_base_is_found_in_the_tree_s_history(series: PostedSeries, small_tree: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=small_tree, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "base")
    source = small_tree / "mm/objpool.c"
    before = source.read_bytes()
    source.write_bytes(before + b"/* more */\n")
    git("commit", "-qam", "more")
    back = rebuild(series, small_tree)
    assert (back.known, back.base["mm/objpool.c"]) == (True, before)


def test_patches_that_do_not_fit_together(series: PostedSeries, tmp_path: Path) -> None:
    first, second, *rest = series.patches
    broken = PostedSeries(series.source, 1, (second, first, *rest))
    with pytest.raises(UserError, match=r"patch 1 does not fit the patches before it"):
        rebuild(broken, tmp_path)


FILE = st.lists(st.sampled_from(["a", "b", "{", "}", "", "int f(void)"]), min_size=1, max_size=30)


@settings(max_examples=25, deadline=None)
@given(st.lists(FILE, min_size=3, max_size=3))
def test_any_series_of_texts(files: list[list[str]]) -> None:
    """Each text known from hunks is in the file after its patch, line for line."""
    texts = ["\n".join((*lines, *"uvwxyz", *lines)).encode() + b"\n" for lines in files]
    commits = [Commit("s\n\nb\n", IDENT, {"a.c": one}) for one in texts[1:]]
    if len(set(texts)) < len(texts):
        return
    diffs = commit_diffs({"a.c": texts[0]}, commits)
    patches = tuple(
        PostedPatch(n, "s\n\nb\n", "", diff, IDENT, read_hunks(diff))
        for n, diff in enumerate(diffs, 1)
    )
    back = rebuild(PostedSeries("x", 1, patches), Path("/nonexistent"))
    for diff, patch in zip(commit_diffs(back.base, back.commits), patches, strict=True):
        ours = [line for file in read_hunks(diff) for h in file.hunks for line in h.lines]
        theirs = [line for file in patch.files for h in file.hunks for line in h.lines]
        changed = [[one for one in lines if one[0] in "+-"] for lines in (ours, theirs)]
        assert sorted(changed[0]) == sorted(changed[1])
