# SPDX-License-Identifier: GPL-2.0-only
"""Where in a TOML file a value stands: the lines that tomllib does not keep.

The text is valid TOML already (tomllib has read it), so this reader only follows the
structure: keys, tables, arrays, inline tables, and strings to be passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The way to a value: keys of tables, indices of arrays (0-based).
Path = tuple[str | int, ...]

_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")


def line_numbers(text: str) -> Mapping[Path, int]:
    """The 1-based line of every key, table header and array element of a valid TOML text."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}

    def scan(self) -> Mapping[Path, int]:
        table: Path = ()
        self._blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._assignment(table)
            self._blank()
        return self._lines

    def _header(self) -> Path:
        is_array = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at += 2 if is_array else 1
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if is_array and number == len(keys) - 1:
                self._note(path, start)
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
        self._note(path, start)
        return path

    def _assignment(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._keys())
        self._note(path, start)
        self._at += 1  # the equals sign
        self._blank()
        self._value(path)

    def _keys(self) -> list[str]:
        """A dotted key; stops at what follows it (`=`, `]`)."""
        keys = []
        while True:
            self._blank()
            if self._text[self._at] in "\"'":
                quoted = self._match(_STRING)
                keys.append(quoted[1:-1])
            else:
                keys.append(self._match(_KEY))
            self._blank()
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        opening = self._text[self._at]
        if opening in "\"'":
            self._match(_STRING)
        elif opening == "[":
            self._items(path, "]")
        elif opening == "{":
            self._items(path, "}")
        else:
            self._match(_SCALAR)

    def _items(self, path: Path, closing: str) -> None:
        """The elements of an array (`]`) or the assignments of an inline table (`}`)."""
        self._at += 1
        index = 0
        self._blank()
        while self._text[self._at] != closing:
            if closing == "}":
                self._assignment(path)
            else:
                self._note((*path, index), self._at)
                self._value((*path, index))
                index += 1
            self._blank()
            if self._text[self._at] == ",":
                self._at += 1
                self._blank()
        self._at += 1

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"no TOML at offset {self._at}")
        self._at = found.end()
        return found.group()

    def _blank(self) -> None:
        self._match(_BLANK)

    def _note(self, path: Path, offset: int) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, offset) + 1)
