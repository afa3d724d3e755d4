# SPDX-License-Identifier: GPL-2.0-only
"""The names that a converted file speaks in: those of the tree's own header, else ours.

A kernel that others converted has a header of its own, with other helpers or other names for
them; what it defines is what a file can use, so it wins over the descriptor's table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zpconvert.check.native import Native, of_header, of_helper
from zpconvert.conversion.model import Descriptor
from zpconvert.csource import unit as csource
from zpconvert.csource.ctype import CType
from zpconvert.csource.unit import Macro, Unit
from zpconvert.errors import UserError

_CAST = re.compile(rb"\(\s*(?:const\s+)?struct\s+(\w+)\s*\*\s*\)")
_CALL = re.compile(rb"\b(\w+)\s*\(")
#: Bytes of a header in which its opening comment is.
_HEAD = 4096


@dataclass(frozen=True)
class Vocabulary:
    """Names of one descriptor in one tree.

    to_old, from_old, to_folio: what casts between the types. natives: old calls and the
    helpers that stand for them. overlays: member of the old struct → members that lie over it.
    missing: natives of the descriptor's table that its header lacks; only where that header is
    one of ours, for in another's tree there is nothing to be said about it.
    header: the tree's header, read; None where there is none. ours: the header is generated
    from the descriptor, or there is none.
    """

    descriptor: Descriptor
    to_old: frozenset[str]
    from_old: frozenset[str]
    to_folio: frozenset[str]
    natives: tuple[Native, ...]
    overlays: dict[str, tuple[str, ...]]
    missing: tuple[Native, ...] = ()
    header: Unit | None = field(default=None, compare=False)
    ours: bool = True

    @property
    def casts(self) -> frozenset[str]:
        """Everything that casts between the types."""
        return self.to_old | self.from_old | self.to_folio

    @property
    def old(self) -> CType:
        """A pointer to the old struct."""
        return CType(self.descriptor.old_type, 1)

    @property
    def new(self) -> CType:
        """A pointer to the descriptor."""
        return CType(self.descriptor.new_type, 1)

    def interesting(self) -> re.Pattern[bytes]:
        """What a piece of code has to mention to be worth a look."""
        types = f"struct\\s+(?:{self.descriptor.name}|{self.descriptor.replaces})"
        return re.compile(rf"\b(?:{'|'.join(sorted(self.casts))}|{types})\b".encode())


def vocabulary(descriptor: Descriptor, header: bytes | None) -> Vocabulary:
    """The names in use where this header is (None: it is not in the tree).

    Raises UserError for a header that nests deeper than the parser's reader goes.
    """
    try:
        unit = csource.read(header) if header is not None else None
    except RecursionError:
        where, what = descriptor.header, "is nested too deeply to be followed"
        raise UserError(where, what, "mend the header") from None
    if unit is None:
        return Vocabulary(
            descriptor,
            frozenset((descriptor.to_old,)),
            frozenset((descriptor.from_old,)),
            frozenset((descriptor.to_folio,)),
            tuple(n for h in descriptor.helpers for n in of_helper(descriptor, h)),
            _overlays((m.over, m.name) for m in descriptor.members),
        )
    ours = _generated(descriptor, unit.source)
    table = tuple(n for h in descriptor.helpers for n in of_helper(descriptor, h)) if ours else ()
    casts = _casts(descriptor, unit)
    to_old = frozenset(n for n, to in casts.items() if to == descriptor.replaces)
    from_old = frozenset(n for n, to in casts.items() if to == descriptor.name)
    to_folio = frozenset(n for n, to in casts.items() if to == "folio")
    pairs = list(assertions(descriptor, unit))
    paired = [(old, new) for old, new, _ in pairs if old and new]
    return Vocabulary(
        descriptor,
        to_old or frozenset((descriptor.to_old,)),
        from_old or frozenset((descriptor.from_old,)),
        to_folio,
        of_header(descriptor, unit, to_old, from_old, to_folio),
        _overlays(paired or ((m.over, m.name) for m in descriptor.members)),
        tuple(n for n in table if n.helper not in unit.functions),
        unit,
        ours,
    )


def _generated(descriptor: Descriptor, header: bytes) -> bool:
    """Whether a header begins with the text that ours begin with, however it is wrapped."""
    words = re.findall(r"[^\s*]+", header[:_HEAD].decode("utf-8", "replace"))
    return " ".join(descriptor.intro.split()) in " ".join(words)


def _overlays(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for old, new in pairs:
        found[old] = (*found.get(old, ()), new)
    return found


def _casts(descriptor: Descriptor, unit: Unit) -> dict[str, str]:
    """Macros and inline functions of a header that only cast, and the tag they cast to."""
    found = {}
    for name, macros in unit.macros.items():
        for macro in macros:
            to = _cast_macro(descriptor, macro)
            if to is not None:
                found[name] = to
    tags = {descriptor.name, descriptor.replaces, "folio"}
    for name, function in unit.functions.items():
        to = function.result.base.removeprefix("struct ")
        for definition in function.definitions:
            body = definition.child_by_field_name("body")
            text = unit.source[body.start_byte : body.end_byte] if body is not None else b""
            targets = {t.decode() for t in _CAST.findall(text)}
            if to in tags and targets == {to} and not _CALL.search(_CAST.sub(b"", text)):
                found[name] = to
    return found


def _cast_macro(descriptor: Descriptor, macro: Macro) -> str | None:
    if macro.params is None or len(macro.params) != 1:
        return None
    calls = set(_CALL.findall(macro.body)) - {b"_Generic"}
    tags: set[str] = {t.decode() for t in _CAST.findall(macro.body)}
    if calls or len(tags) != 1 or not tags <= {descriptor.name, descriptor.replaces, "folio"}:
        return None
    return next(iter(tags))


def assertions(descriptor: Descriptor, unit: Unit) -> Iterator[tuple[str, str, int]]:
    """(old member, new member, byte) of what a header asserts about its members.

    Either name is empty where an assertion speaks of one struct only.
    """
    old = re.compile(rf"offsetof\s*\(\s*{_tag(descriptor.replaces)}\s*,\s*(\w+)\s*\)".encode())
    new = re.compile(rf"offsetof\s*\(\s*{_tag(descriptor.name)}\s*,\s*(\w+)\s*\)".encode())
    text = code(unit)
    for name, macros in unit.macros.items():
        for macro in macros:
            params = [p.encode() for p in macro.params or ()]
            first, second = old.search(macro.body), new.search(macro.body)
            if not (first and second and first[1] in params and second[1] in params):
                continue
            at = params.index(first[1]), params.index(second[1])
            for use in re.finditer(rf"(?m)^[ \t]*{name}\s*\(([^();]*)\)".encode(), text):
                args = [a.strip().decode("utf-8", "replace") for a in use[1].split(b",")]
                if len(args) == len(params):
                    yield args[at[0]], args[at[1]], use.start(1)
    for use in re.finditer(rb"\b(?:static_assert|_Static_assert|BUILD_BUG_ON)\s*\([^;]*;", text):
        first, second = old.search(use[0]), new.search(use[0])
        if second is not None:
            above = first[1].decode() if first else ""
            yield above, second[1].decode(), use.start() + second.start(1)


def _tag(name: str) -> str:
    return rf"struct\s+{name}"


def code(unit: Unit) -> bytes:
    """A file with its comments and directives as spaces."""
    text = bytearray(unit.source)
    spans = [*unit.masked.comments]
    spans += [m.span() for m in re.finditer(rb"(?m)^[ \t]*#(?:\\\r?\n|[^\n])*", unit.source)]
    for start, end in spans:
        text[start:end] = re.sub(rb"[^\n]", b" ", bytes(text[start:end]))
    return bytes(text)
