# SPDX-License-Identifier: GPL-2.0-only
"""Helpers to be: one for each page call that a descriptor goes through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Helper
from zpconvert.csource.ctype import CType
from zpconvert.init.declarations import Declarations
from zpconvert.init.headers import Headers
from zpconvert.init.model import Call, Place, Proposed
from zpconvert.init.naming import Vocabulary
from zpconvert.init.page_api import Folios, page_api

_DEEPEST = 6
#: Part of a page call's name, and the family of its helper.
_FAMILIES = (
    (re.compile(r"lock"), "lock"),
    (re.compile(r"alloc|free"), "alloc"),
    (re.compile(r"^(?:get|put|try_get)_page|_ref_|page_count"), "ref"),
    (re.compile(r"kmap|kunmap|page_address|highpage|_page$"), "map"),
    (re.compile(r"pfn|virt|phys"), "address"),
    (re.compile(r"Page[A-Z]"), "flags"),
)


@dataclass(frozen=True)
class Left:
    """A page call that gets no helper, and why; `topic` is that of the question about it."""

    name: str
    topic: str
    why: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class _Shape:
    """A call's types: parameters as (type, name), and the result, `None` if not understood."""

    params: tuple[tuple[str, str], ...]
    result: str | None


class HelperWriter:
    """Writes the helpers of one descriptor for one tree."""

    def __init__(
        self,
        names: Vocabulary,
        headers: Headers,
        declarations: Declarations,
        folios: Folios,
        single: bool,
    ) -> None:
        """single: no page of the files is compound, so that its folio is the page."""
        self.names, self.headers, self.declarations = names, headers, declarations
        self.folios, self.single = folios, single

    def propose(self, calls: Iterable[Call]) -> tuple[list[Proposed], list[Left]]:
        """Helpers for the calls, and the calls that are left, both in the order of first use."""
        by_name: dict[str, list[Call]] = {}
        for call in calls:
            by_name.setdefault(call.name, []).append(call)
        proposed, left = [], []
        for name, uses in by_name.items():
            made = self._helper(name, uses)
            if isinstance(made, Proposed):
                proposed.append(made)
            else:
                left.append(made)
        return proposed, left

    def _helper(self, name: str, uses: Sequence[Call]) -> Proposed | Left:
        places = tuple(call.place for call in uses)
        old = page_api().deprecated.get(name)
        if old is not None:
            return Left(name, "deprecated", f"on its way out: {old.instead}() instead", places)
        header = self._header(name)
        if header is None or header not in page_api().headers:
            whose = f"{header} declares it" if header else "no header declares it"
            return Left(name, "another subsystem's", whose, places)
        (given, count), _ = Counter((c.given, len(c.args)) for c in uses).most_common(1)[0]
        shape = self._shape(name, given, count, uses)
        if shape is None:
            return Left(name, "not understood", "the types of its call are not clear", places)
        chosen = [c for c in uses if (c.given, len(c.args)) == (given, count)]
        result = any(c.result for c in chosen)
        return self._written(name, header, given, shape, result, chosen)

    def _header(self, name: str) -> str | None:
        """The header that declares a call, as it is included."""
        declared = self.declarations.function(name)
        if declared is not None:
            return declared.header
        return self.declarations.macro_header(name) or self.folios.flag_header(name)

    def _written(
        self,
        name: str,
        header: str,
        given: tuple[int, ...],
        shape: _Shape,
        result: bool,
        uses: Sequence[Call],
    ) -> Proposed:
        names = self.names
        folio = self.folios.call(name)
        used = folio if folio and self.single and given == (0,) and not result else name
        new = names.helper(name, folio)
        params = self._params(name, used, given, shape.params)
        cast = names.to_folio if used == folio else names.to_page
        inner = [f"{cast}({n})" if i in given else n for i, (_, n) in enumerate(params)]
        body = f"{used}({', '.join(inner)})"
        if result:
            body = f"{names.from_page}({body})"
        returned = names.pointer if result else shape.result or "void"
        void = returned == "void"
        listed = ", ".join(_declare(ctype, n) for ctype, n in params) or "void"
        # by the name that its body calls: the old call is gone when the series is applied
        lines = [f"{used}() for {names.an_instance}."]
        lines += [f"@{n}: As for {used}()." for i, (_, n) in enumerate(params) if i not in given]
        if result:
            lines += ["", f"Return: the {names.descriptor}, or NULL where {used}() gives NULL."]
        elif not void:
            lines += ["", f"Return: what {used}() returns."]
        helper = Helper(
            new,
            next((family for pattern, family in _FAMILIES if pattern.search(name)), "other"),
            f"{_declare(returned, new)}({listed})",
            f"{name}({', '.join(n for _, n in params)})",
            (f"{'' if void else 'return '}{body};",),
            "\n".join(lines) + "\n",
            include=(self._include(used, header),),
        )
        return Proposed(helper, name, used, tuple(call.place for call in uses))

    def _params(
        self, name: str, used: str, given: tuple[int, ...], params: tuple[tuple[str, str], ...]
    ) -> list[tuple[str, str]]:
        """Type and name of each parameter; descriptors are const where the call in the body
        takes a const page."""
        declared = self.declarations.function(used) or page_api().macros.get(used)
        found: list[tuple[str, str]] = []
        for i, (ctype, word) in enumerate(params):
            if i not in given:
                found.append((ctype, word))
                continue
            theirs = declared.params[i][0] if declared and i < len(declared.params) else ""
            constant = "const " if re.match(r"const\b", theirs) else ""
            own = self.names.descriptor
            if len(given) > 1 and word:
                own = self.names.variable(word)
            found.append((f"{constant}{self.names.pointer}", own))
        return found

    def _include(self, used: str, header: str) -> str:
        """The header to include for what the body calls; what only headers include themselves
        comes with linux/mm.h."""
        declared = self.declarations.function(used)
        place = declared.header if declared is not None else header
        if place == "linux/highmem-internal.h":
            return "linux/highmem.h"
        return place if place.startswith("linux/") else "linux/mm.h"

    # -- types ---------------------------------------------------------------------------

    def _shape(
        self, name: str, given: tuple[int, ...], count: int, uses: Sequence[Call]
    ) -> _Shape | None:
        """The types of a call with so many arguments."""
        params = self._types(name, count, _DEEPEST)
        result = self._result(name, _DEEPEST)
        if result is None:
            result = _agreed(call.ctype for call in uses if call.used)
            if result is None and any(call.used for call in uses):
                return None
            result = result or "void"
        named: list[tuple[str, str]] = []
        for i in range(count):
            ctype, word = params[i] if i < len(params) else (None, "")
            word = word or f"arg{i + 1}"
            if i in given:
                ctype = "struct page *"
            ctype = ctype or _agreed(call.args[i] for call in uses if i < len(call.args))
            if ctype is None:
                return None
            named.append((ctype, word))
        return _Shape(tuple(named), result)

    def _types(self, name: str, count: int, depth: int) -> list[tuple[str | None, str]]:
        """Type and name of each parameter of a function or of a macro that hands them on."""
        declared = self.declarations.function(name) or page_api().macros.get(name)
        if declared is not None:
            return list(declared.params)
        signature = self.headers.function(name)
        if signature is not None:
            return [(str(t) if t else None, "") for t in signature.params]
        for macro in self.headers.macro(name) if depth else ():
            target = macro.body.strip()
            if macro.params is None and re.fullmatch(r"\w+", target):
                return self._types(target, count, depth - 1)
            if macro.params is not None:
                return self._handed_on(macro.params, macro.body, count, depth)
        return []

    def _handed_on(
        self, params: tuple[str, ...], body: str, count: int, depth: int
    ) -> list[tuple[str | None, str]]:
        """Types of a macro's parameters, from the calls in its body that they are handed to."""
        calls = re.findall(r"([A-Za-z_]\w*)\(([^()]*(?:\([^()]*\)[^()]*)*)\)", body)
        calls += re.findall(r"([A-Za-z_]\w*)\(([^()]*)\)", body)
        if params[-1:] == ("...",):
            inner = [callee for callee, args in calls if args.strip() == "__VA_ARGS__"]
            return self._types(inner[0], count, depth - 1) if inner else []
        found: list[tuple[str | None, str]] = []
        for param in params:
            ctype = None
            for callee, args in calls:
                words = [a.strip().strip("()") for a in args.split(",")]
                theirs = self._types(callee, len(words), depth - 1) if param in words else []
                if param in words and words.index(param) < len(theirs):
                    ctype = ctype or theirs[words.index(param)][0]
            found.append((ctype, param))
        return found

    def _result(self, name: str, depth: int) -> str | None:
        declared = self.declarations.function(name) or page_api().macros.get(name)
        if declared is not None:
            return declared.result
        signature = self.headers.function(name)
        if signature is not None:
            return str(signature.result) if signature.result else None
        for macro in self.headers.macro(name) if depth else ():
            call = re.fullmatch(r"\(*([A-Za-z_]\w*)(?:\(.*\))?\)*", macro.body.strip())
            if call is not None:
                return self._result(call[1], depth - 1)
        return None


def _agreed(ctypes: Iterable[CType | None]) -> str | None:
    """The one type that expressions have in every call. The engine calls every number that it
    need not know better an int, so an int is no answer: it would cut a page frame number."""
    found = set(ctypes)
    one = found.pop() if len(found) == 1 else None
    return str(one) if one is not None and one != CType("int") else None


def _declare(ctype: str, name: str) -> str:
    return f"{ctype}{'' if ctype.endswith('*') else ' '}{name}"
