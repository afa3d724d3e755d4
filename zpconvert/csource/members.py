# SPDX-License-Identifier: GPL-2.0-only
"""The members of a C struct, as its definition lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class StructMember:
    """A named member.

    declaration: C text without the semicolon, as `struct page *next` or `int pad[3]`.
    conditions: preprocessor expressions it stands under, outermost first, as
                `defined(CONFIG_MEMCG)`; those of the groups around it included.
    """

    name: str
    declaration: str
    conditions: tuple[str, ...] = ()

    @property
    def ctype(self) -> str:
        """The declaration without the name: `struct page *`, `int [3]`."""
        return " ".join(self.declared_as("").split()).replace("* )", "*)")

    def declared_as(self, name: str) -> str:
        """The declaration of a member of the same type and another name."""
        head, _, tail = re.split(rf"\b({self.name})\b(?!.*\b{self.name}\b)", self.declaration)
        return head + name + (f" {tail}" if tail and not name else tail)


@dataclass(frozen=True)
class Group:
    """An anonymous struct or union, or the whole struct.

    kind: `struct` or `union`. children: in the order of the definition.
    """

    kind: str
    children: tuple[StructMember | Group, ...]
    conditions: tuple[str, ...] = ()

    def members(self) -> Iterator[StructMember]:
        """All named members, anonymous groups flattened, in order."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.members()
            else:
                yield child
