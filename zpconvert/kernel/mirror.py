# SPDX-License-Identifier: GPL-2.0-only
"""A mirror of a tree in which some files are real and can change, all others links to it.

Directories are real, so that `#include "../x.h"` stays in the mirror wherever it is written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

#: Directories that are linked as they are: nothing in them includes a source from outside.
_WHOLE = ("Documentation", "LICENSES", "samples")
#: What an earlier build in the tree left; make would take it for its own.
_BUILT = (".o", ".a", ".ko", ".cmd", ".mod", ".order", ".config")
_GENERATED = ("include/config", "include/generated")
#: In each directory, a link to that of the tree; those of the files lead through it, for a link
#: of less than 60 characters takes no block of the disk, and there are 80,000.
_DOOR = ".tree"


class Mirror:
    """The mirror of `tree` in a directory of `builds`."""

    def __init__(self, tree: Path, builds: Path) -> None:
        name = hashlib.sha256(str(tree).encode()).hexdigest()[:12]
        self.tree, self.path = tree, builds / f"{tree.name}-{name}.mirror"
        self._list = builds / f"{self.path.name}.real"
        self._linked = False

    def lay_out(self, files: Mapping[str, bytes], paths: Collection[str]) -> None:
        """Make it look like the tree with other files.

        files: path to text. paths: all that may be real; one that `files` lacks is absent.
        What was a real file once stays one, with the tree's text: as a link it would be older
        than what was built from it.
        """
        before = self._real()
        once = before - set(paths)
        self._note(before | set(paths))
        if not self._linked:
            self._link()
            self._linked = True
        for path in sorted({*once, *paths}):
            text = files.get(path)
            if path in once and (self.tree / path).is_file():
                text = (self.tree / path).read_bytes()
            _put(self.path / path, text)
        # its time says when it was used last (buildcache.py)
        os.utime(self.path)

    def _link(self) -> None:
        own = self._real()
        for directory, names in _walk(self.tree):
            place = self.path / directory
            place.mkdir(exist_ok=True)
            there = {entry.name: entry for entry in os.scandir(place)}
            if there.pop(_DOOR, None) is None:
                (place / _DOOR).symlink_to(self.tree / directory)
            for name in names - there.keys():
                if f"{directory}/{name}".lstrip("/") not in own:
                    os.symlink(f"{_DOOR}/{name}", f"{place}/{name}")  # noqa: PTH211
            for name, entry in there.items():
                if entry.is_symlink() and name not in names:
                    (place / name).unlink()

    def _real(self) -> set[str]:
        try:
            return set(self._list.read_text().splitlines())
        except FileNotFoundError:
            return set()

    def _note(self, paths: Collection[str]) -> None:
        """Remember which files are real, before they are: another run may use the mirror."""
        unfinished = self._list.with_suffix(".new")
        unfinished.write_text("".join(f"{path}\n" for path in sorted(paths)))
        unfinished.rename(self._list)


def _walk(tree: Path) -> Iterator[tuple[str, set[str]]]:
    """Directories of the tree as paths in it, with the names of what is linked in them."""
    for directory, subdirs, files in os.walk(tree):
        path = os.path.relpath(directory, tree)
        path = "" if path == "." else path
        subdirs[:] = [name for name in subdirs if not name.startswith(".git")]
        names = {name for name in files if not name.endswith(_BUILT) and name != ".git"}
        for name in subdirs.copy():
            below = f"{path}/{name}".lstrip("/")
            link = (Path(directory) / name).is_symlink()
            if link or below in _WHOLE or below.endswith(_GENERATED):
                subdirs.remove(name)
                if not below.endswith(_GENERATED):
                    names.add(name)
        yield path, names


def _put(place: Path, text: bytes | None) -> None:
    """Write a file unless it is like that, for its time counts; None removes it."""
    if text is None:
        place.unlink(missing_ok=True)
    elif place.is_symlink() or not place.is_file() or place.read_bytes() != text:
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
