# SPDX-License-Identifier: GPL-2.0-only
"""The series as mails: cover letter and patches, as git format-patch writes them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.diff import SeriesStat, parse_diff
from zpconvert.git.model import Commit
from zpconvert.git.scratch import BRANCH, Scratch, scratch_series
from zpconvert.mail import addresses, output, record, thread
from zpconvert.mail.cover import Cover, Letter, Measured
from zpconvert.mail.record import CoverRecord, Origin, PatchRecord, SeriesOptions, SeriesRecord

#: A mail's last lines: git's signature. A mail without it was cut short.
_SIGNATURE = b"\n-- \n"

#: Percentage of a patch that may be another one before git calls it another patch. On the
#: way from Linux 6.1 to 6.12 and back, 90 to 150 pair every patch of zpconvert's own series
#: with itself; 60 (git 2.39) gives up some, 999 (2.47) pairs new small ones with old large ones.
_CREATION = 100

#: Where git-am(1) ends the message.
_CUT = re.compile(rb"^---\n", re.MULTILINE)

_RANGE_DIFF = re.compile(rb"^Range-diff(?: against v\d+)?:$", re.MULTILINE)

#: Stands for the cover letter's text until the mails are counted.
_BLURB = "*** BLURB HERE ***"

_SUMMARY = re.compile(
    rb"^ \d+ files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?$",
    re.MULTILINE,
)

_MIME = (
    b"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
)


@dataclass(frozen=True)
class Posting:
    """Another revision of the series, for the range-diff: its number, its base's files and its
    commits."""

    revision: int
    base_files: Mapping[str, bytes]
    commits: Sequence[Commit]


@dataclass(frozen=True)
class Revised:
    """What a revision has besides what the conversion says. title: of the cover letter;
    letter: its text, made of the tool's; notes: what stands below the `---` of each patch,
    nothing in those that have none; previous: what the range-diff is against."""

    title: str
    letter: Callable[[Letter], str]
    notes: Sequence[str]
    previous: Posting | None = None


def write_series(
    out: Path,
    base_files: Mapping[str, bytes],
    commits: Sequence[Commit],
    options: SeriesOptions,
    cover: Cover,
    origin: Origin,
    revised: Revised | None = None,
) -> list[Path]:
    """Write the mails and series.json into `out`; the paths, cover letter first.

    base_files: path -> content of the touched files in the base, those that it has.
    commits: in order, each changing something; the last one's ident sends the cover letter.
    origin: what series.json says of where the series comes from, one step a commit.
    revised: what is in the mails besides; the commits have their messages from there already.

    `out` is created, or its previous output replaced, whole or not at all. Raises
    UserError: other files in `out`, mails there that a person edited, a full disk, an address
    that is none.
    """
    _check_changes(base_files, commits)
    check_options(options)
    extra = revised or Revised(cover.title, lambda letter: letter.text, [""] * len(commits))
    ident = commits[-1].ident
    change = origin.change_id or thread.change_id(origin.conversion, ident)
    with output.staged(out) as new:
        with scratch_series(base_files, commits) as scratch:
            names = _format_patch(scratch, new, extra, options, commits[-1])
        mails = [(new / name).read_bytes() for name in names]
        _check_whole(mails, out)
        stat = _stat(mails)
        mails[1:] = [_noted(*pair) for pair in zip(mails[1:], extra.notes, strict=True)]
        ids = thread.message_ids(change, options.reroll or 1, ident, scratch.commits)
        mails = thread.rethreaded(mails, ids)
        for name, mail in zip(names, mails, strict=True):
            (new / name).write_bytes(mail)
        letter = cover.letter(stat, new)
        text = extra.letter(letter)
        (new / names[0]).write_bytes(_finished(mails[0], text, (origin.base.commit, change)))
        written = _record(scratch.commits, stat, names, commits, options, origin, letter.measured)
        told = CoverRecord(cover.title, letter.text)
        written = dataclasses.replace(
            written,
            cover=told,
            change_id=change,
            own=origin.own,
            digests={name: record.digest((new / name).read_bytes()) for name in names},
        )
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


def check_options(options: SeriesOptions) -> None:
    """Raise UserError for what makes no mail: an address that is none, an empty text."""
    for name, people in (("--to", options.to), ("--cc", options.cc)):
        for person in people:
            addresses.check(name, person)
    for name, values in (
        ("--in-reply-to", () if options.in_reply_to is None else (options.in_reply_to,)),
        ("--subject-prefix", () if options.subject_prefix is None else (options.subject_prefix,)),
    ):
        for value in values:
            if "\n" in value or (not value.strip() and name != "--subject-prefix"):
                raise UserError(name, f"{value!r} is not one line of text", "give it one")
    if options.reroll is not None and options.reroll < 1:
        raise UserError("-v", f"{options.reroll} is not a revision", "count from 1")


def _format_patch(
    scratch: Scratch, new: Path, extra: Revised, options: SeriesOptions, last: Commit
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
    if extra.previous is not None:
        old = scratch.add(extra.previous.base_files, extra.previous.commits)
        words += [f"--range-diff={old}", f"--creation-factor={_CREATION}"]
    printed = scratch.git(
        "-c",
        f"branch.{BRANCH}.description={extra.title}\n\n{_BLURB}",
        "format-patch",
        "--cover-letter",
        "--thread=shallow",
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
    names = [Path(line).name for line in printed.decode().splitlines()]
    if extra.previous is not None:
        # git takes the revision for the one before this; only some versions name it
        heading = f"Range-diff against v{extra.previous.revision}:".encode()
        letter = new / names[0]
        letter.write_bytes(_RANGE_DIFF.sub(heading, letter.read_bytes(), count=1))
    return names


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


def _noted(mail: bytes, note: str) -> bytes:
    """A patch with a note below its `---`."""
    if not note:
        return mail
    header, text = mail.split(b"\n\n", 1)
    text = _CUT.sub(lambda cut: cut[0] + note.encode() + b"\n\n", text, count=1)
    if not text.isascii() and b"\nContent-Type:" not in header:
        header += b"\n" + _MIME.rstrip(b"\n")
    return header + b"\n\n" + text


def _finished(letter: bytes, blurb: str, ids: tuple[str | None, str]) -> bytes:
    """The cover letter with what git could not know: its text and the text's encoding, and
    below it, where `format-patch --base` puts them, the user's own base and the change-id."""
    header, text = letter.split(b"\n\n", 1)
    if not header.isascii():
        header = _encoded(header.decode()).encode()
    text = text.replace(f"{_BLURB}\n".encode(), blurb.rstrip("\n").encode() + b"\n", 1)
    if not text.isascii() and b"\nContent-Type:" not in header:
        header += b"\n" + _MIME.rstrip(b"\n")
    text, signature = text.rsplit(_SIGNATURE, 1)
    named = zip(("base-commit", "change-id"), ids, strict=True)
    lines = "".join(f"\n{name}: {value}" for name, value in named if value is not None)
    text += b"\n" + lines.encode() + _SIGNATURE + signature
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
            step.message or commit.message,
            step.remarks,
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
