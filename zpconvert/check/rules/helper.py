# SPDX-License-Identifier: GPL-2.0-only
"""A call of the old struct on a cast descriptor, where the descriptor has a helper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zpconvert.check.ctext import Call, call_of, call_round
from zpconvert.check.model import Finding, Fix, Rule
from zpconvert.check.native import Native, cast_of
from zpconvert.check.subject import Spot, Subject
from zpconvert.csource.parse import Node


class HelperCall(Rule):
    """The descriptor's header has a helper for this call: it says what is meant, and it knows
    things about the descriptor that the call for pages has to find out (that there is no
    compound head to look for, say). The cast was needed only while there was no helper.

    Which helpers there are is read from the tree's own header, if there is one. A helper that
    only the descriptor's table has is named too where the header was generated from it, but
    not put in: the header gets it first.
    """

    code = "ZPC002"
    title = "a call for pages where the descriptor has its own helper"
    VALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc_lock(desc);
	report(desc_page(desc));
}
""",
    )
    INVALID: ClassVar = (
        """\
static void use(struct desc *desc)
{
	lock_page(desc_page(desc->next));
}
""",
        """\
static struct desc *find(unsigned long pfn)
{
	return page_desc(pfn_to_page(pfn + 1));
}
""",
        """\
#define unlock_both(a, b) do { \\
	folio_unlock(desc_folio(a)); \\
	other(b); \\
} while (0)
""",
    )
    FIXED: ClassVar = (
        """\
static void use(struct desc *desc)
{
	desc_lock(desc->next);
}
""",
        """\
static struct desc *find(unsigned long pfn)
{
	return pfn_desc(pfn + 1);
}
""",
        """\
#define unlock_both(a, b) do { \\
	desc_unlock(a); \\
	other(b); \\
} while (0)
""",
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        by_name: dict[str, list[Native]] = {}
        for native in (*subject.words.natives, *subject.words.missing):
            by_name.setdefault(native.shape.function, []).append(native)
        for spot, node in subject.nodes("call_expression"):
            call = call_of(spot.unit, node)
            for native in by_name.get(call.name, ()) if call else ():
                found = self._match(subject, spot, native, call) if call else None
                if found is not None:
                    yield found
                    break

    def _match(self, subject: Subject, spot: Spot, native: Native, call: Call) -> Finding | None:
        words, unit = subject.words, spot.unit
        if len(call.args) != len(native.shape.args):
            return None
        given: list[tuple[int, Node]] = []
        named = False
        for arg, (cast, index) in zip(call.args, native.shape.args, strict=True):
            found, inner = cast_of(unit, arg, words.to_old, words.to_folio)
            if cast and found != cast and not (cast == "old" and subject.alias(spot, arg)):
                return None
            given.append((index, inner if found and cast else arg))
            named = named or bool(cast and not found)
        outer = call.node
        if native.shape.returns:
            above = call_round(unit, call.node)
            if above is None or above.name not in words.from_old or len(above.args) != 1:
                return None
            outer = above.node
        if native.helper in (spot.macro, subject.function_at(spot, call.node)):
            return None
        start, end = outer.start_byte + spot.shift, outer.end_byte + spot.shift
        said = f"{call.name}() on a {words.descriptor.name}"
        if native in words.missing:
            todo = f"its table has {native.helper}(), which the header does not define yet"
            return subject.finding(self, start, end, f"{said}: {todo}")
        order = sorted(given, key=lambda g: g[0])
        text = b", ".join(unit.source[n.start_byte : n.end_byte] for _, n in order)
        return subject.finding(
            self,
            start,
            end,
            f"{said}: it has {native.helper}()",
            None if named else Fix(start, end, native.helper.encode() + b"(" + text + b")"),
        )
