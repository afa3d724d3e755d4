# SPDX-License-Identifier: GPL-2.0-only
"""What lies at a place of an object: what its relocations mean, by name or by content."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from operator import attrgetter

from zpconvert.objcode import elf, x86
from zpconvert.objcode.code import Manner, Reference, Scope, stem
from zpconvert.objcode.machines import ARM, ARM64, I386, RISCV, S390, X86_64

#: Code that no symbol names and that is compared where it is used, by its contents.
_OUT_OF_LINE = (".altinstr_replacement", ".altinstr_aux", ".fixup", ".text.fixup")

#: How many bytes a place in code is off by in a relocation's addend, by machine and kind, for
#: it counts from the program counter: on x86 from after the 4 bytes (PC32, PLT32), on arm
#: from 8 bytes on (PC24, PLT32, CALL, JUMP24), on s390 from 2 bytes before (PC16DBL, PC32DBL,
#: PLT32DBL). The ABI supplements say so, machine by machine.
_FROM_PC = {
    X86_64: {2: 4, 4: 4},
    I386: {2: 4, 4: 4},
    ARM: {1: 8, 27: 8, 28: 8, 29: 8},
    S390: {16: -2, 19: -2, 20: -2},
}
#: A distance to data, which an immediate operand may follow, by machine: R_X86_64_PC32.
_TO_DATA = {X86_64: 2}
#: A call of a function that another object may define, and one that it may not, by machine:
#: the kernel is linked without procedure linkage tables, so R_X86_64_PLT32 is
#: R_X86_64_PC32, and R_386_PLT32 is R_386_PC32.
_CALLS = {X86_64: {4: 2}, I386: {4: 2}}
#: Relocations of calls and jumps, where no data have them: PC24, PLT32, CALL, JUMP24 of arm,
#: JUMP26 and CALL26 of arm64, CALL and CALL_PLT of RISC-V.
_CALLED = {ARM: (1, 27, 28, 29), ARM64: (282, 283), RISCV: (18, 19)}
#: Those that x86 has for data, too; the opcode tells.
_PC32 = 2
#: Of brcl and brasl of s390, which have the same relocation as larl, the second byte's low half.
_BRANCHES = (4, 5)
#: Relocations are sorted by it.
_OFFSET = attrgetter("offset")


def defined(symbol: elf.Symbol) -> bool:
    """Whether a symbol has a place in this object."""
    return elf.SHN_UNDEF < symbol.section < elf.SHN_LORESERVE


def manner(symbol: elf.Symbol) -> Manner:
    """What a symbol is for the linker."""
    local, weak = symbol.binding == elf.STB_LOCAL, symbol.binding == elf.STB_WEAK
    return Manner(local, weak, symbol.visibility)


def _scope(symbol: elf.Symbol) -> Scope:
    if symbol.section == elf.SHN_UNDEF:
        return Scope.ELSEWHERE
    return Scope.OWN if symbol.binding == elf.STB_LOCAL else Scope.UNKNOWN


def is_code(section: elf.Section) -> bool:
    """Whether a section holds code that is compared as such."""
    loaded = section.flags & elf.SHF_ALLOC and section.flags & elf.SHF_EXECINSTR
    return bool(loaded and section.size and section.name not in _OUT_OF_LINE)


def made_for(section: elf.Section, symbol: elf.Symbol) -> str:
    """What a section's name has before the function's, if the compiler made the section for it:
    `.text.` of `.text.f`, `.text.unlikely.` of f.cold's, which is `.text.unlikely.f`. Empty if
    it did not."""
    for name in (symbol.name, stem(symbol.name)):
        if section.name.endswith(f".{name}"):
            return section.name.removesuffix(name)
    return ""


class Places:
    """An object's places and their names; sections are told by their index."""

    def __init__(self, obj: elf.Object) -> None:
        self.obj = obj
        self._within: set[tuple[int, int]] = set()
        self._named: dict[int, list[elf.Symbol]] = {}
        for symbol in obj.symbols:
            if symbol.kind in (elf.STT_FUNC, elf.STT_OBJECT) and defined(symbol):
                self._named.setdefault(symbol.section, []).append(symbol)

    def named(self, section: int) -> list[elf.Symbol]:
        """The functions and variables of a section."""
        return self._named.get(section, [])

    def functions(self, section: int) -> list[elf.Symbol]:
        """The functions of a section."""
        return [symbol for symbol in self.named(section) if symbol.kind == elf.STT_FUNC]

    def labels(self, section: int) -> list[elf.Symbol]:
        """Names of places that are neither functions nor variables: those that other objects
        can use, and those that this one does."""
        return self._labels.get(section, [])

    @cached_property
    def _labels(self) -> dict[int, list[elf.Symbol]]:
        used = {r.symbol for relocations in self.obj.relocations.values() for r in relocations}
        found: dict[int, list[elf.Symbol]] = {}
        for index, symbol in enumerate(self.obj.symbols):
            # $a, $d, $x: what the assembler of arm tells the linker
            local = symbol.binding == elf.STB_LOCAL
            if symbol.kind != elf.STT_NOTYPE or (local and symbol.name.startswith((".L", "$"))):
                continue
            seen = not local or index in used
            if symbol.name and defined(symbol) and seen:
                found.setdefault(symbol.section, []).append(symbol)
        return found

    def function_at(self, relocation: elf.Relocation) -> tuple[elf.Symbol, int] | None:
        """The function that a table's relocation points into, and how far into it."""
        symbol = self.obj.symbols[relocation.symbol]
        if not defined(symbol):
            return None
        if not self.obj.sections[symbol.section].flags & elf.SHF_EXECINSTR:
            return None
        place = symbol.value + relocation.addend
        there = (
            other
            for other in self.functions(symbol.section)
            # <=: a range may end where the function does
            if other.value <= place <= other.value + other.size
        )
        # one that begins there before one that ends there
        found = max(there, key=lambda other: other.value, default=None)
        return None if found is None else (found, place - found.value)

    def references(self, section: int, start: int, end: int) -> tuple[Reference, ...]:
        """What the bytes from start to end of a section refer to, offsets counted from start.

        Raises ElfError where that cannot be read.
        """
        if section in self.obj.unread:
            raise elf.ElfError("relocations of a kind that is not known")
        there = self.obj.relocations.get(section, ())
        first, last = (bisect.bisect_left(there, at, key=_OFFSET) for at in (start, end))
        return tuple(
            reference
            for relocation in there[first:last]
            for reference in self._meant(relocation, start, section)
        )

    def by_place(self, symbol: elf.Symbol) -> bool:
        """Whether what is referred to is what lies at a symbol's place, and not the symbol. A
        label of a string (`__kstrtab_f`) says where that begins."""
        if not defined(symbol):
            return False
        if symbol.kind == elf.STT_SECTION or symbol.name.startswith(".L"):
            return True
        label = symbol.binding == elf.STB_LOCAL and not symbol.size
        return label and bool(self.obj.sections[symbol.section].flags & elf.SHF_STRINGS)

    def _meant(self, relocation: elf.Relocation, start: int, section: int) -> list[Reference]:
        """Name what is meant: the symbol, or what lies at that place of a section; all that may
        be meant where the code can be read in several ways."""
        obj = self.obj
        symbol = obj.symbols[relocation.symbol]
        at = relocation.offset - start
        kind = _CALLS.get(obj.machine, {}).get(relocation.kind, relocation.kind)
        in_code = obj.sections[section].flags & elf.SHF_EXECINSTR
        skip = _FROM_PC.get(obj.machine, {}).get(kind, 0) if in_code else 0
        addend = relocation.addend + skip
        called = bool(in_code) and self._called(section, relocation)
        if not self.by_place(symbol):
            weak = symbol.binding == elf.STB_WEAK and not defined(symbol)
            # off by an immediate operand in both objects, if their bytes are the same
            scope = _scope(symbol)
            return [Reference(at, kind, symbol.name, addend, weak, called, scope=scope)]
        skips: Iterable[int] = (0,)
        if in_code and _TO_DATA.get(obj.machine) == kind:
            skips = sorted(x86.after_distance(obj.sections[section].data, relocation.offset))
        place = symbol.value + addend
        found = (self._at(symbol.section, place + more, section) for more in skips)
        return [replace(one, offset=at, kind=kind, called=called) for one in found]

    def _called(self, section: int, relocation: elf.Relocation) -> bool:
        """Whether code calls what it refers to, or jumps there."""
        machine, code = self.obj.machine, self.obj.sections[section].data
        at, kind = relocation.offset, relocation.kind
        if machine in _CALLS:
            return _CALLS[machine].get(kind, kind) == _PC32 and x86.is_jump(code, at)
        if machine == S390:
            return code[at - 2 : at - 1] == b"\xc0" and code[at - 1] & 15 in _BRANCHES
        return kind in _CALLED.get(machine, ())

    def _at(self, meant: int, place: int, section: int) -> Reference:
        """What lies at a place of the section `meant`, and how far into it the place is;
        `section` refers to it."""
        target = self.obj.sections[meant]
        if target.flags & elf.SHF_STRINGS and 0 <= place < len(target.data):
            first, last = string(target, place)
            return Reference(0, 0, target.data[first:last], place - first)
        if target.flags & elf.SHF_MERGE and 0 <= place < len(target.data) and target.entry_size:
            first = place - place % target.entry_size
            return Reference(0, 0, target.data[first : first + target.entry_size], place - first)
        for other in self.named(meant):
            if other.value <= place < other.value + other.size:
                return Reference(0, 0, other.name, place - other.value, scope=_scope(other))
        if target.flags & elf.SHF_EXECINSTR and section != meant:
            return self._replacement(meant, place)
        return Reference(0, 0, target.name, place)

    def _replacement(self, section: int, place: int) -> Reference:
        """The instructions of an alternative (`.altinstr_replacement`), which no symbol names,
        up to the next one's, and what they refer to: where they lie says nothing."""
        name, data = self.obj.sections[section].name, self.obj.sections[section].data
        whole = name not in _OUT_OF_LINE and not self.named(section)
        if whole or not 0 <= place < len(data) or (section, place) in self._within:
            # compared as it is; or past the end, for it counts from the start of a switch's
            # table; or a way back to what is being read
            return Reference(0, 0, f"{name}{place:+#x}".encode(), 0)
        end = min((other for other in self._meanings[section] if other > place), default=len(data))
        self._within.add((section, place))
        try:
            inner = self.references(section, place, end)
        finally:
            self._within.remove((section, place))
        return Reference(0, 0, data[place:end], 0, inner=inner)

    @cached_property
    def _meanings(self) -> dict[int, set[int]]:
        """The places that relocations mean, by section."""
        found: dict[int, set[int]] = {}
        for relocations in self.obj.relocations.values():
            for one in relocations:
                symbol = self.obj.symbols[one.symbol]
                found.setdefault(symbol.section, set()).add(symbol.value + one.addend)
        return found


def string(section: elf.Section, place: int) -> tuple[int, int]:
    """Where the string at a place begins and ends. Of a section of wide strings, a character
    has several bytes, any of which may be zero."""
    data, unit = section.data, max(section.entry_size, 1)
    if unit == 1:
        return data.rfind(b"\0", 0, place) + 1, data.find(b"\0", place) + 1 or len(data)
    zero = bytes(unit)
    first = last = place - place % unit
    while first and data[first - unit : first] != zero:
        first -= unit
    while last < len(data) and data[last : last + unit] != zero:
        last += unit
    return first, last + unit
