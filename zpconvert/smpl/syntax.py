# SPDX-License-Identifier: GPL-2.0-only
"""A .cocci with the place of everything in it, read whatever is wrong with it.

`zpconvert.smpl.model` gives a semantic patch that can be run, or an error. This module is for
those that look at the text itself, the linter and the lexer: it never fails, keeps offsets
(0-based, into the text), and lists what it could not read as faults.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from zpconvert.smpl.declarations import Metavariable, metavariables
from zpconvert.smpl.depends import Condition, Name, parse_condition
from zpconvert.smpl.text import blank, lines, masked, until_rule, without_comments

_SCRIPT = re.compile(r"\s*(?P<kind>script|initialize|finalize)\s*:\s*(?P<language>\w+)\s*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_HEAD_WORDS = (
    r"depends\s+on\b|extends\b|using\b|disable\b|exists\b|forall\b|"
    r"(?:expression|identifier|type|statement|declaration|field|initializer)\s*\Z"
)
_HEAD_CLAUSE = re.compile(_HEAD_WORDS)
_VIRTUAL = re.compile(r"^[ \t]*virtual\b(?P<names>[\w\s,]*?)(?:;|$)", re.MULTILINE)
_PREAMBLE = re.compile(r"^[ \t]*(?:#.*|using\b.*|virtual\b.*)?$")
_LANGUAGES = ("python", "ocaml")


@dataclass(frozen=True)
class Fault:
    """What cannot be read, at an offset."""

    at: int
    what: str


@dataclass(frozen=True)
class Occurrence:
    """A name in a rule's body: its offset, the sign of its line, whether it follows an `@`.

    member: whether it follows `.` or `->`.
    """

    name: str
    at: int
    sign: str
    position: bool
    member: bool


@dataclass(frozen=True)
class Block:
    """A rule, script, initialize or finalize block.

    Offsets: `at` of its head's `@`, `declared_at` of its declarations, `body_at` and `end` of
    its body, without the comments that follow a script.
    """

    kind: str
    language: str
    name: Name | None
    at: int
    depends: Condition | None
    extends: Name | None
    metavariables: tuple[Metavariable, ...]
    body: str
    masked: str
    declared_at: int
    body_at: int
    embedded: int | None = None
    faults: tuple[Fault, ...] = field(default=(), compare=False)

    @property
    def end(self) -> int:
        """Offset behind the body."""
        return self.body_at + len(self.body)

    @cached_property
    def declared(self) -> dict[str, Metavariable]:
        """By name; the first where a name is declared twice."""
        return {each.name: each for each in reversed(self.metavariables)}

    @property
    def is_smpl(self) -> bool:
        """Whether the body is a pattern, not a script."""
        return self.kind == "rule"

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """The names in a pattern, comments and strings left out."""
        return tuple(self._occurrences())

    def _occurrences(self) -> Iterator[Occurrence]:
        start = 0
        for line in lines(self.masked):
            sign = line[:1] if line[:1] in ("-", "+", "*", "?", "!") else " "
            if not re.match(r"[-+*?!]?[ \t]*#[ \t]*include\b", line):
                for found in _WORD.finditer(line):
                    before = line[: found.start()].rstrip()
                    yield Occurrence(
                        found.group(),
                        self.body_at + start + found.start(),
                        sign,
                        before.endswith("@") and line[found.start() - 1] == "@",
                        before.endswith((".", "->")) and not before.endswith("..."),
                    )
            start += len(line)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the body but those in comments; strings may hold metavariables."""
        return frozenset(_WORD.findall(without_comments(self.body)))


@dataclass(frozen=True)
class Document:
    """A whole .cocci. `virtuals` are declared rules that the command line switches on."""

    text: str
    virtuals: tuple[Name, ...]
    blocks: tuple[Block, ...]
    faults: tuple[Fault, ...]
    header: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def place(self, at: int) -> tuple[int, int]:
        """1-based line and column of an offset."""
        line = bisect.bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and column, within the text."""
        line = max(1, min(line, len(self._starts)))
        return min(self._starts[line - 1] + max(0, column - 1), len(self.text))

    @cached_property
    def rules(self) -> dict[str, Block]:
        """Named rules; the first where a name is given twice."""
        return {block.name.text: block for block in reversed(self.blocks) if block.name}


def parse_document(text: str) -> Document:
    """Read a .cocci; never fails."""
    start, preamble = until_rule(text, 0, "smpl")
    faults: list[Fault] = []
    virtuals = tuple(_virtuals(preamble))
    rest = _VIRTUAL.sub(lambda found: blank(found.group()), preamble)
    at = 0
    for line in lines(rest):
        if not _PREAMBLE.match(line.rstrip("\n")):
            faults.append(Fault(at + len(line) - len(line.lstrip()), "text before the first rule"))
            break
        at += len(line)
    blocks: list[Block] = []
    at = start
    while at < len(text):
        block = _block(text, at)
        faults += block.faults
        blocks.append(block)
        at, _ = until_rule(text, max(block.end, at + 1), "smpl")
    return Document(text, virtuals, tuple(blocks), tuple(faults), text[:start])


def _virtuals(preamble: str) -> Iterator[Name]:
    for found in _VIRTUAL.finditer(preamble):
        for name in _WORD.finditer(preamble, found.start("names"), found.end("names")):
            yield Name(name.group(), name.start())


def _block(text: str, at: int) -> Block:
    """The block whose head starts at `at`."""
    bare = masked(text[at : _head_limit(text, at)], "smpl")
    faults: list[Fault] = []
    head_end = bare.find("@", 1)
    if head_end < 0:
        faults.append(Fault(at, "the rule's head does not end with '@'"))
        head_end = max(1, bare.find("\n"))
        head_end = head_end if head_end > 1 else len(bare)
    close = bare.find("@@", head_end + 1) if head_end < len(bare) else -1
    if close < 0:
        if not faults:
            faults.append(Fault(at, "the rule's metavariables do not end with '@@'"))
        declared_end = body_at = len(bare)
    else:
        declared_end, body_at = close, close + 2
    head = bare[1:head_end]
    kind, language, head_at = "rule", "smpl", at + 1
    script = _SCRIPT.match(head)
    if script is not None:
        kind, language = script["kind"], script["language"]
        head, head_at = head[script.end() :], head_at + script.end()
        if language not in _LANGUAGES:
            faults.append(Fault(at, f"script language '{language}', neither python nor ocaml"))
    name, clauses = _clauses(head, head_at)
    condition: Condition | None = None
    if "depends" in clauses:
        condition, wrong = parse_condition(*clauses["depends"])
        faults += [Fault(offset, what) for offset, what in wrong]
    extends = _WORD.search(clauses["extends"][0]) if "extends" in clauses else None
    declared = bare[head_end + 1 : declared_end]
    embedded = re.search(r"\bscript\s*:\s*(?:python|ocaml)\b", declared)
    start = at + body_at
    own = language if language in ("smpl", *_LANGUAGES) else "python"
    end, body = until_rule(text, start, own)
    if script is not None:
        end = start + _script_length(text[start:end])
    return Block(
        kind,
        language,
        name,
        at,
        condition,
        Name(extends.group(), clauses["extends"][1] + extends.start()) if extends else None,
        tuple(metavariables(declared, at + head_end + 1, script is not None)),
        text[start:end],
        body[: end - start],
        at + min(head_end + 1, body_at),
        start,
        None if embedded is None else at + head_end + 1 + embedded.start(),
        tuple(faults),
    )


def _script_length(script: str) -> int:
    """Length of a script without the comment lines at its end: they are the next rule's."""
    own = lines(script)
    kept = len(own)
    while kept:
        last = own[kept - 1].strip()
        opening = kept - 1
        if last.endswith("*/"):
            while opening and not own[opening].lstrip().startswith("/*"):
                opening -= 1
        begins = own[opening].lstrip().startswith("/*") and last.endswith("*/")
        if not begins and last and not last.startswith("//"):
            break
        kept = opening
    return sum(map(len, own[:kept]))


def _head_limit(text: str, at: int) -> int:
    """Where head and declarations end at the latest: at the next rule's head."""
    following = re.compile(r"^@(?!@)", re.MULTILINE).search(text, at + 1)
    while following is not None:
        # '@' alone on a line can end a head that was spread over several
        line = text[following.start() : text.find("\n", following.start()) % (len(text) + 1)]
        if line.strip() != "@":
            return following.start()
        following = re.compile(r"^@(?!@)", re.MULTILINE).search(text, following.end())
    return len(text)


def _clauses(head: str, at: int) -> tuple[Name | None, dict[str, tuple[str, int]]]:
    """The rule's name, and its clauses by first word: (text, offset)."""
    found = list(_HEAD_CLAUSE.finditer(head))
    first = _WORD.search(head, 0, found[0].start() if found else len(head))
    clauses: dict[str, tuple[str, int]] = {}
    for clause, end in zip(
        found, [*(one.start() for one in found[1:]), len(head)] if found else [], strict=True
    ):
        word = clause.group().split()[0]
        clauses.setdefault(word, (head[clause.end() : end], at + clause.end()))
    return Name(first.group(), at + first.start()) if first else None, clauses
