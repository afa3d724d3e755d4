# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zpconvert.errors import UserError
from zpconvert.mail import output
from zpconvert.scratch import PREFIX

Sample = Any


def content(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_an_empty_directory_is_used_and_stays_the_same_directory(
    sample: Sample, tmp_path: Path
) -> None:
    """A shell can sit in it: `mkdir out; cd out; zpconvert series … -o .`"""
    out = tmp_path / "out"
    out.mkdir()
    inode = out.stat().st_ino
    sample.write(out)
    assert out.stat().st_ino == inode
    sample.write(out)
    assert out.stat().st_ino == inode


def test_a_previous_output_is_replaced_whole(
    samples: Callable[..., Sample], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    samples(5).write(out)
    (out / "report.json").write_text("{}")
    paths = samples(3).write(out, reroll=2)
    assert sorted(out.iterdir()) == sorted(paths)


@pytest.mark.parametrize("name", ["notes.txt", "0099-mine.patch", ".hidden", ".zpconvert-mine"])
def test_other_files_are_never_touched(sample: Sample, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    sample.write(out)
    (out / name).write_text("mine")
    before = content(out)
    for refuse in (output.check, sample.write):
        with pytest.raises(UserError, match=f"has other files in it .{name}"):
            refuse(out)
    assert content(out) == before


@pytest.mark.parametrize("number", [0, 2])
def test_an_edited_mail_is_not_written_over(sample: Sample, tmp_path: Path, number: int) -> None:
    """An evening's words in a cover letter were gone after the next `make series`."""
    out = tmp_path / "out"
    mail = sample.write(out)[number]
    mail.write_bytes(mail.read_bytes().replace(b"What it is", b"WHAT IT IS") + b"\n")
    before = content(out)
    for refuse in (output.check, sample.write):
        with pytest.raises(UserError) as refused:
            refuse(out)
        assert str(refused.value) == (
            f"{mail}: was edited since it was written; choose another output directory "
            f"(--since {out} keeps edited words), or remove it"
        )
    assert content(out) == before
    mail.unlink()
    sample.write(out)


def test_a_record_of_before_there_were_digests(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "out"
    *_, file = sample.write(out)
    file.write_text(json.dumps({**json.loads(file.read_text()), "digests": {}}))
    (out / "0000-cover-letter.patch").write_text("edited")
    sample.write(out)


def test_mails_without_a_record_are_somebody_s_own(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample.write(out)
    (out / "series.json").unlink()
    with pytest.raises(UserError, match="has other files"):
        sample.write(out)


def test_a_file_in_the_way(sample: Sample, tmp_path: Path) -> None:
    for name in ("file", "file/below"):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(UserError, match="not a directory"):
            sample.write(tmp_path / name)
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(UserError, match="not a directory"):
        sample.write(tmp_path / "link")


def test_what_a_killed_run_left_is_no_hindrance(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / f"{PREFIX}abc").mkdir(parents=True)
    sample.write(out)
    assert (out / "series.json").is_file()


def test_the_directory_has_the_user_s_permissions(sample: Sample, tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        sample.write(tmp_path / "out")
    finally:
        os.umask(mask)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


def test_an_interrupted_exchange_is_taken_back(
    samples: Callable[..., Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C after each rename in turn: the old output is there again, whole."""
    out = tmp_path / "out"
    samples(3).write(out)
    before = content(out)
    rename = Path.rename
    for limit in range(9):
        count = 0

        def interrupted(self: Path, target: Path, limit: int = limit) -> Path:
            nonlocal count
            count += 1
            done = rename(self, target)
            if count == limit + 1:
                raise KeyboardInterrupt
            return done

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", interrupted)
            with pytest.raises(KeyboardInterrupt):
                samples(2).write(out, reroll=2)
        assert content(out) == before, limit


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_the_user_s_to_mend(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(UserError, match="the disk is full"),
        output.staged(tmp_path / "out") as new,
    ):
        (new / "half").write_text("x")
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(sample: Sample) -> None:
    """/sys refuses root, too."""
    with pytest.raises(UserError, match="cannot be written"):
        sample.write(Path("/sys/zpconvert-out"))
