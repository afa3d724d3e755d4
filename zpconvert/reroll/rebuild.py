# SPDX-License-Identifier: GPL-2.0-only
"""A posted series as commits again, with or without the tree that it was made for.

The `index` lines name the blobs of the base. Where the user's tree or its history has one,
it is the base. Where it has not, a file is a row of lines of which those are known that some
hunk shows; the others are filled in. git compares patches, so `git range-diff` says the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.command import user_git
from zpconvert.git.hunks import FileHunks, Hunk
from zpconvert.git.model import Commit
from zpconvert.mail.posted import PostedPatch, PostedSeries

#: What git's diff driver for C takes for the line that a hunk's header shows.
_HEADING = re.compile(rb"[A-Za-z_]")
_NO_NEWLINE = "\\"
#: What a third of the lines of C are: git's choice between equal diffs depends on how often
#: a line is in the file.
_COMMON = (b"", b"{\n", b"", b"}\n", b"", b"\n")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")


@dataclass(eq=False)
class _Line:
    """A line of a file, its end included; None while no hunk has shown it."""

    text: bytes | None = None


@dataclass(frozen=True)
class Rebuilt:
    """The base's files and the series as commits on them. known: every file of the base is
    whole, as the posted series' `index` lines have it."""

    base: dict[str, bytes]
    commits: tuple[Commit, ...]
    known: bool


def rebuild(series: PostedSeries, tree: Path) -> Rebuilt:
    """The commits of a posted series.

    tree: asked for the files of the base; only read. Raises UserError when a patch does not
    fit those before it.
    """
    files: dict[str, _File] = {}
    for patch in series.patches:
        for change in patch.files:
            file = files.get(change.path)
            if file is None:
                file = files[change.path] = _File(_blob(tree, change), change.created)
            try:
                file.apply(patch.number, change)
            except ValueError:
                raise UserError(
                    series.source,
                    f"patch {patch.number} does not fit the patches before it ({change.path})",
                    "give the series as it was posted",
                ) from None
    for file in files.values():
        file.fill()
    base = {path: text for path, file in files.items() if (text := file.text(0)) is not None}
    return Rebuilt(
        base,
        tuple(_commit(patch, files) for patch in series.patches),
        all(file.known for file in files.values()),
    )


def _commit(patch: PostedPatch, files: dict[str, _File]) -> Commit:
    texts = {change.path: files[change.path].text(patch.number) for change in patch.files}
    # fast-import has no word for a file that goes, and no series of ours lets one go
    made = {path: text if text is not None else b"" for path, text in texts.items()}
    return Commit(patch.message, patch.ident, made)


def _blob(tree: Path, change: FileHunks) -> bytes | None:
    """The text that a patch is for, by the hash in its `index` line; None if it is not here."""
    if change.blob is None:
        return None
    path = tree / change.path
    if path.is_file():
        text = path.read_bytes()
        name = hashlib.sha1(b"blob %d\0%b" % (len(text), text), usedforsecurity=False)
        if name.hexdigest().startswith(change.blob):
            return text
    if repo.is_worktree(tree):
        asked = user_git(tree, "cat-file", "blob", change.blob, check=False)
        if asked.code == 0:
            return asked.stdout
    return None


class _File:
    """One file through the whole series: a row of lines after each patch that changes it."""

    def __init__(self, text: bytes | None, created: bool) -> None:
        lines = _LINE.findall(text) if text is not None else []
        self.created, self.known = created, text is not None or created
        self.rows: dict[int, list[_Line]] = {0: [_Line(line) for line in lines]}
        self.sections: list[tuple[int, int, bytes]] = []

    def apply(self, number: int, change: FileHunks) -> None:
        """Add the row after patch `number`. Raises ValueError when it does not fit."""
        last = max(self.rows)
        row: list[_Line] = []
        at = 0
        for hunk in change.hunks:
            # of a hunk without old lines, the number is that of the line before it
            start = hunk.old - 1 if any(line[0] in " -" for line in hunk.lines) else hunk.old
            self._extend(last, start)
            row += self.rows[last][at:start]
            if hunk.section and not self.known:
                self.sections.append((last, start, hunk.section.encode(errors="surrogateescape")))
            at = start + self._hunk(last, start, hunk, row)
        self.rows[number] = row + self.rows[last][at:]

    def _hunk(self, last: int, at: int, hunk: Hunk, row: list[_Line]) -> int:
        """Append what a hunk leaves to `row`; how many old lines it covers."""
        count = 0
        for line, after in zip(hunk.lines, (*hunk.lines[1:], ""), strict=True):
            end = b"" if after[:1] == _NO_NEWLINE else b"\n"
            text = line[1:].encode(errors="surrogateescape") + end
            if line[0] == "+":
                row.append(_Line(text))
            elif line[0] in " -":
                self._extend(last, at + count + 1)
                old = self.rows[last][at + count]
                if old.text is None:
                    old.text = text
                elif old.text != text:
                    raise ValueError
                count += 1
                row += [old] if line[0] == " " else []
        return count

    def _extend(self, last: int, length: int) -> None:
        """Lines that no earlier hunk reached, in every row: they were there all along."""
        lack = length - len(self.rows[last])
        if lack > 0:
            if self.known:
                raise ValueError
            fresh = [_Line() for _ in range(lack)]
            for row in self.rows.values():
                row += fresh

    def fill(self) -> None:
        """Text for the lines that no hunk shows: the headings that hunks name, each in the
        nearest such line above its hunk, else comments, no two alike, and what is common."""
        for number, start, section in self.sections:
            for line in reversed(self.rows[number][:start]):
                if line.text is None:
                    line.text = section + b"\n"
                if _HEADING.match(line.text):
                    break
        base = self.rows[0]
        unknown = [line.text is None for line in base]
        inner = [all(unknown[max(0, n - 1) : n + 2]) for n in range(len(base))]
        for place, line in enumerate(base):
            if line.text is None:
                common = _COMMON[place % len(_COMMON)] if inner[place] else b""
                line.text = common or b"/* line %d */\n" % (place + 1)

    def text(self, number: int) -> bytes | None:
        """The file after a patch, 0 for the base; None where there is none."""
        if number == 0 and self.created:
            return None
        row = self.rows[number]
        return b"".join(line.text or b"" for line in row)
