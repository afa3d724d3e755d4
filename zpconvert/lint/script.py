# SPDX-License-Identifier: GPL-2.0-only
"""Python blocks of a .cocci, parsed, with the way back from a place in one to the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import libcst
from libcst import metadata
from libcst.metadata import CodeRange

from zpconvert.lint.python2 import Construct, constructs, modernise
from zpconvert.smpl.scripts import python_2_line
from zpconvert.smpl.syntax import Block, Document
from zpconvert.smpl.text import comment_spans

#: What spatch 1.1.1 and 1.3 put into a script's name space, coccilib's own names included.
GIVEN = frozenset({"cocci", "coccilib", "coccinelle", "Iteration", "Cocci"})
#: Two characters that begin a Python comment, to stand for the // of an SmPL one.
_MARKS = ("#/", "#|", "#~", "#;")


@dataclass(frozen=True)
class Script:
    """One Python block.

    source: what Python is to read, as long as the block's body; `//` comments are `mark`s.
    fault: 1-based line of the body that no Python 3 grammar takes, if any.
    old: the Python 2 in it. modern: the source in Python 3, if it could be rewritten.
    """

    block: Block
    source: str
    mark: str
    fault: int | None
    old: tuple[Construct, ...]
    modern: str | None

    @cached_property
    def module(self) -> metadata.MetadataWrapper | None:
        """The block as Python 3, rewritten if need be; None if it cannot be."""
        text = self.source if self.fault is None else self.modern
        if text is None or text.count("\n") != self.source.count("\n"):
            return None
        return metadata.MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)

    @cached_property
    def parents(self) -> dict[libcst.CSTNode, libcst.CSTNode]:
        """Every node but the module itself, in the order of the text, and what it is in."""
        found: dict[libcst.CSTNode, libcst.CSTNode] = {}
        todo: list[libcst.CSTNode] = [self.module.module] if self.module is not None else []
        while todo:
            node = todo.pop()
            for child in reversed(node.children):
                found[child] = node
                todo.append(child)
        return found

    @property
    def nodes(self) -> Collection[libcst.CSTNode]:
        """Every node of the module."""
        return self.parents.keys()

    @cached_property
    def scopes(self) -> tuple[metadata.Scope, ...]:
        """libcst's scopes; slow to find."""
        if self.module is None:
            return ()
        found = self.module.resolve(metadata.ScopeProvider).values()
        return tuple(dict.fromkeys(scope for scope in found if scope is not None))

    @cached_property
    def _where(self) -> Mapping[libcst.CSTNode, CodeRange]:
        assert self.module is not None
        return self.module.resolve(metadata.PositionProvider)

    @property
    def exact(self) -> bool:
        """Whether places in `module` are places in the body, column included."""
        return self.fault is None

    @cached_property
    def _starts(self) -> list[int]:
        return _line_starts(self.source)

    def offset(self, line: int, column: int) -> int:
        """Offset in the file of a 1-based line and a 0-based column of `module`."""
        start = self._starts[max(1, min(line, len(self._starts))) - 1]
        if not self.exact:
            rest = self.source[start:]
            column = len(rest) - len(rest.lstrip(" \t"))
        return self.block.body_at + min(start + column, len(self.source))

    def span(self, node: libcst.CSTNode) -> tuple[int, int]:
        """Offsets in the file of the first and behind the last character of a node."""
        where = self._where[node]
        return (
            self.offset(where.start.line, where.start.column),
            self.offset(where.end.line, where.end.column),
        )


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for at, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    return starts


def read_scripts(document: Document) -> tuple[Script, ...]:
    """Every Python block of a document."""
    return tuple(_read(block) for block in document.blocks if block.language == "python")


def _read(block: Block) -> Script:
    mark = next((one for one in _MARKS if one not in block.body), "")
    source = with_mark(block.body, mark or _MARKS[0])
    fault = python_2_line(source)
    if fault is None:
        return Script(block, source, mark, None, (), None)
    old = constructs(source)
    modern = modernise(source) if old else None
    if modern is not None and (not mark or python_2_line(modern) is not None):
        modern = None
    return Script(block, source, mark, fault, old, modern)


def with_mark(body: str, mark: str) -> str:
    """A script's text with `mark` for the // of its SmPL comments."""
    parts = []
    last = 0
    for start, _ in comment_spans(body):
        parts += [body[last:start], mark]
        last = start + len(mark)
    return "".join([*parts, body[last:]])
