# SPDX-License-Identifier: GPL-2.0-only
"""The built-in matrices hold what has to be shown, and name what has to be installed for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel.cells import Cell, matrix

FULL = matrix("full")
BOOT = matrix("boot")


def has(*lines: str) -> Callable[[Cell], bool]:
    return lambda cell: set(lines) <= set(cell.kconfig)


#: What each is, by the words of those who ask for it.
WANTED: dict[str, Callable[[Cell], bool]] = {
    "i386 with PAE and MEMCG": lambda c: (
        c.arch == "i386" and has("CONFIG_HIGHMEM64G=y", "CONFIG_MEMCG=y")(c)
    ),
    "i386 with PAE, without MEMCG": lambda c: (
        c.arch == "i386" and has("CONFIG_HIGHMEM64G=y", "CONFIG_CGROUPS=n")(c)
    ),
    "MEMCG off": lambda c: c.arch == "x86_64" and has("CONFIG_CGROUPS=n")(c),
    "SMP off": has("CONFIG_SMP=n"),
    "clang with DEBUG_VM off": lambda c: c.toolchain == "clang" and has("CONFIG_DEBUG_VM=n")(c),
    "arm64, 4K": lambda c: c.arch == "arm64" and has("CONFIG_ARM64_4K_PAGES=y")(c),
    "arm64, 64K": lambda c: c.arch == "arm64" and has("CONFIG_ARM64_64K_PAGES=y")(c),
    "arm LPAE": lambda c: c.arch == "arm" and has("CONFIG_ARM_LPAE=y")(c),
    "riscv64": lambda c: c.arch == "riscv" and has("CONFIG_64BIT=y")(c),
    "big endian": lambda c: c.arch == "s390",
    "um": lambda c: c.arch == "um",
    "allmodconfig": lambda c: c.config == "allmodconfig",
    "sparse": lambda c: c.checker == "sparse",
}


@pytest.mark.parametrize("what", WANTED)
def test_the_full_matrix_has(what: str) -> None:
    assert any(WANTED[what](cell) for cell in FULL)


def test_the_full_matrix_has_the_quick_one_and_more() -> None:
    quick = matrix("quick")
    assert len(quick) == 3
    assert set(quick) < set(FULL)
    assert len(FULL) >= 14
    assert sum(cell.compare for cell in quick) >= 2
    assert {"i386", "arm", "x86_64"} <= {cell.arch for cell in FULL if cell.compare}


def test_what_not_every_machine_has_names_its_package() -> None:
    for cell in FULL:
        special = cell.cross or cell.checker or cell.toolchain != "gcc"
        assert bool(cell.package) == bool(special), cell.name


def test_every_one_that_boots_is_a_process_and_watchful() -> None:
    assert len(BOOT) >= 2
    for cell in BOOT:
        assert cell.boots
        assert cell.arch == "um"
        assert {"CONFIG_DEBUG_VM=y", "CONFIG_PAGE_POISONING=y", "CONFIG_COMPACTION=y"} <= set(
            cell.kconfig
        )
        # nothing of the host: no file system of it, no disk, no network
        assert not [line for line in cell.kconfig if "HOSTFS" in line or "UBD" in line]


def test_one_has_kasan_and_one_lockdep() -> None:
    for line in ("CONFIG_KASAN=y", "CONFIG_PROVE_LOCKING=y"):
        assert sum(line in cell.kconfig for cell in BOOT) == 1


def test_a_misspelt_matrix_is_told_the_names() -> None:
    with pytest.raises(UserError, match=r"quikc: no such matrix; take quick, full or a file"):
        matrix("quikc")


def test_they_are_in_no_other_matrix() -> None:
    others = [cell for name in ("quick", "full", "native") for cell in matrix(name)]
    assert not [cell.name for cell in others if cell.boots]


def test_a_users_file_can_have_its_own(tmp_path: Path) -> None:
    file = tmp_path / "cells.toml"
    file.write_text('[[cell]]\nname = "mine"\narch = "um"\nmatrices = ["boot"]\n')
    (cell,) = matrix(str(file))
    assert cell.boots
