# SPDX-License-Identifier: GPL-2.0-only
"""A user's kernel tree, read and never written; each bad input has its one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError

_CONFLICT = re.compile(rb"(?m)^(?:<<<<<<< |>>>>>>> |\|\|\|\|\|\|\| |=======$)")


@dataclass(frozen=True)
class Tree:
    """A kernel's sources. path: absolute; version: as `6.12.117` or `6.13.0-rc4`, from the
    top Makefile; is_git: it is the top of a git work tree."""

    path: Path
    version: str
    is_git: bool


def open_tree(path: Path) -> Tree:
    """The kernel tree at `path`. Raises UserError when there is none."""
    if not path.exists():
        raise UserError(str(path), "no such tree", "pass a kernel's top directory with --tree")
    if not path.is_dir():
        raise UserError(str(path), "not a directory", "pass a kernel's top directory with --tree")
    makefile = path / "Makefile"
    fields: dict[str, str] = {}
    if makefile.is_file():
        text = _read(makefile, "Makefile").decode("utf-8", "replace")
        fields = dict(
            re.findall(r"(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(\S*)", text)
        )
    if not {"VERSION", "PATCHLEVEL"} <= fields.keys() or not (path / "Kconfig").is_file():
        raise UserError(
            str(path), "not a kernel tree", "pass the directory that holds the kernel's Makefile"
        )
    numbers = [fields["VERSION"], fields["PATCHLEVEL"], fields.get("SUBLEVEL") or "0"]
    version = ".".join(numbers) + fields.get("EXTRAVERSION", "")
    return Tree(path.resolve(), version, (path / ".git").exists())


def read_source(tree: Path, rel: str) -> bytes:
    """A C source of the tree, checked to be text that can be converted and given back whole.

    rel: path in the tree, as messages name it. Raises UserError, with the 1-based line where
    there is one.
    """
    text = _read(tree / rel, rel)
    if not text.strip():
        raise UserError(rel, "empty", "restore it from the kernel's history")
    at = text.find(b"\0")
    if at >= 0:
        raise UserError(_at(rel, text, at), "NUL byte", "restore the file; it is not C text")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        where = _at(rel, text, error.start)
        raise UserError(where, "not UTF-8", "convert the file to UTF-8") from None
    at = text.find(b"\r")
    if at >= 0:
        raise UserError(
            _at(rel, text, at), "carriage return", "convert to Unix line ends (dos2unix)"
        )
    conflict = _CONFLICT.search(text)
    if conflict:
        where = _at(rel, text, conflict.start())
        raise UserError(where, "conflict marker", "finish the merge or the rebase first")
    return text


def _read(path: Path, rel: str) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(rel, "not in this tree", "pass a kernel that has it") from None
    except IsADirectoryError:
        raise UserError(rel, "not a file", "restore it from the kernel's history") from None
    except PermissionError:
        raise UserError(rel, "cannot be read", "check its permissions") from None


def _at(rel: str, text: bytes, offset: int) -> str:
    line = text.count(b"\n", 0, offset) + 1
    return f"{rel}:{line}"
