# SPDX-License-Identifier: GPL-2.0-only
"""Mails from wherever they are kept: an output directory, an mbox file, a Maildir."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from zpconvert.errors import UserError

#: Where a mail of an mbox begins. As git-mailsplit(1) has it, and not as Python's mailbox
#: has it: a line of a message that begins with "From " is not followed by a date.
_FROM = re.compile(rb"^From [^\n]*\d:\d\d(?::\d\d)?\s+(?:[-+A-Z0-9]+\s+)?\d{4}[^\n]*\n", re.M)
#: mboxrd, the format of public-inbox, quotes such lines; so does git format-patch's mboxrd.
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
#: A mail of `git format-patch` or of `b4 send -o`, and not an editor's copy of one.
_MAIL = (".patch", ".eml")
_GIVE = "give what 'zpconvert series' wrote, or an mbox file"


@dataclass(frozen=True)
class Mail:
    """A mail as it was kept. name: of its file, or its 1-based place in the mailbox."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject, decoded, on one line."""
        return " ".join(str(self.message.get("Subject", "")).split())

    @property
    def body(self) -> bytes:
        """The plain text of the mail: decoded from its transfer encoding, line ends Unix's,
        in UTF-8; bytes that its character set does not have stay as they are."""
        part = self.message.get_body(preferencelist=("plain",))
        payload = part.get_payload(decode=True) if part is not None else b""
        text = payload if isinstance(payload, bytes) else b""
        text = text.replace(b"\r\n", b"\n")
        charset = (part.get_content_charset() if part is not None else None) or "utf-8"
        if charset in ("utf-8", "us-ascii"):
            return text
        try:
            return text.decode(charset).encode()
        except (LookupError, UnicodeDecodeError):
            return text


def read(source: Path) -> tuple[Mail, ...]:
    """The mails in `source`: a directory of .patch or .eml files, an mbox file (mboxrd too, one
    single mail too) or a Maildir; in the order of names, or of the file.

    Raises UserError when it is none of these, or has no mail.
    """
    try:
        mails = tuple(_mails(source))
    except FileNotFoundError:
        raise UserError(str(source), "no such file or directory", _GIVE) from None
    except OSError as error:
        raise UserError(str(source), f"cannot be read: {error.strerror}", "mend it") from None
    if not mails:
        raise UserError(str(source), "no mails", _GIVE)
    return mails


def is_directory_of_patches(source: Path) -> bool:
    """Whether `source` is an output directory rather than a mailbox."""
    return source.is_dir() and not (source / "cur").is_dir()


def _mails(source: Path) -> Iterator[Mail]:
    if is_directory_of_patches(source):
        for path in sorted(path for path in source.iterdir() if path.suffix in _MAIL):
            yield Mail(path.name, _parsed(_FROM.sub(b"", path.read_bytes(), count=1)))
    elif source.is_dir():
        kept = mailbox.Maildir(source, create=False)
        for key in sorted(kept.keys()):
            yield Mail(key, _parsed(kept.get_bytes(key)))
    else:
        yield from _mbox(source.read_bytes())


def _mbox(data: bytes) -> Iterator[Mail]:
    starts = list(_FROM.finditer(data))
    if not starts and data.strip():
        yield Mail("mail 1", _parsed(data))
    for number, start in enumerate(starts, 1):
        end = starts[number].start() if number < len(starts) else len(data)
        text = _QUOTED.sub(rb"\1", data[start.end() : end])
        yield Mail(f"mail {number}", _parsed(text))


def _parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message
