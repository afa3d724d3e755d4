# SPDX-License-Identifier: GPL-2.0-only
"""What a commit is before git has it: a person at a time, a message, files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_IDENT = re.compile(r"(?P<name>[^<>\n]*) <(?P<email>[^<>\n]*)> (?P<date>\d+ [-+]\d{4})")


@dataclass(frozen=True)
class Ident:
    """A person at a time; `date` is git's raw form, `1719979513 +0200`."""

    name: str
    email: str
    date: str

    @property
    def person(self) -> str:
        """`Name <email>`, as a trailer has it."""
        return f"{self.name} <{self.email}>"

    def __str__(self) -> str:
        return f"{self.person} {self.date}"


@dataclass(frozen=True)
class Commit:
    """A commit to be made: author and committer are one and the same `ident`.

    files: path in the tree -> content after the commit. Files that are not named stay as
    the parent has them; naming one unchanged changes nothing.
    """

    message: str
    ident: Ident
    files: Mapping[str, bytes]


def parse_ident(text: str) -> Ident:
    """`Name <email> 1719979513 +0200` as git prints it. Raises ValueError."""
    found = _IDENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a git identity: {text!r}")
    return Ident(found["name"], found["email"], found["date"])
