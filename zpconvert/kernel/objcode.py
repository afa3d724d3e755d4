# SPDX-License-Identifier: GPL-2.0-only
"""Two objects compared function by function, and their data section by section.

What is compared is bytes plus what each relocation refers to, by name or by content, so that
a function that merely moved is equal. What the kernel keeps in tables about places in a
function (bugs, exceptions, alternatives, lock prefixes) is compared as part of that function.
Compile both objects with COMPARE_FLAGS. Anything not understood raises `elf.ElfError` or
counts as different, never as equal.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from zpconvert.kernel import elf, x86

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
#: grows. No frames, and calls at a function's end as jumps, so that a shim is nothing but a
#: jump. No padding between blocks: where gcc 12 puts it hangs on its guesses of what is likely
#: (seen on i386, nothing but a nop was other). No unwind tables: they say of a function's code
#: what the code says. A fixed __LINE__: WARN_ON and its like put it into code and tables, and a
#: changed declaration may add a line. -w: gcc warns about the redefinition.
COMPARE_FLAGS = (
    *NO_INLINE_FLAGS,
    "-ffunction-sections",
    "-fomit-frame-pointer",
    "-foptimize-sibling-calls",
    "-fno-align-jumps",
    "-fno-align-labels",
    "-fno-align-loops",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-D__LINE__=1",
    "-w",
)

#: How many bytes a place in code is off by in a relocation's addend, by machine and kind, for
#: it counts from the program counter: on x86 from after the 4 bytes (PC32, PLT32), on arm
#: from 8 bytes on (PC24, PLT32, CALL, JUMP24), on s390 from 2 bytes before (PC16DBL, PC32DBL,
#: PLT32DBL). The ABI supplements say so, machine by machine.
_FROM_PC = {
    62: {2: 4, 4: 4},
    3: {2: 4, 4: 4},
    40: {1: 8, 27: 8, 28: 8, 29: 8},
    22: {16: -2, 19: -2, 20: -2},
}
_ARM = 40
#: A distance to data, which an immediate operand may follow, by machine: R_X86_64_PC32.
_TO_DATA = {62: 2}
#: A call of a function that another object may define, and one that it may not, by machine:
#: the kernel is linked without procedure linkage tables, so R_X86_64_PLT32 is
#: R_X86_64_PC32, and R_386_PLT32 is R_386_PC32.
_CALLS = {62: {4: 2}, 3: {4: 2}}

#: The kernel's tables about places in functions, by how their names begin: an entry stands for
#: itself, where it lies among those of other functions says nothing.
_TABLES = (
    "__bug_table",
    "__ex_table",
    "__jump_table",
    "__mcount_loc",
    "__patchable_function_entries",
    "___ksymtab",
    ".ARM.exidx",
    ".alt.smp.init",
    ".altinstructions",
    ".alternative",
    ".call_sites",
    ".cfi_sites",
    ".discard",
    ".ibt_endbr_seal",
    ".kcfi_traps",
    ".nospec_call_table",
    ".nospec_return_table",
    ".orc_unwind_ip",
    ".parainstructions",
    ".pv_table",
    ".retpoline_sites",
    ".return_sites",
    ".s390_indirect",
    ".s390_return",
    ".smp_locks",
    ".static_call_sites",
    "runtime_",
)
#: Those whose entries name a second place after the first, and how many bytes after it.
_TWO_PLACES = {"__ex_table": 4, "__jump_table": 4}


#: What a variable is sorted by; references have no order.
_NAMED = attrgetter("name", "data", "at")


@dataclass(frozen=True)
class Reference:
    """A relocation: `offset` bytes into its code, of `kind`, to a symbol and an addend; `to`
    holds the contents instead where a string or a constant is meant."""

    offset: int
    kind: int
    to: str | bytes
    addend: int


@dataclass(frozen=True)
class Manner:
    """What a symbol is for the linker; `visibility` as ELF numbers it."""

    local: bool = True
    weak: bool = False
    visibility: int = 0

    def fits(self, other: Manner) -> bool:
        """Whether that is the same; made static or not, a symbol is what it was."""
        seen = self.local or other.local or self.visibility == other.visibility
        return self.weak == other.weak and seen


@dataclass(frozen=True)
class Variable:
    """A variable: its name, its bytes, what those refer to, its size. `shares`: the others that
    lie where it does, and how far into it. A label has no size, and is `at` a place."""

    name: str
    data: bytes
    references: tuple[Reference, ...]
    size: int = 0
    shares: tuple[tuple[str, int], ...] = ()
    at: int = 0
    manner: Manner = field(default=Manner(), compare=False)


@dataclass(frozen=True)
class Entry:
    """What a table (`section`) holds about the place `at` bytes into a function: its bytes,
    the place left out, and what else they refer to. `start`: how far behind
    the function's first it lies, if its order counts, as that of a switch's does."""

    section: str
    at: int
    data: bytes
    references: tuple[Reference, ...]
    start: int = 0


@dataclass(frozen=True)
class Code:
    """A function's bytes, or a data section's. `neighbours`: the symbols that share a
    function's section and their distance, which the assembler may have used. `tables`: sorted
    by section and place. `visible`: other objects can name the function. `objects`: the
    variables of a data section, sorted. `flags`: of a data section. `alignment`: of a data
    section; a compiler aligns a function as it is short or long. What has to be compared with
    `alike` is not part of ==."""

    section: str
    size: int
    data: bytes
    references: tuple[Reference, ...]
    neighbours: tuple[tuple[str, int], ...] = ()
    tables: tuple[Entry, ...] = ()
    visible: bool = False
    objects: tuple[Variable, ...] = ()
    flags: int = 0
    alignment: int = field(default=0, compare=False)
    manner: Manner = field(default=Manner(), compare=False)

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The symbols that it refers to, as `new_name` takes them."""
        inner = (reference for entry in self.tables for reference in entry.references)
        all_of_it = [r.to for r in (*self.references, *inner) if isinstance(r.to, str)]
        all_of_it += [name for name, _ in self.neighbours]
        all_of_it += [name for one in self.objects for name in (one.name, *dict(one.shares))]
        return frozenset(name.partition(".")[0] for name in all_of_it)


def _add(found: dict[str, Code], code: Code) -> None:
    """Add a data section by its name, with a mark for each other one of that name."""
    name = f"[{code.section}]"
    while name in found:
        name += "'"
    found[name] = code


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
    tables = _entries(obj, by_section)
    labels = _labels(obj)
    found: dict[str, Code] = {}
    for symbol in obj.symbols:
        if symbol.kind != elf.STT_FUNC or not _defined(symbol):
            continue
        if symbol.name in found:
            raise elf.ElfError(f"two functions named {symbol.name}")
        section = obj.sections[symbol.section]
        end = symbol.value + symbol.size
        if obj.machine == _ARM and symbol.value & 1:
            raise elf.ElfError("Thumb code is not compared")
        if not symbol.size or end > len(section.data):
            raise elf.ElfError(f"{symbol.name} has no bytes")
        neighbours = sorted(
            (other.name, other.value - symbol.value)
            for other in by_section.get(symbol.section, ())
            if other.name != symbol.name and other.kind == elf.STT_FUNC
        )
        neighbours += sorted(
            (label.name, label.value - symbol.value)
            for label in labels.get(symbol.section, ())
            if symbol.value <= label.value < end
        )
        alone = section.name.endswith(f".{symbol.name}")
        rest = _loose(obj, by_section, symbol.section) if alone else []
        inside = [
            Entry("*", start - symbol.value, section.data[start:last], references)
            for start, last, references in rest
        ]
        found[symbol.name] = Code(
            section.name.replace(symbol.name.partition(".")[0], "*"),
            symbol.size,
            section.data[symbol.value : end],
            _references(obj, by_section, symbol.section, symbol.value, end),
            tuple(sorted(neighbours)),
            (*tables.get(symbol.name, ()), *inside),
            symbol.binding != elf.STB_LOCAL,
            manner=_manner(symbol),
        )
    if not found and not any(_code(section) for section in obj.sections):
        raise elf.ElfError("no functions")
    return found


def data_sections(blob: bytes) -> dict[str, Code]:
    """The object's loaded sections that are not code, as `[.data]`, and what is no function's of
    those that are, as `[.text]`; strings and tables about functions are left out where they are
    used, for there they are compared. Raises ElfError."""
    obj = elf.parse(blob)
    by_section = _by_section(obj)
    labels = _labels(obj)
    found = _loose_code(obj, by_section, labels)
    for index, section in enumerate(obj.sections):
        code_or_string = elf.SHF_EXECINSTR | elf.SHF_STRINGS
        if not section.flags & elf.SHF_ALLOC or section.flags & code_or_string:
            continue
        if not section.size or _is_table(obj, by_section, index):
            continue
        references = _references(obj, by_section, index, 0, section.size)
        code = Code(
            section.name,
            section.size,
            section.data,
            references,
            objects=_variables(obj, by_section, labels, index),
            flags=section.flags,
            alignment=section.alignment,
        )
        _add(found, code)
    for code in _strings_by_name(obj):
        _add(found, code)
    return found


def compare(before: bytes, after: bytes, renames: Mapping[str, str] | None = None) -> Comparison:
    """Compare two objects. renames: symbol in `before` to its name in `after`.

    Raises ElfError when either cannot be read.
    """
    names = dict(renames or {})
    old = {
        new_name(name, names): renamed(code, names)
        for name, code in (functions(before) | data_sections(before)).items()
    }
    new = functions(after) | data_sections(after)
    both = old.keys() & new.keys()
    equal = {name for name in both if alike(old[name], new[name])}
    return Comparison(
        tuple(sorted(equal)),
        tuple(sorted(both - equal)),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(new.keys() - old.keys())),
    )


def alike(one: Code, other: Code) -> bool:
    """Whether two functions or data sections are the same, the names in them made the same."""
    if one != other or not one.manner.fits(other.manner):
        return False
    pairs = zip(one.objects, other.objects, strict=True)
    return one.alignment == other.alignment and all(a.manner.fits(b.manner) for a, b in pairs)


def renamed(code: Code, names: Mapping[str, str]) -> Code:
    """The code with the symbols that it refers to renamed."""
    if not names:
        return code
    neighbours = tuple(sorted((new_name(name, names), at) for name, at in code.neighbours))
    tables = tuple(replace(e, references=_retarget(e.references, names)) for e in code.tables)
    references = _retarget(code.references, names)
    objects = tuple(sorted((_renamed_variable(one, names) for one in code.objects), key=_NAMED))
    return replace(
        code, references=references, neighbours=neighbours, tables=tables, objects=objects
    )


def _renamed_variable(one: Variable, names: Mapping[str, str]) -> Variable:
    shares = tuple(sorted((new_name(name, names), at) for name, at in one.shares))
    references = _retarget(one.references, names)
    return replace(one, name=new_name(one.name, names), references=references, shares=shares)


def _retarget(references: tuple[Reference, ...], names: Mapping[str, str]) -> tuple[Reference, ...]:
    return tuple(
        replace(r, to=new_name(r.to, names)) if isinstance(r.to, str) else r for r in references
    )


def new_name(name: str, names: Mapping[str, str]) -> str:
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


def _manner(symbol: elf.Symbol) -> Manner:
    local, weak = symbol.binding == elf.STB_LOCAL, symbol.binding == elf.STB_WEAK
    return Manner(local, weak, symbol.visibility)


def _labels(obj: elf.Object) -> dict[int, list[elf.Symbol]]:
    """Names of places that are neither functions nor variables, by section: those that other
    objects can use, and those that this one does."""
    used = {r.symbol for relocations in obj.relocations.values() for r in relocations}
    found: dict[int, list[elf.Symbol]] = {}
    for index, symbol in enumerate(obj.symbols):
        # $a, $d, $x: what the assembler of arm tells the linker
        if symbol.kind != elf.STT_NOTYPE or symbol.name.startswith((".L", "$")):
            continue
        if symbol.name and _defined(symbol) and (symbol.binding != elf.STB_LOCAL or index in used):
            found.setdefault(symbol.section, []).append(symbol)
    return found


def _variables(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    labels: Mapping[int, list[elf.Symbol]],
    index: int,
) -> tuple[Variable, ...]:
    """The variables of a section, and its labels."""
    data = obj.sections[index].data
    found = []
    there = sorted(by_section.get(index, ()), key=lambda s: s.value)
    for at, one in enumerate(there):
        end = one.value + one.size
        shares = []
        for other in (*there[:at][::-1], *there[at + 1 :]):
            if other.value >= end:
                break
            if other.value + other.size > one.value and other.name != one.name:
                shares.append((other.name, other.value - one.value))
        references = _references(obj, by_section, index, one.value, end)
        inside = data[one.value : end]
        found.append(
            Variable(one.name, inside, references, one.size, tuple(sorted(shares)), 0, _manner(one))
        )
    for one in labels.get(index, ()):
        found.append(Variable(one.name, b"", (), at=one.value, manner=_manner(one)))
    return tuple(sorted(found, key=_NAMED))


#: What stands between functions and does nothing, by machine.
_NOP = rb"[\x66\x2e]*(?:\x90|\x0f\x1f(?:\x00|\x40\x00|\x44\x00\x00|\x80\x00{4}|\x84\x00{5}))|\xcc"
_LEA = rb"\x2e?\x8d(?:\x76\x00|\x74\x26\x00|\xb6\x00{4}|\xb4\x26\x00{4})|\x89\xf6"
_PADDING = {
    62: re.compile(rb"(?:%s)*" % _NOP),
    3: re.compile(rb"(?:%s|%s)*" % (_NOP, _LEA)),
    40: re.compile(rb"(?:\x00\x00\xa0\xe1|\x00\xf0\x20\xe3)*"),
    183: re.compile(rb"(?:\x1f\x20\x03\xd5)*"),
    22: re.compile(rb"(?:\x07[\x00\x07]|\xc0\x04\x00{4}|\x47\x00\x00\x00)*"),
    243: re.compile(rb"(?:\x13\x00\x00\x00|\x01\x00)*"),
}
#: Code that no symbol names and that is compared where it is used, by its contents.
_OUT_OF_LINE = (".altinstr_replacement", ".altinstr_aux", ".fixup", ".text.fixup")


def _code(section: elf.Section) -> bool:
    """Whether a section holds code that is compared as such."""
    loaded = section.flags & elf.SHF_ALLOC and section.flags & elf.SHF_EXECINSTR
    return bool(loaded and section.size and section.name not in _OUT_OF_LINE)


def _loose(
    obj: elf.Object, by_section: Mapping[int, list[elf.Symbol]], index: int
) -> list[tuple[int, int, tuple[Reference, ...]]]:
    """What no function covers of a section of code, from where to where, and what that refers
    to; without what fills the gaps."""
    section = obj.sections[index]
    functions = [s for s in by_section.get(index, ()) if s.kind == elf.STT_FUNC]
    covered = sorted((s.value, s.value + s.size) for s in functions)
    found = []
    at = 0
    padding = _PADDING.get(obj.machine)
    for start, end in (*covered, (section.size, section.size)):
        if start > at:
            gap = section.data[at:start]
            filled = functions and padding and padding.fullmatch(gap)
            references = _references(obj, by_section, index, at, start)
            if not filled or references:
                found.append((at, start, references))
        at = max(at, end)
    return found


def _loose_code(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    labels: Mapping[int, list[elf.Symbol]],
) -> dict[str, Code]:
    """What is no function's of the sections of code, as `[.text]`, but for what belongs to the
    one function that a section is for. Which functions stand around it counts: it may run into
    them."""
    found: dict[str, Code] = {}
    for index, section in enumerate(obj.sections):
        if not _code(section):
            continue
        functions = [s for s in by_section.get(index, ()) if s.kind == elf.STT_FUNC]
        if any(section.name.endswith(f".{symbol.name}") for symbol in functions):
            continue
        pieces = _loose(obj, by_section, index)
        if not pieces:
            continue
        data = b""
        references: list[Reference] = []
        objects: list[Variable] = []
        around: list[tuple[str, int]] = []
        for start, end, inner in pieces:
            at = len(data)
            references += (replace(one, offset=one.offset + at) for one in inner)
            objects += (
                Variable(s.name, b"", (), at=s.value - start + at, manner=_manner(s))
                for s in labels.get(index, ())
                if start <= s.value < end or s.value == end == section.size
            )
            data += section.data[start:end]
            around += ((s.name, at) for s in functions if s.value + s.size == start)
            around += ((s.name, len(data)) for s in functions if s.value == end)
        code = Code(
            section.name,
            len(data),
            data,
            tuple(references),
            tuple(sorted(around)),
            objects=tuple(sorted(objects, key=_NAMED)),
            flags=section.flags,
        )
        _add(found, code)
    return found


def _is_table(obj: elf.Object, by_section: Mapping[int, list[elf.Symbol]], index: int) -> bool:
    """Whether a section is a table about places in functions: it has no symbols of its own
    and begins with such a place, as those of the kernel do, or is what switches jump to.
    Pointers to functions are data, whose order counts."""
    section = obj.sections[index]
    if section.flags & (elf.SHF_EXECINSTR | elf.SHF_STRINGS) or not section.flags & elf.SHF_ALLOC:
        return False
    relocations = obj.relocations.get(index, ())
    if not relocations or relocations[0].offset != 0 or by_section.get(index):
        return False
    if section.name.startswith(_TABLES):
        return _function_at(obj, by_section, relocations[0]) is not None
    places = (_function_at(obj, by_section, relocation) for relocation in relocations)
    return all(p is not None and (p[1] > 0 or p[0].name.endswith(".cold")) for p in places)


def _function_at(
    obj: elf.Object, by_section: Mapping[int, list[elf.Symbol]], relocation: elf.Relocation
) -> tuple[elf.Symbol, int] | None:
    """The function that a table's relocation points into, and how far into it."""
    symbol = obj.symbols[relocation.symbol]
    if not _defined(symbol) or not obj.sections[symbol.section].flags & elf.SHF_EXECINSTR:
        return None
    place = symbol.value + relocation.addend
    there = (
        other
        for other in by_section.get(symbol.section, ())
        # <=: a range may end where the function does
        if other.kind == elf.STT_FUNC and other.value <= place <= other.value + other.size
    )
    # one that begins there before one that ends there
    found = max(there, key=lambda other: other.value, default=None)
    return None if found is None else (found, place - found.value)


def _entries(obj: elf.Object, by_section: Mapping[int, list[elf.Symbol]]) -> dict[str, list[Entry]]:
    """The entries of all tables by function, cut at each relocation into a function but those
    to the second place of an entry."""
    found: dict[str, list[Entry]] = {}
    for index, section in enumerate(obj.sections):
        if not _is_table(obj, by_section, index):
            continue
        apart = section.name.startswith(_TABLES)
        second = _TWO_PLACES.get(section.name)
        starts: list[tuple[int, tuple[elf.Symbol, int]]] = []
        for relocation in obj.relocations[index]:
            if starts and second and relocation.offset == starts[-1][0] + second:
                continue
            if (place := _function_at(obj, by_section, relocation)) is not None:
                starts.append((relocation.offset, place))
        ends = [start for start, _ in starts[1:]] + [len(section.data)]
        first: dict[str, int] = {}
        for (start, (function, at)), end in zip(starts, ends, strict=True):
            inner = _references(obj, by_section, index, start, end)
            data = section.data[start:end]
            # what other functions have in the table before it is not its own
            order = 0 if apart else start - first.setdefault(function.name, start)
            entry = Entry(section.name, at, data, inner[1:], order)
            found.setdefault(function.name, []).append(entry)
    return {
        name: sorted(entries, key=lambda e: (e.section, e.start, e.at))
        for name, entries in found.items()
    }


def _references(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    section: int,
    start: int,
    end: int,
) -> tuple[Reference, ...]:
    """What the bytes from start to end of a section refer to, offsets counted from start."""
    if section in obj.unread:
        raise elf.ElfError("relocations of a kind that is not known")
    return tuple(
        reference
        for relocation in obj.relocations.get(section, ())
        if start <= relocation.offset < end
        for reference in _meant(obj, by_section, relocation, start, section)
    )


def _meant(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    relocation: elf.Relocation,
    start: int,
    section: int,
) -> list[Reference]:
    """Name what is meant: the symbol, or what lies at that place of a section; all that may be
    meant where the code can be read in several ways."""
    symbol = obj.symbols[relocation.symbol]
    at = relocation.offset - start
    kind = _CALLS.get(obj.machine, {}).get(relocation.kind, relocation.kind)
    in_code = obj.sections[section].flags & elf.SHF_EXECINSTR
    skip = _FROM_PC.get(obj.machine, {}).get(kind, 0) if in_code else 0
    addend = relocation.addend + skip
    if not _by_place(obj, symbol):
        # off by an immediate operand in both objects, if their bytes are the same
        return [Reference(at, kind, symbol.name, addend)]
    skips: Iterable[int] = (0,)
    if in_code and _TO_DATA.get(obj.machine) == kind:
        skips = sorted(x86.after_distance(obj.sections[section].data, relocation.offset))
    return [
        _reference(obj, by_section, symbol.section, symbol.value + addend + more, section, at, kind)
        for more in skips
    ]


def _by_place(obj: elf.Object, symbol: elf.Symbol) -> bool:
    """Whether what is referred to is what lies at a symbol's place, and not the symbol. A label
    of a string (`__kstrtab_f`) says where that begins."""
    if not _defined(symbol):
        return False
    if symbol.kind == elf.STT_SECTION or symbol.name.startswith(".L"):
        return True
    label = symbol.binding == elf.STB_LOCAL and not symbol.size
    return label and bool(obj.sections[symbol.section].flags & elf.SHF_STRINGS)


def _reference(
    obj: elf.Object,
    by_section: Mapping[int, list[elf.Symbol]],
    meant: int,
    place: int,
    section: int,
    at: int,
    kind: int,
) -> Reference:
    """Name what lies at a place of the section `meant`; `section` refers to it."""
    target = obj.sections[meant]
    if target.flags & elf.SHF_STRINGS and 0 <= place < len(target.data):
        first, last = _string(target, place)
        return Reference(at, kind, target.data[first:last], place - first)
    if target.flags & elf.SHF_MERGE and 0 <= place < len(target.data) and target.entry_size:
        first = place - place % target.entry_size
        return Reference(at, kind, target.data[first : first + target.entry_size], place - first)
    for other in by_section.get(meant, ()):
        if other.value <= place < other.value + other.size:
            return Reference(at, kind, other.name, place - other.value)
    if target.flags & elf.SHF_EXECINSTR and section != meant:
        return Reference(at, kind, _replacement(obj, by_section, meant, place), 0)
    return Reference(at, kind, target.name, place)


def _string(section: elf.Section, place: int) -> tuple[int, int]:
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


def _strings_by_name(obj: elf.Object) -> list[Code]:
    """The strings that are not compared where they are used, section by section, by name: of
    symbols that are visible or have a size, and of labels that no data refer to."""
    named: dict[int, list[elf.Symbol]] = {}
    for symbol in obj.symbols:
        if not symbol.name or not _defined(symbol) or symbol.name.startswith((".L", "$")):
            continue
        section = obj.sections[symbol.section]
        if section.flags & elf.SHF_ALLOC and section.flags & elf.SHF_STRINGS:
            named.setdefault(symbol.section, []).append(symbol)
    found: list[Code] = []
    used = _used_strings(obj) if named else set()
    for index, symbols in named.items():
        section = obj.sections[index]
        variables: list[Variable] = []
        for one in symbols:
            first, last = _string(section, one.value)
            if not _by_place(obj, one) or (index, first) not in used:
                last = max(last, one.value + one.size)
                inside = section.data[one.value : last]
                variables.append(Variable(one.name, inside, (), manner=_manner(one)))
        if variables:
            objects = tuple(sorted(variables, key=_NAMED))
            found.append(Code(section.name, 0, b"", (), objects=objects))
    return found


def _used_strings(obj: elf.Object) -> set[tuple[int, int]]:
    """Section and place of the strings that data refer to, tables included."""
    found = set()
    for index, relocations in obj.relocations.items():
        flags = obj.sections[index].flags
        if not flags & elf.SHF_ALLOC or flags & elf.SHF_EXECINSTR:
            continue
        for relocation in relocations:
            symbol = obj.symbols[relocation.symbol]
            if _by_place(obj, symbol):
                section = obj.sections[symbol.section]
                if section.flags & elf.SHF_STRINGS:
                    first, _ = _string(section, symbol.value + relocation.addend)
                    found.add((symbol.section, first))
    return found


def _replacement(
    obj: elf.Object, by_section: Mapping[int, list[elf.Symbol]], section: int, place: int
) -> bytes:
    """The instructions of an alternative (`.altinstr_replacement`), which no symbol names, up
    to the next one's, and what they refer to: where they lie says nothing."""
    places = {
        obj.symbols[r.symbol].value + r.addend
        for relocations in obj.relocations.values()
        for r in relocations
        if obj.symbols[r.symbol].section == section
    }
    data = obj.sections[section].data
    whole = obj.sections[section].name not in _OUT_OF_LINE and not by_section.get(section)
    if whole or not 0 <= place < len(data):
        # compared as it is; or past the end, for it counts from the start of a switch's table
        return f"{obj.sections[section].name}{place:+#x}".encode()
    end = min((other for other in places if other > place), default=len(data))
    inner = _references(obj, by_section, section, place, end)
    return data[place:end] + repr(inner).encode()
