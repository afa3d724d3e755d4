# SPDX-License-Identifier: GPL-2.0-only
"""Addends that stand in the code: relocations of the kind SHT_REL, as i386 and arm have them.

Two functions that are the same can differ in these bits, for they count from the start of a
section to what is meant. They are read as addends and cleared in the code.

Numbers are those of the System V ABI, Intel386 supplement, and of ELF for the Arm
Architecture (IHI 0044), both by way of binutils' include/elf/.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from zpconvert.objcode.machines import ARM, I386

#: Bytes of the addend, by machine and kind.
_PLAIN = {
    (I386, 1): 4,  # 32
    (I386, 2): 4,  # PC32
    (I386, 4): 4,  # PLT32
    (I386, 20): 2,  # 16
    (I386, 21): 2,  # PC16
    (I386, 22): 1,  # 8
    (I386, 23): 1,  # PC8
    (ARM, 2): 4,  # ABS32
    (ARM, 3): 4,  # REL32
    (ARM, 38): 4,  # TARGET1
}
#: Bits of a word of arm that hold the addend, the lowest first; with how far it is shifted.
_ARM: dict[int, tuple[tuple[int, ...], int]] = {
    1: ((0, 24), 2),  # PC24
    27: ((0, 24), 2),  # PLT32
    28: ((0, 24), 2),  # CALL
    29: ((0, 24), 2),  # JUMP24
    42: ((0, 31), 0),  # PREL31
    43: ((0, 12, 16, 4), 0),  # MOVW_ABS_NC
    44: ((0, 12, 16, 4), 0),  # MOVT_ABS
    45: ((0, 12, 16, 4), 0),  # MOVW_PREL_NC
    46: ((0, 12, 16, 4), 0),  # MOVT_PREL
}


def explicit(
    machine: int, little: bool, data: bytes, places: Iterable[tuple[int, int]]
) -> tuple[bytes, list[int]] | None:
    """The code without its addends, and the addends, in the order of `places`.

    little: byte order. places: (offset in bytes, kind) of each relocation. None where the kind
    of one is not known here.
    """
    code, addends = bytearray(data), []
    order: Literal["little", "big"] = "little" if little else "big"
    fields: tuple[int, ...]
    for offset, kind in places:
        size = _PLAIN.get((machine, kind), 4)
        end = offset + size
        word = int.from_bytes(code[offset:end], order, signed=False)
        if (machine, kind) in _PLAIN:
            fields, shift = (0, 8 * size), 0
        elif machine == ARM and kind in _ARM:
            fields, shift = _ARM[kind]
        else:
            return None
        addend, width = 0, 0
        for at, bits in zip(fields[::2], fields[1::2], strict=True):
            mask = (1 << bits) - 1
            addend |= (word >> at & mask) << width
            word &= ~(mask << at)
            width += bits
        if addend >> (width - 1):
            addend -= 1 << width
        addends.append(addend << shift)
        code[offset:end] = word.to_bytes(size, order)
    return bytes(code), addends
