# SPDX-License-Identifier: GPL-2.0-only
"""What ties mails together: the Message-IDs of one posting, the change-id of all of them.

Both have the form that b4 gives them (make_msgid_tpt() and start_new_series() of its ez.py),
so that `b4 am`, `b4 diff` and `b4 trailers` find the mails of a series, and those of its
other revisions. git format-patch would put the time of day into a Message-ID; here the same
series has the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from zpconvert.git.model import Ident

#: Hexadecimal digits that b4 ends a change-id and a Message-ID with.
_DIGITS = 12

_ID = re.compile(rb"^Message-I[Dd]: (<[^>\n]*>)$", re.MULTILINE)


def change_id(slug: str, ident: Ident) -> str:
    """The id of a series that is new: `20240601-slug-0123456789ab`.

    slug: the conversion's name. ident: who posts it first, and when.
    """
    return f"{_day(ident)}-{_slug(slug)}-{_digest(slug, str(ident))}"


def message_ids(change: str, revision: int, ident: Ident, hashes: Sequence[str]) -> list[str]:
    """The ids of a posting's mails, the cover letter's first, in angle brackets.

    hashes: of the commits. They make the ids differ where anything else does: the same
    mails sent twice are one mail to an archive, two different ones never.
    """
    stable = re.sub(r"^\d{8}-", "", change.rpartition("-")[0])
    digest = _digest(change, str(ident), *hashes)
    host = ident.email.rpartition("@")[2] or "localhost"
    return [
        f"<{_day(ident)}-{stable}-v{revision}-{number}-{digest}@{host}>"
        for number in range(len(hashes) + 1)
    ]


def rethreaded(mails: Sequence[bytes], ids: Sequence[str]) -> list[bytes]:
    """The mails of `git format-patch --thread` under other ids."""
    headers = [mail.partition(b"\n\n")[0] for mail in mails]
    names = [match[1] for header in headers if (match := _ID.search(header))]
    new = dict(zip(names, (one.encode() for one in ids), strict=True))
    known = re.compile(b"|".join(map(re.escape, new)))
    return [
        _ID.sub(rb"Message-ID: \1", known.sub(lambda old: new[old[0]], header))
        + mail[len(header) :]
        for header, mail in zip(headers, mails, strict=True)
    ]


def _day(ident: Ident) -> str:
    seconds, zone = ident.date.split()
    minutes = int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[3:5]))
    here = timezone(timedelta(minutes=minutes)) if minutes else UTC
    return datetime.fromtimestamp(int(seconds), here).strftime("%Y%m%d")


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text).strip("-").lower()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]
