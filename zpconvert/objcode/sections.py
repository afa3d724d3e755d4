# SPDX-License-Identifier: GPL-2.0-only
"""What of an object is no function's: variables, strings with a name, code beside functions."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from zpconvert.objcode import elf, tables
from zpconvert.objcode.code import Code, Reference, Variable, ordered
from zpconvert.objcode.machines import ARM, ARM64, I386, RISCV, S390, X86_64
from zpconvert.objcode.places import Places, defined, is_code, made_for, manner, string

#: What stands between functions and does nothing, by machine.
_NOP = rb"[\x66\x2e]*(?:\x90|\x0f\x1f(?:\x00|\x40\x00|\x44\x00\x00|\x80\x00{4}|\x84\x00{5}))|\xcc"
_LEA = rb"\x2e?\x8d(?:\x76\x00|\x74\x26\x00|\xb6\x00{4}|\xb4\x26\x00{4})|\x89\xf6"
_PADDING = {
    X86_64: re.compile(rb"(?:%s)*" % _NOP),
    I386: re.compile(rb"(?:%s|%s)*" % (_NOP, _LEA)),
    ARM: re.compile(rb"(?:\x00\x00\xa0\xe1|\x00\xf0\x20\xe3)*"),
    ARM64: re.compile(rb"(?:\x1f\x20\x03\xd5)*"),
    S390: re.compile(rb"(?:\x07[\x00\x07]|\xc0\x04\x00{4}|\x47\x00\x00\x00)*"),
    RISCV: re.compile(rb"(?:\x13\x00\x00\x00|\x01\x00)*"),
}


@dataclass(frozen=True)
class Piece:
    """What no function covers of a section of code, from `start` to `end`."""

    start: int
    end: int
    data: bytes
    references: tuple[Reference, ...]


def data_sections(places: Places) -> Iterator[Code]:
    """The loaded sections that are not code; strings and tables about functions are left out
    where they are used, for there they are compared."""
    for index, section in enumerate(places.obj.sections):
        code_or_string = elf.SHF_EXECINSTR | elf.SHF_STRINGS
        if not section.flags & elf.SHF_ALLOC or section.flags & code_or_string:
            continue
        if section.size and not tables.is_table(places, index):
            yield Code(
                section.name,
                section.size,
                section.data,
                places.references(index, 0, section.size),
                objects=_variables(places, index),
                flags=section.flags,
                alignment=section.alignment,
            )


def _variables(places: Places, index: int) -> tuple[Variable, ...]:
    """The variables of a section, and its labels."""
    data = places.obj.sections[index].data
    found = []
    there = sorted(places.named(index), key=lambda symbol: symbol.value)
    starts = [one.value for one in there]
    # how far any of those up to each one reaches
    reaches = [*itertools.accumulate((one.value + one.size for one in there), max)]
    for one in there:
        end = one.value + one.size
        near = there[bisect.bisect_right(reaches, one.value) : bisect.bisect_left(starts, end)]
        shares = [
            (other.name, other.value - one.value)
            for other in near
            if other.value + other.size > one.value and other.name != one.name
        ]
        references = places.references(index, one.value, end)
        inside = data[one.value : end]
        found.append(
            Variable(
                one.name,
                inside,
                references,
                one.size,
                tuple(sorted(shares)),
                manner=manner(one),
                order=one.value,
            )
        )
    found += (
        Variable(one.name, b"", (), at=one.value, manner=manner(one))
        for one in places.labels(index)
    )
    return ordered(found)


def loose(places: Places, index: int) -> list[Piece]:
    """What no function covers of a section of code, without what fills the gaps."""
    section = places.obj.sections[index]
    functions = places.functions(index)
    covered = sorted((s.value, s.value + s.size) for s in functions)
    found = []
    at = 0
    padding = _PADDING.get(places.obj.machine)
    for start, end in (*covered, (section.size, section.size)):
        if start > at:
            gap = section.data[at:start]
            filled = functions and padding and padding.fullmatch(gap)
            references = places.references(index, at, start)
            if not filled or references:
                found.append(Piece(at, start, gap, references))
        at = max(at, end)
    return found


def loose_code(places: Places) -> Iterator[Code]:
    """What is no function's of the sections of code, but for what belongs to the one function
    that a section is for. Which functions stand around it counts: it may run into them."""
    for index, section in enumerate(places.obj.sections):
        if not is_code(section):
            continue
        functions = places.functions(index)
        if any(made_for(section, symbol) for symbol in functions):
            continue
        pieces = loose(places, index)
        if not pieces:
            continue
        data = b""
        references: list[Reference] = []
        objects: list[Variable] = []
        around: list[tuple[str, int]] = []
        for piece in pieces:
            at = len(data)
            references += (replace(one, offset=one.offset + at) for one in piece.references)
            objects += (
                Variable(s.name, b"", (), at=s.value - piece.start + at, manner=manner(s))
                for s in places.labels(index)
                if piece.start <= s.value < piece.end or s.value == piece.end == section.size
            )
            data += piece.data
            around += ((s.name, at) for s in functions if s.value + s.size == piece.start)
            around += ((s.name, len(data)) for s in functions if s.value == piece.end)
        yield Code(
            section.name,
            len(data),
            data,
            tuple(references),
            tuple(sorted(around)),
            objects=ordered(objects),
            flags=section.flags,
        )


def common(places: Places) -> Iterator[Code]:
    """Variables without a value that several objects may have; their place is an alignment."""
    symbols = (one for one in places.obj.symbols if one.section == elf.SHN_COMMON)
    found = [Variable(s.name, b"", (), s.size, at=s.value, manner=manner(s)) for s in symbols]
    if found:
        yield Code("COMMON", 0, b"", (), objects=ordered(found))


def named_strings(places: Places) -> Iterator[Code]:
    """The strings that are not compared where they are used, section by section, by name: of
    symbols that are visible or have a size, and of labels that no data refer to."""
    obj = places.obj
    named: dict[int, list[elf.Symbol]] = {}
    for symbol in obj.symbols:
        if not symbol.name or not defined(symbol) or symbol.name.startswith((".L", "$")):
            continue
        section = obj.sections[symbol.section]
        if section.flags & elf.SHF_ALLOC and section.flags & elf.SHF_STRINGS:
            named.setdefault(symbol.section, []).append(symbol)
    used = _used_strings(places) if named else set()
    for index, symbols in named.items():
        section = obj.sections[index]
        variables = []
        for one in symbols:
            first, last = string(section, one.value)
            if not places.by_place(one) or (index, first) not in used:
                last = max(last, one.value + one.size)
                inside = section.data[one.value : last]
                variables.append(Variable(one.name, inside, (), manner=manner(one)))
        if variables:
            yield Code(section.name, 0, b"", (), objects=ordered(variables))


def _used_strings(places: Places) -> set[tuple[int, int]]:
    """Section and place of the strings that data refer to, tables included."""
    obj, found = places.obj, set()
    for index, relocations in obj.relocations.items():
        flags = obj.sections[index].flags
        if not flags & elf.SHF_ALLOC or flags & elf.SHF_EXECINSTR:
            continue
        for relocation in relocations:
            symbol = obj.symbols[relocation.symbol]
            if places.by_place(symbol):
                section = obj.sections[symbol.section]
                place = symbol.value + relocation.addend
                if section.flags & elf.SHF_STRINGS and 0 <= place < len(section.data):
                    found.add((symbol.section, string(section, place)[0]))
    return found
