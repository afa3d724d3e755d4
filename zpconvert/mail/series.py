# SPDX-License-Identifier: GPL-2.0-only
"""The series as mails: cover letter and patches, as git format-patch writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.diff import SeriesStat, parse_diff
from zpconvert.git.model import Commit
from zpconvert.git.scratch import BRANCH, Scratch, scratch_series
from zpconvert.mail import output, record
from zpconvert.mail.cover import Cover, Measured
from zpconvert.mail.record import Origin, PatchRecord, SeriesOptions, SeriesRecord

#: A mail's last lines: git's signature. A mail without it was cut short.
_SIGNATURE = b"\n-- \n"

#: Stands for the cover letter's text until the mails are counted.
_BLURB = "*** BLURB HERE ***"

_SUMMARY = re.compile(
    rb"^ \d+ files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?$",
    re.MULTILINE,
)

_MIME = (
    b"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
)


def write_series(
    out: Path,
    base_files: Mapping[str, bytes],
    commits: Sequence[Commit],
    options: SeriesOptions,
    cover: Cover,
    origin: Origin,
) -> list[Path]:
    """Write the mails and series.json into `out`; the paths, cover letter first.

    base_files: path -> content of the touched files in the base, those that it has.
    commits: in order, each changing something; the last one's ident sends the cover letter.
    origin: what series.json says of where the series comes from, one step a commit.

    `out` is created, or its previous output replaced, whole or not at all. Raises
    UserError: other files in `out`, a full disk, an address that is none.
    """
    _check_changes(base_files, commits)
    _check_options(options)
    with output.staged(out) as new:
        with scratch_series(base_files, commits) as scratch:
            names = _format_patch(scratch, new, cover.title, options, commits[-1])
        mails = [(new / name).read_bytes() for name in names]
        _check_whole(mails, out)
        stat = _stat(mails)
        letter = cover.letter(stat, new)
        (new / names[0]).write_bytes(_finished(mails[0], letter.text, origin.base.commit))
        written = _record(scratch.commits, stat, names, commits, options, origin, letter.measured)
        (new / record.NAME).write_bytes(record.dump(written))
        output.install(new, out)
    return [out / name for name in written.files]


def _check_changes(base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> None:
    """git format-patch leaves out a commit that changes nothing, and the numbers shift."""
    if not commits:
        raise ValueError("a series without commits")
    tree = dict(base_files)
    for commit in commits:
        after = {**tree, **commit.files}
        if after == tree:
            raise ValueError(f"a commit that changes nothing: {commit.message.splitlines()[0]}")
        tree = after


def _check_options(options: SeriesOptions) -> None:
    for name, values in (
        ("--to", options.to),
        ("--cc", options.cc),
        ("--in-reply-to", () if options.in_reply_to is None else (options.in_reply_to,)),
        ("--subject-prefix", () if options.subject_prefix is None else (options.subject_prefix,)),
    ):
        for value in values:
            if "\n" in value or (not value.strip() and name != "--subject-prefix"):
                raise UserError(name, f"{value!r} is not one line of text", "give it one")
    if options.reroll is not None and options.reroll < 1:
        raise UserError("-v", f"{options.reroll} is not a revision", "count from 1")


def _format_patch(
    scratch: Scratch, new: Path, title: str, options: SeriesOptions, last: Commit
) -> list[str]:
    """Run git format-patch into `new`; the names of the files, cover letter first.

    git takes the cover letter's subject from the branch's description and folds it itself,
    and has done so the same way since 2.24. `--rfc` comes as a subject prefix because 2.39
    lets it override --subject-prefix where 2.47 joins the two.
    """
    prefix = "PATCH" if options.subject_prefix is None else options.subject_prefix
    words = [f"--subject-prefix={'RFC ' if options.rfc else ''}{prefix}"]
    if options.reroll is not None:
        words.append(f"--reroll-count={options.reroll}")
    words += [f"--to={address}" for address in options.to]
    words += [f"--cc={address}" for address in options.cc]
    if options.in_reply_to is not None:
        words.append(f"--in-reply-to={options.in_reply_to}")
    printed = scratch.git(
        "-c",
        f"branch.{BRANCH}.description={title}\n\n{_BLURB}",
        "format-patch",
        "--cover-letter",
        "--cover-from-description=subject",
        f"--output-directory={new.resolve()}",
        *words,
        scratch.range,
        env={
            "GIT_COMMITTER_NAME": last.ident.name,
            "GIT_COMMITTER_EMAIL": last.ident.email,
            "GIT_COMMITTER_DATE": last.ident.date,
        },
    )
    return [Path(line).name for line in printed.decode().splitlines()]


def _check_whole(mails: Sequence[bytes], out: Path) -> None:
    """git writes mails through stdio and does not look whether the last block got out."""
    if any(_SIGNATURE not in mail[-200:] for mail in mails):
        raise UserError(str(out), "a mail was cut short", "make room on the disk")


def _stat(mails: Sequence[bytes]) -> SeriesStat:
    """What the patches change; the final diff's lines are in the cover letter's diffstat."""
    diffs = [mail[mail.index(b"\ndiff --git ") :] for mail in mails[1:]]
    *_, summary = _SUMMARY.finditer(mails[0])
    return SeriesStat(
        tuple(map(parse_diff, diffs)), sum(int(count) for count in summary.groups(b"0"))
    )


def _finished(letter: bytes, blurb: str, base_commit: str | None) -> bytes:
    """The cover letter with what git could not know: its text and the text's encoding, and
    the user's own base, put where `format-patch --base` puts it."""
    header, text = letter.split(b"\n\n", 1)
    if not header.isascii():
        header = _encoded(header.decode()).encode()
    text = text.replace(f"{_BLURB}\n".encode(), blurb.rstrip("\n").encode() + b"\n", 1)
    if not text.isascii() and b"\nContent-Type:" not in header:
        header += b"\n" + _MIME.rstrip(b"\n")
    if base_commit is not None:
        text, signature = text.rsplit(_SIGNATURE, 1)
        text += b"\n\nbase-commit: " + base_commit.encode() + _SIGNATURE + signature
    return header + b"\n\n" + text


def _encoded(header: str) -> str:
    """The cover letter's From and Subject by RFC 2047, as in every other mail: git 2.39
    leaves them as they are in this one."""
    from email.header import Header
    from email.utils import formataddr, parseaddr

    fields = re.split(r"\n(?![ \t])", header)
    for index, field in enumerate(fields):
        name, colon, value = field.partition(": ")
        if not colon or value.isascii():
            continue
        if name == "From":
            value = formataddr(parseaddr(value))
        elif name == "Subject":
            value = Header(value.replace("\n", ""), "utf-8", header_name=name).encode()
        fields[index] = f"{name}: {value}"
    return "\n".join(fields)


def _record(
    hashes: Sequence[str],
    stat: SeriesStat,
    names: Sequence[str],
    commits: Sequence[Commit],
    options: SeriesOptions,
    origin: Origin,
    measured: Measured,
) -> SeriesRecord:
    rows = zip(names[1:], origin.steps, commits, hashes, stat.commits, strict=True)
    patches = tuple(
        PatchRecord(
            number,
            file,
            step.step,
            commit.message.split("\n", 1)[0],
            made,
            step.slots,
            step.helpers,
            changes,
        )
        for number, (file, step, commit, made, changes) in enumerate(rows, 1)
    )
    return SeriesRecord(
        record.SCHEMA,
        origin.tool,
        origin.conversion,
        origin.base,
        options,
        patches,
        stat.churn,
        measured,
        (*names, record.NAME),
    )
