# SPDX-License-Identifier: GPL-2.0-only
"""Mails as git format-patch writes them, whatever is in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.git.diff import FileDiff
from zpconvert.mail.reading import cover, patches, read


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """Two commits of a repository, mailed with a cover letter."""
    place = tmp_path / "repository"
    place.mkdir()

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=place, capture_output=True, timeout=60, check=True)

    git("init", "-q")
    for text, message in (
        ("a\n", "base"),
        ("a\nä\n", "Größe: a subject that is so long that git has to fold it over two lines"),
        ("a\nä\n-- \nb", "second\n\n- a list\n\n---- no cut\n\nX: y"),
    ):
        (place / "a.c").write_text(text)
        git("add", "-A")
        git("commit", "-qm", message)
    git("format-patch", "-q", "--cover-letter", "-v2", "-o", "out", "HEAD~2")
    return place / "out"


def test_what_git_mails_is_read_back(mails: Path) -> None:
    record, paths = patches(mails)
    assert record is None
    one, two = map(read, paths)
    assert one.file == paths[0].name
    assert one.file.startswith("v2-0001-Gr-e-a-subject-that-is-so-long-")
    assert one.subject == "Größe: a subject that is so long that git has to fold it over two lines"
    assert one.message == ""
    assert one.diff.startswith("diff --git a/a.c b/a.c\n")
    assert one.diff.endswith("@@ -1 +1,2 @@\n a\n+ä\n")
    assert one.changes == (FileDiff("a.c", 1, 0),)
    assert two.subject == "second"
    assert two.message == "- a list\n\n---- no cut\n\nX: y"
    assert two.diff.endswith(" ä\n+-- \n+b\n\\ No newline at end of file\n")


def test_the_cover_letter_is_no_patch(mails: Path) -> None:
    letter = cover(mails)
    assert letter is not None
    assert letter.name == "v2-0000-cover-letter.patch"
    mail = read(letter)
    assert (mail.subject, mail.diff) == ("*** SUBJECT HERE ***", "")
    assert mail.message.startswith("*** BLURB HERE ***")
    letter.unlink()
    assert cover(mails) is None
