# SPDX-License-Identifier: GPL-2.0-only
"""Cells: one kernel configuration each that a commit is compiled in. They are data: cells.toml
has the built-in ones, and a user's file has the same form."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.complaint import KnownComplaint, known_complaints
from zpconvert.conversion.table import Table, read_toml
from zpconvert.errors import UserError

MATRICES = ("quick", "full", "native", "boot")

_KEYS = {
    "name", "arch", "toolchain", "cross", "package", "config", "kconfig", "matrices",
    "checker", "compare", "module", "complaint",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
#: A line of a kernel configuration that sets an option.
SETTING = re.compile(r'CONFIG_[A-Za-z0-9_]+=(?:"[^"]*"|\S+)')


@dataclass(frozen=True)
class Cell:
    """One configuration to compile in.

    arch: as kbuild's ARCH spells it. kconfig: lines `CONFIG_X=y` or `CONFIG_X=n` over
    `config`; what a subsystem itself needs comes on top, from its conversion.
    toolchain: `gcc` or `clang`; cross: prefix of the compiler's name; package: what to install
    for it, as Debian names it. checker: what reads each source besides, `sparse` or nothing.
    matrices: of which it is a part. compare: functions are compared here. module: the
    subsystem is built as a module. complaints: what its kernels are known to complain of by
    themselves when they are booted.
    """

    name: str
    arch: str
    kconfig: tuple[str, ...]
    toolchain: str = "gcc"
    cross: str = ""
    package: str = ""
    config: str = "allnoconfig"
    matrices: tuple[str, ...] = ()
    compare: bool = False
    module: bool = False
    checker: str = ""
    complaints: tuple[KnownComplaint, ...] = ()

    @property
    def boots(self) -> bool:
        """Whole kernels are built and booted in it, if that is asked for."""
        return "boot" in self.matrices

    @property
    def compiler(self) -> str:
        """The compiler's program."""
        return "clang" if self.toolchain == "clang" else f"{self.cross}gcc"


def read(file: Path) -> dict[str, Cell]:
    """The cells of a TOML file by name. Raises UserError (`file:line`) for what is wrong."""
    root = read_toml(file)
    root.only({"kconfig", "cell"})
    shared = root.table("kconfig", needed=False)
    lists = {name: shared.texts(name) for name in shared.values}
    tables = root.tables("cell")
    root.distinct(tables, "name", "cell")
    if not tables:
        root.fail("there are no cells", "add a [[cell]]")
    cells = [_cell(table, lists) for table in tables]
    return {cell.name: cell for cell in cells}


def _cell(table: Table, lists: Mapping[str, tuple[str, ...]]) -> Cell:
    table.only(_KEYS)
    name = table.text("name")
    if not _NAME.fullmatch(name):
        table.fail(f"'{name}' is no name for a cell", "use letters, digits, - and _", "name")
    toolchain = table.text("toolchain", default="gcc")
    if toolchain not in ("gcc", "clang"):
        table.fail(f"no toolchain '{toolchain}'", "write gcc or clang", "toolchain")
    checker = table.text("checker", default="")
    if checker not in ("", "sparse"):
        table.fail(f"no checker '{checker}'", "write sparse, or leave it out", "checker")
    lines: list[str] = []
    for index, line in enumerate(table.texts("kconfig")):
        if line.startswith("@") and line[1:] in lists:
            lines += lists[line[1:]]
        elif SETTING.fullmatch(line):
            lines.append(line)
        else:
            table.fail(f"'{line}' is no setting", "write CONFIG_NAME=y", "kconfig", index)
    return Cell(
        name,
        table.text("arch", empty="the cell has no architecture"),
        tuple(lines),
        toolchain,
        table.text("cross", default=""),
        table.text("package", default=""),
        table.text("config", default="allnoconfig"),
        table.texts("matrices"),
        table.flag("compare"),
        table.flag("module"),
        checker,
        known_complaints(table),
    )


@functools.cache
def built_in() -> Mapping[str, Cell]:
    """The cells that come with the package, by name."""
    return read(Path(__file__).with_name("cells.toml"))


def matrix(name: str) -> tuple[Cell, ...]:
    """The cells of a built-in matrix (MATRICES), or of a user's file.

    Raises UserError when the file cannot be read or is not as it should be.
    """
    if name in MATRICES:
        return tuple(cell for cell in built_in().values() if name in cell.matrices)
    if not Path(name).exists():
        raise UserError(name, "no such matrix", "take quick, full or a file")
    return tuple(read(Path(name)).values())


#: Cells for this machine's own compiler, by name.
CELLS = {cell.name: cell for cell in matrix("native")}
