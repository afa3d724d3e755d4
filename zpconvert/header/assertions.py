# SPDX-License-Identifier: GPL-2.0-only
"""What has to hold between the descriptor's struct and the old one, said in C.

The compiler checks it wherever the header is included: place, size and kind of type of each
member, the size of the whole. An offset alone let an `unsigned int` lie over an `atomic_t`
in the reference series, and an assertion without the member's `#ifdef` broke i386.
"""

from __future__ import annotations

from zpconvert.conversion.model import Descriptor
from zpconvert.csource.members import Group
from zpconvert.header import clines, comment
from zpconvert.header.layout import Layout

#: The memory controller writes it behind the owner's back, so nothing may overlap it
#: unknowingly (struct folio and struct slab keep it in its place).
KEEP_CLEAR = "memcg_data"


def keeps_clear(layout: Layout, old: Group) -> bool:
    """Whether the new struct has to end before `memcg_data`: it neither overlays nor fills it."""
    taken = {*layout.filled, *(overlay.old.name for overlay in layout.overlays)}
    return KEEP_CLEAR not in taken and any(m.name == KEEP_CLEAR for m in old.members())


def assertions(descriptor: Descriptor, layout: Layout, old: Group) -> list[list[str]]:
    """Paragraphs of C."""
    new, below, prefix = descriptor.new_type, descriptor.old_type, descriptor.name.upper()
    same, scalar = f"{prefix}_MATCH", f"{prefix}_MATCH_SCALAR"
    kinds = {overlay.exact for overlay in layout.overlays}
    parts = []
    if True in kinds:
        typed = [f"__same_type((({below} *)0)->old,", f"            (({new} *)0)->new))"]
        parts.append(["/* The same type in the same place. */", *_match(same, below, new, typed)])
    if False in kinds:
        text = (
            "Two scalars of one size in the same place: what is no scalar has no logical negation."
        )
        negated = [f"sizeof(!(({below} *)0)->old) &&", f"sizeof(!(({new} *)0)->new))"]
        parts.append(comment.block(text) + _match(scalar, below, new, negated))
    pairs = [
        (o.old.conditions, [f"{same if o.exact else scalar}({o.old.name}, {o.member.name});"])
        for o in layout.overlays
    ]
    names = [name for exact, name in ((True, same), (False, scalar)) if exact in kinds]
    parts.append(clines.conditional(pairs) + [f"#undef {name}" for name in names])
    parts.append(_limit(new, f"sizeof({below})"))
    if keeps_clear(layout, old):
        clear = [member for member in old.members() if member.name == KEEP_CLEAR]
        limit = _limit(new, f"offsetof({below}, {KEEP_CLEAR})")
        parts[-1] += clines.conditional([(member.conditions, limit) for member in clear])
    return parts


def _match(name: str, old: str, new: str, typed: list[str]) -> list[str]:
    """The macro that pairs two members; `typed`: what it says about their types."""
    opening = "static_assert("
    column = clines.width("\t" + opening)
    conditions = [
        f"offsetof({new}, new) &&",
        f"sizeof_field({old}, old) ==",
        f"sizeof_field({new}, new) &&",
        *typed,
    ]
    aligned = [
        clines.indent(column + len(line) - len(line.lstrip())) + line.lstrip()
        for line in conditions
    ]
    head = [f"#define {name}(old, new)", f"\t{opening}offsetof({old}, old) =="]
    return clines.macro([*head, *aligned])


def _limit(new: str, limit: str) -> list[str]:
    line = f"static_assert(sizeof({new}) <= {limit});"
    if clines.width(line) <= 80:
        return [line]
    return [f"static_assert(sizeof({new}) <=", f"\t      {limit});"]
