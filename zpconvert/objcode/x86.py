# SPDX-License-Identifier: GPL-2.0-only
"""How many bytes of an x86-64 instruction follow a distance in it: its immediate operand.

A place counted from the end of an instruction is known only with that. The distance stands
right behind the byte that says so (ModRM), and that right behind the opcode, so the opcode is
read backwards. Where the bytes before can be read as several instructions, all are told.

Opcodes are those of Intel's manual, volume 2, appendix A.
"""

from __future__ import annotations

#: What may follow where no opcode is known.
_ANY = frozenset((0, 1, 2, 4))
#: Opcodes of one byte that a ModRM byte follows.
_MODRM = frozenset(
    [opcode for opcode in range(0x40) if opcode & 7 < 4]
    + [0x62, 0x63, 0x69, 0x6B, *range(0x80, 0x90), 0xC0, 0xC1, 0xC6, 0xC7]
    + [*range(0xD0, 0xD4), *range(0xD8, 0xE0), 0xF6, 0xF7, 0xFE, 0xFF]
)
#: Those of them with an immediate of one byte, and of the operand's size.
_BYTE, _FULL = frozenset(b"\xc6\x80\x83\xc0\xc1\x6b\xf6"), frozenset(b"\xc7\x81\x69\xf7")
#: Those that have it only in the first two of their eight operations (test, not neg or mul).
_TESTS = frozenset(b"\xf6\xf7")
#: Opcodes after 0f that have an immediate of one byte. After another 0f, it is the operation.
_SECOND = frozenset(b"\x0f\x70\x71\x72\x73\xa4\xac\xba\xc2\xc4\xc5\xc6")
#: Opcodes that are no vector instruction's, among those of one byte with an immediate. c5 is
#: common before an instruction, too, as a ModRM byte.
_NO_VECTOR = frozenset(b"\xc7\x80\x81\x83\xc0\xc1")
#: Where the prefixes of vector instructions stand, counted from the opcode's end, and which
#: bits of the byte after c4 and 62 name one of these maps: of 0f, 0f 38, 0f 3a, two more.
_VECTOR = ((0xC4, -4, 0x1F), (0x62, -5, 7))
_MAPS = frozenset((1, 2, 3, 5, 6))
_SHIFT = (0x83, 2)
_OPERAND_SIZE = 0x66
_PREFIXES = frozenset(b"\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65\x66\x67") | {*range(0x40, 0x50)}
#: Bytes of an instruction.
_LONGEST = 15


def after_distance(code: bytes, at: int) -> frozenset[int]:
    """How many bytes of its instruction may follow the four at `at`: one number but where the
    bytes before can be read in several ways."""
    # jumps and calls have their opcode in place of a ModRM byte, and none looks like this one
    if not at or code[at - 1] & 0xC7 != 0x05:
        return frozenset((0,))
    # as much as is needed of what may be the instruction, to its opcode
    before = bytes(_LONGEST) + code[max(at - 1 - _LONGEST, 0) : at - 1]
    operation = code[at - 1] >> 3 & 7
    return frozenset((*_plain(before, operation), *_escaped(before, operation))) or _ANY


def is_jump(code: bytes, at: int) -> bool:
    """Whether the four bytes at `at`, a distance, belong to a call or a jump."""
    near = code[at - 1 : at] in (b"\xe8", b"\xe9")
    return near or (code[at - 2 : at - 1] == b"\x0f" and code[at - 1] & 0xF0 == 0x80)


def _plain(before: bytes, operation: int) -> tuple[int, ...]:
    """As an opcode of one byte."""
    opcode = before[-1]
    # mov of an immediate is their only operation on memory
    if opcode not in _MODRM or (opcode in (0xC6, 0xC7) and operation):
        return ()
    if opcode in _TESTS and operation > 1:
        return (0,)
    if opcode in _BYTE:
        return (1,)
    if opcode not in _FULL:
        return (0,)
    start = len(before) - 1
    while before[start - 1] in _PREFIXES:
        start -= 1
    # what looks like the prefix may be the end of the instruction before
    return (2, 4) if _OPERAND_SIZE in before[start:-1] else (4,)


def _escaped(before: bytes, operation: int) -> list[int]:
    """As an opcode of another map, after 0f or in a vector instruction."""
    opcode, found = before[-1], []
    # 0f 8x is a jump; c7 has no operation 0
    if before[-2] == 0x0F and not (0x80 <= opcode < 0x90 or (opcode == 0xC7 and not operation)):
        found.append(int(opcode in _SECOND))
    if before[-3] == 0x0F and before[-2] in (0x38, 0x3A):
        found.append(int(before[-2] == 0x3A))
    scalar = opcode in _NO_VECTOR
    if before[-3] == 0xC5 and not scalar:
        found.append(int(opcode in _SECOND))
    for prefix, place, bits in _VECTOR:
        table = before[place + 1] & bits
        # but for vpmultishiftqb
        if before[place] == prefix and table in _MAPS and (not scalar or (opcode, table) == _SHIFT):
            found.append(int(table == 3 or (table == 1 and opcode in _SECOND)))
    return found
