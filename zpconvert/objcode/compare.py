# SPDX-License-Identifier: GPL-2.0-only
"""Two objects compared function by function, and their data section by section.

What is compared is bytes plus what each relocation refers to, by name or by content, so that
a function that merely moved is equal. What the kernel keeps in tables about places in a
function (bugs, exceptions, alternatives, lock prefixes) is compared as part of that function.
Compile both objects with COMPARE_FLAGS. Anything not understood raises `elf.ElfError` or
counts as different, never as equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zpconvert.objcode import elf, tables
from zpconvert.objcode.code import Code, Entry, alike, new_name, renamed
from zpconvert.objcode.machines import ARM
from zpconvert.objcode.places import Places, defined, is_code, made_for, manner
from zpconvert.objcode.sections import (
    common,
    data_sections,
    loose,
    loose_code,
    named_strings,
)


@dataclass(frozen=True)
class Comparison:
    """Names, sorted: equal in both; different; missing from the second; added in the second.

    Data sections are listed as `[.rodata]`. Names are the second object's.
    """

    equal: tuple[str, ...]
    different: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Nothing differs, and something was compared."""
        return bool(self.equal) and not (self.different or self.missing or self.added)


def contents(blob: bytes) -> dict[str, Code]:
    """The object's functions by symbol; its data as `[.data]`, and as `[.text]` what is no
    function's of its code.

    Raises ElfError for what is no object or a damaged one, for one without functions and for
    two functions of one name.
    """
    places = Places(elf.parse(blob))
    found = _functions(places)
    if not found and not any(is_code(section) for section in places.obj.sections):
        raise elf.ElfError("no functions")
    beside = (loose_code, data_sections, named_strings, common)
    for code in (code for kind in beside for code in kind(places)):
        name = f"[{code.section}]"
        # several sections may have one name
        while name in found:
            name += "'"
        found[name] = code
    return found


def compare(before: bytes, after: bytes, renames: Mapping[str, str] | None = None) -> Comparison:
    """Compare two objects. renames: symbol in `before` to its name in `after`.

    Raises ElfError when either cannot be read.
    """
    names = dict(renames or {})
    old = {new_name(name, names): renamed(code, names) for name, code in contents(before).items()}
    new = contents(after)
    both = old.keys() & new.keys()
    equal = {name for name in both if alike(old[name], new[name])}
    return Comparison(
        tuple(sorted(equal)),
        tuple(sorted(both - equal)),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(new.keys() - old.keys())),
    )


def _functions(places: Places) -> dict[str, Code]:
    entries = tables.entries(places)
    found: dict[str, Code] = {}
    for symbol in places.obj.symbols:
        if symbol.kind == elf.STT_GNU_IFUNC:
            raise elf.ElfError(f"{symbol.name} is a function that is chosen when it is loaded")
        if symbol.kind == elf.STT_FUNC and defined(symbol):
            if symbol.name in found:
                raise elf.ElfError(f"two functions named {symbol.name}")
            found[symbol.name] = _function(places, symbol, entries.get(symbol.name, ()))
    return found


def _function(places: Places, symbol: elf.Symbol, entries: Sequence[Entry]) -> Code:
    section = places.obj.sections[symbol.section]
    start, end = symbol.value, symbol.value + symbol.size
    if places.obj.machine == ARM and start & 1:
        raise elf.ElfError("Thumb code is not compared")
    if not symbol.size or end > len(section.data):
        raise elf.ElfError(f"{symbol.name} has no bytes")
    alone = made_for(section, symbol)
    neighbours = [s for s in places.functions(symbol.section) if s.name != symbol.name]
    neighbours += (s for s in places.labels(symbol.section) if alone or start <= s.value < end)
    pieces = loose(places, symbol.section) if alone else []
    beside = (Entry("*", one.start - start, one.data, one.references) for one in pieces)
    return Code(
        f"{alone}*" if alone else section.name,
        symbol.size,
        section.data[start:end],
        places.references(symbol.section, start, end),
        tuple(sorted((other.name, other.value - start) for other in neighbours)),
        (*entries, *beside),
        manner=manner(symbol),
    )
