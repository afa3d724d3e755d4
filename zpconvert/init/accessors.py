# SPDX-License-Identifier: GPL-2.0-only
"""Functions and macros of the headers that stand for a member: page_private() and its like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from zpconvert.csource.unit import Macro
from zpconvert.init.declarations import Declarations, Declared
from zpconvert.init.headers import Headers
from zpconvert.init.look import Accessors

_CASTING = re.compile(r"\(*\((?:struct|union) \w+ \*\)\s*(.*)", re.DOTALL)


def accessors(
    names: Iterable[str], headers: Headers, declarations: Declarations, own: Mapping[str, Macro]
) -> Accessors:
    """Which of these calls do no more than to read or to write a member of their argument.

    own: macros of the files by name.
    """
    getters: dict[str, str] = {}
    setters: dict[str, str] = {}
    casting: set[str] = set()
    for name in names:
        read = _read_by(name, headers, declarations)
        if read is None and name in own:
            cast = _CASTING.fullmatch(own[name].body.decode("utf-8", "replace").strip())
            read = _macro_member(own[name].params, cast[1], headers, declarations) if cast else None
            casting |= {name} if read is not None else set()
        if read is not None:
            getters[name] = read
        written = {_written_by(declared) for declared in declarations.functions(name)}
        member = written.pop() if len(written) == 1 else None
        if member is not None:
            setters[name] = member
    return Accessors(getters, frozenset(casting), setters)


def _read_by(name: str, headers: Headers, declarations: Declarations) -> str | None:
    """The member that a call reads, in every configuration, and that is all it does."""
    found = {
        _macro_member(macro.params, macro.body, headers, declarations)
        for macro in headers.macro(name)
    }
    for declared in declarations.functions(name):
        words = [word for _, word in declared.params]
        read = re.fullmatch(rf"return {words[0]}->(\w+);", declared.body) if words[:1] else None
        found.add(read[1] if read is not None and len(words) == 1 else None)
    return found.pop() if len(found) == 1 else None


def _macro_member(
    params: tuple[str, ...] | None, body: str, headers: Headers, declarations: Declarations
) -> str | None:
    """The member that a macro's body reads of its one parameter."""
    if params is None or len(params) != 1:
        return None
    found = re.fullmatch(rf"\(*{params[0]}\)*->(\w+)\)*", body.strip())
    if found is not None:
        return found[1]
    inner = re.fullmatch(rf"\(*(\w+)\(\(?{params[0]}\)?\)\)*", body.strip())
    return _read_by(inner[1], headers, declarations) if inner is not None else None


def _written_by(declared: Declared) -> str | None:
    """The member that a function writes, and that is all it does."""
    if len(declared.params) != 2:
        return None
    (_, page), (_, value) = declared.params
    found = re.fullmatch(rf"{page}->(\w+) = {value};", declared.body)
    return found[1] if found is not None else None
