# SPDX-License-Identifier: GPL-2.0-only
"""Series read back: from our own directory, and from archives that had their way with them."""

from __future__ import annotations

import mailbox
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from quopri import encodestring
from typing import Any

import pytest

from zpconvert.errors import UserError
from zpconvert.mail import archive, posted
from zpconvert.mail.check import am_roundtrip

Sample = Any  # the dataclass of conftest.py, which no module can import

FOOTER = b"\n_______________________________________________\nlinux-mm mailing list\n"
REPLY = b"""\
From: R E Viewer <r@example.org>
Subject: Re: [PATCH v2 2/3] mm/a: use g() in f15()
Message-ID: <reply@example.org>

On Monday, A U Thor wrote:
> diff --git a/mm/a.c b/mm/a.c
> --- a/mm/a.c

Nice.
From here on it is fine.
"""
STRANGER = b"""\
From: S <s@example.org>
Subject: [PATCH v2 1/1 RFC?] another thing without a patch
Message-ID: <stranger@example.org>

Hello.
"""


def mail(path: Path, encode: str = "", footer: bytes = b"") -> bytes:
    """A mail of ours as an archive may have it, without its first line."""
    head, _, body = path.read_bytes().partition(b"\n")[2].partition(b"\n\n")
    body += footer
    if not encode:
        return head + b"\n\n" + body
    coded = encodestring(body) if encode == "quoted-printable" else b64encode(body)
    lines = re.sub(rb"(.{76})", rb"\1\n", coded) if encode == "base64" else coded
    mime = "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    return head + f"{mime}Content-Transfer-Encoding: {encode}".encode() + b"\n\n" + lines + b"\n"


def mbox(*mails: bytes) -> bytes:
    """Mails in the format mboxrd."""
    quoted = (re.sub(rb"(?m)^(>*From )", rb">\1", one) for one in mails)
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + one + b"\n" for one in quoted)


@pytest.fixture
def mangled(sample: Sample, tmp_path: Path) -> Path:
    """A thread of revision 2, in another order, with mails of all kinds in between."""
    first = sample.write(tmp_path / "v1")
    cover, one, two, three, _ = sample.write(tmp_path / "v2", reroll=2, to=("l@example.org",))
    path = tmp_path / "thread.mbox"
    path.write_bytes(
        mbox(
            mail(three, "base64"),
            REPLY,
            mail(first[1]),
            mail(one, "quoted-printable", FOOTER),
            mail(cover, footer=FOOTER),
            STRANGER,
            mail(two, footer=FOOTER),
            mail(two, footer=FOOTER),
        )
    )
    return path


def test_a_directory_of_ours(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample.write(out, reroll=4)
    series = posted.read(out)
    assert (series.revision, series.base_commit) == (4, "0123456789" * 4)
    assert series.record is not None
    assert series.change_id == series.record.change_id
    assert series.message_id is None
    assert [patch.message for patch in series.patches] == [c.message for c in sample.commits]
    assert [patch.told for patch in series.patches] == [c.message for c in sample.commits]
    assert [patch.step for patch in series.patches] == ["s0", "s1", "s2"]
    assert [str(patch.ident) for patch in series.patches] == [str(c.ident) for c in sample.commits]
    assert series.cover is not None
    assert (series.cover.title, series.cover.history) == ("mm/a: use g()", "")
    assert series.record.cover is not None
    assert series.cover.text == series.record.cover.text.rstrip()


def test_a_thread_of_an_archive_is_the_same_series(
    sample: Sample, mangled: Path, tmp_path: Path
) -> None:
    series, ours = posted.read(mangled), posted.read(tmp_path / "v2")
    assert series.revision == 2
    assert series.cover == ours.cover
    assert series.change_id == ours.change_id
    assert series.base_commit == ours.base_commit
    for theirs, own in zip(series.patches, ours.patches, strict=True):
        assert theirs.files == own.files
        assert replace(theirs, diff=b"") == replace(
            own, diff=b"", step=None, told=None, remarks=None
        )
    assert series.message_id is not None
    assert re.fullmatch(r"20240601-a-v2-0-\w{12}@example\.org", series.message_id)
    assert series.foreign == (
        "mail 2: no patch: Re: [PATCH v2 2/3] mm/a: use g() in f15()",
        "mail 6: no patch: [PATCH v2 1/1 RFC?] another thing without a patch",
        "mail 3: of revision 1, not 2: [PATCH 1/3] mm/a: use g() in f0()",
    )


def test_git_am_takes_what_is_written_of_it(sample: Sample, mangled: Path, tmp_path: Path) -> None:
    paths = []
    for name, text in posted.clean(posted.read(mangled)):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(text)
    assert [path.name for path in paths] == [
        "0001-mm-a-use-g-in-f0.patch",
        "0002-mm-a-use-g-in-f15.patch",
        "0003-mm-a-use-g-in-f30.patch",
    ]
    assert am_roundtrip(sample.base, paths) == sample.commits[-1].files


def test_a_maildir(sample: Sample, tmp_path: Path) -> None:
    kept = mailbox.Maildir(tmp_path / "maildir")
    for path in reversed(sample.write(tmp_path / "out")[:-1]):
        kept.add(mail(path))
    assert [p.number for p in posted.read(tmp_path / "maildir").patches] == [1, 2, 3]


def test_one_patch_alone(samples: Callable[..., Sample], tmp_path: Path) -> None:
    path = samples(1).write(tmp_path / "out")[1]
    (tmp_path / "one.eml").write_bytes(mail(path))
    assert [p.subject for p in posted.read(tmp_path / "one.eml").patches] == [
        "mm/a: use g() in f0()"
    ]


def test_what_is_below_the_cut_is_no_message(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path / "out")[2]
    text = path.read_text().replace("\n---\n", "\n---\nv1->v2:\n- better\n\n", 1)
    path.write_text(text.replace("\n\nLet f15()", "\n\nFrom: O T <o@example.org>\n\nLet f15()"))
    patch = posted.read(tmp_path / "out").patches[1]
    assert patch.notes == "v1->v2:\n- better"
    assert patch.message == sample.commits[1].message
    assert patch.ident.person == "O T <o@example.org>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[PATCH v2 03/20] mm/a: x", posted.Subject("mm/a: x", 2, 3, 20)),
        ("[RFC PATCH mm-unstable V10 0/2] x", posted.Subject("x", 10, 0, 2)),
        ("[linux-mm] [PATCH] x [y]", posted.Subject("x [y]", 1, 1, 1)),
        ("[v3 1/2] x", posted.Subject("x", 3, 1, 2)),
        ("Re: [PATCH 1/2] x", None),
        ("AW: [PATCH 1/2] x", None),
        ("[ANNOUNCE] x", None),
        ("mm/a: 1/2 x", None),
    ],
)
def test_subjects(text: str, found: posted.Subject | None) -> None:
    assert posted.subject(text) == found


def test_a_history_is_told_from_the_text(sample: Sample, tmp_path: Path) -> None:
    cover = sample.write(tmp_path / "out")[0]
    old = cover.read_text()
    for heading in ("Changes in v2:", "---\nv1->v2: ", "Changes since v1:", "Changelog:"):
        cover.write_text(old.replace("\n\nA U Thor (3)", f"\n\n{heading}\n- x\n\nA U Thor (3)"))
        letter = posted.read(tmp_path / "out").cover
        assert letter is not None
        assert letter.text.endswith("1.00.")
        assert letter.history == f"{heading}\n- x"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing", r"patch 2/3 is missing"),
        ("twice", r"there are two patches 1/3"),
        ("damaged", r"its patch is damaged"),
        ("zeros", r"mail 1: its patch is damaged: there are NUL bytes in it"),
        ("replies", r"no patches in it"),
        ("empty", r"no mails"),
        ("nowhere", r"no such file"),
        ("binary", r"no patches in it"),
    ],
)
def test_what_is_no_series(name: str, what: str, sample: Sample, tmp_path: Path) -> None:
    cover, one, two, three, _ = sample.write(tmp_path / "out")
    cut = mail(one).replace(b"\n \tint b = a;\n", b"\n!\tint b = a;\n")
    other = mail(one).replace(b"+\treturn g(b);", b"+\treturn h(b);")
    texts = {
        "missing": mbox(mail(cover), mail(one), mail(three)),
        "twice": mbox(mail(one), mail(two), mail(three), other),
        "damaged": mbox(cut, mail(two), mail(three)),
        "zeros": mbox(mail(one).replace(b"g(b)", b"g(\0)"), mail(two), mail(three)),
        "replies": mbox(REPLY, mail(cover)),
        "empty": b"",
        "binary": bytes(range(256)) * 9,
    }
    path = tmp_path / name
    if name in texts:
        path.write_bytes(texts[name])
    with pytest.raises(UserError, match=what) as caught:
        posted.read(path)
    assert "\n" not in str(caught.value)


def test_a_line_that_begins_with_from_is_no_new_mail(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(b"From a Thu Jan  1 00:00:00 1970\nSubject: s\n\nFrom 6.1 to 6.12\n>From x\n")
    (found,) = archive.read(path)
    assert found.body == b"From 6.1 to 6.12\nFrom x\n"


def test_other_character_sets(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(
        b"Subject: =?iso-8859-1?q?gr=FC=DF?=\nContent-Type: text/plain; charset=iso-8859-1\n"
        b"Content-Transfer-Encoding: 8bit\n\nna\xefve\r\nline\r\n"
    )
    (found,) = archive.read(path)
    assert (found.subject, found.body) == ("grüß", "naïve\nline\n".encode())


def test_what_is_not_there_is_told_with_what_to_give(tmp_path: Path) -> None:
    """It was to be a directory, though an mbox file is as good."""
    todo = "no such file or directory; give what 'zpconvert series' wrote, or an mbox file"
    with pytest.raises(UserError, match=todo), posted.unpacked(tmp_path / "none"):
        pass
