# SPDX-License-Identifier: GPL-2.0-only
"""What was seen in the files, and what is proposed, as values."""

from __future__ import annotations

from dataclasses import dataclass

from zpconvert.conversion.model import Helper, Member
from zpconvert.csource.ctype import CType


@dataclass(frozen=True, order=True)
class Place:
    """A place in the tree; line and column are 1-based, the column counts bytes.

    function: the function, or the macro, that it is in; empty outside of both.
    """

    path: str
    line: int
    column: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Access:
    """A member of the old struct, reached through a pointer that becomes a descriptor.

    form: `plain` (any use of a value or a place), `get` (cast to the pointer `ctype`), `set`
          (assigned a `ctype` that is cast to a number), `number` (assigned something else that
          is cast), or `clear` (assigned 0 or NULL).
    through: the function or macro that stands for the member, empty for `->`.
    """

    place: Place
    member: str
    form: str
    ctype: CType | None = None
    through: str = ""


@dataclass(frozen=True)
class Call:
    """A call of what the tree's headers declare, with a descriptor going in or coming out.

    given: positions (0-based) of the arguments that are descriptors. args: the type of each
    argument, None where it could not be decided.
    result: what comes back becomes a descriptor. used: anything is done with what comes back.
    ctype: the type of what comes back, None if it could not be decided.
    """

    place: Place
    name: str
    given: tuple[int, ...]
    args: tuple[CType | None, ...]
    result: bool
    used: bool
    ctype: CType | None


@dataclass(frozen=True)
class Entry:
    """`list_entry(p, struct page, lru)` and its like: a macro that is given the old struct's
    name. args: what each argument is: `type`, `member` or `value`."""

    place: Place
    name: str
    member: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Iterated:
    """A member that a macro is given by name, beside a pointer: `list_for_each_entry()`."""

    place: Place
    name: str
    member: str


@dataclass(frozen=True)
class Callback:
    """A function whose signature is fixed from outside, and what holds it.

    holder: `struct x_ops.member`, or how else its name is used. slots: its parameters.
    """

    place: Place
    function: str
    holder: str
    slots: tuple[str, ...]


@dataclass(frozen=True)
class Slot:
    """A slot of a file; `border` is the reason why it stays, empty if it flips."""

    place: Place
    id: str
    border: str = ""


@dataclass(frozen=True)
class Meeting:
    """A place where the two types meet and nothing is proposed; `what` says how."""

    place: Place
    what: str


@dataclass(frozen=True)
class Seen:
    """One file, looked at."""

    path: str
    slots: tuple[Slot, ...]
    accesses: tuple[Access, ...]
    calls: tuple[Call, ...]
    entries: tuple[Entry, ...]
    iterated: tuple[Iterated, ...]
    callbacks: tuple[Callback, ...]
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True)
class Idiom:
    """A rule to be: its name, its text from the `@@` of its head on, its examples, and the
    places that it is meant for."""

    name: str
    about: str
    text: str
    examples: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Proposed:
    """A helper to be; `calls` are the places that it is meant for, `old` the page call and
    `new` the call in its body."""

    helper: Helper
    old: str
    new: str
    calls: tuple[Place, ...]


@dataclass(frozen=True)
class MemberUse:
    """A member to be, and where the files use it."""

    member: Member
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Question:
    """What a person has to decide. topic: one word or two, by which questions are gathered.
    seen: what the file says. decide: what to make of it, and where."""

    topic: str
    seen: str
    decide: str
    places: tuple[Place, ...] = ()
