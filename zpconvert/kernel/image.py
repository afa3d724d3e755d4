# SPDX-License-Identifier: GPL-2.0-only
"""Whole kernels of the states of a series, each built from the one before.

make sees a mirror of the tree in which the files that a series touches change from state to
state. What does not depend on them is not built again, and the tree itself is only read. The
mirror and the build directory are kept; one make at a time works there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from zpconvert import space
from zpconvert.kernel import digests
from zpconvert.kernel.buildcache import locked
from zpconvert.kernel.kbuild import BuildDir, Make, variables
from zpconvert.kernel.mirror import Mirror

#: Two builds of the same sources give the same bytes.
_REPRODUCIBLE = {
    "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
    "KBUILD_BUILD_USER": "zpconvert",
    "KBUILD_BUILD_HOST": "zpconvert",
}
_PROGRAM = "linux"
_UNFINISHED = "zpconvert.unfinished"
_INPUTS = "zpconvert.inputs"


class Images:
    """The kernels of one cell.

    build: the cell's build directory, whose configuration they have. tree: the kernel's
    sources. paths: all that the series touches. workers: compilers at a time.
    """

    def __init__(self, build: BuildDir, tree: Path, paths: Collection[str], workers: int) -> None:
        self.build, self.paths, self.workers = build, frozenset(paths), workers
        self.path = build.path.with_name(f"{build.path.name}.image")
        self.mirror = Mirror(tree.resolve(), build.path.parent)

    def inputs(self) -> str | None:
        """A digest of what the tree gives to these kernels besides what the series touches.
        None if that is not known, because none was built."""
        known = self.path / _INPUTS
        if not known.exists():
            return None
        own = known.read_text().splitlines()
        files = [f"{self.mirror.tree}/{path}" for path in own if path not in self.paths]
        return digests.digest([*files, f"{self.path}/.config"], self.path)

    def make(self, files: Mapping[str, bytes], place: Path) -> None:
        """Build the kernel of a state (path in the tree to text) and put its program at `place`.

        Raises UserError when it does not build, OSError when the disk is full.
        """
        builds = self.path.parent
        # the mirror is shared by the cells of a tree, and by other runs
        with space.at(self.path), locked(builds, self.mirror.path.name) as lock:
            self.path.mkdir(exist_ok=True)
            marker = self.path / _UNFINISHED
            if marker.exists():
                _sweep(self.path)
            marker.touch()
            self.mirror.lay_out(files, self.paths)
            make = Make(self.mirror.path, self.path, variables(self.build.cell), lock)
            self._configure(make)
            make(f"-j{self.workers}", _PROGRAM, env=_REPRODUCIBLE)
            self._record()
            marker.unlink()
            shutil.copy(self.path / _PROGRAM, place)

    def _configure(self, make: Make) -> None:
        wanted = (self.build.path / ".config").read_bytes()
        known = self.path / "zpconvert.config"
        if not known.exists() or known.read_bytes() != wanted:
            (self.path / ".config").write_bytes(wanted)
            make("olddefconfig")
            known.write_bytes(wanted)

    def _record(self) -> None:
        """Note the files of the tree that went in, from what kbuild saved."""
        found = {"Makefile"}
        prefix = f"{self.mirror.path}/"
        for saved in self.path.rglob(".*.cmd"):
            for path in re.findall(rf"(?<=[ =\t]){re.escape(prefix)}(\S+)", saved.read_text()):
                found.add(path)
                found.add(f"{os.path.dirname(path)}/Makefile")  # noqa: PTH120 - 100,000 of them
        (self.path / _INPUTS).write_text("".join(f"{path}\n" for path in sorted(found)))


def _sweep(path: Path) -> None:
    """Remove what a killed make may have left half-written: kbuild saves the command of a
    target after the target is whole."""
    for target in path.rglob("*"):
        saved = target.with_name(f".{target.name}.cmd")
        if saved.exists():
            if target.stat().st_mtime_ns >= saved.stat().st_mtime_ns:
                target.unlink()
        elif target.suffix in (".o", ".a"):
            target.unlink()
    (path / _PROGRAM).unlink(missing_ok=True)
