# SPDX-License-Identifier: GPL-2.0-only
"""Which helpers a tree can have: their bodies name only what it has."""

from __future__ import annotations

import re
from collections.abc import Callable

from zpconvert.conversion.model import Descriptor, Helper

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_TAG = re.compile(r"\bstruct\s+(\w+)")
_KEYWORDS = frozenset(["if", "while", "for", "switch", "return", "sizeof", "typeof", "_Generic"])


def available(
    descriptor: Descriptor, known: Callable[[str], bool]
) -> tuple[tuple[Helper, ...], tuple[tuple[Helper, str], ...]]:
    """The helpers that a tree can have, and the others, each with a name that is missing.

    known: says whether the tree has a function, macro or struct tag of this name. Page flag
    calls such as PageIsolated() are pasted together by macros, so it should look for uses as
    well as for definitions.
    A helper that calls one the tree cannot have cannot be had either.
    """
    own = {descriptor.name, descriptor.to_old, descriptor.from_old, descriptor.to_folio}
    missing: dict[str, str] = {}
    helpers = {helper.name: helper for helper in descriptor.helpers}
    while True:
        found = {
            helper.name: name
            for helper in descriptor.helpers
            if helper.name not in missing
            for name in reversed(_names(helper))
            if name in missing or not (name in own or name in helpers or known(name))
        }
        if not found:
            break
        missing |= found
    usable = tuple(helper for name, helper in helpers.items() if name not in missing)
    return usable, tuple((h, missing[n]) for n, h in helpers.items() if n in missing)


def _names(helper: Helper) -> list[str]:
    """Functions that the body calls and struct tags that the helper names."""
    body = "\n".join(helper.body)
    names = _CALL.findall(body) + _TAG.findall(f"{helper.proto}\n{body}")
    return [name for name in names if name not in _KEYWORDS]
