# SPDX-License-Identifier: GPL-2.0-only
"""A TOML table read strictly: unknown keys, missing keys and wrong types name their line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from zpconvert.conversion import positions
from zpconvert.errors import UserError

_SYNTAX = re.compile(r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True)
class Table:
    """A table of a TOML file: its values, its path in the file and the file's line numbers."""

    file: Path
    lines: Mapping[positions.Path, int]
    path: positions.Path
    values: Mapping[str, Any]

    def line(self, *keys: str | int) -> int:
        """The 1-based line of what lies at `keys` below this table, or of what holds it."""
        path = (*self.path, *keys)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fail(self, what: str, todo: str, *keys: str | int) -> NoReturn:
        """Raise UserError at the line of `keys`."""
        raise UserError(f"{self.file}:{self.line(*keys)}", what, todo)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not among the known ones, and suggest the nearest."""
        names = sorted(known)
        for key in self.values:
            if key not in names:
                near = difflib.get_close_matches(key, names, 1)
                todo = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
                self.fail(f"unknown key '{key}'", todo, key)

    def text(self, key: str, *, default: str | None = None, empty: str | None = None) -> str:
        """A string, its outer white space stripped.

        default: what a missing key gives (None: the key is needed).
        empty: what to say when nothing is in it (None: that is allowed).
        """
        if key not in self.values:
            if default is None:
                self._missing(key)
            return default
        value = self.values[key]
        if not isinstance(value, str):
            self._wrong(key, "a string")
        if empty is not None and not value.strip():
            self.fail(empty, f"write '{key}'", key)
        return value.strip()

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """An array of non-empty strings, each stripped; () where the key is missing."""
        if key not in self.values:
            if needed:
                self._missing(key)
            return ()
        value = self.values[key]
        if not isinstance(value, list):
            self._wrong(key, "an array of strings")
        for index, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self._wrong(key, "an array of non-empty strings", index)
        if needed and not value:
            self.fail(f"'{key}' is empty", "name at least one", key)
        return tuple(item.strip() for item in value)

    def flag(self, key: str) -> bool:
        """A boolean; False where the key is missing."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, "true or false")
        return value

    def count(self, key: str) -> int:
        """A whole number from 1."""
        if key not in self.values:
            self._missing(key)
        value = self.values[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self._wrong(key, "a number from 1")
        return value

    def table(self, key: str, *, needed: bool = True) -> Table:
        """A table of this one; an empty one where it is missing and not needed."""
        if key not in self.values and needed:
            self.fail(f"there is no [{key}]", f"add a table [{key}]")
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self._wrong(key, "a table")
        return Table(self.file, self.lines, (*self.path, key), value)

    def tables(self, key: str) -> tuple[Table, ...]:
        """An array of tables; () where the key is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, "an array of tables")
        return tuple(
            Table(self.file, self.lines, (*self.path, key, index), item)
            for index, item in enumerate(value)
        )

    def pattern(self, key: str) -> re.Pattern[str]:
        """A regular expression; white space at its ends counts."""
        self.text(key, empty=f"'{key}' is empty")
        try:
            return re.compile(self.values[key])
        except re.error as error:
            self.fail(f"'{key}' is no regular expression: {error}", "mend the pattern", key)

    def replacement(self, key: str, pattern: re.Pattern[str]) -> str:
        """What `pattern` is replaced with: its group references exist; "" removes."""
        self.text(key)
        template = str(self.values[key])
        try:
            pattern.sub(template, "")
        except (re.error, IndexError) as error:
            self.fail(f"'{key}' does not fit its pattern: {error}", "mend the replacement", key)
        return template

    def distinct(self, tables: Iterable[Table], key: str, what: str) -> None:
        """Refuse two of these tables with one `key`; `what` says what they are."""
        seen: dict[str, int] = {}
        for table in tables:
            name = table.text(key, empty=f"a {what} without '{key}'")
            if name in seen:
                table.fail(
                    f"{what} '{name}' is already on line {seen[name]}", "rename or remove one", key
                )
            seen[name] = table.line(key)

    def _missing(self, key: str) -> NoReturn:
        self.fail(f"'{key}' is missing", f"add '{key} = …'")

    def _wrong(self, key: str, wanted: str, *index: int) -> NoReturn:
        self.fail(f"'{key}' must be {wanted}", "mend the value", key, *index)


def read_toml(file: Path, text: bytes | None = None) -> Table:
    """The root table of a TOML file, or of a text that is to become one.

    Raises UserError when it cannot be read, is not UTF-8 or is no TOML (naming the line).
    """
    try:
        source = (file.read_bytes() if text is None else text).decode("utf-8")
    except OSError as error:
        raise UserError(str(file), f"cannot be read: {error.strerror}", "check the path") from None
    except UnicodeDecodeError as error:
        raise UserError(str(file), f"is not UTF-8 at byte {error.start}", "save as UTF-8") from None
    source = source.replace("\r\n", "\n")
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.fullmatch(str(error))
        line = (found and found["line"]) or source.rstrip("\n").count("\n") + 1
        what = found["what"] if found else str(error)
        raise UserError(f"{file}:{line}", f"bad TOML: {what}", "mend the syntax") from None
    return Table(file, positions.line_numbers(source), (), values)
