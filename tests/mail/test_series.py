# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
import re
import resource
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from zpconvert.errors import UserError
from zpconvert.git.model import Commit
from zpconvert.git.scratch import scratch_series
from zpconvert.mail import record
from zpconvert.mail.check import am_roundtrip
from zpconvert.mail.cover import Base

Sample = Any  # the dataclass of conftest.py, which no module can import

GOLDEN_COVER = """\
From HASH Mon Sep 17 00:00:00 2001
Message-ID: <20240601-a-v1-0-9fbaf67da69c@example.org>
From: A U Thor <author@example.org>
Date: Sat, 1 Jun 2024 14:00:00 +0200
Subject: [PATCH 0/3] mm/a: use g()

What it is for.

Churn, lines changed over the series divided by lines of the final diff:
1.00.

A U Thor (3):
  mm/a: use g() in f0()
  mm/a: use g() in f15()
  mm/a: use g() in f30()

 mm/a.c | 6 +++---
 mm/g.h | 3 +++
 2 files changed, 6 insertions(+), 3 deletions(-)
 create mode 100644 mm/g.h


base-commit: 0123456789012345678901234567890123456789
change-id: 20240601-a-3e23f69565bc
SIGNATURE
VERSION

"""


def git_version() -> str:
    return subprocess.check_output(["git", "--version"], text=True).split()[2]


def header(mail: Path, name: str) -> str:
    value = message_from_bytes(mail.read_bytes())[name]
    return " ".join(str(make_header(decode_header(value))).split())


def test_names_and_cover_letter(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "outgoing"
    paths = sample.write(out)
    assert [path.name for path in paths] == [
        "0000-cover-letter.patch",
        "0001-mm-a-use-g-in-f0.patch",
        "0002-mm-a-use-g-in-f15.patch",
        "0003-mm-a-use-g-in-f30.patch",
        "series.json",
    ]
    assert sorted(out.iterdir()) == sorted(paths)
    cover = re.sub(r"^From [0-9a-f]{40}", "From HASH", paths[0].read_text())
    assert cover == GOLDEN_COVER.replace("SIGNATURE\nVERSION", f"-- \n{git_version()}")
    assert list(out.parent.iterdir()) == [out]


def test_the_base_stands_where_git_puts_it(tmp_path: Path, samples: Callable[..., Sample]) -> None:
    """The same series by `git format-patch --base` in a repository that has the base."""
    sample = samples(3)
    with scratch_series(sample.base, sample.commits) as scratch:
        theirs = tmp_path / "theirs"
        words = ["--cover-letter", f"--base={scratch.base}", f"--output-directory={theirs}"]
        scratch.git("format-patch", *words, scratch.range)
        git_s = (theirs / "0000-cover-letter.patch").read_text()
        ours = samples(3, source=Base("x", scratch.base)).write(tmp_path / "ours")[0].read_text()
    assert "\nbase-commit: " in git_s
    ours = re.sub(r"(?m)^change-id: .*\n", "", ours)
    assert ours[ours.index("\nA U Thor (3):") :] == git_s[git_s.index("\nA U Thor (3):") :]


def test_a_plain_base_is_named_in_words(samples: Callable[..., Sample], tmp_path: Path) -> None:
    sample = samples(source=Base("linux-source-6.12 6.12.117"))
    cover = sample.write(tmp_path / "out")[0].read_text()
    assert "\nBase: linux-source-6.12 6.12.117 (no git)\n" in cover
    assert "base-commit" not in cover


def test_the_same_input_gives_the_same_bytes(
    sample: Sample, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = [path.read_bytes() for path in sample.write(tmp_path / "first")]
    request.getfixturevalue("hostile_config")
    assert [path.read_bytes() for path in sample.write(tmp_path / "second")] == first


def test_git_am_gives_exactly_the_tool_s_tree(
    samples: Callable[..., Sample], tmp_path: Path
) -> None:
    sample = samples(20)
    paths = sample.write(tmp_path / "out")
    patches = [path for path in paths[1:] if path.suffix == ".patch"]
    assert len(patches) == 20
    assert am_roundtrip(sample.base, patches) == sample.commits[-1].files
    assert am_roundtrip(sample.base, patches[:7]) == sample.commits[6].files


def test_odd_bytes_survive_git_am(samples: Callable[..., Sample], tmp_path: Path) -> None:
    """No newline at the end, a form feed, trailing blanks, a line that looks like a mail."""
    sample = samples(1)
    last = sample.commits[0]
    odd = b"From nobody Mon Sep 17 00:00:00 2001\n-- \n\x0c\nx \t\nn\xc3\xa4ive\nend"
    files = {**sample.base, "mm/odd.h": odd}
    changed = samples(1)
    object.__setattr__(changed, "commits", (Commit(last.message, last.ident, files),))
    paths = changed.write(tmp_path / "out")
    assert am_roundtrip(sample.base, paths[1:2]) == files


def test_options_are_git_format_patch_s(sample: Sample, tmp_path: Path) -> None:
    paths = sample.write(
        tmp_path / "out",
        reroll=2,
        rfc=True,
        subject_prefix="PATCH mm-unstable",
        to=("One <one@example.org>", "two@example.org"),
        cc=("list@example.org",),
        in_reply_to="<parent@example.org>",
    )
    assert paths[0].name == "v2-0000-cover-letter.patch"
    assert paths[1].name == "v2-0001-mm-a-use-g-in-f0.patch"
    for number, path in enumerate(paths[:-1]):
        assert header(path, "Subject").startswith(f"[RFC PATCH mm-unstable v2 {number}/3] mm/a: ")
        assert header(path, "To") == "One <one@example.org>, two@example.org"
        assert header(path, "Cc") == "list@example.org"
    ids = [header(path, "Message-ID") for path in paths[:-1]]
    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"<20240601-a-v2-\d-\w{12}@example\.org>", one) for one in ids)
    answers = [header(path, "In-Reply-To") for path in paths[:-1]]
    assert answers == ["<parent@example.org>", *ids[:1] * 3]
    assert header(paths[0], "References") == "<parent@example.org>"
    assert header(paths[3], "References") == f"<parent@example.org> {ids[0]}"


def test_rfc_alone(sample: Sample, tmp_path: Path) -> None:
    assert header(sample.write(tmp_path / "out", rfc=True)[1], "Subject") == (
        "[RFC PATCH 1/3] mm/a: use g() in f0()"
    )


@pytest.mark.parametrize(
    "options",
    [{"to": ("a\nBcc: b",)}, {"cc": ("",)}, {"in_reply_to": " "}, {"reroll": 0}, {"to": ("list",)}],
)
def test_options_that_make_no_mail(
    sample: Sample, tmp_path: Path, options: dict[str, object]
) -> None:
    with pytest.raises(UserError):
        sample.write(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_long_title_and_names_beyond_ascii(
    samples: Callable[..., Sample], tmp_path: Path
) -> None:
    title = "mm/a: ünusual " + "and long " * 12 + "title"
    sample = samples(title=title, text="Text — with a dash.")
    cover = sample.write(tmp_path / "out")[0]
    raw = cover.read_bytes().split(b"\n\n")[0]
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 78
    assert header(cover, "Subject") == f"[PATCH 0/3] {title}"
    mail = message_from_bytes(cover.read_bytes())
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "Text — with a dash." in payload.decode(str(mail.get_content_charset()))


def test_the_record_says_what_was_written(sample: Sample, tmp_path: Path) -> None:
    paths = sample.write(tmp_path / "out", reroll=3)
    written = record.load(tmp_path / "out")
    assert written is not None
    assert written.files == tuple(path.name for path in paths)
    assert [patch.file for patch in written.patches] == list(written.files[1:4])
    assert [patch.step for patch in written.patches] == ["s0", "s1", "s2"]
    assert [patch.commit for patch in written.patches] == [
        path.read_text().split()[1] for path in paths[1:4]
    ]
    assert [[c.path for c in patch.changes] for patch in written.patches] == [
        ["mm/a.c"],
        ["mm/a.c", "mm/g.h"],
        ["mm/a.c", "mm/g.h"],
    ]
    assert written.patches[1].changes[1].created
    assert not written.patches[2].changes[1].created
    assert written.options.reroll == 3


def test_a_commit_that_changes_nothing_never_shifts_the_numbers(
    sample: Sample, tmp_path: Path
) -> None:
    object.__setattr__(sample, "commits", (*sample.commits, sample.commits[-1]))
    with pytest.raises(ValueError, match="changes nothing"):
        sample.write(tmp_path / "out")


def test_a_file_size_limit_leaves_nothing(sample: Sample, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, hard))
        with pytest.raises(UserError, match="disk"):
            sample.write(tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_git_send_email_takes_it(samples: Callable[..., Sample], tmp_path: Path) -> None:
    helper = Path(subprocess.check_output(["git", "--exec-path"], text=True).strip())
    if not (helper / "git-send-email").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("git send-email is missing: apt install git-email")
        pytest.skip("git send-email is missing: apt install git-email")
    sample = samples(3, title="mm/ä: use g()", text="Blurb — text.")
    out = tmp_path / "out"
    paths = sample.write(out, to=("list@example.org",))
    mails = [str(path) for path in paths if path.suffix == ".patch"]
    sent = subprocess.run(
        ["git", "send-email", "--dry-run", "--confirm=never", "--suppress-cc=all", *mails],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert sent.returncode == 0, sent.stderr
    assert sent.stdout.count("Result: OK") == 4
    assert "do not declare a Content-Transfer-Encoding" not in sent.stdout + sent.stderr
