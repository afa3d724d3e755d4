# SPDX-License-Identifier: GPL-2.0-only
"""What names and expressions are worth to a visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zpconvert.csource.ctype import CType
from zpconvert.rewrite.slots import Expr, Slot

INT = CType("int")


class Variable(NamedTuple):
    """What a name in scope is: its type, and the slot it is declared in."""

    ctype: CType | None
    slot: Slot | None


@dataclass(frozen=True)
class Value:
    """An expression: its type (None: undecided), its form for the sites, the slot it is held in."""

    ctype: CType | None
    expr: Expr
    slot: Slot | None = None


def taken(ctype: CType | None) -> str:
    """What a place of a type asks: `void *` takes anything, all else the old type."""
    return "any" if ctype is not None and ctype.base == "void" and ctype.depth else "old"
