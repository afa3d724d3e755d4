# SPDX-License-Identifier: GPL-2.0-only
"""Where the files under check are read from: the work tree, git's index or a commit, a patch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Tree(Protocol):
    """Files by their paths, which are absolute and normal."""

    def read(self, path: Path) -> bytes | None:
        """A file's bytes, None where there is no such file."""
        ...

    def mentioning(self, directory: Path, word: str) -> Mapping[Path, bytes]:
        """The C files right in a directory that contain a word, by path."""
        ...


class WorkTree:
    """Files as they are on disk."""

    def read(self, path: Path) -> bytes | None:
        """A file's bytes."""
        try:
            return path.read_bytes()
        except (OSError, ValueError):
            return None

    def mentioning(self, directory: Path, word: str) -> Mapping[Path, bytes]:
        """C files of a directory that contain a word."""
        here = directory.iterdir() if directory.is_dir() else ()
        return _with_word(self, here, word)


@dataclass(frozen=True)
class PatchedTree:
    """A tree, the work tree if none is given, with some files replaced."""

    files: Mapping[Path, bytes]
    under: Tree = field(default_factory=WorkTree)

    def read(self, path: Path) -> bytes | None:
        """A file's bytes, after the patch."""
        return self.files[path] if path in self.files else self.under.read(path)

    def mentioning(self, directory: Path, word: str) -> Mapping[Path, bytes]:
        """C files of a directory that contain a word."""
        replaced = [path for path in self.files if path.parent == directory]
        there = self.under.mentioning(directory, word)
        return {
            **{path: text for path, text in there.items() if path not in self.files},
            **_with_word(self, replaced, word),
        }


class GitTree:
    """Files as git has them: in a commit, or staged in the index."""

    def __init__(self, top: Path, files: Mapping[Path, bytes], commit: str = "") -> None:
        """top: of the work tree. files: what is known of them, by absolute path."""
        self._top, self._commit = top, commit
        self._known = dict[Path, bytes | None](files)

    def read(self, path: Path) -> bytes | None:
        """A file's bytes in the commit or the index."""
        from zpconvert.git import index

        if path not in self._known:
            name = os.path.relpath(path, self._top)
            inside = not name.startswith("..")
            found = index.contents(self._top, [name], self._commit) if inside else {}
            self._known[path] = found.get(name)
        return self._known[path]

    def mentioning(self, directory: Path, word: str) -> Mapping[Path, bytes]:
        """C files of a directory that contain a word."""
        from zpconvert.git import index

        place = os.path.relpath(directory, self._top)
        names = index.listed(self._top, place, word, self._commit)
        code = [name for name in names if name.endswith((".c", ".h"))]
        found = index.contents(self._top, code, self._commit)
        return {self._top / name: text for name, text in found.items()}


def _with_word(tree: Tree, paths: Iterable[Path], word: str) -> dict[Path, bytes]:
    texts = {p: tree.read(p) for p in paths if p.suffix in (".c", ".h")}
    return {p: t for p, t in texts.items() if t is not None and word.encode() in t}
