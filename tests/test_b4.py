# SPDX-License-Identifier: GPL-2.0-only
"""The mails and b4, which takes them from lists, and sends them for many: the real one, off
line, from a local mailbox.

b4 am passes over mails without a Message-ID, and says nothing: that is why ours have one.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.mail import posted

ROOT = Path(__file__).resolve().parent.parent
OBJPOOL = str(ROOT / "fixtures/conversions/objpool")
B4 = Path(sys.executable).parent / "b4"


def run(cwd: Path, *words: str | Path, **env: str) -> str:
    """What a program prints, both streams. Fails the test when it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def b4(tree: Path, *words: str | Path, **env: str) -> str:
    return run(tree, B4, "--no-stdin", "--offline-mode", "--no-interactive", *words, **env)


def series(tree: Path, out: Path, *words: str | Path) -> list[Path]:
    """The paths of the mails of the fixture tree's series."""
    argv = [sys.executable, "-m", "zpconvert", "series", OBJPOOL, "--tree", tree, "-o", out, *words]
    done = subprocess.run(
        [str(word) for word in argv],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return [Path(line) for line in done.stdout.splitlines()]


@pytest.fixture
def tree(small_tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture tree in git. b4 takes a branch for its user's own by the committer, and the
    user is whom git's configuration names; and it looks for one that is at most a year old."""
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "A U Thor")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "author@example.org")
    run(small_tree, "git", "init", "-q", "-b", "master")
    run(small_tree, "git", "config", "user.name", "A U Thor")
    run(small_tree, "git", "config", "user.email", "author@example.org")
    run(small_tree, "git", "add", ".")
    run(small_tree, "git", "commit", "-q", "-m", "base")
    return small_tree


def test_am_and_shazam_take_the_last_revision(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = series(tree, tmp_path / "v1")
    # b4 takes the one that was sent last
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2024-06-02T12:00:00+0000")
    last = series(tree, tmp_path / "v2", "--since", tmp_path / "v1", "--signoff")
    thread = tmp_path / "thread.mbox"
    thread.write_bytes(b"".join(path.read_bytes() for path in (*reversed(last), *first)))
    said = b4(tree, "am", "-C", "-m", thread, "-o", tmp_path / "am")
    assert "Will use the latest revision: v2" in said
    assert "Total patches: 6" in said
    assert re.search(r"Link: \S+/20240602-objpool-v2-0-\w{12}@example\.org", said)
    assert "WARNING" not in said
    run(tree, "git", "checkout", "-q", "-b", "ours")
    run(tree, "git", "am", "-q", *last[1:])
    run(tree, "git", "checkout", "-q", "master")
    b4(tree, "shazam", "-C", "-m", thread)
    assert run(tree, "git", "log", "--format=%s%n%b", "master") == run(
        tree, "git", "log", "--format=%s%n%b", "ours"
    )
    assert run(tree, "git", "diff", "master", "ours") == ""
    assert "Signed-off-by: A U Thor" in run(tree, "git", "log", "-1", "--format=%b")


def test_prep_and_send(tree: Path, tmp_path: Path) -> None:
    """As the README says it: the patches by git am, the cover letter by an editor."""
    paths = series(tree, tmp_path / "out", "--signoff")
    cover = json.loads((tmp_path / "out/series.json").read_text())["cover"]
    (tmp_path / "letter").write_text(f"{cover['title']}\n\n{cover['text']}")
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ncp {tmp_path / "letter"} "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    run(tree, "git", "config", "sendemail.smtpserver", "localhost")
    run(tree, "git", "checkout", "-q", "-b", "tdesc")
    run(tree, "git", "am", "-q", *paths[1:])
    b4(tree, "prep", "-e", "master")
    b4(tree, "prep", "--edit-cover", GIT_EDITOR=str(editor))
    said = b4(tree, "send", "--no-sign", "-o", tmp_path / "sent", "--to", "list@example.org")
    assert "DRYRUN: Would have sent 7 messages" in said
    ours, theirs = posted.read(tmp_path / "out"), posted.read(tmp_path / "sent")
    assert [p.message for p in theirs.patches] == [p.message for p in ours.patches]
    hunks = [[[f.hunks for f in p.files] for p in one.patches] for one in (theirs, ours)]
    assert hunks[0] == hunks[1]
    assert theirs.cover == ours.cover
    assert theirs.base_commit == ours.base_commit


def test_what_b4_sent_can_be_followed(tree: Path, tmp_path: Path) -> None:
    """Of a series that b4 sent, b4's change-id stays."""
    out = tmp_path / "v1"
    series(tree, out, "--signoff")
    (out / "series.json").unlink()
    for mail in out.iterdir():
        mail.rename(mail.with_suffix(".eml"))
    letter = next(out.glob("0000-*"))
    text = re.sub(r"(?m)^change-id: .*$", "change-id: 20230101-x-0123456789ab", letter.read_text())
    letter.write_text(text)
    paths = series(tree, tmp_path / "v2", "--since", out, "--signoff")
    assert "\nchange-id: 20230101-x-0123456789ab\n" in paths[0].read_text()
