# SPDX-License-Identifier: GPL-2.0-only
"""Functions that use pages in ways that the file did not know; they are in additions.c."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from tests.drift.text import Drift, Source

_WAY = re.compile(r"^// way: (\S+)\n(.*?)(?=^// way: |\Z)", re.M | re.S)
#: Name to C text.
WAYS = {m[1]: m[2].strip("\n") for m in _WAY.finditer(Path(__file__).with_suffix(".c").read_text())}


def add(chance: Random, text: str) -> str | None:
    """Up to four such functions."""
    for way in chance.sample(sorted(WAYS), chance.randint(1, 4)):
        text = added(text, way) or text
    return text


def added(text: str, way: str) -> str | None:
    """The file with one of WAYS behind one of its functions, where it has what they call."""
    source = Source(text)
    first = source.role(r"struct page \*", r"struct zspage \*", "get_first_page")
    following = source.role(r"struct page \*", r"struct page \*", "get_next_page")
    owner = source.role(r"struct zspage \*", r"struct page \*", "get_zspage")
    code = WAYS[way]
    for word, name in (("FIRST", first), ("NEXT", following), ("OWNER", owner)):
        if f"{word}(" in code:
            if name is None:
                return None
            code = code.replace(f"{word}(", f"{name}(")
    code = "\n".join(
        line.replace("static ", "static __maybe_unused ", 1) if _function(line) else line
        for line in code.split("\n")
    )
    if any(name in source.words for name in _names(code)):
        return None
    used = [source.function(n) for n in (first, following, owner) if n is not None]
    end = max((f.end for f in used if f is not None), default=None)
    if end is None:
        return None
    return source.replaced(end, end, f"\n\n{code}")


def _function(line: str) -> bool:
    return line.startswith("static ") and line.endswith(")")


def _names(code: str) -> list[str]:
    """The functions that a text defines."""
    return [line.partition("(")[0].split("*")[-1].split()[-1]
            for line in code.split("\n") if _function(line)]  # fmt: skip


KINDS: dict[str, Drift] = {"add": add}
