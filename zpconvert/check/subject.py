# SPDX-License-Identifier: GPL-2.0-only
"""One file under check: its syntax, its types and its slots, each worked out when asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from zpconvert.check import ctext
from zpconvert.check.model import Finding, Fix, Rule
from zpconvert.check.names import Load, Names
from zpconvert.check.vocabulary import Vocabulary
from zpconvert.csource import unit as csource
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Unit
from zpconvert.rewrite.context import Context
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import typed


@dataclass(frozen=True, eq=False)
class Spot:
    """A syntax tree in a file: a top-level item, or the body of one of its macros.

    shift: what to add to a byte of `unit` to get a byte of the file. macro: it is a body.
    """

    unit: Unit
    root: Node
    shift: int
    macro: str | None = None


class Subject:
    """A file that speaks of a descriptor.

    path: as it is shown. header: it is the descriptor's own header. stays: whether the
    conversion names a slot as one that stays. users: the texts of files that include the header,
    found while they are asked for; none where that is not known. load: the tree's headers, for
    types that are left open without them.
    """

    def __init__(
        self,
        path: str,
        source: bytes,
        words: Vocabulary,
        *,
        header: bool = False,
        stays: Callable[[Slot], bool] = lambda slot: False,
        users: Callable[[], Iterable[bytes]] = tuple,
        load: Load = lambda: None,
    ) -> None:
        self.path, self.source, self.words, self.header = path, source, words, header
        self.stays, self.users, self._load = stays, users, load
        self.deep: list[Node] = []
        known = words.header
        same = known is not None and known.source == source
        self.unit = known if known is not None and same else csource.read(source)

    # -- syntax --------------------------------------------------------------------------

    @cached_property
    def items(self) -> list[Node]:
        """Top-level items that have anything to do with the descriptor."""
        pattern = self.words.interesting()
        return [n for n in self.unit.items if pattern.search(self.source, n.start_byte, n.end_byte)]

    @cached_property
    def spots(self) -> list[Spot]:
        """The items, and the bodies of macros, that mention the descriptor's words."""
        pattern = self.words.interesting()
        found = [Spot(self.unit, n, 0) for n in self.items]
        for macros in self.unit.macros.values():
            for macro in macros:
                if pattern.search(macro.body):
                    unit, block = csource.read_body(macro.body)
                    if block is not None:
                        shift = macro.at - len(csource.BODY)
                        found.append(Spot(unit, block, shift, macro.name))
        return found

    def nodes(self, *kinds: str) -> Iterator[tuple[Spot, Node]]:
        """Every node of some kinds in the spots."""
        for spot in self.spots:
            for node in self._by_kind(spot):
                if node.type in kinds:
                    yield spot, node

    def _by_kind(self, spot: Spot) -> list[Node]:
        known: dict[Spot, list[Node]] = self.__dict__.setdefault("_nodes", {})
        if spot not in known:
            kinds = ("call_expression", "cast_expression", "field_expression")
            known[spot] = [n for n in ctext.walk(spot.root) if n.type in kinds]
        return known[spot]

    @cached_property
    def _bodies(self) -> list[tuple[int, int, str]]:
        """First byte, last byte and name of each function definition, in order."""
        return sorted(
            (d.start_byte, d.end_byte, name)
            for name, function in self.unit.functions.items()
            for d in function.definitions
        )

    def function_at(self, spot: Spot, node: Node) -> str | None:
        """Name of the function that a node is in.

        By position: asking a node for its parent walks the tree from its root.
        """
        byte = node.start_byte + spot.shift
        at = bisect_right(self._bodies, byte, key=lambda body: body[0]) - 1
        if at < 0 or byte >= self._bodies[at][1]:
            return None
        return self._bodies[at][2]

    # -- types ---------------------------------------------------------------------------

    @cached_property
    def _wanted(self) -> list[Node]:
        """Items whose types matter: they declare slots or cast."""
        old, new = self.words.descriptor.replaces, self.words.descriptor.name
        cast = rf"\(\s*(?:const\s+)?struct\s+{new}\b"
        pattern = re.compile(rf"\bstruct\s+{old}\b|{cast}".encode())
        return [n for n in self.items if pattern.search(self.source, n.start_byte, n.end_byte)]

    def _typed(self, load: Load | None) -> tuple[Context, dict[tuple[int, int], CType | None]]:
        shared = (n for n, over in self.words.overlays.items() if n in over)
        headers = Names(self.words, load)
        context = Context(self.unit, headers, self.words.old.base, frozenset(shared))
        found: dict[tuple[int, int], CType | None] = {}
        for node in self._wanted:
            if node in self.deep:
                continue
            try:
                found = typed(context, [node])
            except RecursionError:  # thousands of parentheses: no code, but no crash either
                self.deep.append(node)
        return context, found

    @cached_property
    def _quick(self) -> tuple[Context, dict[tuple[int, int], CType | None]]:
        return self._typed(None)

    @cached_property
    def _thorough(self) -> tuple[Context, dict[tuple[int, int], CType | None]]:
        return self._typed(self._load)

    @property
    def slots(self) -> dict[str, Slot]:
        """The file's slots by id."""
        return self._quick[0].slots

    def type_of(self, spot: Spot, node: Node) -> CType | None:
        """The type of an expression; the tree's headers are read only if it takes them."""
        span = node.start_byte + spot.shift, node.end_byte + spot.shift
        found = self._quick[1].get(span)
        if found is None and spot.macro is None:
            found = self._thorough[1].get(span)
        return found

    @cached_property
    def _aliases(self) -> dict[tuple[str | None, str], int]:
        """(function, name) → byte of locals that only name a cast descriptor."""
        found = {}
        for slot in self.slots.values():
            if slot.kind == "local" and slot.depth == 1 and self._names_cast(slot):
                found[slot.function, slot.name] = slot.at
        return found

    def _names_cast(self, slot: Slot) -> bool:
        node = self.unit.root.descendant_for_byte_range(slot.at, slot.at + len(slot.name))
        while node is not None and node.type not in ("init_declarator", "declaration"):
            node = node.parent
        value = node.child_by_field_name("value") if node is not None else None
        call = ctext.call_of(self.unit, ctext.bare(value)) if value is not None else None
        if call is None or call.name not in self.words.to_old:
            return False
        start = next(n for n in self.items if n.start_byte <= slot.at < n.end_byte)
        return not any(
            n.type == "assignment_expression"
            and (left := n.child_by_field_name("left")) is not None
            and self.unit.text(left) == slot.name
            for n in ctext.walk(start)
        )

    def names_cast(self, slot: Slot) -> bool:
        """Whether a local is a name for a cast descriptor, from its declaration on."""
        return self._aliases.get((slot.function, slot.name)) == slot.at

    def alias(self, spot: Spot, node: Node) -> bool:
        """Whether an expression is such a local."""
        node = ctext.bare(node)
        if spot.macro is not None or node.type != "identifier":
            return False
        return (self.function_at(spot, node), self.unit.text(node)) in self._aliases

    # -- findings ------------------------------------------------------------------------

    def finding(
        self, rule: Rule, start: int, end: int, message: str, fix: Fix | None = None
    ) -> Finding:
        """A finding about the bytes from `start` to `end`."""
        line, column = self.unit.position(start)
        last, _ = self.unit.position(max(start, end - 1))
        return Finding(self.path, line, column, rule.code, message, last, fix)
