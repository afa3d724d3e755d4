# SPDX-License-Identifier: GPL-2.0-only
"""Two objects compared function by function, and their data section by section.

What is compared is bytes plus what each relocation refers to, by name or by content, so that
a function that merely moved is equal. Compile both objects with COMPARE_FLAGS. Anything
not understood raises `elf.ElfError` or counts as different, never as equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from zpconvert.kernel import elf

#: With these the compiler's choices inside one function do not depend on another's
#: (measured: 173 of 173 functions identical after a pure change of types, 39 of 53 without).
NO_INLINE_FLAGS = (
    "-fno-inline",
    "-fno-inline-functions-called-once",
    "-fno-ipa-sra",
    "-fno-ipa-cp",
    "-fno-ipa-icf",
    "-fno-ipa-ra",
)

#: What both sides of a comparison are compiled with. A section for each function: the
#: assembler resolves calls within one section to distances, which change when a neighbour
#: grows. A fixed __LINE__: WARN_ON and its like put it into code and tables, and a changed
#: declaration may add a line. -w: gcc warns about the redefinition.
COMPARE_FLAGS = (*NO_INLINE_FLAGS, "-ffunction-sections", "-D__LINE__=1", "-w")

#: x86-64 relocations that count from the place after the 4 bytes they patch: PC32, PLT32
#: (System V ABI, AMD64 supplement, table 4.9).
_X86_64, _FROM_NEXT = 62, {2: 4, 4: 4}


@dataclass(frozen=True)
class Reference:
    """A relocation: `offset` bytes into its code, of `kind`, to a symbol and an addend; `to`
    holds the contents instead where a string or a constant is meant."""

    offset: int
    kind: int
    to: str | bytes
    addend: int


@dataclass(frozen=True)
class Code:
    """A function's bytes, or a data section's. `neighbours`: the symbols that share a
    function's section and their distance, which the assembler may have used."""

    section: str
    size: int
    data: bytes
    references: tuple[Reference, ...]
    neighbours: tuple[tuple[str, int], ...] = ()


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


def functions(blob: bytes) -> dict[str, Code]:
    """The object's functions by symbol. Raises ElfError for what is no object, for one
    without functions and for two functions of one name."""
    obj = elf.parse(blob)
    by_section = _by_section(obj)
    found: dict[str, Code] = {}
    for symbol in obj.symbols:
        if symbol.kind != elf.STT_FUNC or not _defined(symbol):
            continue
        if symbol.name in found:
            raise elf.ElfError(f"two functions named {symbol.name}")
        section = obj.sections[symbol.section]
        end = symbol.value + symbol.size
        if not symbol.size or end > len(section.data):
            raise elf.ElfError(f"{symbol.name} has no bytes")
        neighbours = sorted(
            (other.name, other.value - symbol.value)
            for other in by_section.get(symbol.section, ())
            if other.name != symbol.name and other.kind == elf.STT_FUNC
        )
        found[symbol.name] = Code(
            section.name.replace(symbol.name.partition(".")[0], "*"),
            symbol.size,
            section.data[symbol.value : end],
            _references(obj, by_section, symbol.section, symbol.value, end),
            tuple(neighbours),
        )
    if not found:
        raise elf.ElfError("no functions")
    return found


def data_sections(blob: bytes) -> dict[str, Code]:
    """The object's loaded sections that are not code, as `[.data]`; strings are left out, for
    they are compared where they are used. Raises ElfError."""
    obj = elf.parse(blob)
    by_section = _by_section(obj)
    found: dict[str, Code] = {}
    for index, section in enumerate(obj.sections):
        code_or_string = elf.SHF_EXECINSTR | elf.SHF_STRINGS
        if not section.flags & elf.SHF_ALLOC or section.flags & code_or_string:
            continue
        if not section.size:
            continue
        references = _references(obj, by_section, index, 0, section.size)
        code = Code(section.name, section.size, section.data, references)
        name = f"[{section.name}]"
        while name in found:
            name += "'"
        found[name] = code
    return found


def compare(before: bytes, after: bytes, renames: Mapping[str, str] | None = None) -> Comparison:
    """Compare two objects. renames: symbol in `before` to its name in `after`.

    Raises ElfError when either cannot be read.
    """
    names = dict(renames or {})
    old = {
        _new_name(name, names): _renamed(code, names)
        for name, code in (functions(before) | data_sections(before)).items()
    }
    new = functions(after) | data_sections(after)
    both = old.keys() & new.keys()
    equal = {name for name in both if old[name] == new[name]}
    return Comparison(
        tuple(sorted(equal)),
        tuple(sorted(both - equal)),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(new.keys() - old.keys())),
    )


def _renamed(code: Code, names: Mapping[str, str]) -> Code:
    if not names:
        return code
    references = tuple(
        replace(r, to=_new_name(r.to, names)) if isinstance(r.to, str) else r
        for r in code.references
    )
    neighbours = tuple(sorted((_new_name(name, names), at) for name, at in code.neighbours))
    return replace(code, references=references, neighbours=neighbours)


def _new_name(name: str, names: Mapping[str, str]) -> str:
    """The name after renaming; parts of functions (`f.cold`, `f.part.0`) go with them."""
    stem, dot, rest = name.partition(".")
    return names.get(stem, stem) + dot + rest


def _defined(symbol: elf.Symbol) -> bool:
    return elf.SHN_UNDEF < symbol.section < elf.SHN_LORESERVE


def _by_section(obj: elf.Object) -> dict[int, list[elf.Symbol]]:
    """Functions and objects with a size, by section."""
    found: dict[int, list[elf.Symbol]] = {}
    for symbol in obj.symbols:
        if symbol.kind in (elf.STT_FUNC, elf.STT_OBJECT) and _defined(symbol):
            found.setdefault(symbol.section, []).append(symbol)
    return found


def _references(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    section: int,
    start: int,
    end: int,
) -> tuple[Reference, ...]:
    """What the bytes from start to end of a section refer to, offsets counted from start."""
    if section in obj.implicit:
        raise elf.ElfError("relocations without addends are not compared")
    return tuple(
        _reference(obj, by_section, relocation, start)
        for relocation in obj.relocations.get(section, ())
        if start <= relocation.offset < end
    )


def _reference(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    relocation: elf.Relocation,
    start: int,
) -> Reference:
    """Name what is meant: the symbol, or what lies at that place of a section.

    A place counted from the end of an instruction is off by the immediate operand that may
    follow; it is off by the same in both objects when their bytes are the same.
    """
    symbol = obj.symbols[relocation.symbol]
    at, kind = relocation.offset - start, relocation.kind
    nameless = symbol.kind == elf.STT_SECTION or symbol.name.startswith(".L")
    if not nameless or not _defined(symbol):
        return Reference(at, kind, symbol.name, relocation.addend)
    skip = _FROM_NEXT.get(kind, 0) if obj.machine == _X86_64 else 0
    place = symbol.value + relocation.addend + skip
    target = obj.sections[symbol.section]
    if target.flags & elf.SHF_STRINGS and 0 <= place < len(target.data):
        first = target.data.rfind(b"\0", 0, place) + 1
        last = target.data.find(b"\0", place) + 1
        return Reference(at, kind, target.data[first:last], place - first)
    if target.flags & elf.SHF_MERGE and 0 <= place < len(target.data) and target.entry_size:
        first = place - place % target.entry_size
        return Reference(at, kind, target.data[first : first + target.entry_size], place - first)
    for other in by_section.get(symbol.section, ()):
        if other.value <= place < other.value + other.size:
            return Reference(at, kind, other.name, place - other.value)
    return Reference(at, kind, target.name, place)
