# SPDX-License-Identifier: GPL-2.0-only
"""A slot of the old type that the conversion does not name as border."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.ctext import call_round, walk
from zpconvert.check.model import Finding, Rule
from zpconvert.check.subject import Subject
from zpconvert.csource import declare
from zpconvert.csource.parse import Node
from zpconvert.rewrite.slots import Slot

_KINDS = {"param": "parameter", "local": "local", "field": "field", "global": "variable"}


class NewSlot(Rule):
    """In a converted file a page is a descriptor. A parameter, local, field, variable or result
    of the old type brings the old struct back, and with it members that mean something else.

    Some have to stay: they are named in the conversion's border list, with a reason. Besides
    these, a callback whose signature others fix may keep its parameter if all it does with it
    is to make the descriptor of it; and a function of two statements whose job is the border
    (it takes or gives the descriptor, and never the old type) may hold one in between.

    In a tree that others converted there is no such list: there a local that names a cast
    descriptor, from its declaration on, is as good as the cast.
    """

    code = "ZPC001"
    title = "a new slot of the old type"
    VALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	struct desc *next = desc->next;

	desc_lock(next);
}
""",
        """\
int callback(struct page *page, int mode)
{
	struct desc *desc = page_desc(page);

	return desc_pfn(desc);
}
""",
        """\
static struct desc *get_desc(unsigned long node)
{
	struct page *page = alloc_page_node(node);

	return page_desc(page);
}
""",
    )
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	struct page *next = find(desc);

	mark(next);
	drop(next);
}
""",
        """\
struct holder {
	struct page *first;
};
""",
        """\
int callback(struct page *page, int mode)
{
	return page_to_nid(page);
}
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        for slot in subject.slots.values():
            if self._at_border(subject, slot) or subject.stays(slot):
                continue
            what = _KINDS.get(slot.kind, "result")
            named = f"'{slot.name}'" if slot.kind != "result" else f"of '{slot.name}()'"
            words = subject.words.descriptor
            yield subject.finding(
                self,
                slot.at,
                slot.at + 1,
                f"{what} {named} is a {words.old_type} in a file that uses {words.new_type}",
            )

    def _at_border(self, subject: Subject, slot: Slot) -> bool:
        function = subject.unit.functions.get(slot.function or "")
        if function is None or slot.kind not in ("param", "local"):
            return False
        if slot.kind == "param":
            return slot.fixed and all(
                _only_converted(subject, d, slot.name) for d in function.definitions
            )
        if not subject.words.ours and subject.names_cast(slot):
            return True
        return any(
            node.type == "function_definition"
            and node.start_byte <= slot.at < node.end_byte
            and _border_function(subject, node, declarator)
            for node, declarator in function.declarations
        )


def _only_converted(subject: Subject, definition: Node, name: str) -> bool:
    """Whether all that a function does with a parameter is to make the descriptor of it."""
    body = definition.child_by_field_name("body")
    for node in walk(body) if body is not None else ():
        if node.type == "identifier" and subject.unit.text(node) == name:
            call = call_round(subject.unit, node)
            if call is None or call.name not in subject.words.from_old:
                return False
    return True


def _border_function(subject: Subject, node: Node, declarator: declare.Declarator) -> bool:
    unit, words = subject.unit, subject.words
    listed = declarator.parameters.named_children if declarator.parameters else []
    bases = {declare.specifier(p, unit.source, unit.masked.types).base for p in (node, *listed)}
    body = node.child_by_field_name("body")
    statements = [c for c in body.named_children if c.type != "comment"] if body else []
    return words.new.base in bases and words.old.base not in bases and len(statements) <= 2
