# SPDX-License-Identifier: GPL-2.0-only
"""Slots, and the intermediate form of a file in which a migration is decided.

A **slot** is one declaration whose type is a pointer to the old struct. `visit` turns each
top-level item of a file into *sites*: the places whose text depends on which slots are flipped.
Deciding one commit then needs no syntax tree, only the sites.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Slot:
    """One declaration of type `struct old *` (or `**`, or an array of it); equal to itself only.

    id:    `function:name`, `function()` (its result), `struct tag.field` or `:global`.
    depth: pointers and array dimensions; at depth 2 and more it flips only with its group.
    fixed: a parameter whose function's signature is fixed from outside: the declaration stays,
           a descriptor local at the function's top takes its place.
    at:    byte of the name (of the function's name, for a result).
    """

    id: str
    kind: str
    function: str | None
    name: str
    depth: int
    fixed: bool
    at: int


@dataclass(frozen=True)
class Leaf:
    """An expression whose state is its slot's, or that never changes.

    state: what it is without a slot: `old`, `any` (NULL, void *, not a page at all) or
    `unknown` (its type could not be decided).
    """

    start: int
    end: int
    slot: Slot | None = None
    state: str = "any"


@dataclass(frozen=True)
class Call:
    """A call of a function of this file; `args` pairs each argument with its parameter's slot.

    An argument of a parameter without a slot carries its wish: `old` or `any`.
    """

    start: int
    end: int
    name: tuple[int, int]
    function: str
    args: tuple[tuple[Slot | str, Expr], ...]
    result: Slot | None
    state: str


@dataclass(frozen=True)
class Conditional:
    """`a ? b : c`: its state is that of its arms."""

    start: int
    end: int
    arms: tuple[Expr, Expr]


@dataclass(frozen=True)
class Assign:
    """`target = value`, of the target's state."""

    start: int
    end: int
    target: Expr
    value: Expr


@dataclass(frozen=True)
class Around:
    """Parentheses, a comma expression or a statement expression: of its inner value's state."""

    start: int
    end: int
    inner: Expr


Expr = Leaf | Call | Conditional | Assign | Around


@dataclass(frozen=True)
class Use:
    """An expression and what its context wants: `old`, `any`, or what a slot is."""

    expr: Expr
    want: Slot | str


@dataclass(frozen=True)
class Compare:
    """Two expressions that must be of one state."""

    left: Expr
    right: Expr


@dataclass(frozen=True)
class Name:
    """A place that spells a slot's name (or, with `function`, a function's)."""

    start: int
    end: int
    slot: Slot | None
    function: str | None = None


@dataclass(frozen=True)
class Declaration:
    """The declarators that share one type: (slot, start, end) each, in order.

    tag: bytes of the struct's name in the specifier. specifier: bytes of `const struct page`.
    splittable: the declarators may be given declarations of their own.
    """

    tag: tuple[int, int]
    specifier: tuple[int, int]
    declarators: tuple[tuple[Slot | None, int, int], ...]
    splittable: bool


@dataclass(frozen=True)
class TopLocal:
    """Where a fixed parameter's descriptor local goes: after byte `at`, indented like `indent`.

    rest: first byte of what follows on the same line, or None. blank: no declaration follows.
    qualifier: `const `, or nothing.
    """

    slot: Slot
    at: int
    indent: bytes
    rest: int | None
    blank: bool
    qualifier: str


@dataclass(frozen=True)
class Obstacle:
    """What cannot be migrated while one of `slots` is flipped, and where."""

    at: int
    reason: str
    slots: frozenset[Slot]


@dataclass(frozen=True)
class Move:
    """`slot++`, `slot -= n` and their like: the pointer moves by the size of the old struct.

    operator: bytes of it. sign: `+` or `-`. start, end: bytes of the whole. amount: bytes of
    `n`, or None for one.
    """

    start: int
    end: int
    slot: Slot
    operator: tuple[int, int]
    sign: str
    amount: tuple[int, int] | None


Site = Use | Compare | Name | Declaration | TopLocal | Obstacle | Move


@dataclass
class Item:
    """A top-level item with the comment before it, or a comment that stands alone.

    start, end: its bytes, the comment included; code: the first byte of the item itself.
    function: the function it defines. about: functions that it declares or defines.
    deps: the slots its text depends on. comments: byte ranges.
    """

    start: int
    end: int
    function: str | None
    code: int = 0
    about: frozenset[str] = frozenset()
    sites: list[Site] = field(default_factory=list)
    deps: set[Slot] = field(default_factory=set)
    comments: list[tuple[int, int]] = field(default_factory=list)


class Groups:
    """Slots that can only flip together (union-find), and those that cannot flip at all."""

    def __init__(self) -> None:
        self._parent: dict[Slot, Slot] = {}
        self.pins: dict[Slot, tuple[int, str]] = {}

    def root(self, slot: Slot) -> Slot:
        """The slot that stands for the group."""
        parent = self._parent.get(slot, slot)
        if parent is slot or parent == slot:
            return slot
        top = self.root(parent)
        self._parent[slot] = top
        return top

    def join(self, a: Slot, b: Slot) -> None:
        """Let two slots flip together."""
        self._parent[self.root(a)] = self.root(b)

    def pin(self, slot: Slot, at: int, reason: str) -> None:
        """Say why a slot's group cannot flip; the first reason is kept."""
        self.pins.setdefault(slot, (at, reason))
