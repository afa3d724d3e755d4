# SPDX-License-Identifier: GPL-2.0-only
"""What a compiler says of every commit: does it build, does it warn, how large is the object."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.model import Conversion
from zpconvert.kernel import diagnostics, kbuild
from zpconvert.kernel.cells import CELLS
from zpconvert.pipeline import Converted, Tell


@dataclass(frozen=True)
class Trouble:
    """A commit (1-based number in the series) that does not build, or that warns anew."""

    number: int
    cell: str
    object: str
    text: str


@dataclass(frozen=True)
class Size:
    """Bytes of text and data of an object, in the base and after the last commit."""

    cell: str
    object: str
    before: int
    after: int


@dataclass(frozen=True)
class Measurement:
    """What compiling showed; `commits` is how many were compiled, in each of `cells`."""

    cells: tuple[str, ...]
    commits: int
    sizes: tuple[Size, ...]
    troubles: tuple[Trouble, ...]


def measure(
    tree: Path,
    conversion: Conversion,
    result: Converted,
    *,
    cells: Sequence[str],
    cache: Path,
    tell: Tell = lambda text: None,
) -> Measurement:
    """Compile the conversion's objects at every commit, at W=1, in each of the named cells.

    tree: only read. cache: where prepared build directories are kept.
    Raises UserError when a cell cannot be prepared.
    """
    objects = [path.removesuffix(".c") + ".o" for path in conversion.files if path[-2:] == ".c"]
    trees = _trees(result)
    sizes: list[Size] = []
    troubles: list[Trouble] = []
    for name in cells:
        build = kbuild.prepare(
            tree,
            CELLS[name],
            fragment=conversion.kconfig,
            objects=objects,
            cache=cache,
            tell=tell,
        )
        for obj in objects:
            tell(f"compiling {obj} at {len(trees) - 1} commits: {name}")
            jobs = [kbuild.Job(build, obj, files) for files in trees]
            built = kbuild.compile_many(jobs, workers=os.cpu_count() or 1)
            troubles += _troubles(name, obj, built)
            first, last = built[0], built[-1]
            if isinstance(first, kbuild.Compiled) and isinstance(last, kbuild.Compiled):
                sizes.append(Size(name, obj, _bytes(first), _bytes(last)))
    return Measurement(tuple(cells), len(trees) - 1, tuple(sizes), tuple(troubles))


def _trees(result: Converted) -> list[Mapping[str, bytes]]:
    """The touched files in the base and after each commit."""
    found: list[Mapping[str, bytes]] = [result.base]
    for state in result.states:
        found.append({**found[-1], **state.files})
    return found


def _bytes(compiled: kbuild.Compiled) -> int:
    return compiled.size.text + compiled.size.data


def _troubles(
    cell: str, obj: str, built: Sequence[kbuild.Compiled | kbuild.Failed]
) -> list[Trouble]:
    """Each commit compared with its parent, so that a warning is blamed on who brings it."""
    found = []
    for number in range(1, len(built)):
        now = built[number]
        if isinstance(now, kbuild.Failed):
            found.append(Trouble(number, cell, obj, now.text.strip()))
            continue
        for new in diagnostics.fresh(built[number - 1].diagnostics, now.diagnostics):
            found.append(Trouble(number, cell, obj, str(new)))
    return found
