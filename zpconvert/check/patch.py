# SPDX-License-Identifier: GPL-2.0-only
"""A mailed patch over a tree, in memory: what the files become, and which lines it adds."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zpconvert.errors import UserError

if TYPE_CHECKING:
    from unidiff.patch import Hunk, PatchedFile

_BLOBS = re.compile(r"(?m)^index ([0-9a-f]{4,64})\.\.[0-9a-f]")
_ENCODED = re.compile(rb"(?im)^content-transfer-encoding:[ \t]*(?:quoted-printable|base64)")
_MEND = "run this in the tree that the patch is for"


class Misfit(UserError):
    """A patch that does not fit a tree, neither onto it nor as a part of it."""


@dataclass(frozen=True)
class Patched:
    """A file after a patch. added: 1-based lines that the patch adds."""

    text: bytes
    added: frozenset[int]


Line = tuple[bytes, bool]


def paths(patch: bytes, where: str) -> list[str]:
    """The C files that a patch changes or adds, as paths from the top."""
    return list(dict.fromkeys(_path(f) for f in _read(patch, where) if _code(f)))


def origins(patch: bytes, where: str) -> list[tuple[str, str]]:
    """(path from the top, abbreviated hash of its blob) of what a patch starts from, as far as
    it says so (`index` lines of git); of several diffs of a file the first counts."""
    found: dict[str, str] = {}
    for file in _read(patch, where):
        path = _plain(file.source_file).removeprefix("a/")
        named = _BLOBS.search("".join(file.patch_info or ()))
        if not file.is_added_file:
            found.setdefault(path, named[1] if named else "")
    return [(path, blob) for path, blob in found.items() if blob]


def apply(patch: bytes, where: str, read: Callable[[str], bytes | None]) -> dict[str, Patched]:
    """The C files of a patch after it. Several diffs of one file add up, as in a mailbox.

    where: the patch's name, for messages. read: path from the top → bytes, None if it is not
    there. A hunk may have moved, or be in the tree already.
    Raises UserError for a text that is no diff, Misfit for a patch that does not fit the tree.
    """
    files: dict[str, list[Line]] = {}
    for file in _read(patch, where):
        if not _code(file):
            continue
        path, new = _path(file), file.is_added_file
        if path not in files:
            text = read(path)
            if text is None and file.is_rename:
                text = read(_plain(file.source_file).removeprefix("a/"))
            if text is None and not new:
                raise Misfit(where, f"changes {path}, which is not here", _MEND)
            files[path] = [] if new else [(line, False) for line in _lines(text or b"")]
        shift = 0
        for hunk in file:
            shift = _hunk(files[path], hunk, shift, f"{where}: {path}")
    return {
        path: Patched(
            b"".join(text for text, _ in lines),
            frozenset(n for n, (_, added) in enumerate(lines, 1) if added),
        )
        for path, lines in files.items()
    }


def _read(patch: bytes, where: str) -> list[PatchedFile]:
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    # latin-1 keeps every byte; newline="\n" keeps a carriage return inside its line
    stream = io.StringIO(_decoded(patch).decode("latin-1"), newline="\n")
    try:
        files = list(PatchSet(stream))
    except (UnidiffParseError, ValueError, IndexError) as error:
        raise UserError(where, f"no unified diff: {error}", "give a patch or a mail") from None
    if not files:
        raise UserError(where, "there is no diff in it", "give a patch or a mail with one")
    for file in files:
        path = _path(file)
        if path.startswith("/") or ".." in path.split("/"):
            raise UserError(where, f"changes '{path}', outside of the tree", "do not use it")
    return files


def _decoded(patch: bytes) -> bytes:
    """The text of a mail that is not sent as it is (RFC 2045, section 6)."""
    head = patch[: patch.find(b"\n\n") + 1]
    if not _ENCODED.search(head):
        return patch
    from email import message_from_bytes

    text = message_from_bytes(patch).get_payload(decode=True)
    return text.replace(b"\r\n", b"\n") if isinstance(text, bytes) else patch


def _path(file: PatchedFile) -> str:
    """A file's path from the top."""
    gone = file.target_file == "/dev/null"
    name, prefix = (file.source_file, "a/") if gone else (file.target_file, "b/")
    return _plain(name).removeprefix(prefix)


def _plain(name: str) -> str:
    """A name as git quotes it in C's way (core.quotePath), or as it is, from its bytes."""
    raw = name.encode("latin-1")
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        with contextlib.suppress(ValueError, SyntaxError):
            raw = ast.literal_eval(f"b{name}")
    return raw.decode("utf-8", "surrogateescape")


def _code(file: PatchedFile) -> bool:
    return _path(file).endswith((".c", ".h")) and not file.is_removed_file


def _lines(text: bytes) -> list[bytes]:
    return io.BytesIO(text).readlines()


def _hunk(lines: list[Line], hunk: Hunk, shift: int, where: str) -> int:
    """Apply one hunk in place; how far the next ones have moved."""
    edits = _edits(hunk)
    wanted = max(0, hunk.source_start - (1 if hunk.source_length else 0)) + shift
    gone = "-"
    at = _find(lines, [text for kind, text in edits if kind != "+"], wanted)
    if at is None:  # it may be in the tree already
        gone = "+"
        at = _find(lines, [text for kind, text in edits if kind != "-"], wanted)
    if at is None:
        raise Misfit(where, f"the hunk of line {hunk.source_start} does not fit", _MEND)
    new, end = [], at
    for kind, text in edits:
        if kind == "+":
            new.append((text, True))
        elif kind == " ":
            new.append(lines[end])
        end += kind in (" ", gone)
    grown = len(new) - (end - at)
    lines[at:end] = new
    return at - wanted + shift + grown


def _edits(hunk: Hunk) -> list[tuple[str, bytes]]:
    """Kind (space, minus or plus) and text of each line."""
    edits: list[tuple[str, bytes]] = []
    for line in hunk:
        if line.line_type == "\\":  # "No newline at end of file", about the line before
            kind, text = edits[-1]
            edits[-1] = kind, text.removesuffix(b"\n")
        else:
            edits.append((line.line_type, line.value.encode("latin-1")))
    return edits


def _find(lines: Sequence[Line], wanted: Sequence[bytes], near: int) -> int | None:
    """Where a run of lines stands, as near as can be to an index."""
    if not wanted:
        return min(near, len(lines))
    spots = [n for n, (text, _) in enumerate(lines) if text == wanted[0]]
    for at in sorted(spots, key=lambda n: abs(n - near)):
        if [text for text, _ in lines[at : at + len(wanted)]] == list(wanted):
            return at
    return None
