# SPDX-License-Identifier: GPL-2.0-only
"""Which helpers a tree can have: their bodies name only what it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from zpconvert.conversion.model import Descriptor, Helper
from zpconvert.csource.externals import Externals, externals_for

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_TAG = re.compile(r"\bstruct\s+(\w+)")
_KEYWORDS = frozenset(["if", "while", "for", "switch", "return", "sizeof", "typeof", "_Generic"])


Available = tuple[tuple[Helper, ...], tuple[tuple[Helper, str], ...]]


def available_in(
    tree: Path, descriptor: Descriptor, headers: Sequence[Externals], cache: Path | None
) -> Available:
    """What `available` says of a tree, by the headers that the converted files include.

    What is not in them may be in what the descriptor's header includes for its helpers.
    cache: where what headers say is kept between runs.
    """
    found = available(descriptor, lambda name: any(_has(known, name) for known in headers))
    if not found[1]:
        return found
    names = sorted({*descriptor.includes, *(n for h in descriptor.helpers for n in h.include)})
    text = "".join(f"#include <{name}>\n" for name in names).encode()
    every = [*headers, externals_for(tree, descriptor.header, text, cache)]
    return available(descriptor, lambda name: any(_has(known, name) for known in every))


def _has(headers: Externals, name: str) -> bool:
    """The headers declare a function, a macro or a struct tag of this name."""
    return headers.known(name) or headers.known(f"struct {name}")


def available(descriptor: Descriptor, known: Callable[[str], bool]) -> Available:
    """The helpers that a tree can have, and the others, each with a name that is missing.

    known: says whether the tree has a function, macro or struct tag of this name. Page flag
    calls such as PageIsolated() are pasted together by macros, so it should look for uses as
    well as for definitions.
    A helper that calls one the tree cannot have cannot be had either; one for trees that lack
    a name that this tree has is in neither.
    """
    own = {descriptor.name, descriptor.to_old, descriptor.from_old, descriptor.to_folio}
    missing: dict[str, str] = {}
    offered = [h for h in descriptor.helpers if not (h.lacks and known(h.lacks))]
    helpers = {helper.name: helper for helper in offered}
    while True:
        found = {
            helper.name: name
            for helper in offered
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
