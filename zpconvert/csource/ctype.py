# SPDX-License-Identifier: GPL-2.0-only
"""A C type as far as a migration needs it: what it is made of and how many pointers away."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOISE = re.compile(
    r"\b(?:const|volatile|restrict|__restrict|static|extern|inline|__inline|__always_inline|"
    r"register|__user|__iomem|__rcu|__percpu|__force|__must_check|__maybe_unused|noinline|"
    r"__init|__exit|__meminit|__malloc|__pure|__attribute_const__|__deprecated|asmlinkage|"
    r"__cold|__ref|__sched|notrace|__private|__bitwise|__kernel)\b"
)


@dataclass(frozen=True)
class CType:
    """`base` is the unqualified specifier (`struct page`, `unsigned long`); `depth` counts
    pointers and array dimensions."""

    base: str
    depth: int = 0

    def __str__(self) -> str:
        return self.base + (" " + "*" * self.depth if self.depth else "")

    def pointed(self, by: int = 1) -> CType:
        """The type `by` pointers further out (further in, if negative)."""
        return CType(self.base, self.depth + by)


def parse_ctype(text: str) -> CType:
    """The type that `text` spells, qualifiers and storage classes dropped.

    >>> parse_ctype("const struct page *")
    CType(base='struct page', depth=1)
    """
    bare = _NOISE.sub(" ", text)
    depth = bare.count("*") + bare.count("[")
    bare = re.sub(r"\[[^\]]*\]|\*", " ", bare)
    return CType(" ".join(bare.split()), depth)
