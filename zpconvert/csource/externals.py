# SPDX-License-Identifier: GPL-2.0-only
"""What a C file uses and does not define, learnt from the headers of its own tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from zpconvert.csource.ctype import CType
from zpconvert.csource.header_index import load_closure
from zpconvert.csource.header_tables import Tables

_MOST_TYPEDEFS = 16


@dataclass(frozen=True)
class Signature:
    """A function's result and parameters; None is a type that was not understood (a pointer
    to a function, say) or that headers disagree about."""

    result: CType | None
    params: tuple[CType | None, ...]


@dataclass(frozen=True)
class Macro:
    """One definition of a macro. params: None if object-like, the last ends in `...` if
    variadic. body: one line, continuations joined, comments dropped."""

    params: tuple[str, ...] | None
    body: str


class Externals:
    """Functions, macros, members, typedefs and variables by name.

    All arms of conditionals count; where they disagree about a type it is None.
    """

    def __init__(self, load: Callable[[str], object]) -> None:
        """load: gives the table of that name of `header_tables.Tables`."""
        self._load = load

    @cached_property
    def _functions(self) -> dict[str, str]:
        return self._table("functions")

    @cached_property
    def _macros(self) -> dict[str, str]:
        return self._table("macros")

    @cached_property
    def _typedefs(self) -> dict[str, str]:
        return self._table("typedefs")

    @cached_property
    def _variables(self) -> dict[str, str]:
        return self._table("variables")

    @cached_property
    def _names(self) -> dict[str, None]:
        return self._load("names")  # type: ignore[return-value]

    @cached_property
    def _fields(self) -> dict[str, dict[str, str]]:
        return self._load("fields")  # type: ignore[return-value]

    def _table(self, name: str) -> dict[str, str]:
        return self._load(name)  # type: ignore[return-value]

    def function(self, name: str) -> Signature | None:
        """The signature of a function, static inline ones and those that a macro at the top
        of a header declares included."""
        shape = self._functions.get(name)
        if shape is None:
            return None
        result, *params = shape.split("|")
        named = params[:-1] if params[-1:] == ["..."] else params
        return Signature(_ctype(result), tuple(map(_ctype, named)))

    def macro(self, name: str) -> tuple[Macro, ...]:
        """Every definition of a macro that was seen, in order, each once."""
        found = self._macros.get(name)
        return () if found is None else tuple(map(_macro, found.split("\x01")))

    def field(self, tag: str, name: str) -> CType | None:
        """The type of a member. tag: `struct page`, `union x` or a typedef's name."""
        for _ in range(_MOST_TYPEDEFS):
            members = self._fields.get(tag)
            if members is not None:
                shape = members.get(name)
                return None if shape is None else _ctype(shape)
            aliased = self._typedefs.get(tag)
            if aliased is None:
                return None
            tag = aliased
        return None

    def typedef(self, name: str) -> CType | None:
        """What a typedef stands for, one level down; one of a struct without a tag is
        `struct <name>`, and `field` takes that."""
        shape = self._typedefs.get(name)
        return None if shape is None else _ctype(shape)

    def variable(self, name: str) -> CType | None:
        """The type of a variable."""
        shape = self._variables.get(name)
        return None if shape is None else _ctype(shape)

    def known(self, name: str) -> bool:
        """Whether any header declares the name: all of the above, an enumerator, or a tag
        such as `struct page`, even if its type was not understood."""
        return (
            name in self._functions
            or name in self._macros
            or name in self._typedefs
            or name in self._variables
            or name in self._names
        )


def externals_for(tree: Path, rel: str, source: bytes, cache: Path | None) -> Externals:
    """What the headers say that a file includes, directly or not.

    tree: a kernel tree, only read. rel: the file's path in it, as `mm/zswap.c`; source: its
    bytes, which need not be those on disk. cache: a directory for what was learnt (made if
    need be, safe to share between processes, safe to delete), or None for none.
    """
    loaded = load_closure(tree, rel, source, cache)
    if isinstance(loaded, Tables):
        return Externals(lambda name: getattr(loaded, name))
    return Externals(loaded)


def _ctype(shape: str) -> CType | None:
    if shape == "?":
        return None
    base = shape.rstrip("*")
    return CType(base, len(shape) - len(base))


def _macro(definition: str) -> Macro:
    params, _, body = definition.partition("\0")
    if not params:
        return Macro(None, body)
    return Macro(tuple(p for p in params[1:-1].split(",") if p), body)
