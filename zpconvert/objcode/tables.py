# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's tables about places in functions: bugs, exceptions, alternatives, switches."""

from __future__ import annotations

from zpconvert.objcode import elf
from zpconvert.objcode.code import Entry, stem
from zpconvert.objcode.places import Places

#: By how their names begin: an entry stands for itself, where it lies among those of other
#: functions says nothing.
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


def is_table(places: Places, index: int) -> bool:
    """Whether a section is a table about places in functions: it has no symbols of its own
    and begins with such a place, as those of the kernel do, or is what switches jump to.
    Pointers to functions are data, whose order counts."""
    section = places.obj.sections[index]
    if section.flags & (elf.SHF_EXECINSTR | elf.SHF_STRINGS) or not section.flags & elf.SHF_ALLOC:
        return False
    relocations = places.obj.relocations.get(index, ())
    if not relocations or relocations[0].offset != 0 or places.named(index):
        return False
    if section.name.startswith(_TABLES):
        return places.function_at(relocations[0]) is not None
    if places.labels(index):
        return False
    found = (places.function_at(relocation) for relocation in relocations)
    return all(p is not None and (p[1] > 0 or p[0].name.endswith(".cold")) for p in found)


def entries(places: Places) -> dict[str, list[Entry]]:
    """The entries of all tables by function, cut at each relocation into a function but those
    to the second place of an entry."""
    found: dict[str, list[Entry]] = {}
    for index, section in enumerate(places.obj.sections):
        if not is_table(places, index):
            continue
        apart = section.name.startswith(_TABLES)
        second = _TWO_PLACES.get(section.name)
        starts: list[tuple[int, tuple[elf.Symbol, int]]] = []
        for relocation in places.obj.relocations[index]:
            if starts and second and relocation.offset == starts[-1][0] + second:
                continue
            if (place := places.function_at(relocation)) is not None:
                starts.append((relocation.offset, place))
        ends = [start for start, _ in starts[1:]] + [len(section.data)]
        first: dict[str, int] = {}
        for (start, (function, at)), end in zip(starts, ends, strict=True):
            inner = places.references(index, start, end)
            # what other functions have in the table before it is not its own; f.cold's is f's
            order = 0 if apart else start - first.setdefault(stem(function.name), start)
            entry = Entry(section.name, at, section.data[start:end], inner[1:], order)
            found.setdefault(function.name, []).append(entry)
    return {
        name: sorted(entries, key=lambda e: (e.section, e.start, e.at))
        for name, entries in found.items()
    }
