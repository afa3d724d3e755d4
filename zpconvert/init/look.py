# SPDX-License-Identifier: GPL-2.0-only
"""A file looked at: which slots can flip, and what is done with what they hold.

The engine flips every slot that it can. Where it would put a wrapper, the two types meet, and
what stands around that place in the base says what the conversion needs there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zpconvert.csource.ctype import CType
from zpconvert.csource.externals import Externals
from zpconvert.csource.parse import Node, descend
from zpconvert.init.callbacks import callbacks
from zpconvert.init.model import Access, Call, Entry, Iterated, Meeting, Place, Seen, Slot
from zpconvert.rewrite.context import Context, words
from zpconvert.rewrite.edits import Wrap
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.slots import Item, Name
from zpconvert.rewrite.slots import Slot as EngineSlot
from zpconvert.rewrite.survey import Survey, survey, typed

_NULL = ("0", "NULL")


@dataclass(frozen=True)
class Accessors:
    """Functions and macros that stand for a member: name to member.

    casting: those of the getters that cast it to a pointer, too.
    """

    getters: Mapping[str, str] = field(default_factory=dict)
    casting: frozenset[str] = frozenset()
    setters: Mapping[str, str] = field(default_factory=dict)


def look(
    path: str,
    source: bytes,
    headers: Externals,
    types: Types,
    members: frozenset[str],
    accessors: Accessors,
) -> tuple[Seen, Survey]:
    """What a file does with the old struct. members: the names of all of the old struct's."""
    old = f"struct {types.old}"
    found = survey(source, headers, old, members)
    borders = _borders(found, types)
    flipped = frozenset(s for s in found.slots.values() if s not in borders)
    looker = _Looker(path, found, headers, types, members, accessors)
    retyper = FileMigration(found, types, Names()).retyper
    for item in found.items:
        looker.item(item, retyper.item(item, flipped).wraps, flipped)
    slots = tuple(Slot(looker.place(s.at), s.id, borders.get(s, "")) for s in found.slots.values())
    seen = Seen(
        path,
        slots,
        tuple(looker.accesses),
        tuple(looker.calls()),
        tuple(looker.entries),
        tuple(dict.fromkeys(looker.iterated)),
        tuple(callbacks(found, flipped, looker.place)),
        tuple(looker.meetings()),
    )
    return seen, found


def _borders(found: Survey, types: Types) -> dict[EngineSlot, str]:
    """The slots that cannot flip, each with the reason: pinned, or refused when the rest flips."""
    borders: dict[EngineSlot, str] = {}
    for slot in found.slots.values():
        pinned = found.pinned(slot)
        if pinned is not None:
            line, column = found.unit.position(pinned[0])
            borders[slot] = f"{pinned[1]} (line {line}, column {column})"
    migration = FileMigration(found, types, Names())
    while True:
        flipped = frozenset(s for s in found.slots.values() if s not in borders)
        _, refusals = migration.pieces(flipped)
        if not refusals:
            return borders
        for refusal in refusals:
            reason = f"{refusal.reason} (line {refusal.line}, column {refusal.column})"
            for slot in _refused(found, refusal.slot, refusal.line, flipped):
                for member in found.group(slot):
                    borders.setdefault(member, reason)


def _refused(
    found: Survey, name: str, line: int, flipped: frozenset[EngineSlot]
) -> list[EngineSlot]:
    """The slots that a refusal is about: the one that it names, else what is flipped there."""
    if name in found.slots and found.slots[name] in flipped:
        return [found.slots[name]]
    for item in found.items:
        first, last = (found.unit.position(at)[0] for at in (item.start, item.end))
        if first <= line <= last and item.deps & flipped:
            own = [s for s in item.deps & flipped if s.function == item.function]
            return own or list(item.deps & flipped)
    return list(flipped)


class _Looker:
    """Sorts the wrapped places of one file."""

    def __init__(
        self,
        path: str,
        found: Survey,
        headers: Externals,
        types: Types,
        members: frozenset[str],
        accessors: Accessors,
    ) -> None:
        self.path, self.unit, self.found, self.types_ = path, found.unit, found, types
        self.members, self.accessors = members, accessors
        context = Context(found.unit, headers, f"struct {types.old}", members)
        self.ctypes = typed(context, found.unit.items)
        self.function = ""
        self.accesses: list[Access] = []
        self.entries: list[Entry] = []
        self.iterated: list[Iterated] = []
        self._meetings: list[tuple[int, Meeting]] = []
        self._calls: dict[tuple[int, int], tuple[Node, str, set[int], bool]] = {}
        self._links: set[tuple[int, int]] = set()
        self._stores: set[int] = set()

    def place(self, byte: int) -> Place:
        """The place of a byte, in the function that is being looked at."""
        return Place(self.path, *self.unit.position(byte), self.function)

    def item(self, item: Item, wraps: tuple[Wrap, ...], flipped: frozenset[EngineSlot]) -> None:
        """Sort the wraps of one item, those that go in before those that come out."""
        self.function = item.function or self._macro(item)
        for wrap in sorted(wraps, key=lambda w: (w.name != self.types_.to_old, w.start)):
            node = self._node(wrap.start, wrap.end)
            if node is None:
                self._meet(wrap.start, f"in the macro {self.function}(), where no rule reaches")
            elif wrap.name == self.types_.to_old:
                self._given(node)
            else:
                self._taken(node)
        held = [s for s in item.sites if isinstance(s, Name) and s.slot in flipped]
        if held:
            self._iterated(item, held)

    def _macro(self, item: Item) -> str:
        text = self.unit.source[item.code : item.end]
        names = [n for n in self.unit.macros if f"define {n}".encode() in text]
        return max(names, key=len, default="")

    def _node(self, start: int, end: int) -> Node | None:
        """The expression that takes exactly these bytes, its parentheses included."""
        node = self.unit.root.descendant_for_byte_range(start, end)
        if node is None or (node.start_byte, node.end_byte) != (start, end):
            return None
        while node.parent is not None and node.parent.type == "parenthesized_expression":
            node = node.parent
        return node

    # -- a descriptor that is used as a page ---------------------------------------------

    def _given(self, node: Node) -> None:
        parent = node.parent
        if parent is not None and parent.type == "field_expression":
            named = parent.child_by_field_name("field")
            if named is not None:
                self._access(parent, self.unit.text(named), "")
                return
        if parent is not None and parent.type == "argument_list" and parent.parent is not None:
            called = parent.parent.child_by_field_name("function")
            args = _arguments(parent.parent)
            if called is not None and called.type == "identifier":
                self._argument(parent.parent, self.unit.text(called), args, args.index(node))
                return
        around = parent.parent if parent and parent.type == "argument_list" else parent
        self._meet(node.start_byte, _described(self.unit.text(around or node)))

    def _argument(self, call: Node, name: str, args: list[Node], at: int) -> None:
        if name in self.accessors.getters and len(args) == 1:
            self._access(call, self.accessors.getters[name], name)
        elif name in self.accessors.setters and len(args) == 2 and at == 0:
            member = self.accessors.setters[name]
            form, ctype = self._stored(args[1])
            self.accesses.append(Access(self.place(call.start_byte), member, form, ctype, name))
        else:
            self._call(call, name)[2].add(at)

    def _call(self, call: Node, name: str) -> tuple[Node, str, set[int], bool]:
        key = call.start_byte, call.end_byte
        return self._calls.setdefault(key, (call, self.function, set(), False))

    def _access(self, node: Node, member: str, through: str) -> None:
        """What is done with a member (`node` is all of `page->member`)."""
        place, outer = self.place(node.start_byte), _outer(node)
        parent = outer.parent
        form, ctype = "plain", None
        if through in self.accessors.casting:
            form, ctype = "get", self._ctype(node)
        elif parent is not None and parent.type == "cast_expression":
            spelled = self._ctype(parent)
            if spelled is not None and spelled.depth and spelled.base != "void":
                form, ctype = "get", spelled
                self._links.add((parent.start_byte, parent.end_byte))
        elif (
            parent is not None
            and parent.type == "assignment_expression"
            and parent.child_by_field_name("left") == outer
            and self.unit.text(parent.children[1]) == "="
        ):
            right = parent.child_by_field_name("right")
            form, ctype = self._stored(right) if right is not None else (form, ctype)
        self.accesses.append(Access(place, member, form, ctype, through))

    def _stored(self, value: Node) -> tuple[str, CType | None]:
        """How a value goes into a member."""
        if self.unit.text(value) in _NULL:
            return "clear", None
        inner = value.child_by_field_name("value") if value.type == "cast_expression" else None
        if inner is not None:
            ctype, spelled = self._ctype(inner), self._ctype(value)
            number = spelled is None or not spelled.depth
            if ctype is not None and ctype.depth and ctype.base != "void" and number:
                self._stores.add(inner.start_byte)
                return "set", ctype
            return "number", None
        return "plain", None

    def _ctype(self, node: Node) -> CType | None:
        return self.ctypes.get((node.start_byte, node.end_byte))

    # -- a page that becomes a descriptor ------------------------------------------------

    def _taken(self, node: Node) -> None:
        inner = node
        while inner.type == "parenthesized_expression" and inner.named_children:
            inner = inner.named_children[-1]
        if (inner.start_byte, inner.end_byte) in self._links:
            return
        called = inner.child_by_field_name("function")
        if inner.type != "call_expression" or called is None or called.type != "identifier":
            self._meet(node.start_byte, _described(self.unit.text(node)))
            return
        name, args = self.unit.text(called), _arguments(inner)
        kinds = tuple(self._kind(a) for a in args)
        if "type" in kinds:
            member = next((self.unit.text(a) for a in args if self._kind(a) == "member"), "")
            self.entries.append(Entry(self.place(inner.start_byte), name, member, kinds))
        elif name in self.accessors.getters:
            self._meet(node.start_byte, _described(self.unit.text(node)))
        else:
            call, function, given, _ = self._call(inner, name)
            self._calls[call.start_byte, call.end_byte] = (call, function, given, True)

    def _kind(self, node: Node) -> str:
        """What an argument is: the old struct's name, a member's, or a value."""
        text = self.unit.masked.types.get(node.start_byte) or self.unit.text(node)
        if " ".join(text.split()) == f"struct {self.types_.old}":
            return "type"
        if text in self.members and self._ctype(node) is None:
            return "member"
        return "value"

    # -- the rest ------------------------------------------------------------------------

    def _iterated(self, item: Item, held: list[Name]) -> None:
        """Members that macros are given by name, beside a slot."""
        node = self.unit.root.descendant_for_byte_range(item.code, item.end)
        if node is None or not words(self.unit.source[item.code : item.end]) & self.members:
            return
        for start, name, args in self._heads(node):
            spans = [(a.start_byte, a.end_byte) for a in args]
            near = any(s.start >= first and s.end <= last for s in held for first, last in spans)
            for arg in args:
                if near and arg.type == "identifier" and self._kind(arg) == "member":
                    self.iterated.append(Iterated(self.place(start), name, self.unit.text(arg)))

    def _heads(self, node: Node) -> Iterator[tuple[int, str, list[Node]]]:
        """Byte, name and arguments of each call and each loop macro in a node."""
        iterators = self.unit.masked.iterators
        for call in descend(node, "call_expression", "while_statement", "if_statement"):
            if call.type == "call_expression":
                called = call.child_by_field_name("function")
                listed = call.child_by_field_name("arguments")
                if called is not None and listed is not None:
                    yield call.start_byte, self.unit.text(called), listed.named_children
            elif call.start_byte in iterators:
                condition = call.child_by_field_name("condition")
                if condition is not None:
                    name = iterators[call.start_byte]
                    yield call.start_byte, name, _commas(condition)

    def _meet(self, byte: int, what: str) -> None:
        self._meetings.append((byte, Meeting(self.place(byte), what)))

    def meetings(self) -> Iterator[Meeting]:
        """Where nothing can be proposed; what a member is assigned has its rule already."""
        yield from (meeting for byte, meeting in self._meetings if byte not in self._stores)

    def calls(self) -> Iterator[Call]:
        """The calls that were found, in file order."""
        for key in sorted(self._calls):
            node, function, given, result = self._calls[key]
            name = self.unit.text(node.child_by_field_name("function") or node)
            args = tuple(self._ctype(a) for a in _arguments(node))
            parent = _outer(node).parent
            used = parent is None or parent.type != "expression_statement"
            place = Place(self.path, *self.unit.position(node.start_byte), function)
            ctype = self._ctype(node)
            yield Call(place, name, tuple(sorted(given)), args, result, used, ctype)


def _outer(node: Node) -> Node:
    """A node with the parentheses round it."""
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    return node


def _arguments(call: Node) -> list[Node]:
    """The arguments of a call."""
    listed = call.child_by_field_name("arguments")
    return [a for a in listed.named_children if a.type != "comment"] if listed else []


def _commas(node: Node) -> list[Node]:
    if node.type in ("parenthesized_expression", "comma_expression"):
        return [a for c in node.named_children if c.type != "comment" for a in _commas(c)]
    return [node]


def _described(text: str) -> str:
    """A piece of C, in one line of bearable length."""
    line = " ".join(text.split())
    return f"in '{line if len(line) <= 60 else line[:57] + '...'}'"
