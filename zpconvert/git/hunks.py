# SPDX-License-Identifier: GPL-2.0-only
"""A diff as hunks, and where in a file of C each changed line stands."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

_INDEX = re.compile(r"^index ([0-9a-f]+)\.\.([0-9a-f]+)", re.MULTILINE)
#: A line that begins something at file level, as git's diff driver for C has it; no label.
_OPENS = re.compile(r"[A-Za-z_]")
_LABEL = re.compile(r"\w+:\s*(?:$|/[/*])")
_NAME = re.compile(r"(\w+)\s*\(")
_TAG = re.compile(r"(?:struct|union|enum)\s+\w+(?=\s*\{)")
_MACRO = re.compile(r"#\s*define\s+(\w+)")


@dataclass(frozen=True)
class Hunk:
    """`old` and `new` are the 1-based first lines; `lines` keep their first character (blank,
    + or -) and not their line end; `section` is what stands behind the second @@. A line
    without its newline is followed by one that begins with a backslash."""

    old: int
    new: int
    section: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class FileHunks:
    """What a patch does to `path`. blob: the abbreviated hash of the text that it is for; None
    if the diff does not say, or if the file is new."""

    path: str
    hunks: tuple[Hunk, ...]
    created: bool
    removed: bool
    blob: str | None


@dataclass(frozen=True)
class Place:
    """A function, macro or tag of a file, as a diff shows it: empty for what is between."""

    path: str
    name: str


def read_hunks(diff: bytes) -> tuple[FileHunks, ...]:
    """The files of a unified diff; text around it (a mail's signature) is passed over.

    Raises ValueError when it is no diff that unidiff can read.
    """
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import Hunk as Read
    from unidiff.patch import PatchedFile, PatchSet

    def _lines(hunk: Read) -> Iterator[str]:
        left = hunk.source_length
        for line in hunk:
            # an empty line is context whose blank a mailer took, or follows the hunk
            kind = line.line_type or " " * (left > 0)
            left -= kind in " -" if kind else 0
            if kind:
                yield _utf8(f"{kind}{line.value}".rstrip("\n"))

    def one(file: PatchedFile) -> FileHunks:
        hunks = tuple(
            Hunk(
                hunk.source_start,
                hunk.target_start,
                _utf8(hunk.section_header),
                tuple(_lines(hunk)),
            )
            for hunk in file
        )
        blob = _INDEX.search(str(file.patch_info or ""))
        known = blob[1] if blob is not None and blob[1].strip("0") else None
        return FileHunks(_utf8(file.path), hunks, file.is_added_file, file.is_removed_file, known)

    # one character a byte, and a lone carriage return ends no line: see git.diff.parse_diff
    text = io.StringIO(diff.decode("latin-1"), newline="\n")
    try:
        return tuple(one(file) for file in PatchSet(text))
    except UnidiffParseError as error:
        raise ValueError(f"not a unified diff: {error}") from error


def placed(file: FileHunks) -> Iterator[tuple[Place, str]]:
    """Every line of a file's hunks with its place; lines as in `Hunk.lines`.

    What stands before a function (its comment) belongs to it, a blank line to what it follows.
    Where a name is changed, the new one counts.
    """
    for hunk in file.hunks:
        current = _named(hunk.section) if hunk.section else ""
        stay = {_opened(line[1:]) for line in hunk.lines if line[0] != "-"}
        waiting: list[str] = []
        renamed: list[str] = []
        between = not current
        for line in hunk.lines:
            text = line[1:]
            opened = _opened(text)
            if opened is not None:
                current, between = opened, False
            if line[0] == "-" and opened is not None and opened not in stay:
                renamed.append(line)
                continue
            if between and text.strip():
                waiting.append(line)
                continue
            ready = (*waiting, line)
            if line[0] != "-":
                ready, renamed = (*renamed, *ready), []
            yield from ((Place(file.path, current), other) for other in ready)
            waiting = []
            between = between or text[:1] == "}"
        rest = Place(file.path, current if not between else "")
        yield from ((rest, line) for line in (*renamed, *waiting))


def _opened(text: str) -> str | None:
    """The name that a line at file level brings, empty if it has none; None inside something."""
    macro = _MACRO.match(text)
    if macro is not None:
        return macro[1]
    if not _OPENS.match(text) or _LABEL.match(text):
        return None
    return _named(text)


def _named(text: str) -> str:
    tag = _TAG.search(text)
    if tag is not None:
        return tag[0]
    macro = _MACRO.match(text)
    called = macro or _NAME.search(text)
    return called[1] if called is not None else ""


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
