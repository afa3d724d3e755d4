# SPDX-License-Identifier: GPL-2.0-only
"""Declarations of metavariables, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z_]\w*")
_INHERIT = re.compile(r"(?P<rule>[A-Za-z_]\w*)\s*\.\s*(?P<name>[A-Za-z_]\w*)")
_DECLARATOR = re.compile(
    r"(?:(?P<rule>[A-Za-z_]\w*)\s*\.\s*)?(?P<name>[A-Za-z_]\w*)\s*(?:\[[^\]]*\]\s*)*\Z"
)
#: `expression list[n] es` declares n, too.
_LENGTH = re.compile(r"\blist\s*\[\s*([A-Za-z_]\w*)\s*\]")
LENGTH = "list length"
_CONSTRAINT = re.compile(r"=~|!~|!=|<=|>=|=|\|\||&&|:|<|>")
#: Words that say what follows is no metavariable but a name of the C program.
NAMING = ("typedef", "symbol", "declarer name", "iterator name", "attribute name")


@dataclass(frozen=True)
class Reference:
    """`rule.name` at an offset."""

    rule: str
    name: str
    at: int


@dataclass(frozen=True)
class Metavariable:
    """One declared name. `kind` is the text before it, white space folded.

    of: the metavariable of another rule that it is, or that a script binds it to.
    references: those of its kind and its constraints, which bind nothing.
    local: names of this rule that its kind and constraints use.
    constrained: whether it matches less than its kind, or has a default in a script.
    """

    name: str
    at: int
    kind: str
    of: Reference | None
    references: tuple[Reference, ...]
    local: frozenset[str]
    constrained: bool = False

    @property
    def names_code(self) -> bool:
        """Whether it only says what a name of the C program is (a typedef, a symbol)."""
        return self.kind.startswith(NAMING)


def metavariables(declared: str, at: int, script: bool) -> Iterator[Metavariable]:
    """What the text `declared`, at offset `at`, declares: of a rule, or of a script."""
    for start, declaration in _split(declared, ";"):
        kind = ""
        pieces = [(0, declaration)] if script else list(_split(declaration, ","))
        for number, (offset, piece) in enumerate(pieces):
            where = at + start + offset
            one = _binding(piece, where) if script else _declarator(piece, where, kind)
            if one is None:
                continue
            if number == 0:
                kind = re.sub(r"\s*[*\[].*|\s+any\b", "", one.kind)
            yield one
            length = None if script else _LENGTH.search(one.kind)
            if number == 0 and length is not None:
                place = where + piece.index(length[1], piece.index("list"))
                yield Metavariable(length[1], place, LENGTH, None, (), frozenset())


def _declarator(piece: str, at: int, kind: str) -> Metavariable | None:
    """`kind`: of the first name in the same declaration, for those that follow it."""
    cut = _first_outside(piece, _CONSTRAINT)
    found = _DECLARATOR.search(piece[:cut].rstrip())
    if found is None:
        return None
    before, constraint = piece[: found.start()], piece[cut:]
    references = [*_references(before, at), *_references(constraint, at + cut)]
    local = set(_WORD.findall(_INHERIT.sub(" ", before + " " + constraint)))
    own = " ".join(before.split())
    return Metavariable(
        found["name"],
        at + found.start("name"),
        own or kind,
        _reference(found, at) if found["rule"] else None,
        tuple(references),
        frozenset(local - {found["name"]}),
        cut < len(piece),
    )


def _binding(piece: str, at: int) -> Metavariable | None:
    """What a script declares: `name << rule.name`, `(ast, name) << rule.name`, `name`."""
    left, arrow, right = piece.partition("<<")
    names = list(_WORD.finditer(left))
    if not names:
        return None
    source = _INHERIT.search(right) if arrow else None
    shift = len(left) + len(arrow)
    of = _reference(source, at + shift) if source else None
    name = names[-1]
    kind = "binding" if arrow else "output"
    return Metavariable(
        name.group(), at + name.start(), kind, of, (), frozenset(), arrow != "" and "=" in right
    )


def _reference(found: re.Match[str], at: int) -> Reference:
    return Reference(found["rule"], found["name"], at + found.start("rule"))


def _references(text: str, at: int) -> Iterator[Reference]:
    return (_reference(found, at) for found in _INHERIT.finditer(text))


def _split(text: str, separator: str) -> Iterator[tuple[int, str]]:
    """(offset, piece) between separators that no bracket encloses, blank pieces left out."""
    depth = start = 0
    for at, char in enumerate(text + separator):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(0, depth - 1)
        elif char == separator and (depth == 0 or at == len(text)):
            if text[start:at].strip():
                yield start, text[start:at]
            start = at + 1
    if start < len(text) and text[start:].strip():
        yield start, text[start:]


def _first_outside(text: str, wanted: re.Pattern[str]) -> int:
    """Offset of the first match that no bracket encloses, or the text's length."""
    depth = 0
    for at, char in enumerate(text):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth <= 0 and wanted.match(text, at):
            return at
    return len(text)
