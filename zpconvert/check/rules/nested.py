# SPDX-License-Identifier: GPL-2.0-only
"""A cast and its opposite, one inside the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.ctext import bare, call_of, outside
from zpconvert.check.model import Finding, Fix, Rule
from zpconvert.check.subject import Subject
from zpconvert.csource.parse import Node

#: Expressions that stay what they are wherever they are put (C11 6.5.1 and 6.5.2).
_TIGHT = frozenset(
    (
        "identifier",
        "call_expression",
        "field_expression",
        "subscript_expression",
        "parenthesized_expression",
    )
)


class Nested(Rule):
    """A cast inside its opposite does nothing. It is left over where one side of a border moved
    and the other followed. Where nothing would remain but a value that becomes what it is, what
    was meant is for you to say.
    """

    code = "ZPC005"
    title = "a cast and its opposite, nested"
    headers = True
    VALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	report(desc_page(desc));
}
""",
    )
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc_lock(page_desc(desc_page(desc)));
}
""",
        """\
static void use(struct desc *a, struct desc *b)
{
	page_desc((desc_page(a ? a : b)))->handle = 0;
}
""",
        """\
static void use(struct desc *desc)
{
	desc = page_desc(desc_page(desc));
}
""",
    )
    FIXED: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc_lock(desc);
}
""",
        """\
static void use(struct desc *a, struct desc *b)
{
	(a ? a : b)->handle = 0;
}
""",
        """\
static void use(struct desc *desc)
{
	desc = page_desc(desc_page(desc));
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        words = subject.words
        for spot, node in subject.nodes("call_expression"):
            outer = call_of(spot.unit, node)
            if outer is None or len(outer.args) != 1:
                continue
            inner = call_of(spot.unit, bare(outer.args[0]))
            if inner is None or len(inner.args) != 1:
                continue
            there = outer.name in words.from_old and inner.name in words.to_old
            back = outer.name in words.to_old and inner.name in words.from_old
            if there or back:
                start, end = node.start_byte + spot.shift, node.end_byte + spot.shift
                kept = _kept(subject, spot.shift, node, inner.args[0])
                said = f"{outer.name}() of {inner.name}() does nothing"
                fix = None if _empty(node, inner.args[0]) else Fix(start, end, kept)
                yield subject.finding(self, start, end, said, fix)


def _empty(outer: Node, inner: Node) -> bool:
    """Whether what remains would be a statement that does nothing, as `a = a;`: one that
    compilers warn of, and that only a person can know to be what was meant."""
    around = outside(outer).parent
    target = None
    if around is not None and around.type == "assignment_expression":
        target = around.child_by_field_name("left")
    elif around is not None and around.type == "init_declarator":
        target = around.child_by_field_name("declarator")
        while target is not None and target.type == "pointer_declarator":
            target = target.child_by_field_name("declarator")
    if target is None:
        return around is not None and around.type == "expression_statement"
    return bool(target.text) and bare(target).text == bare(inner).text


def _kept(subject: Subject, shift: int, outer: Node, inner: Node) -> bytes:
    """The inner expression as it can stand in the outer one's place."""
    text = subject.source[inner.start_byte + shift : inner.end_byte + shift]
    alone = outer.parent is not None and outer.parent.type in (
        "argument_list",
        "parenthesized_expression",
    )
    return text if inner.type in _TIGHT or alone else b"(" + text + b")"
