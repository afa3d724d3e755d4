# SPDX-License-Identifier: GPL-2.0-only
"""Mails of a series, read back: from `zpconvert series`, or from git format-patch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.diff import FileDiff, parse_diff
from zpconvert.mail import archive, posted, record
from zpconvert.mail.record import SeriesRecord

#: The cover letter of git format-patch, with or without a reroll count.
_COVER = re.compile(r"(?:v\d+-)?0000-")
_PREFIX = re.compile(r"\[[^\]]*\]\s*")
#: Ends the message and begins what git am passes over (git-am(1)).
_CUT = re.compile(r"^---\n", re.MULTILINE)
_DIFF = re.compile(rb"^(?:diff --git |--- [^\n]+\n\+\+\+ )", re.MULTILINE)
#: The head of a hunk that ends before it says how long the hunk is.
_HALF = re.compile(rb"^@@ (?!-\d+(?:,\d+)? \+\d+(?:,\d+)? @@)[^\n]*\Z", re.MULTILINE)
_SHORT = "its diff is cut short"
#: git's signature, after which nothing belongs to the mail.
_SIGNATURE = re.compile(r"^-- \n[^\n]*\n*\Z", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """A mail: `subject` is without `[PATCH …]`, `diff` is empty for a cover letter."""

    file: str
    subject: str
    message: str
    diff: str
    changes: tuple[FileDiff, ...]


def patches(out: Path) -> tuple[SeriesRecord | None, list[Path]]:
    """What series.json says, if it is there, and the patches of a directory, in order.

    Raises UserError where there is no such directory, no patch in it, or one fewer than the
    subjects count.
    """
    if out.is_file():
        what = "not a directory: what is made of the mails goes beside them"
        raise UserError(str(out), what, "put the mails into a directory, a .patch each")
    if not out.is_dir():
        raise UserError(str(out), "no such directory", "give what 'zpconvert series' wrote")
    found = record.load(out)
    if found is not None:
        mails = [out / patch.file for patch in found.patches]
    else:
        mails = sorted(p for p in out.glob("*.patch") if not _COVER.match(p.name))
        _check_numbers(out, mails)
    if not mails:
        raise UserError(str(out), "no patches", "give a directory of mails, the patches among them")
    return found, mails


def _check_numbers(out: Path, mails: list[Path]) -> None:
    """What is left of a series applies and proves nothing about the rest of it."""
    subjects = [posted.subject(str(_parsed(_read(mail))["Subject"] or "")) for mail in mails]
    counted = [one for one in subjects if one is not None]
    totals = {one.total for one in counted}
    # of several series, or damaged mails, what does not apply tells more
    if len(totals) == 1 and len(counted) == len(mails):
        posted.check_whole(out, {one.number for one in counted}, totals.pop())


def cover(out: Path) -> Path | None:
    """The cover letter of a directory, if there is one."""
    return next((p for p in sorted(out.glob("*.patch")) if _COVER.match(p.name)), None)


def base_commit(path: Path) -> str | None:
    """The commit that a mail names as its series' base, None if it names none."""
    return posted.base_commit(_read(path).decode("utf-8", "replace"))


def whole(path: Path) -> tuple[FileDiff, ...]:
    """What the patch in a mail changes. Raises UserError if the mail is not there, or if no
    `git am` would take it whatever the tree: the tree is not to be blamed for that."""
    data = _read(path)
    mail, fault = archive.Mail(path.name, _parsed(data)), ""
    if b"\0" in data:
        fault = "there are NUL bytes in it"
    elif not mail.subject:
        fault = "it is no mail, or was cut short before its Subject"
    elif not _DIFF.search(mail.body):
        fault = "there is no diff in it"
    try:
        changes = parse_diff(mail.body)
    except ValueError:
        fault = fault or _SHORT
    if not fault and _HALF.search(mail.body):
        fault = _SHORT
    fault = fault or posted.cut_short(mail.body, changes)
    beyond = [one.path for one in changes if not _within(one.path)] if not fault else []
    if beyond:
        fault = f"{beyond[0]} is no path in a tree"
    if fault:
        what = f"the mail is damaged: {fault}"
        raise UserError(str(path), what, "get it again, or write the series anew")
    return changes


def _within(path: str) -> bool:
    """Whether a path in a diff is one that git would have in a tree (verify_path() of git's
    read-cache.c)."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def read(path: Path) -> Mail:
    """A patch or a cover letter, decoded. Raises UserError as `whole` does."""
    changes = () if _COVER.match(path.name) else whole(path)
    mail = _parsed(_read(path))
    payload = mail.get_payload(decode=True)
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = _SIGNATURE.sub("", text.replace("\r\n", "\n"))
    at = text.find("\ndiff --git ")
    before, diff = (text, "") if at < 0 else (text[: at + 1], text[at + 1 :])
    message = _CUT.split(before, maxsplit=1)[0] if diff else before
    subject = _PREFIX.sub("", str(mail["Subject"] or path.name), count=1)
    return Mail(path.name, subject, message.strip("\n"), diff, changes)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError(str(path), "the mail is missing", "write the series anew") from None
    except OSError as error:
        raise UserError(str(path), error.strerror or "cannot be read", "mend it") from None


def _parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, _class=EmailMessage, policy=policy.default)
