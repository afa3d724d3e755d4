# SPDX-License-Identifier: GPL-2.0-only
"""One file at any state of its migration: bytes in, bytes out, no file or process touched.

The file is cut into pieces once: its top-level items, with what stands between them. A state
renders each piece (`pieces`); semantic patches may then rewrite pieces that are functions;
`assemble` lays them out, drops what lost its last user and joins them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zpconvert.rewrite import layout, tidy
from zpconvert.rewrite.retype import Names, Refusal, Retyper, Types
from zpconvert.rewrite.slots import Item, Slot
from zpconvert.rewrite.survey import Survey


@dataclass(frozen=True)
class Piece:
    """An item in one state: its text now and in the base.

    item: index of the survey's item. function: it defines one. defines: the functions that it
    defines or declares, as they are called now.
    """

    item: int
    text: bytes
    base: bytes
    function: bool
    defines: frozenset[str]


@dataclass(frozen=True)
class Assembled:
    """A file in one state, and which of the watched names it uses."""

    text: bytes
    used: frozenset[str]


class FileMigration:
    """One file of a base, ready to be rendered in any state."""

    def __init__(
        self, survey: Survey, types: Types, names: Names, watch: frozenset[str] = frozenset()
    ) -> None:
        """watch: names outside the file whose use is reported with each state."""
        self.survey, self.types, self.names = survey, types, names
        self.retyper = Retyper(survey, types, names)
        self.source = survey.unit.source
        self._watch = watch
        may_go = self._may_go()
        self._candidates = may_go | {new for old, new in names.functions.items() if old in may_go}
        self._words: dict[bytes, frozenset[str]] = {}
        self._laid: dict[tuple[bytes, bytes], bytes] = {}
        self._fresh: dict[tuple[tidy.Phrase, ...], dict[bytes, bytes]] = {}

    def pieces(self, flipped: frozenset[Slot]) -> tuple[list[Piece], list[Refusal]]:
        """Every item with these slots flipped, and what the engine refused."""
        rendered = [self.retyper.item(item, flipped) for item in self.survey.items]
        refusals = [r for text in rendered for r in text.refusals]
        wanted = self._wanted_early([t.calls for t in rendered], flipped)
        found: list[Piece] = []
        for i, (item, text) in enumerate(zip(self.survey.items, rendered, strict=True)):
            if item.function not in wanted:
                names = frozenset(self._called(f, flipped) for f in item.about)
                base = self.source[item.start : item.end]
                found.append(Piece(i, text.text, base, item.function is not None, names))
            found += self._early(i, item, flipped, item.about & wanted, refusals)
        return found, list(dict.fromkeys(refusals))

    def _called(self, function: str, flipped: frozenset[Slot]) -> str:
        if self.retyper.renamed(function, flipped):
            return self.names.functions[function]
        return function

    def _early(
        self,
        index: int,
        item: Item,
        flipped: frozenset[Slot],
        functions: frozenset[str],
        refusals: list[Refusal],
    ) -> list[Piece]:
        """The converted form of a function that is not due yet, and the shim behind it.

        A declaration is there twice, once under each name.
        """
        found = []
        for function in sorted(functions):
            new = frozenset((self.names.functions[function],))
            early = self.retyper.item(item, flipped, function)
            refusals += early.refusals
            base = self.source[item.start : item.end]
            found.append(Piece(index, early.text, base, item.function is not None, new))
            if item.function is not None:
                shim = self._shim(item, function)
                found.append(Piece(index, shim, shim, False, frozenset((function,))))
        return found

    def _shim(self, item: Item, function: str) -> bytes:
        """A function of the old name and types that calls the converted one.

        It may be unused: those who still call it can all be in one arm of an `#ifdef`, as
        the last caller of get_next_page() was under CONFIG_COMPACTION.
        """
        unit, context = self.survey.unit, self.survey.context
        node, declarator = unit.functions[function].declarations[-1]
        body = node.child_by_field_name("body")
        assert body is not None
        head = self.source[item.code : body.start_byte].rstrip()
        if b"__maybe_unused" not in head:
            head = re.sub(rb"^static\b(\s+inline\b)?", rb"static\1 __maybe_unused", head)
        args = []
        for (name, _, _), slot in zip(
            context.parameters(declarator), context.params[function], strict=True
        ):
            if name:
                args.append(name if slot is None else f"{self.types.from_old}({name})")
        call = f"{self.names.functions[function]}({', '.join(args)})"
        if function in context.results:
            call = f"{self.types.to_old}({call})"
        void = str(unit.functions[function].result) == "void"
        return head + f"\n{{\n\t{'' if void else 'return '}{call};\n}}".encode()

    def _wanted_early(
        self, calls: list[frozenset[str]], flipped: frozenset[Slot]
    ) -> frozenset[str]:
        """Functions that somebody calls in converted form before they are due."""
        called = set().union(*calls)
        wanted: set[str] = set()
        while True:
            new = {
                f
                for f in self.names.early - wanted
                if self.names.functions[f] in called and not self.retyper.renamed(f, flipped)
            }
            if not new:
                return frozenset(wanted)
            wanted |= new
            for item in self.survey.items:
                if item.function in new:
                    called |= self.retyper.item(item, flipped, item.function).calls

    def assemble(
        self,
        pieces: Sequence[Piece],
        texts: Sequence[bytes],
        phrases: tuple[tidy.Phrase, ...] = (),
    ) -> Assembled:
        """The file from its pieces and their texts as the semantic patches left them."""
        fresh = self._fresh.setdefault(phrases, {})
        final = []
        for piece, text in zip(pieces, texts, strict=True):
            laid = self._settle(piece.base, text)
            if laid not in fresh:
                fresh[laid] = tidy.freshen(laid, phrases)
            final.append(fresh[laid])
        gone = self._unused(pieces, final)
        kept: dict[int, list[bytes]] = {i: [] for i in range(len(self.survey.items))}
        used: set[str] = set()
        for piece, text in zip(pieces, final, strict=True):
            if not piece.defines or not piece.defines <= gone:
                kept[piece.item].append(text)
                used |= self._identifiers(text) & self._watch
        return Assembled(self._join(kept), frozenset(used))

    def _join(self, kept: dict[int, list[bytes]]) -> bytes:
        """The pieces that are left, with what stands between the items in the base."""
        out, at = [], 0
        for i, item in enumerate(self.survey.items):
            gap = self.source[at : item.start]
            if kept[i]:
                between = b"\n\n" if item.function is not None else b"\n"
                out += [gap, between.join(kept[i])]
            elif gap.strip():
                out.append(gap.rstrip(b"\n"))
            at = item.end
        return b"".join([*out, self.source[at:]])

    def _settle(self, base: bytes, text: bytes) -> bytes:
        if (base, text) not in self._laid:
            self._laid[base, text] = layout.settle(base, text)
        return self._laid[base, text]

    def _unused(self, pieces: Sequence[Piece], texts: Sequence[bytes]) -> set[str]:
        """Functions of the state that nothing uses any more, but that something used."""
        defined: dict[str, list[int]] = {}
        for i, piece in enumerate(pieces):
            for name in piece.defines:
                defined.setdefault(name, []).append(i)
        candidates = self._candidates & defined.keys()
        return tidy.unused(defined, [self._identifiers(t) for t in texts], candidates)

    def _identifiers(self, text: bytes) -> frozenset[str]:
        """Which of the names that matter (watched ones, functions that may go) a text has."""
        if text not in self._words:
            found = tidy.identifiers(text)
            self._words[text] = frozenset(found & (self._candidates | self._watch))
        return self._words[text]

    def _may_go(self) -> frozenset[str]:
        """Static functions that something else in the base names."""
        used: set[str] = set()
        for item in self.survey.items:
            used |= tidy.identifiers(self.source[item.start : item.end]) - item.about
        return frozenset(
            f.name for f in self.survey.unit.functions.values() if f.static and f.name in used
        )


def defines(source: bytes) -> bytes:
    """The #define directives of a file, for a tool that reads its functions one by one."""
    return b"\n".join(re.findall(rb"^[ \t]*#[ \t]*define\b(?:\\\n|[^\n])*", source, re.M)) + b"\n"
