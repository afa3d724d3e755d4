# SPDX-License-Identifier: GPL-2.0-only
"""A series that was posted, read back from its mails.

What `git am` takes from a mail is taken here: the message above the `---`, the diff below
it; besides that what it throws away, the notes between the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.diff import FileDiff, missing_changes, parse_diff
from zpconvert.git.hunks import FileHunks, read_hunks
from zpconvert.git.model import Ident
from zpconvert.mail import archive, record
from zpconvert.mail.archive import Mail
from zpconvert.scratch import scratch_directory

_REPLY = re.compile(r"(?:re|fwd?|aw|sv)\s*:", re.IGNORECASE)
_TAGS = re.compile(r"\[(?P<tags>[^\]]*)\]\s*")
_COUNT = re.compile(r"(\d+)/(\d+)")
_REVISION = re.compile(r"v(\d+)", re.IGNORECASE)

#: Where git-am(1) ends the message, and where the diff begins.
_CUT = re.compile(rb"^---\s*$", re.MULTILINE)
_DIFF = re.compile(rb"^(?:diff --git |diff -|Index: |--- [^\n]+\n\+\+\+ )", re.MULTILINE)
_DIFFSTAT = re.compile(rb"^ (?:\S.* \| +(?:\d+|Bin)|\d+ files? changed)", re.MULTILINE)
#: Lines at the top of a body that stand for the mail's own headers.
_IN_BODY = re.compile(r"(?:(?:From|Subject|Date): .*\n)+\n+")
#: A cover letter's text ends where the shortlog, the diffstat or git's signature begins.
_SHORTLOG = re.compile(r"^(?:\S.* \(\d+\):\n {2,}\S| \S.* \| +\d+ |-- $)", re.MULTILINE)
#: The history of revisions: `Changes in v3:`, `v2->v3:`, `Changes since v2:`.
_HISTORY = re.compile(
    r"^(?:---\n+)?(?:Changes? (?:in|since|from) [^\n]{1,30}:|v\d+ ?-+> ?v\d+|Changelog:)",
    re.MULTILINE | re.IGNORECASE,
)
_BASE = re.compile(r"^base-commit: ([0-9a-f]{40})$", re.MULTILINE)
_CHANGE_ID = re.compile(r"^change-id:\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Subject:
    """`[tags n/m] title`; 0 is the cover letter's number, a lone patch is 1 of 1."""

    title: str
    revision: int
    number: int
    total: int


@dataclass(frozen=True)
class PostedPatch:
    """A patch. message: as a commit has it, ending in a newline; notes: what stands below its
    `---`, without the diffstat; diff: the rest, the mail's signature included; step: the id
    that series.json gives it; told, remarks: the message and what was said to reviewers in the
    notes, as the tool wrote them, if that is recorded."""

    number: int
    message: str
    notes: str
    diff: bytes
    ident: Ident
    files: tuple[FileHunks, ...]
    step: str | None = None
    told: str | None = None
    remarks: str | None = None

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class PostedCover:
    """A cover letter. text: its own, history: from the first heading of a changelog on, both
    up to the shortlog."""

    title: str
    text: str
    history: str


@dataclass(frozen=True)
class PostedSeries:
    """A posted series. source: what it was read from; message_id: of its first mail, without
    brackets, if it was seen in an archive; foreign: one line about each mail that is not of it;
    record: series.json, for an output directory that has one."""

    source: str
    revision: int
    patches: tuple[PostedPatch, ...]
    cover: PostedCover | None = None
    base_commit: str | None = None
    change_id: str | None = None
    message_id: str | None = None
    record: record.SeriesRecord | None = None
    foreign: tuple[str, ...] = field(default=())


def subject(text: str) -> Subject | None:
    """A mail's subject as that of a patch or a cover letter; None if it is neither."""
    if _REPLY.match(text):
        return None
    rest, tags = text, []
    while (tag := _TAGS.match(rest)) is not None:
        tags.append(tag["tags"])
        rest = rest[tag.end() :]
    words = " ".join(tags).split()
    counts = [match for word in words if (match := _COUNT.fullmatch(word))]
    if not counts and "PATCH" not in words:
        return None
    number, total = map(int, counts[-1].groups()) if counts else (1, 1)
    revisions = [int(match[1]) for word in words if (match := _REVISION.fullmatch(word))]
    return Subject(rest, revisions[-1] if revisions else 1, number, total)


def check_whole(source: Path, numbers: Set[int], total: int) -> None:
    """Raise UserError unless `numbers` has each patch of 1 to `total`."""
    missing = next((n for n in range(1, total + 1) if n not in numbers), None)
    if missing is not None:
        raise UserError(str(source), f"patch {missing}/{total} is missing", "give the whole series")


def base_commit(text: str) -> str | None:
    """The commit that a mail names as its series' base (`git format-patch --base`)."""
    found = _BASE.search(text)
    return found[1] if found is not None else None


def cut_short(body: bytes, changes: Sequence[FileDiff]) -> str:
    """What a mail's diff lacks, as its diffstat tells; empty if there is none, or nothing.

    changes: what was read in it.
    """
    start = _DIFF.search(body)
    head = body[: start.start()] if start is not None else body
    cut = _CUT.search(head)
    lacks = missing_changes(head[cut.end() :], changes) if cut is not None else ""
    return f"its diff has {lacks} that its diffstat counts" if lacks else ""


def read(source: Path) -> PostedSeries:
    """The series in `source`, which is anything that `archive.read` takes.

    Of several revisions the last counts. Raises UserError when there is no patch, when one of
    them is missing or there twice, or when a mail cannot be read as a patch.
    """
    mails = archive.read(source)
    ours, foreign = _sorted(mails)
    if not any(one.number for one, _ in ours):
        raise UserError(
            str(source), "no patches in it", "give what 'zpconvert series' wrote, or an mbox file"
        )
    known = record.load(source) if archive.is_directory_of_patches(source) else None
    total = max(one.total for one, _ in ours)
    by_number = _numbered(source, ours, total)
    letters = [(one, mail) for one, mail in ours if one.number == 0]
    patches = tuple(_patch(source, *by_number[n], known) for n in range(1, total + 1))
    first = letters[0][1] if letters else by_number[1][1]
    text = first.body.decode("utf-8", "replace")
    change = _CHANGE_ID.search(text)
    return PostedSeries(
        source=str(source),
        revision=by_number[1][0].revision,
        patches=patches,
        cover=_cover(letters[0][0].title, text) if letters else None,
        base_commit=base_commit(text),
        change_id=change[1] if change is not None else None,
        message_id=_message_id(first) if known is None else None,
        record=known,
        foreign=tuple(foreign),
    )


def _sorted(mails: Sequence[Mail]) -> tuple[list[tuple[Subject, Mail]], list[str]]:
    """The mails of the last revision, and what is to be said of the others."""
    patches, foreign = [], []
    for mail in mails:
        found = subject(mail.subject)
        if found is None or (found.number and not _DIFF.search(mail.body)):
            foreign.append(f"{mail.name}: no patch: {mail.subject}")
        else:
            patches.append((found, mail))
    last = max((one.revision for one, _ in patches), default=0)
    foreign += [
        f"{mail.name}: of revision {one.revision}, not {last}: {mail.subject}"
        for one, mail in patches
        if one.revision != last
    ]
    return [(one, mail) for one, mail in patches if one.revision == last], foreign


def _numbered(
    source: Path, ours: Sequence[tuple[Subject, Mail]], total: int
) -> dict[int, tuple[Subject, Mail]]:
    found: dict[int, tuple[Subject, Mail]] = {}
    for one, mail in ours:
        if one.number == 0:
            continue
        other = found.setdefault(one.number, (one, mail))[1]
        if other is not mail and (other.subject, other.body) != (mail.subject, mail.body):
            raise UserError(
                f"{source}: {mail.name}",
                f"there are two patches {one.number}/{total} in it",
                "give one series only",
            )
    check_whole(source, found.keys(), total)
    return found


def _patch(
    source: Path, one: Subject, mail: Mail, known: record.SeriesRecord | None
) -> PostedPatch:
    body = mail.body
    start = _DIFF.search(body)
    assert start is not None
    head, diff = body[: start.start()], body[start.start() :]
    cut = _CUT.search(head)
    text = head[: cut.start() if cut is not None else len(head)].decode("utf-8", "replace")
    below = head[cut.end() :] if cut is not None else b""
    stat = _DIFFSTAT.search(below)
    notes = below[: stat.start() if stat is not None else len(below)].decode("utf-8", "replace")
    try:
        if b"\0" in body:
            raise ValueError("there are NUL bytes in it")
        files = read_hunks(diff)
        short = cut_short(body, parse_diff(diff))
        if short:
            raise ValueError(short)
    except ValueError as error:
        raise UserError(
            f"{source}: {mail.name}",
            f"its patch is damaged: {' '.join(str(error).split())}",
            "get the mail again",
        ) from None
    headers = _IN_BODY.match(text)
    rest = text[headers.end() if headers is not None else 0 :].strip("\n")
    return PostedPatch(
        one.number,
        f"{one.title}\n\n{rest}\n",
        notes.strip("\n"),
        diff,
        _ident(mail, headers[0] if headers is not None else ""),
        files,
        *_recorded(known, one.number),
    )


def _recorded(
    known: record.SeriesRecord | None, number: int
) -> tuple[str | None, str | None, str | None]:
    """(step, message, remarks) that series.json has for a patch."""
    for patch in known.patches if known is not None else ():
        if patch.number == number:
            return patch.step, patch.message or None, patch.remarks
    return None, None, None


def _ident(mail: Mail, in_body: str) -> Ident:
    """The author: the first line of the body when the mail is forwarded, else the sender."""
    forwarded = re.search(r"(?m)^From: (.*)$", in_body)
    sender = str(mail.message.get("From", ""))
    name, address = parseaddr(forwarded[1] if forwarded is not None else sender)
    try:
        when = parsedate_to_datetime(str(mail.message.get("Date", "")))
        when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        date = f"{int(when.timestamp())} {when.strftime('%z')}"
    except ValueError:
        date = "0 +0000"
    return Ident(re.sub(r"[<>\n]", "", name) or address, re.sub(r"[<>\n]", "", address), date)


def _cover(title: str, body: str) -> PostedCover:
    end = _SHORTLOG.search(body)
    own = body[: end.start() if end is not None else len(body)].strip("\n")
    history = _HISTORY.search(own)
    if history is None or not history[0].startswith("---"):
        own = own.removesuffix("\n---").rstrip("\n")  # b4's, before its shortlog
    at = history.start() if history is not None else len(own)
    return PostedCover(title, own[:at].strip("\n"), own[at:].strip("\n"))


def _message_id(mail: Mail) -> str | None:
    found = str(mail.message.get("Message-ID", "")).strip().strip("<>")
    return found or None


@contextmanager
def unpacked(source: Path) -> Iterator[Path]:
    """A directory with the patches of `source`: itself if that is what it is, else one that is
    removed at the end. Raises UserError as `read` does."""
    if archive.is_directory_of_patches(source):
        yield source
        return
    with scratch_directory() as place:
        for name, mail in clean(read(source)):
            (place / name).write_bytes(mail)
        yield place


def clean(series: PostedSeries) -> Iterator[tuple[str, bytes]]:
    """(file name, mail) of each patch, as `git am` takes it whatever an archive made of it."""
    for patch in series.patches:
        title, _, rest = patch.message.partition("\n\n")
        slug = re.sub(r"[^\w.]+", "-", title)[:52].strip("-.")
        lines = (
            "From " + "0" * 40 + " Mon Sep 17 00:00:00 2001",
            f"From: {patch.ident.person}",
            f"Date: {patch.ident.date}",
            f"Subject: [PATCH {patch.number}/{len(series.patches)}] {title}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=UTF-8",
            "Content-Transfer-Encoding: 8bit",
            "",
            f"{rest.rstrip()}\n---\n{patch.notes}\n",
        )
        yield f"{patch.number:04}-{slug}.patch", "\n".join(lines).encode() + b"\n" + patch.diff
