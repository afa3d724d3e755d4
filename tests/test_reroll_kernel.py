# SPDX-License-Identifier: GPL-2.0-only
"""From Linux 6.1 to 6.12: the rebase of a posted series, as a reviewer reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.git.diff import commit_diffs
from zpconvert.kernel.tree import open_tree
from zpconvert.mail import posted
from zpconvert.reroll.rebuild import rebuild

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parent.parent

COVER = """\
Changes in v2:
- rebase from linux-source-6.1 {old} to linux-source-6.12 {new}
- add patch 19, "mm/zsmalloc: introduce __zpdesc_clear_zsmalloc"
- add patch 20, "mm/zsmalloc: introduce __zpdesc_set_zsmalloc()"
- add __zpdesc_clear_zsmalloc() and __zpdesc_set_zsmalloc()
- follow the new base in patches 1, 6, 7, 10, 11 and 14 to 17
- 30 functions change, were 33
"""


def series(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", "series", "zsmalloc", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def v1(kernel_61: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series on 6.1."""
    out = tmp_path_factory.mktemp("posted") / "v1"
    done = series("--tree", kernel_61, "-o", out)
    assert done.returncode == 0, done.stderr
    return out


def test_a_rebase_over_eleven_releases(
    v1: Path, kernel_61: Path, kernel_612: Path, tmp_path: Path
) -> None:
    out = tmp_path / "v2"
    done = series("--tree", kernel_612, "-o", out, "--since", v1)
    assert done.returncode == 0, done.stderr
    cover, *mails = (Path(line).read_text() for line in done.stdout.splitlines())
    versions = {"old": open_tree(kernel_61).version, "new": open_tree(kernel_612).version}
    assert f"\n\n{COVER.format(**versions)}\n" in cover
    rows = re.findall(r"(?m)^ ?(\d+|-): +[0-9a-f-]{12} ([=!<>]) +(\d+|-): ", cover)
    assert [(old, new) for old, _, new in rows] == [
        *((str(n), str(n)) for n in range(1, 19)), ("-", "19"), ("-", "20"),
    ]  # fmt: skip
    notes = [
        re.split(r"\n\n(?= mm/)", mail.split("\n---\n", 1)[1], maxsplit=1)[0] for mail in mails
    ]
    assert notes[6] == (
        "Changes in v2:\n- follow the new base in obj_allocated() and find_alloced_obj()"
    )
    assert notes[7] == "Changes in v2:\n- no change"
    assert notes[19] == "Changes in v2:\n- new patch"
    again = series("--tree", kernel_612, "--check-against", out)
    assert (again.returncode, again.stdout) == (0, ""), again.stderr


def test_where_a_posted_series_is_another_one_on_a_new_base(v1: Path, kernel_612: Path) -> None:
    done = series("--tree", kernel_612, "--check-against", v1)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert 'patch 19: not posted: "mm/zsmalloc: introduce __zpdesc_clear_zsmalloc"' in lines
    assert any(
        re.fullmatch(
            r"patch 7, posted 7: mm/zsmalloc\.c:\d+: a change of other code, in obj_allocated\(\)",
            line,
        )
        for line in lines
    )
    assert not [line for line in lines if line.startswith(("patch 3,", "patch 8,"))]
    assert "differs from what would be written on linux-source-6.12" in done.stderr


def test_without_its_base_a_series_has_the_same_diffs(
    v1: Path, kernel_61: Path, kernel_612: Path
) -> None:
    series = posted.read(v1)
    for tree, known in ((kernel_61, True), (kernel_612, False)):
        back = rebuild(series, tree)
        assert back.known is known
        for patch, diff in zip(series.patches, commit_diffs(back.base, back.commits), strict=True):
            own = patch.diff[: patch.diff.rindex(b"-- \n")]
            texts = [re.sub(rb"(?m)^index .*\n", b"", one).strip() for one in (diff, own)]
            assert texts[0] == texts[1]
