# SPDX-License-Identifier: GPL-2.0-only
"""How the tree's headers declare a function: its header, its words, its body.

`csource.externals` knows the types of all that a file reaches. A helper is written for people
besides: its parameters keep their names and their const, and it includes the right header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zpconvert.csource import unit as csource
from zpconvert.csource.parse import Node
from zpconvert.rewrite.context import parameter_nodes

#: What annotates a parameter or a function, and is no part of its type (compiler_types.h).
_NOISE = re.compile(
    r"\b(?:static|extern|inline|asmlinkage|__always_inline|__must_check|__malloc|__pure|__cold"
    r"|__(?:attribute__|alloc_size|acquires|releases|cond_acquires|printf)\((?:[^()]|\([^()]*\))*\)"
    r"|__attribute_const__|__init|__meminit|__maybe_unused|__user|__iomem|__force|__sched)(?!\w)"
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_START = re.compile(r"[;{}]|^[ \t]*#[^\n]*$|\\\n|\n[ \t]*\n", re.MULTILINE)


@dataclass(frozen=True)
class Declared:
    """A function as a header has it.

    header: as it is included, `linux/mm.h`. result, params: C text; a parameter is (type, name).
    body: the text between the braces, empty for a mere declaration.
    """

    name: str
    header: str
    result: str
    params: tuple[tuple[str, str], ...]
    body: str


class Declarations:
    """Declarations by name, looked up in the headers that a file reaches."""

    def __init__(self, tree: Path, headers: Iterable[str]) -> None:
        """headers: paths in the tree."""
        self._texts = {
            path: _COMMENT.sub(" ", (tree / path).read_bytes().decode("utf-8", "replace"))
            for path in headers
        }
        self._known: dict[str, list[Declared]] = {}

    def functions(self, name: str) -> list[Declared]:
        """All declarations and definitions of a function, whatever the configuration."""
        if name not in self._known:
            self._known[name] = [
                d for path, text in self._texts.items() for d in _in_text(path, text, name)
            ]
        return self._known[name]

    def function(self, name: str) -> Declared | None:
        """A function; one with a body counts more than one without."""
        return max(self.functions(name), key=lambda d: bool(d.body), default=None)

    def macro_header(self, name: str) -> str | None:
        """The header that defines a macro."""
        wanted = re.compile(rf"^[ \t]*#[ \t]*define[ \t]+{name}\b", re.MULTILINE)
        return next((_include(p) for p, t in self._texts.items() if wanted.search(t)), None)

    def search(self, pattern: re.Pattern[str]) -> tuple[str, re.Match[str]] | None:
        """The first match in any header, and that header."""
        for path, text in self._texts.items():
            found = pattern.search(text)
            if found is not None:
                return _include(path), found
        return None


def functions_in(path: str, text: str, name: str) -> list[Declared]:
    """Declarations of a function in any C text, comments left out."""
    return list(_in_text(path, _COMMENT.sub(" ", text), name))


def _in_text(path: str, text: str, name: str) -> Iterable[Declared]:
    for match in re.finditer(rf"(?<=[\s*]){name}\s*\(", text):
        if re.search(r"#[ \t]*define[ \t]+$", text[: match.start()][-40:]):
            continue
        close = _closing(text, match.end() - 1)
        before = [
            m.end() for m in _START.finditer(text, max(0, match.start() - 400), match.start())
        ]
        head = text[before[-1] if before else max(0, match.start() - 400) : close + 1]
        declared = _parsed(path, head, name)
        if declared is not None:
            yield Declared(name, _include(path), *declared, _body(text, close + 1))


def _parsed(path: str, head: str, name: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Result and parameters of a declaration's text, if it is one."""
    clean = " ".join(_NOISE.sub(" ", head).split())
    if not re.match(r"[A-Za-z_][\w\s*]*[\s*]$", clean[: clean.find(f"{name}")] or "("):
        return None
    if re.match(r"(?:return|else|case|goto|typedef|do)\b", clean):
        return None
    unit = csource.read(f"{clean};".encode())
    function = unit.functions.get(name)
    if function is None:
        return None
    _, declarator = function.declarations[0]
    params = []
    for node in parameter_nodes(declarator):
        typed, named = _parameter(unit, node)
        if typed != "void" or named:
            params.append((typed, named))
    return clean[: clean.index(name)].strip(), tuple(params)


def _parameter(unit: csource.Unit, node: Node) -> tuple[str, str]:
    """Type and name of a parameter."""
    text = unit.text(node)
    found = re.fullmatch(r"(.*?[\s*])([A-Za-z_]\w*)((?:\[[^\]]*\])*)", text, re.DOTALL)
    if found is None or re.fullmatch(r"(?:struct|union|enum|unsigned|const)\s+", found[1]):
        return " ".join(text.split()), ""
    return " ".join((found[1] + ("*" if found[3] else "")).split()), found[2]


def _closing(text: str, opening: int) -> int:
    """Index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for match in re.compile(r"[()]").finditer(text, opening):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.start()
    return len(text) - 1


def _body(text: str, at: int) -> str:
    """The text between the braces, if the next thing is a body."""
    opening = re.compile(r"\s*\{").match(text, at)
    if opening is None:
        return ""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, opening.end() - 1):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return " ".join(text[opening.end() : match.start()].split())
    return ""


def _include(path: str) -> str:
    """How a header is included."""
    for place in ("include/uapi/", "include/"):
        if path.startswith(place):
            return path.removeprefix(place)
    return re.sub(r"^arch/\w+/include/", "", path)
