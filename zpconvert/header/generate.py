# SPDX-License-Identifier: GPL-2.0-only
"""The text of a descriptor's header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zpconvert.conversion.model import Descriptor, Helper
from zpconvert.csource.members import Group
from zpconvert.errors import UserError
from zpconvert.header import clines, comment
from zpconvert.header.assertions import KEEP_CLEAR, assertions, keeps_clear
from zpconvert.header.layout import Anonymous, Field, Layout, lay_over


def header_text(descriptor: Descriptor, old: Group, helpers: Sequence[Helper]) -> bytes:
    """The header with these helpers.

    old: the tree's definition of the struct that the descriptor replaces. The struct and its
    assertions are the same whatever the helpers; a helper's text is the same in each call.
    Raises UserError when a member does not fit what it overlays, or a parameter of a helper
    has no documentation.
    """
    layout = lay_over(descriptor, old)
    guard = "_" + re.sub(r"\W", "_", descriptor.header).upper()
    includes = {*descriptor.includes, *(name for helper in helpers for name in helper.include)}
    parts = [
        ["/* SPDX-License-Identifier: GPL-2.0 */", *comment.block(descriptor.intro)],
        [f"#ifndef {guard}", f"#define {guard}"],
        [f"#include <{name}>" for name in sorted(includes)],
        [f"struct {tag};" for tag in _undefined_tags(descriptor)],
        [
            *_struct_doc(descriptor, layout, old),
            f"{descriptor.new_type} {{",
            *_fields(layout.items, (), 1),
            "};",
        ],
        *assertions(descriptor, layout, old),
        comment.block(descriptor.casts),
        *_casts(descriptor),
        *(_helper(descriptor, helper) for helper in _by_family(descriptor, helpers)),
        [f"#endif /* {guard} */"],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part).encode() + b"\n"


def header_lines(descriptor: Descriptor, old: Group) -> dict[str, int]:
    """How many lines each helper of the descriptor adds to the header."""
    bare = header_text(descriptor, old, ()).count(b"\n")
    return {
        helper.name: header_text(descriptor, old, (helper,)).count(b"\n") - bare
        for helper in descriptor.helpers
    }


def _by_family(descriptor: Descriptor, helpers: Sequence[Helper]) -> list[Helper]:
    """In the descriptor's order, families together."""
    families = list(dict.fromkeys(helper.family for helper in descriptor.helpers))
    order = {helper.name: number for number, helper in enumerate(descriptor.helpers)}
    return sorted(helpers, key=lambda h: (families.index(h.family), order[h.name]))


def _undefined_tags(descriptor: Descriptor) -> list[str]:
    """Tags of structs that members point to, for forward declarations."""
    types = " ".join(f"{member.ctype};" for member in descriptor.members)
    pointed = set(re.findall(r"\bstruct (\w+) ?\*", types))
    by_value = set(re.findall(r"\bstruct (\w+) ?[;[]", types))
    return sorted(pointed - by_value - {descriptor.name, descriptor.replaces})


def _struct_doc(descriptor: Descriptor, layout: Layout, old: Group) -> list[str]:
    docs = {member.name: " ".join(member.doc.split()) for member in descriptor.members}
    filler = f"Belongs to {descriptor.old_type}; not used here."
    names = dict.fromkeys(field.name for field in _flat(layout.items))
    note = (
        f"Overlays {descriptor.old_type} for now. The assertions below pair each member with a"
        f" {descriptor.replaces} member of the same offset, size and kind of type: do not change"
        " one without the other"
    )
    if keeps_clear(layout, old):
        note += f", and do not let it grow into {KEEP_CLEAR}"
    parameters = [(name, docs.get(name, filler)) for name in names]
    return comment.kernel_doc(descriptor.new_type, f"{descriptor.doc}\n\n{note}.", parameters)


def _flat(items: Sequence[Field | Anonymous]) -> Iterator[Field]:
    for item in items:
        if isinstance(item, Anonymous):
            yield from _flat(item.items)
        else:
            yield item


def _fields(items: Sequence[Field | Anonymous], context: tuple[str, ...], depth: int) -> list[str]:
    """Declarations; `context` holds the conditions that the lines around them stand under."""
    tabs = "\t" * depth
    stretches = []
    for item in items:
        if isinstance(item, Anonymous):
            inner = _fields(item.items, item.conditions, depth + 1)
            lines = [f"{tabs}{item.kind} {{", *inner, f"{tabs}}};"]
        else:
            lines = [f"{tabs}{item.declaration};"]
        stretches.append((item.conditions[len(context) :], lines))
    return clines.conditional(stretches)


def _casts(descriptor: Descriptor) -> list[list[str]]:
    """The three cast macros, which keep const."""
    new, old = descriptor.name, descriptor.replaces
    return [
        _cast(descriptor.to_old, new, old, f"The {old} of a {new}."),
        _cast(descriptor.to_folio, new, "folio", f"The folio of a {new}."),
        _cast(descriptor.from_old, old, new, f"The {new} of a {old}."),
    ]


def _cast(name: str, given: str, result: str, brief: str) -> list[str]:
    text = f"{brief}\n\nReturn: The same memory as a struct {result}, const if @p is."
    # checkpatch takes `*:` for an operator without a space and calls it an error.
    const, plain = f"\tconst struct {given} * :", f"\tstruct {given} * :"
    column = (clines.width(const) // 8 + 1) * 8
    return [
        *comment.kernel_doc(f"{name}()", text, [("p", f"The {given}, const or not.")]),
        *clines.macro(
            [
                f"#define {name}(p) (_Generic((p),",
                f"{clines.padded(const, column)}(const struct {result} *)(p),",
                f"{clines.padded(plain, column)}(struct {result} *)(p)))",
            ]
        ),
    ]


def _helper(descriptor: Descriptor, helper: Helper) -> list[str]:
    text, documented = comment.split_parameters(helper.doc)
    parameters = [
        (name, documented.get(name) or _parameter_doc(descriptor, helper, name, ctype))
        for ctype, name in _parameters(helper)
    ]
    return [
        *comment.kernel_doc(f"{helper.name}()", text, parameters),
        *clines.prototype(f"static inline {helper.proto}"),
        "{",
        *(f"\t{line}" if line else "" for line in helper.body),
        "}",
    ]


def _parameters(helper: Helper) -> list[tuple[str, str]]:
    """Type and name of each parameter; a helper takes no function pointers."""
    inside = helper.proto[helper.proto.index("(") + 1 : helper.proto.rindex(")")]
    found = [re.fullmatch(r"(.*?)(\w+)(?:\[\w*\])*", part.strip()) for part in inside.split(",")]
    return [(part[1].strip(), part[2]) for part in found if part and part[1].strip()]


def _parameter_doc(descriptor: Descriptor, helper: Helper, name: str, ctype: str) -> str:
    if ctype.removeprefix("const ") == f"{descriptor.new_type} *":
        return f"The {descriptor.name}."
    raise UserError(
        str(descriptor.path),
        f"helper '{helper.name}' does not document its parameter '{name}'",
        f"add a line '@{name}: …' to its doc",
    )
