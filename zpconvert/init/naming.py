# SPDX-License-Identifier: GPL-2.0-only
"""Names: of a descriptor's casts and helpers, and what becomes of those in the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Renaming
from zpconvert.rewrite import rename
from zpconvert.rewrite.survey import Survey

_FLAG = re.compile(r"(__)?(Test)?(Set|Clear)?Page([A-Z]\w*)")


@dataclass(frozen=True)
class Vocabulary:
    """The words of one descriptor, as `xdesc`."""

    descriptor: str
    to_page: str
    from_page: str
    to_folio: str

    @property
    def pointer(self) -> str:
        """`struct xdesc *`"""
        return f"struct {self.descriptor} *"

    @property
    def an_instance(self) -> str:
        """`an xdesc`, as it is spoken."""
        return f"{'an' if self.descriptor[0] in 'aeioux' else 'a'} {self.descriptor}"

    def helper(self, page: str, folio: str | None) -> str:
        """The name of the helper for a page call; it follows the folio call, if there is one."""
        if folio is not None:
            return re.sub(r"folio", self.descriptor, folio)
        flag = _FLAG.fullmatch(page)
        if flag is not None:
            verb = "_".join(w.lower() for w in (flag[2], flag[3]) if w) or "test"
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", flag[4]).lower()
            return f"{flag[1] or ''}{self.descriptor}_{verb}_{name}"
        new = self.variable(page)
        return new if new != page else f"{self.descriptor}_{page.lstrip('_')}"

    def variable(self, name: str) -> str:
        """A name with the word page as the descriptor."""
        return re.sub(r"(?<![a-zA-Z])page(?=s?(?![a-zA-Z]|_cache))", self.descriptor, name)


def vocabulary(name: str) -> Vocabulary:
    """The words of a new descriptor of struct page."""
    return Vocabulary(name, f"{name}_page", f"page_{name}", f"{name}_folio")


def renamings(
    surveys: Sequence[Survey],
    descriptor: str,
    known: Callable[[str], bool],
    kept_in: frozenset[str],
) -> tuple[tuple[Renaming, ...], tuple[Renaming, ...], tuple[str, ...]]:
    """Tables for the names of variables and of functions that hold or take a descriptor, and the
    names that would collide and stay.

    known: whether the headers declare a name. kept_in: functions with a slot that stays; they
    keep their names.
    """
    variable = Renaming(re.compile(r"^(.*)page(s?)$"), rf"\1{descriptor}\2")
    holders = [s for found in surveys for s in found.slots.values() if s.kind != "result"]
    kept: set[str] = set()
    if not any(variable(s.name) != s.name for s in holders):
        variables: tuple[Renaming, ...] = ()
    else:
        for found in surveys:
            _, refused = rename.names(found, [variable], [], known)
            kept |= {found.slots[r.slot].name for r in refused if r.slot in found.slots}
        held = "".join(f"(?!{re.escape(name)}$)" for name in sorted(kept))
        variables = (Renaming(re.compile(f"^{held}(.*)page(s?)$"), variable.to),)
    functions, stay = _functions(surveys, descriptor, known)
    functions = tuple(r for r in functions if not any(r(name) != name for name in kept_in))
    return variables, functions, tuple(sorted(kept | stay))


def _functions(
    surveys: Sequence[Survey], descriptor: str, known: Callable[[str], bool]
) -> tuple[tuple[Renaming, ...], set[str]]:
    # a function is named after what it takes or gives by the end of its name; before that, the
    # word belongs to the subsystem, as in balloon_page_enqueue_one()
    word = Renaming(re.compile(r"(?<![a-zA-Z])page(?=s?$)"), descriptor)
    names: dict[str, str] = {}
    stay: set[str] = set()
    for found in surveys:
        new, refused = rename.names(found, [], [word], known)
        names |= new.functions
        stay |= {r.slot.removesuffix("()") for r in refused}
    table = tuple(Renaming(re.compile(f"^{name}$"), new) for name, new in sorted(names.items()))
    return table, stay
