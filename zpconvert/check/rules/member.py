# SPDX-License-Identifier: GPL-2.0-only
"""A member of the old struct that is reached through a cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.ctext import bare, call_of
from zpconvert.check.model import Finding, Rule
from zpconvert.check.native import cast_of
from zpconvert.check.subject import Spot, Subject
from zpconvert.csource import declare
from zpconvert.csource.parse import Node

#: Functions that are nothing but access to a member (include/linux/mm_types.h).
_ACCESS = {"page_private": "private", "set_page_private": "private"}


class OldMember(Rule):
    """The descriptor has a member in this place, with a name and a type that say what is in it.
    Reached by the old name, the same word is used under two names, and a later change of the
    layout finds only one of them.
    """

    code = "ZPC004"
    title = "a member of the old struct reached through a cast"
    VALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc->handle = 0;
	report(desc_page(desc)->unrelated);
}
""",
    )
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc_page(desc)->index = 0;
}
""",
        """\
static unsigned long owner(struct desc *desc)
{
	return page_private(desc_page(desc));
}
""",
        """\
static unsigned long owner(struct desc *desc)
{
	return ((struct page *)desc)->private; /* zpconvert: allow ZPC003 an example of ZPC004 */
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        for spot, node in subject.nodes("field_expression", "call_expression"):
            if node.type == "field_expression":
                named = node.child_by_field_name("field")
                member = spot.unit.text(named) if named is not None else ""
                reached = node.child_by_field_name("argument")
            else:
                call = call_of(spot.unit, node)
                member = _ACCESS.get(call.name, "") if call else ""
                reached = call.args[0] if call and call.args else None
            over = subject.words.overlays.get(member)
            if over is None or reached is None or not _cast(subject, spot, reached):
                continue
            names = subject.words.descriptor
            yield subject.finding(
                self,
                node.start_byte + spot.shift,
                node.end_byte + spot.shift,
                f"'{member}' of {names.old_type} reached through a cast;"
                f" {names.new_type} has {_listed(over)} there",
            )


def _cast(subject: Subject, spot: Spot, node: Node) -> bool:
    """Whether an expression is a descriptor cast to the old struct (or to a folio)."""
    node, words = bare(node), subject.words
    if node.type == "pointer_expression":
        inner = node.child_by_field_name("argument")
        return inner is not None and _cast(subject, spot, inner)
    if node.type == "cast_expression":
        described, value = node.child_by_field_name("type"), node.child_by_field_name("value")
        if described is None or value is None:
            return False
        to = declare.type_text(described, spot.unit.source, spot.unit.masked.types)
        return to == words.old and subject.type_of(spot, bare(value)) == words.new
    cast, _ = cast_of(spot.unit, node, words.to_old, words.to_folio)
    return bool(cast) or subject.alias(spot, node)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"'{name}'" for name in names)
