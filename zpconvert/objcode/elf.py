# SPDX-License-Identifier: GPL-2.0-only
"""Relocatable ELF objects, as little of them as comparing and measuring needs.

Layouts are those of elf(5). Both word sizes and byte orders are read; what is not an ELF
object raises, for nothing may be called equal that was not understood.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

from zpconvert.objcode import implicit

SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS = 1, 2, 4, 16, 32
SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_REL = 2, 4, 8, 9
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_GNU_IFUNC = 0, 1, 2, 3, 10
STB_LOCAL, STB_WEAK = 0, 2
SHN_UNDEF, SHN_LORESERVE, SHN_COMMON = 0, 0xFF00, 0xFFF2
#: Of every machine.
R_NONE = 0


class ElfError(Exception):
    """Bytes that are no relocatable object that can be read here."""


@dataclass(frozen=True)
class Section:
    """A section: `data` is empty for one without contents, `size` is in bytes."""

    name: str
    kind: int
    flags: int
    data: bytes
    size: int
    entry_size: int
    alignment: int


@dataclass(frozen=True)
class Symbol:
    """A symbol: `section` is the index of its section, 0 if it is defined elsewhere;
    `visibility` is 0 where it is the default."""

    name: str
    kind: int
    binding: int
    section: int
    value: int
    size: int
    visibility: int


@dataclass(frozen=True)
class Relocation:
    """At `offset` in its section, a reference to `symbol` plus `addend`."""

    offset: int
    kind: int
    symbol: int
    addend: int


@dataclass(frozen=True)
class Object:
    """A relocatable object; `relocations` is by index of the section that they patch.

    Where addends stand in the code (i386, arm), they are taken out of the sections' data.
    `unread` holds the indices of sections with such addends of unknown kinds.
    """

    machine: int
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    relocations: dict[int, tuple[Relocation, ...]]
    unread: frozenset[int]


@dataclass(frozen=True)
class Size:
    """Bytes as size(1) counts them: `text` holds read-only data too."""

    text: int
    data: int
    bss: int


def parse(blob: bytes) -> Object:
    """Read an object. Raises ElfError when it is none."""
    try:
        return _parse(blob)
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise ElfError(f"not a readable object: {error}") from error


def size(blob: bytes) -> Size:
    """The object's size, without what is not loaded. Raises ElfError."""
    text = data = bss = 0
    for section in parse(blob).sections:
        if not section.flags & SHF_ALLOC:
            continue
        if section.kind == SHT_NOBITS:
            bss += section.size
        elif section.flags & SHF_WRITE:
            data += section.size
        else:
            text += section.size
    return Size(text, data, bss)


def _parse(blob: bytes) -> Object:
    if blob[:4] != b"\x7fELF" or blob[4] not in (1, 2) or blob[5] not in (1, 2):
        raise ElfError("not an ELF file")
    wide = blob[4] == 2
    order = "<" if blob[5] == 1 else ">"
    header = struct.unpack_from(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), blob, 16)
    if header[0] != 1:
        raise ElfError("not a relocatable object")
    table, entry, count, names_at = header[5], header[10], header[11], header[12]
    heads = [
        struct.unpack_from(order + ("IIQQQQIIQQ" if wide else "10I"), blob, table + i * entry)
        for i in range(count)
    ]
    if not heads:
        raise ElfError("no sections")
    names = _contents(blob, heads[names_at])
    sections = [
        Section(name, head[1], head[2], data, head[5], head[9], head[8])
        for head in heads
        for name, data in [(_string(names, head[0]), _contents(blob, head))]
    ]
    symbols: tuple[Symbol, ...] = ()
    relocations: dict[int, tuple[Relocation, ...]] = {}
    unread = set()
    for section, head in zip(tuple(sections), heads, strict=True):
        if section.kind in (SHT_RELA, SHT_REL) and not 0 < head[7] < len(sections):
            raise ElfError("relocations of a section that there is not")
        if section.kind == SHT_SYMTAB:
            symbols = _symbols(section.data, sections[head[6]].data, order, wide)
        elif section.kind == SHT_RELA:
            relocations[head[7]] = _relocations(section.data, order, wide)
        elif section.kind == SHT_REL:
            patched = sections[head[7]]
            found = _implicit(header[1], patched.data, section.data, order, wide)
            if found is None:
                unread.add(head[7])
                continue
            data, relocations[head[7]] = found
            sections[head[7]] = replace(patched, data=data)
    if any(one.flags & SHF_STRINGS and one.entry_size not in (0, 1, 2, 4) for one in sections):
        raise ElfError("strings of characters of that size are not known")
    if any(len(sections) <= one.section < SHN_LORESERVE for one in symbols):
        raise ElfError("a symbol of a section that there is not")
    if any(one.symbol >= len(symbols) for several in relocations.values() for one in several):
        raise ElfError("a reference to a symbol that there is not")
    return Object(header[1], tuple(sections), symbols, relocations, frozenset(unread))


def _contents(blob: bytes, head: tuple[int, ...]) -> bytes:
    if head[1] in (0, SHT_NOBITS):
        return b""
    data = blob[head[4] : head[4] + head[5]]
    if len(data) != head[5]:
        raise ElfError("truncated")
    return data


def _string(table: bytes, at: int) -> str:
    return table[at : table.index(0, at)].decode()


def _symbols(data: bytes, names: bytes, order: str, wide: bool) -> tuple[Symbol, ...]:
    found = []
    for fields in struct.iter_unpack(order + ("IBBHQQ" if wide else "IIIBBH"), data):
        if wide:
            name, info, other, section, value, length = fields
        else:
            name, value, length, info, other, section = fields
        text = _string(names, name)
        found.append(Symbol(text, info & 15, info >> 4, section, value, length, other & 3))
    return tuple(found)


def _relocations(data: bytes, order: str, wide: bool) -> tuple[Relocation, ...]:
    shift, mask = (32, 0xFFFFFFFF) if wide else (8, 0xFF)
    return _sorted(
        Relocation(offset, info & mask, info >> shift, addend)
        for offset, info, addend in struct.iter_unpack(order + ("QQq" if wide else "IIi"), data)
    )


def _implicit(
    machine: int, patched: bytes, data: bytes, order: str, wide: bool
) -> tuple[bytes, tuple[Relocation, ...]] | None:
    """The section without its addends, and its relocations; None if they cannot be read."""
    if wide:
        return None
    found = [
        (offset, info & 0xFF, info >> 8) for offset, info in struct.iter_unpack(order + "II", data)
    ]
    used = [one for one in found if one[1] != R_NONE]
    places = [(offset, kind) for offset, kind, _ in used]
    read = implicit.explicit(machine, order == "<", patched, places)
    if read is None:
        return None
    code, addends = read
    return code, _sorted(
        Relocation(*one, addend) for one, addend in zip(used, addends, strict=True)
    )


def _sorted(relocations: Iterable[Relocation]) -> tuple[Relocation, ...]:
    """By place, so that the order in which the assembler wrote them does not count; without
    those that change nothing."""
    used = (one for one in relocations if one.kind != R_NONE)
    return tuple(sorted(used, key=lambda r: (r.offset, r.kind, r.symbol, r.addend)))
