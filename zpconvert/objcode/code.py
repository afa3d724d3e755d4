# SPDX-License-Identifier: GPL-2.0-only
"""What is compared of a function or of a data section, and when two are alike."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace


class Scope(enum.Enum):
    """Who defines a symbol: another object, or this one for itself; unknown, where this one does
    so for all."""

    UNKNOWN, ELSEWHERE, OWN = range(3)

    def fits(self, other: Scope) -> bool:
        """Whether a name can mean the same in both; made static or not, a symbol is what it
        was."""
        return Scope.UNKNOWN in (self, other) or self is other


@dataclass(frozen=True)
class Reference:
    """A relocation: `offset` bytes into its code, of `kind`, to a symbol and an addend; `to`
    holds the contents instead where a string, a constant or code without a name is meant, and
    `inner` what those refer to. `weak`: nothing need define the symbol. `called`: it is where a
    call or a jump goes. `scope`: who defines the symbol, as far as that is known."""

    offset: int
    kind: int
    to: str | bytes
    addend: int
    weak: bool = False
    called: bool = False
    inner: tuple[Reference, ...] = ()
    scope: Scope = field(default=Scope.UNKNOWN, compare=False)

    @property
    def names(self) -> Iterator[str]:
        """The symbols that are meant."""
        if isinstance(self.to, str):
            yield self.to
        for one in self.inner:
            yield from one.names

    @property
    def scopes(self) -> Iterator[Scope]:
        """Who defines them."""
        yield self.scope
        for one in self.inner:
            yield from one.scopes


#: The stem of what is called to what is called in the end, and who defines that.
Called = Mapping[str, tuple[str, Scope]]
_NONE: Called = {}


@dataclass(frozen=True)
class Manner:
    """What a symbol is for the linker; `visibility` as ELF numbers it."""

    local: bool = True
    weak: bool = False
    visibility: int = 0

    def fits(self, other: Manner) -> bool:
        """Whether that is the same; made static or not, a symbol is what it was."""
        seen = self.local or other.local or self.visibility == other.visibility
        return self.weak == other.weak and seen


@dataclass(frozen=True)
class Variable:
    """A variable: its name, its bytes, what those refer to, its size. `shares`: the others that
    lie where it does, and how far into it. A label has no size, and is `at` a place. `order`:
    by which variables of one section are sorted as they lie in it."""

    name: str
    data: bytes
    references: tuple[Reference, ...]
    size: int = 0
    shares: tuple[tuple[str, int], ...] = ()
    at: int = 0
    manner: Manner = field(default=Manner(), compare=False)
    order: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Entry:
    """What a table (`section`) holds about the place `at` bytes into a function: its bytes,
    the place left out, and what else they refer to. `start`: how far behind
    the function's first it lies, if its order counts, as that of a switch's does."""

    section: str
    at: int
    data: bytes
    references: tuple[Reference, ...]
    start: int = 0


@dataclass(frozen=True)
class Code:
    """A function's bytes, or a data section's. `neighbours`: the symbols that share a
    function's section and their distance, which the assembler may have used. `tables`: sorted
    by section and place. `objects`: the variables of a data section, as `ordered` has them.
    `flags` and `alignment`: of a data section; a compiler aligns a function as it is short or
    long. What has to be compared with `alike` is not part of ==."""

    section: str
    size: int
    data: bytes
    references: tuple[Reference, ...]
    neighbours: tuple[tuple[str, int], ...] = ()
    tables: tuple[Entry, ...] = ()
    objects: tuple[Variable, ...] = ()
    flags: int = 0
    alignment: int = field(default=0, compare=False)
    manner: Manner = field(default=Manner(), compare=False)

    @property
    def scopes(self) -> Iterator[Scope]:
        """Those of its references, in their order."""
        inner = (reference for entry in self.tables for reference in entry.references)
        for one in (*self.references, *inner):
            yield from one.scopes

    @functools.cached_property
    def symbols(self) -> frozenset[str]:
        """The symbols that it refers to or consists of."""
        inner = (reference for entry in self.tables for reference in entry.references)
        found = {name for one in (*self.references, *inner) for name in one.names}
        found.update(name for name, _ in self.neighbours)
        found.update(name for one in self.objects for name in (one.name, *dict(one.shares)))
        return frozenset(found)

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """Their stems, as `new_name` takes them."""
        return frozenset(map(stem, self.symbols))


def ordered(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """Variables sorted by what is known of them; references have no order."""
    return tuple(sorted(variables, key=lambda one: (one.name, one.data, one.at)))


def alike(one: Code, other: Code) -> bool:
    """Whether two functions or data sections are the same, the names in them made the same."""
    if one != other or not one.manner.fits(other.manner):
        return False
    pairs = zip(one.objects, other.objects, strict=True)
    if one.alignment != other.alignment or not all(a.manner.fits(b.manner) for a, b in pairs):
        return False
    return all(a.fits(b) for a, b in zip(one.scopes, other.scopes, strict=True))


def renamed(code: Code, names: Mapping[str, str], called: Called = _NONE) -> Code:
    """The code with the symbols that it refers to renamed. called: what it calls instead of
    some, and who defines that."""
    if not names and not called:
        return code
    return replace(
        code,
        references=_retarget(code.references, names, called),
        neighbours=tuple(sorted((new_name(name, names), at) for name, at in code.neighbours)),
        tables=tuple(
            replace(e, references=_retarget(e.references, names, called)) for e in code.tables
        ),
        objects=ordered(renamed_variable(one, names) for one in code.objects),
    )


def stem(name: str) -> str:
    """The name in the source: without what the compiler adds (`f.cold`, `f.part.0`, `count.1`)."""
    return name.partition(".")[0]


def new_name(name: str, names: Mapping[str, str]) -> str:
    """The name after renaming its stem."""
    old = stem(name)
    return names.get(old, old) + name.removeprefix(old)


def renamed_variable(one: Variable, names: Mapping[str, str]) -> Variable:
    """The variable with its name, and the symbols that it refers to, renamed."""
    shares = tuple(sorted((new_name(name, names), at) for name, at in one.shares))
    references = _retarget(one.references, names, _NONE)
    return replace(one, name=new_name(one.name, names), references=references, shares=shares)


def _retarget(
    references: tuple[Reference, ...], names: Mapping[str, str], called: Called
) -> tuple[Reference, ...]:
    found = []
    for one in references:
        if isinstance(one.to, str):
            to, scope = new_name(one.to, names), one.scope
            if one.called and stem(one.to) in called:
                new, scope = called[stem(one.to)]
                to = new + one.to.removeprefix(stem(one.to))
            found.append(replace(one, to=to, scope=scope))
        elif one.inner:
            found.append(replace(one, inner=_retarget(one.inner, names, called)))
        else:
            found.append(one)
    return tuple(found)
