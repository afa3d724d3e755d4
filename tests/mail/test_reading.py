# SPDX-License-Identifier: GPL-2.0-only
"""Mails as git format-patch writes them, whatever is in them."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.git.diff import FileDiff
from zpconvert.mail import posted
from zpconvert.mail.reading import cover, patches, read, whole


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


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "it is no mail, or was cut short before its Subject"),
        (lambda data: b"hello\n", "it is no mail, or was cut short before its Subject"),
        (lambda data: data[: data.index(b"\ndiff ")], "there is no diff in it"),
        (lambda data: data[: data.index(b"@@ -1") + 4], "its diff is cut short"),
        (lambda data: data[: data.index(b"\n+-- \n")], "its diff is cut short"),
        (lambda data: data.replace(b"+b", b"+\0"), "there are NUL bytes in it"),
        *(
            (
                lambda data, new=new: data.replace(b"a.c", new),
                f"{new.decode()} is no path in a tree",
            )
            for new in (
                b"../a.c",
                b"/etc/passwd",
                b".git/config",
                b"a/../b.c",
                b"a/.GIT/b.c",
                b"..",
            )
        ),
    ],
)
def test_a_damaged_mail_is_told(mails: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    """It was the tree that such a mail "does not apply to", and a page was made of it."""
    second = patches(mails)[1][1]
    second.write_bytes(damage(second.read_bytes()))
    for use in (whole, read):
        with pytest.raises(UserError) as told:
            use(second)
        assert str(told.value) == (
            f"{second}: the mail is damaged: {said}; get it again, or write the series anew"
        )


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A mail of all that git counts: hunks in two files, one that is made, one that goes, a
    mode, a binary, a rename."""
    place = tmp_path / "long"
    place.mkdir()

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=place, capture_output=True, timeout=60, check=True)

    git("init", "-q")
    lines = [f"{n}\n" for n in range(40)]
    for name in ("a.c", "b.c", "gone.c", "old.c"):
        (place / name).write_text(name + "".join(lines))
    (place / "mode.sh").write_text("x\n")
    (place / "z.bin").write_bytes(bytes(range(256)))
    git("add", "-A")
    git("commit", "-qm", "base")
    lines[3], lines[30] = "three\n", "thirty\nand\n"
    for name in ("a.c", "b.c"):
        (place / name).write_text(name + "".join(lines))
    (place / "mode.sh").chmod(0o755)
    (place / "z.bin").write_bytes(bytes(range(255, -1, -1)))
    (place / "empty.c").write_text("")
    git("rm", "-q", "gone.c")
    git("mv", "old.c", "new.c")
    git("add", "-A")
    git("commit", "-qm", "all\n\n 90 files changed, 90 insertions(+), says its message.")
    git("format-patch", "-q", "-1", "-M", "-o", "out")
    (mail,) = (place / "out").iterdir()
    return mail


def test_a_mail_that_is_cut_between_two_hunks_is_told_by_its_diffstat(long: Path) -> None:
    data = long.read_bytes()
    whole(long)
    posted.read(long)
    second = data.index(b"\n@@", data.index(b"\n@@", data.index(b"diff --git a/b.c")) + 1)
    for end, said in (
        (second + 1, "2 of 7 files, 4 of 6 insertions, 3 of 44 deletions"),
        (data.index(b"diff --git a/z.bin"), "6 of 7 files"),
    ):
        long.write_bytes(data[:end])
        for use in (whole, read, posted.read):
            with pytest.raises(UserError, match=f"its diff has {said} that its diffstat counts"):
                use(long)
        long.write_bytes(re.sub(rb"(?m)^ 7 files changed.*\n", b"", data[:end]))
        whole(long)
        posted.read(long)


def test_a_note_may_quote_the_diffstat_of_another_mail(long: Path) -> None:
    data = long.read_bytes()
    note = b" 7 files changed, 99 insertions(+), 99 deletions(-)\n"
    stat = re.search(rb"(?m)^ 7 files changed.*\n", data)
    assert stat is not None
    for at in stat.span():
        long.write_bytes(data[:at] + note + data[at:])
        whole(long)
        posted.read(long)


def test_a_mail_in_a_transfer_encoding_is_whole(mails: Path) -> None:
    second = patches(mails)[1][1]
    head, body = second.read_bytes().split(b"\n\n", 1)
    coded = head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(body)
    second.write_bytes(coded)
    assert whole(second) == (FileDiff("a.c", 2, 0),)


def test_the_cover_letter_is_no_patch(mails: Path) -> None:
    letter = cover(mails)
    assert letter is not None
    assert letter.name == "v2-0000-cover-letter.patch"
    mail = read(letter)
    assert (mail.subject, mail.diff) == ("*** SUBJECT HERE ***", "")
    assert mail.message.startswith("*** BLURB HERE ***")
    letter.unlink()
    assert cover(mails) is None


def test_a_series_that_is_not_whole_is_told(mails: Path) -> None:
    first, last = patches(mails)[1]
    gone = last.read_bytes()
    last.unlink()
    with pytest.raises(UserError, match="patch 2/2 is missing; give the whole series"):
        patches(mails)
    last.write_bytes(gone)
    first.unlink()
    with pytest.raises(UserError, match="patch 1/2 is missing"):
        patches(mails)
    last.write_bytes(gone.replace(b"[PATCH v2 2/2]", b"[PATCH v2]"))
    assert patches(mails)[1] == [last]
