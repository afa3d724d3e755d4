# SPDX-License-Identifier: GPL-2.0-only
"""Cells: one kernel configuration each that a commit is compiled in."""

from __future__ import annotations

from dataclasses import dataclass

#: A small kernel in which what users of page allocators see is real: SMP, swap, modules and
#: memory cgroups. Everything else is allnoconfig's, so that it prepares in seconds.
_BASE = (
    "CONFIG_64BIT=y",
    "CONFIG_SMP=y",
    "CONFIG_MODULES=y",
    "CONFIG_BLOCK=y",
    "CONFIG_SWAP=y",
    "CONFIG_CGROUPS=y",
    "CONFIG_MEMCG=y",
)
_DEBUG_VM = ("CONFIG_DEBUG_KERNEL=y", "CONFIG_DEBUG_VM=y")


@dataclass(frozen=True)
class Cell:
    """One configuration to compile in.

    arch: as kbuild's ARCH spells it.
    kconfig: lines `CONFIG_X=y` or `CONFIG_X=n` over allnoconfig; what a subsystem itself
    needs comes on top, from its conversion.
    """

    name: str
    arch: str
    kconfig: tuple[str, ...]


def _x86_64(name: str, *lines: str) -> Cell:
    return Cell(name, "x86_64", (*_BASE, *lines))


#: The built-in cells by name.
CELLS = {
    cell.name: cell
    for cell in (
        _x86_64("compaction", "CONFIG_COMPACTION=y", "CONFIG_DEBUG_VM=n"),
        _x86_64("no-compaction", "CONFIG_COMPACTION=n", "CONFIG_DEBUG_VM=n"),
        _x86_64("debug-vm", "CONFIG_COMPACTION=y", *_DEBUG_VM),
        _x86_64("no-compaction-debug-vm", "CONFIG_COMPACTION=n", *_DEBUG_VM),
    )
}
