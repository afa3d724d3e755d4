# SPDX-License-Identifier: GPL-2.0-only
"""A header that the tree has already: whether it is the descriptor's, and what is in it.

Another conversion with the same descriptor may have been there first. Its header is ours if it
is, byte for byte, what the descriptor gives for the helpers that are in it; then more can be
added. Any other is left to the user: what somebody changed in it would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from zpconvert.conversion.model import Descriptor, Helper
from zpconvert.csource.members import Group
from zpconvert.errors import UserError
from zpconvert.header.generate import header_text

_DEFINED = re.compile(rb"^static inline [^\n(]*?(\w+)\(", re.MULTILINE)
_SHOWN = 40


@dataclass(frozen=True)
class Present:
    """A descriptor's header that the tree has: its text, and the helpers in it."""

    text: bytes
    helpers: tuple[Helper, ...]

    @property
    def names(self) -> frozenset[str]:
        """The helpers' names."""
        return frozenset(helper.name for helper in self.helpers)


def recognise(descriptor: Descriptor, old: Group, text: bytes) -> Present:
    """Read a header that the tree has, from the text that it has there.

    old: the tree's definition of the struct that the descriptor replaces.
    Raises UserError when the header is not what the descriptor gives, and says where.
    """
    defined = {found[1].decode(): found.start() for found in _DEFINED.finditer(text)}
    known = tuple(helper for helper in descriptor.helpers if helper.name in defined)
    own = header_text(descriptor, old, known)
    if own == text:
        return Present(text, known)
    for helper in known:
        del defined[helper.name]
    raise _stranger(descriptor, text, own, defined)


def _stranger(
    descriptor: Descriptor, text: bytes, own: bytes, others: Mapping[str, int]
) -> UserError:
    """What sets a header apart from our own: its struct, a function, or else a line.

    others: the functions in it that are no helpers, and where they are.
    """
    header, table = descriptor.header, descriptor.path.name
    elsewhere = "give a base from before it was added"
    struct = re.compile(rf"^{descriptor.new_type} \{{.*?^\}}".encode(), re.MULTILINE | re.DOTALL)
    theirs, ours = struct.search(text), struct.search(own)
    if theirs is None:
        return UserError(header, f"is there, but does not define {descriptor.new_type}", elsewhere)
    if ours is None or theirs[0] != ours[0]:
        what = f"its {descriptor.new_type} is another than that of {table}"
        return UserError(_at(header, text, theirs.start()), what, elsewhere)
    for name, at in others.items():
        what = f"has {name}(), which {table} does not know"
        return UserError(_at(header, text, at), what, f"add it to {table}, or {elsewhere}")
    pairs = zip_longest(text.split(b"\n"), own.split(b"\n"))
    line, has, wanted = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
    return UserError(
        f"{header}:{line}",
        f"is not as {table} gives it: {_shown(has)}, not {_shown(wanted)}",
        f"take the change back, make it in {table}, or {elsewhere}",
    )


def _at(header: str, text: bytes, offset: int) -> str:
    line = text.count(b"\n", 0, offset) + 1
    return f"{header}:{line}"


def _shown(line: bytes | None) -> str:
    if line is None:
        return "nothing"
    text = " ".join(line.decode("utf-8", "replace").split())
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"
