# SPDX-License-Identifier: GPL-2.0-only
"""Two functions side by side, as objdump shows them; two data sections, by their variables.

objdump shows where a relocation points to, and not what is there; what is compared is that,
and what the kernel's tables say of the function, so it is in the listing, too.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator, Mapping, Set

from zpconvert.objcode import elf
from zpconvert.objcode.code import Code, Manner, Reference, Variable, renamed
from zpconvert.objcode.compare import contents
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.validate.report import Listing

#: As the linker calls those that are not the default.
_VISIBILITIES = {1: "internal", 2: "hidden", 3: "protected"}
#: Lines of a listing that are kept.
LINES = 400
#: In strings besides what is printable: tabs, line ends, what begins a kernel message.
_PRINTED = b"\t\n\x01"
#: Bytes of a variable in a line.
_BYTES = 16
#: A relocation, as `objdump -r` has it between the instructions.
_RELOCATION = re.compile(r"\s+([0-9a-f]+): R_\w+\s")
#: The address of an instruction.
_ADDRESS = re.compile(r"\s*([0-9a-f]+):\t")


def listings(
    objdump: str, before: bytes, was: str, after: bytes, name: str, names: Mapping[str, str]
) -> Listing | None:
    """What there is of a function in both objects, or of a data section (`[.data]`): those of
    its variables that differ. None where it cannot be had, or is the same.

    objdump: the program, that of the objects' own toolchain: another's cannot read them. names:
    names of symbols before to names after.
    """
    try:
        old, new = _contents(before).get(was), _contents(after).get(name)
        if old is None or new is None:
            return None
        if name.startswith("["):
            found = _data(renamed(old, names), new, name)
        elif shutil.which(objdump) is None:
            return None
        else:
            sides = ((before, was, old), (after, name, new))
            found = Listing(*(_listing(objdump, *side) for side in sides))
        return found if found.before != found.after else None
    except (ProcessError, elf.ElfError):
        return None


@functools.lru_cache(maxsize=4)
def _contents(blob: bytes) -> dict[str, Code]:
    """Of the objects of one row, for its neighbours are of the same."""
    return contents(blob)


def variables(listing: Listing) -> list[str]:
    """The variables in the listing of a data section, sorted."""
    lines = (*listing.before, *listing.after)
    names = {line.partition("+")[0] for line in lines}
    return sorted(name for name in names if not name.startswith("["))


def _listing(objdump: str, blob: bytes, name: str, code: Code) -> tuple[str, ...]:
    with scratch_directory() as place:
        path = place / "object.o"
        path.write_bytes(blob)
        words = [objdump, "-dr", "--no-show-raw-insn", f"--disassemble={name}", str(path)]
        text = run(words, timeout=60).text
    _, _, body = text.partition(f"<{name}>:\n")
    lines = [line.rstrip() for line in body.partition("\n\n")[0].splitlines()]
    scope = "static" if code.manner.local else "seen by other objects"
    manner = _words(code.manner)
    head = f"in {code.section}, {scope}{',' if manner else ''}{manner}"
    return _kept((head, *_tables(code), *_told(lines, code)))


def _told(lines: list[str], code: Code) -> Iterator[str]:
    """The lines of a listing, each relocation with the contents of what it points to."""
    contents = {one.offset: one.to for one in code.references if isinstance(one.to, bytes)}
    start = min((int(at[1], 16) for at in map(_ADDRESS.match, lines) if at), default=0)
    for line in lines:
        found = _RELOCATION.match(line)
        to = contents.get(int(found[1], 16) - start) if found else None
        yield line if to is None else f"{line} = {_shown(to)}"


def _tables(code: Code) -> Iterator[str]:
    for entry in code.tables:
        refers = "".join(f" {_told_of(one)}" for one in entry.references)
        yield f"{entry.section} of {entry.at:#x}: {_shown(entry.data)}{refers}"


def _data(old: Code, new: Code, name: str) -> Listing:
    there = {one: one.manner for one in new.objects}
    same = {one for one in old.objects if one in there and one.manner.fits(there[one])}
    return Listing(_side(old, name, same), _side(new, name, same))


def _side(code: Code, name: str, same: Set[Variable]) -> tuple[str, ...]:
    """The variables that are not the same; all of the section if what differs has no name."""
    other = [one for one in code.objects if one not in same]
    shown = other or [Variable(name, code.data, code.references, code.size)]
    head = f"{name}: flags {code.flags:#x}, aligned to {code.alignment} bytes"
    return _kept((head, *(line for one in shown for line in _variable(one))))


def _kept(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines that are kept, and how many there are if these are fewer."""
    return lines if len(lines) <= LINES else (*lines[:LINES], f"… {len(lines)} lines in all")


def _variable(variable: Variable) -> Iterator[str]:
    """A variable, so many bytes a line, each with what those refer to."""
    name, data, references = variable.name, variable.data, variable.references
    manner = _words(variable.manner)
    if not variable.size and not data:
        yield f"{name}+0x0:{manner} a label at {variable.at:#x}"
    elif not data:
        yield f"{name}+0x0:{manner} {variable.size} bytes of zeroes"
    for at in range(0, len(data), _BYTES):
        refers = (one for one in references if at <= one.offset < at + _BYTES)
        told = "".join(f" {_told_of(one)}" for one in refers)
        yield f"{name}+{at:#x}:{manner} {data[at : at + _BYTES].hex(' ')}{told}"


def _words(manner: Manner) -> str:
    """What is unusual of a symbol."""
    words = [" weak"] if manner.weak else []
    words += [f" {_VISIBILITIES[manner.visibility]}"] if manner.visibility else []
    return "".join(words)


def _told_of(reference: Reference) -> str:
    to = reference.to
    return f"+{reference.offset:#x}={to if isinstance(to, str) else _shown(to)}"


def _shown(data: bytes) -> str:
    """A string as such, other bytes as hexadecimal digits."""
    text = data[:-1]
    if data.endswith(b"\0") and text and all(32 <= byte < 127 or byte in _PRINTED for byte in text):
        return repr(text.decode())
    return data.hex(" ")
