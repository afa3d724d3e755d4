# SPDX-License-Identifier: GPL-2.0-only
"""A draft's idioms as a semantic patch, examples in its header."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from zpconvert.init.draft import Draft
from zpconvert.init.model import Idiom, Place

_WIDTH = 87
_LICENCE = "// SPDX-License-Identifier: GPL-2.0-only"


def idioms_cocci(draft: Draft) -> bytes:
    """idioms.cocci of a draft."""
    words = draft.words
    about = (
        f"What {', '.join(draft.files)} does with the words of struct page, by the names that "
        f"struct {words.descriptor} gives them. Every rule matches the boundary wrapper, so none "
        "of them needs a type."
    )
    overs = [use.member.over for use in draft.members]
    if len(set(overs)) < len(overs):
        about += (
            " Where one word holds several things, the rules that can tell come first, and the "
            "last one takes what they leave."
        )
    lines = [_LICENCE, "//", *_comment(about)]
    for idiom in draft.idioms:
        for number, (before, after) in enumerate(idiom.examples):
            lines += ["//", *(_comment(_about(idiom)) if number == 0 else [])]
            lines += ["// Before:", f"//     {before}", "// After:", f"//     {after}"]
    for idiom in draft.idioms:
        lines += ["", f"@{idiom.name}@", idiom.text.rstrip("\n")]
    return "\n".join(lines).encode() + b"\n"


def _about(idiom: Idiom) -> str:
    return f"{idiom.about} ({', '.join(_places(idiom.places))})."


def _places(places: tuple[Place, ...]) -> Iterator[str]:
    """Functions with how often, by file; what is in no function by its line."""
    counts: dict[str, int] = {}
    for place in places:
        name = f"{place.function}()" if place.function else f"{place.path}:{place.line}"
        counts[name] = counts.get(name, 0) + 1
    for name, count in counts.items():
        yield name if count == 1 else f"{name} {count} times"


def _comment(text: str) -> list[str]:
    return [f"// {line}" for line in textwrap.wrap(text, _WIDTH - 3, break_on_hyphens=False)]
