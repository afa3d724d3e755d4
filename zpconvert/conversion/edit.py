# SPDX-License-Identifier: GPL-2.0-only
"""Steps folded, split, moved and retitled in the text of a conversion.toml.

The file is cut into the blocks of its steps, each with the comments right above it, and what
stands between them. A block that is not edited keeps its bytes, and so does all that is no
step; inside an edited one only what the edit is about changes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from zpconvert.conversion import spell
from zpconvert.conversion.model import Step
from zpconvert.conversion.positions import Path, line_numbers
from zpconvert.errors import UserError

#: What a step can hand to another one, an item at a time.
_LISTS = (*spell.NAMES, "stale", "trailers", "changes", "changelog")


@dataclass
class _Piece:
    """A stretch of the file: a step's block, or what is none (`step` is None)."""

    step: str | None
    text: str


class Steps:
    """The text of a conversion.toml that loads, and its steps.

    where: the file, for messages. The methods raise UserError for a step or a name that is not
    there, with the nearest one that is. A step can be given by its number, too (1-based).
    """

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._crlf = "\r\n" in text
        self._pieces = _pieces(text.replace("\r\n", "\n"))

    @property
    def ids(self) -> list[str]:
        """The steps' ids, in order."""
        return [piece.step for piece in self._pieces if piece.step is not None]

    def text(self) -> str:
        """The whole file."""
        joined = "".join(piece.text for piece in self._pieces)
        return joined.replace("\n", "\r\n") if self._crlf else joined

    def tables(self) -> str:
        """The steps alone."""
        blocks = [piece.text.strip("\n") for piece in self._pieces if piece.step is not None]
        return "\n\n".join(blocks) + "\n"

    # -- edits -------------------------------------------------------------------------------

    def fold(self, step: str, into: str) -> None:
        """Let one step do what two do; the message of the folded one is added to the other's."""
        folded, target = self._piece(step), self._piece(into)
        if folded is target:
            raise self._fault(f"step '{step}' cannot be folded into itself", "name another step")
        document = tomlkit.parse(target.text)
        given, taking = _table(tomlkit.parse(folded.text)), _table(document)
        for key in _LISTS:
            if key in given:
                spell.extend(taking, key, given[key].unwrap())
        if "shared" in given or "shared" in taking:
            told, own = given.get("shared", given), taking.get("shared", taking)
            shared = {"subject": str(own["subject"]), "body": _joined(own, told)}
            taking["shared"] = spell.message(**shared)
        taking["body"] = spell.prose(_joined(taking, given))
        target.text = tomlkit.dumps(document)
        self._drop(folded)

    def split(
        self, step: str, names: Sequence[str], new: str, subject: str, body: str | None
    ) -> None:
        """Give some of a step's slots, helpers or idioms to a new one right after it.

        body: None for a copy of the old step's.
        """
        piece = self._piece(step)
        if new in self.ids:
            raise self._fault(f"step '{new}' is there already", "take another id")
        document = tomlkit.parse(piece.text)
        table = _table(document)
        listed = {key: [str(name) for name in table.get(key, [])] for key in spell.NAMES}
        known = [name for key in spell.NAMES for name in listed[key]]
        for name in names:
            if name not in known:
                raise self._unknown(f"step '{piece.step}' does not name '{name}'", name, known)
        if set(known) <= set(names):
            raise self._fault(f"nothing would be left of step '{piece.step}'", "leave it something")
        made = spell.bare_step(new, subject, body or str(table["body"]))
        for key in spell.NAMES:
            taken = [name for name in listed[key] if name in names]
            for name in taken:
                table[key].remove(name)
            if taken:
                made[key] = spell.array(taken)
        piece.text = tomlkit.dumps(document)
        self._place(_Piece(new, spell.dumped(made)), self._pieces.index(piece) + 1)

    def move(self, step: str, where: str, other: str) -> None:
        """Put a step `before` or `after` another one."""
        moved, place = self._piece(step), self._piece(other)
        if moved is place:
            raise self._fault(f"step '{step}' is where it is", "name another step")
        self._drop(moved)
        self._place(moved, self._pieces.index(place) + (where == "after"))

    def retitle(self, step: str, subject: str) -> None:
        """Give a step another subject."""
        piece = self._piece(step)
        document = tomlkit.parse(piece.text)
        _table(document)["subject"] = subject
        piece.text = tomlkit.dumps(document)

    def replace(self, steps: Iterable[Step]) -> None:
        """Put these steps in the place of all that are there."""
        old = [piece for piece in self._pieces if piece.step is not None]
        at = self._pieces.index(old[0]) if old else len(self._pieces)
        for piece in old:
            self._drop(piece)
        for number, step in enumerate(steps):
            self._place(_Piece(step.id, spell.dumped(spell.step_table(step))), at + number)

    # -- pieces ------------------------------------------------------------------------------

    def _piece(self, step: str) -> _Piece:
        ids = self.ids
        if step not in ids and step.isdecimal() and 1 <= int(step) <= len(ids):
            step = ids[int(step) - 1]
        if step not in ids:
            raise self._unknown(f"no step '{step}'", step, ids)
        return next(piece for piece in self._pieces if piece.step == step)

    def _drop(self, piece: _Piece) -> None:
        last = piece is self._pieces[-1]
        self._pieces.remove(piece)
        if last and self._pieces:
            self._pieces[-1].text = self._pieces[-1].text.rstrip("\n") + "\n"

    def _place(self, piece: _Piece, at: int) -> None:
        """Put a piece in, an empty line before and after it."""
        if at and not self._pieces[at - 1].text.endswith("\n\n"):
            self._pieces[at - 1].text = self._pieces[at - 1].text.rstrip("\n") + "\n\n"
        piece.text = piece.text.rstrip("\n") + ("\n\n" if at < len(self._pieces) else "\n")
        self._pieces.insert(at, piece)

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> UserError:
        near = difflib.get_close_matches(name, known, 1)
        todo = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known) or 'none'}"
        return self._fault(what, todo)

    def _fault(self, what: str, todo: str) -> UserError:
        return UserError(self._where, what, todo)


def _pieces(text: str) -> list[_Piece]:
    """The text, cut at the steps."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    places = line_numbers(text)
    found, at = [], 0
    for start, path in sorted((n - 1, p) for p, n in places.items() if _is_step(p)):
        after = [
            n - 1 for p, n in places.items() if n - 1 > start and p[:2] != path and p != ("step",)
        ]
        first, end = _above(lines, start), min([len(lines), *(_above(lines, a) for a in after)])
        block = "".join(lines[first:end])
        if first > at:
            found.append(_Piece(None, "".join(lines[at:first])))
        found.append(_Piece(str(_table(tomlkit.parse(block))["id"]).strip(), block))
        at = end
    if at < len(lines):
        found.append(_Piece(None, "".join(lines[at:])))
    return found


def _table(document: Any) -> Any:
    """The one step of a block."""
    return document["step"][0]


def _joined(one: Any, other: Any) -> str:
    """The bodies of two messages, one below the other; what both end with is said once."""
    first, second = str(one["body"]).rstrip(), str(other["body"])
    closing = second.rstrip().rpartition("\n\n")[2]
    return f"{first.removesuffix(closing).rstrip()}\n\n{second}"


def _is_step(path: Path) -> bool:
    return len(path) == 2 and path[0] == "step"


def _above(lines: Sequence[str], at: int) -> int:
    """The first line of the comments that stand right above a line."""
    while at and lines[at - 1].startswith("#"):
        at -= 1
    return at
