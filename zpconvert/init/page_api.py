# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's page API: which folio call stands for a page call in a tree.

Learnt from the tree where it says so itself: `get_page()` is `folio_get(page_folio(page))` in
its header, `unlock_page()` is the like in mm/folio-compat.c. The rest is in page_api.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zpconvert.conversion.model import Deprecated
from zpconvert.conversion.table import read_toml
from zpconvert.init.declarations import Declarations, Declared, functions_in

#: Page calls that are out of line and only find the folio (since Linux 5.16).
COMPAT = "mm/folio-compat.c"

_ONE_CALL = re.compile(r"(?:return )?(\w+)\(page_folio\(\w+\)((?:, ?\w+)*)\);")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class PageApi:
    """page_api.toml, read."""

    headers: frozenset[str]
    compound: tuple[re.Pattern[str], ...]
    folio: dict[str, str]
    macros: dict[str, Declared]
    flags: tuple[tuple[re.Pattern[str], str], ...]
    deprecated: dict[str, Deprecated]

    def may_be_compound(self, code: str) -> re.Match[str] | None:
        """The first thing in C code, comments aside, that says that a page may be compound."""
        found = (pattern.search(code) for pattern in self.compound)
        return min((m for m in found if m is not None), key=lambda m: m.start(), default=None)


@cache
def page_api() -> PageApi:
    """The table that comes with the package."""
    root = read_toml(Path(__file__).with_name("page_api.toml"))
    api = root.table("api")
    return PageApi(
        frozenset(api.texts("headers")),
        tuple(re.compile(text) for text in api.texts("compound")),
        {row.text("page"): row.text("folio") for row in root.tables("folio")},
        {
            row.text("name"): functions_in("", f" {row.text('proto')};", row.text("name"))[0]
            for row in root.tables("macro")
        },
        tuple((re.compile(r.text("page")), r.text("folio")) for r in root.tables("flag")),
        {
            row.text("name"): Deprecated(row.text("name"), row.text("instead"))
            for row in root.tables("deprecated")
        },
    )


class Folios:
    """Page call to folio call, in one tree."""

    def __init__(
        self, tree: Path, declarations: Declarations, known: Callable[[str], bool]
    ) -> None:
        """known: whether the headers declare a name."""
        self._declarations, self._known, self._api = declarations, known, page_api()
        compat = tree / COMPAT
        self._compat = compat.read_text(errors="replace") if compat.is_file() else ""

    def call(self, name: str) -> str | None:
        """The folio call that does to a folio what a page call does to its page."""
        found = self._learnt(name) or self._api.folio.get(name) or self._flag(name)
        return found if found is not None and self._known(found) else None

    def _learnt(self, name: str) -> str | None:
        inline = self._declarations.function(name)
        bodies = [inline] if inline is not None else []
        for declared in [*bodies, *functions_in(COMPAT, self._compat, name)]:
            one = _ONE_CALL.fullmatch(declared.body)
            if one is not None and _passed_on(declared, one[2]):
                return one[1]
        return None

    def _flag(self, name: str) -> str | None:
        for pattern, folio in self._api.flags:
            flag = pattern.fullmatch(name)
            if flag is not None:
                return folio.format(self.flag_name(flag[1]))
        return None

    def flag_name(self, flag: str) -> str:
        """A flag's name in small letters, as page-flags.h pairs the two."""
        paired = re.compile(rf"\b\w*FLAG\w*\(\s*{flag}\s*,\s*(\w+)")
        found = self._declarations.search(paired)
        return found[1][1] if found is not None else _CAMEL.sub("_", flag).lower()

    def flag_header(self, name: str) -> str | None:
        """The header whose macros make a page flag's call."""
        for pattern, _ in self._api.flags:
            flag = pattern.fullmatch(name)
            if flag is not None:
                found = self._declarations.search(
                    re.compile(rf"\b\w*(?:FLAG|TYPE)\w*\(\s*{flag[1]}\b")
                )
                return found[0] if found is not None else None
        return None


def _passed_on(declared: Declared, rest: str) -> bool:
    """The other arguments are the other parameters, in order."""
    return [name for _, name in declared.params[1:]] == re.findall(r"\w+", rest)
