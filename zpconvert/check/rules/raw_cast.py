# SPDX-License-Identifier: GPL-2.0-only
"""A cast between the two types that is not spelled by the header's macros."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.ctext import bare
from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Spot, Subject
from zpconvert.csource import declare
from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node

#: One goes through `unsigned long`, one through `void *`; nobody writes more than a few.
_MOST_CASTS = 8


class RawCast(Rule):
    """A cast in parentheses compiles whatever it is given, drops const, and is not found by
    who looks for the places where the two types meet. The macros of the descriptor's header
    take the right type only, keep const, and can be searched for.

    A cast by way of `void *` or `unsigned long` is one too.
    """

    code = "ZPC003"
    title = "a raw cast between the two types"
    headers = True
    VALID: ClassVar = (
        """\
static void use(struct desc *desc, unsigned long word)
{
	report(desc_page(desc));
	desc->next = (struct desc *)word;
}
""",
    )
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	report((struct page *)desc->next);
}
""",
        """\
static void use(struct holder *holder)
{
	struct desc *desc = (void *)holder;

	report((const struct page *)(unsigned long)desc);
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        words = subject.words
        tags = (words.old.base, words.new.base)
        for spot, node in subject.nodes("cast_expression"):
            target = _target(spot, node)
            if target is None or target.base not in tags or not target.depth:
                continue
            if {spot.macro, subject.function_at(spot, node)} & words.casts:
                continue
            given = _operand_type(subject, spot, node)
            if given is None or not given.depth:
                continue
            if given.base in tags and given.base != target.base:
                to = words.to_old if target.base == words.old.base else words.from_old
                yield subject.finding(
                    self,
                    node.start_byte + spot.shift,
                    node.end_byte + spot.shift,
                    f"cast from {given} to {target}; {sorted(to)[0]}() is for that",
                )


def _target(spot: Spot, node: Node) -> CType | None:
    described = node.child_by_field_name("type")
    if described is None:
        return None
    return declare.type_text(described, spot.unit.source, spot.unit.masked.types)


def _operand_type(subject: Subject, spot: Spot, node: Node) -> CType | None:
    """The type of what is cast, casts to words and to void pointers looked through."""
    operand = node.child_by_field_name("value")
    for _ in range(_MOST_CASTS):
        if operand is None:
            break
        operand = bare(operand)
        if operand.type != "cast_expression":
            return subject.type_of(spot, operand)
        through = _target(spot, operand)
        if through is not None and through.base.startswith("struct "):
            return through
        operand = operand.child_by_field_name("value")
    return None
