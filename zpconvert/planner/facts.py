# SPDX-License-Identifier: GPL-2.0-only
"""What a planned step did, read off the code before and after it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from zpconvert.conversion.model import Descriptor, Helper, Member
from zpconvert.rewrite import tidy
from zpconvert.rewrite.slots import Slot

#: A call, and what its arguments begin with, up to the next call's name or parenthesis.
_CALLED = r"\b(\w+)\((?:[^();]*,)?\s*"


@dataclass(frozen=True)
class Facts:
    """One step, and the code around it.

    slots: those that flip, in file order. groups: those of them that can only flip together.
    names: functions of the files to what they are called once converted (often the same).
    helpers: those that come into the header. before, after, last: the code of all files, without
    comments, before and after the step and at the end of the series. comments: the step mends
    comments. saved: lines that would change once more if the slots flipped one by one.
    calls: function to the functions of its file that it names.
    """

    descriptor: Descriptor
    slots: tuple[Slot, ...]
    groups: tuple[tuple[Slot, ...], ...]
    names: Mapping[str, str]
    helpers: tuple[Helper, ...]
    before: str
    after: str
    last: str
    comments: bool
    saved: int
    calls: Mapping[str, frozenset[str]]

    # -- what flips --------------------------------------------------------------------------

    def functions(self, *kinds: str) -> list[str]:
        """Functions of which slots of these kinds flip, in file order."""
        return list(dict.fromkeys(s.function for s in self.slots if s.kind in kinds and s.function))

    @property
    def callbacks(self) -> list[str]:
        """Functions whose signatures stay, and that take the descriptor at their top."""
        return list(dict.fromkeys(s.function for s in self.slots if s.fixed and s.function))

    @property
    def fields(self) -> list[Slot]:
        """Members of structs and file-scope variables."""
        return [slot for slot in self.slots if slot.function is None]

    @property
    def together(self) -> list[list[str]]:
        """Functions of slots that can only flip together, where they are several."""
        found = [
            list(dict.fromkeys(s.function for s in group if s.function)) for group in self.groups
        ]
        return [functions for functions in found if len(functions) > 1]

    # -- what it brings ----------------------------------------------------------------------

    @cached_property
    def renamed(self) -> list[tuple[str, str]]:
        """Functions that have their new name from this step on: (old, new)."""
        return [
            (old, new)
            for old, new in self.names.items()
            if new != old and _named(new, self.after) and not _named(new, self.before)
        ]

    @property
    def shims(self) -> list[str]:
        """Renamed functions whose old name is still called."""
        return [old for old, _ in self.renamed if _named(old, self.after)]

    @property
    def dropped(self) -> list[str]:
        """Old names that nothing calls any more, of functions renamed before this step."""
        new_before = {old for old, new in self.names.items() if _named(new, self.before)}
        return [
            old
            for old, new in self.names.items()
            if new != old and old in new_before
            if _named(old, self.before) and not _named(old, self.after)
        ]

    @property
    def used(self) -> list[Helper]:
        """Helpers that are called more often after the step."""
        return [
            helper
            for helper in self.descriptor.helpers
            if _calls(helper.name, self.after) > _calls(helper.name, self.before)
        ]

    @property
    def members(self) -> list[Member]:
        """Members of the descriptor, called otherwise than the old ones, that come into use."""
        return [
            member
            for member in self.descriptor.members
            if member.name != member.over
            if _reached(member.name, self.after) > _reached(member.name, self.before)
        ]

    def ends_with(self, member: Member) -> bool:
        """Whether the code uses a member when the series is over."""
        return _reached(member.name, self.last) > 0

    # -- where the types meet ----------------------------------------------------------------

    @cached_property
    def added(self) -> str:
        """Lines of the code that the step adds, wherever."""
        new = Counter(self.after.split("\n")) - Counter(self.before.split("\n"))
        return "\n".join(new.elements())

    @property
    def waiting(self) -> list[str]:
        """Functions of the files that are given a page of a descriptor until they are
        converted."""
        own = {*self.names, *self.names.values()}
        return [name for name in self._given_old() if name in own]

    @property
    def borders(self) -> list[str]:
        """Other functions that are given a page of a descriptor, and are at the end, too."""
        own = {*self.names, *self.names.values()}
        final = set(re.findall(_CALLED + re.escape(self.descriptor.to_old) + r"\(", self.last))
        return [name for name in self._given_old() if name not in own and name in final]

    @property
    def lent(self) -> bool:
        """Whether callers that still have the old type cast it for now."""
        cast = rf"\b{re.escape(self.descriptor.from_old)}\("
        called = set(re.findall(_CALLED + cast, self.added))
        shimmed = {new for old, new in self.names.items() if _named(old, self.after) and old != new}
        return bool(called & {*self.names, *self.names.values()} - shimmed)

    def _given_old(self) -> list[str]:
        """Functions and macros to which added lines hand the old type of a descriptor."""
        cast = rf"{re.escape(self.descriptor.to_old)}\("
        found = dict.fromkeys(re.findall(_CALLED + cast, self.added))
        keywords = ("if", "while", "for", "switch", "return", "sizeof")
        return [name for name in found if name not in keywords]


def code(files: Mapping[str, bytes], paths: Sequence[str]) -> str:
    """The code of some files, without comments and the white space around lines."""
    texts = [tidy.without_comments(files[path]) for path in paths]
    return b"\n".join(texts).decode("utf-8", "replace")


def _named(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _calls(name: str, text: str) -> int:
    return len(re.findall(rf"\b{re.escape(name)}\(", text))


def _reached(member: str, text: str) -> int:
    return len(re.findall(rf"->{re.escape(member)}\b", text))
