# SPDX-License-Identifier: GPL-2.0-only
"""What is known of a file's names without its includes: the descriptor's header, at no cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from zpconvert.check.vocabulary import Vocabulary
from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node

if TYPE_CHECKING:
    from zpconvert.csource.externals import Externals, Macro, Signature

#: Looks up the headers of the tree; None where there is no tree round the file.
Load = Callable[[], "Externals | None"]


class _Own(NamedTuple):
    """A signature that takes no other header to know."""

    result: CType | None
    params: tuple[CType | None, ...]


class Names:
    """Headers for the engine (`zpconvert.rewrite.context.Headers`).

    load: how to get at the other headers, asked at the first name that needs it; None: never.
    """

    def __init__(self, vocabulary: Vocabulary, load: Load | None) -> None:
        self._words, self._load = vocabulary, load
        self._loaded: Externals | None = None

    def _rest(self) -> Externals | None:
        if self._load is not None:
            self._loaded, self._load = self._load(), None
        return self._loaded

    def function(self, name: str) -> Signature | _Own | None:
        """Casts, the header's functions, then the other headers'."""
        words = self._words
        if name in words.to_old:
            return _Own(words.old, (words.new,))
        if name in words.from_old:
            return _Own(words.new, (words.old,))
        if name in words.to_folio:
            return _Own(CType("struct folio", 1), (words.new,))
        own = words.header.functions.get(name) if words.header is not None else None
        if words.header is not None and own is not None:
            declarator = own.declarations[0][1]
            listed = declarator.parameters.named_children if declarator.parameters else []
            params = tuple(self._parameter(p) for p in listed if p.type == "parameter_declaration")
            return _Own(own.result, params)
        rest = self._rest()
        return rest.function(name) if rest is not None else None

    def _parameter(self, node: Node) -> CType | None:
        header = self._words.header
        assert header is not None
        base = declare.specifier(node, header.source, header.masked.types)
        inner = declare.declarators(node)
        return base.pointed(inner[0].depth) if inner and not inner[0].called else base

    def macro(self, name: str) -> tuple[Macro, ...]:
        """The other headers' macros; those of the descriptor's header only cast and assert."""
        rest = self._rest()
        return rest.macro(name) if rest is not None else ()

    def field(self, tag: str, name: str) -> CType | None:
        """A member, of the header's structs first."""
        header = self._words.header
        own = header.structs.get(tag, {}).get(name) if header is not None else None
        if own is not None:
            return own.ctype
        rest = self._rest()
        return rest.field(tag, name) if rest is not None else None

    def typedef(self, name: str) -> CType | None:
        """A typedef of the other headers."""
        rest = self._rest()
        return rest.typedef(name) if rest is not None else None

    def variable(self, name: str) -> CType | None:
        """A variable of the other headers."""
        rest = self._rest()
        return rest.variable(name) if rest is not None else None
