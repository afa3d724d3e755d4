# SPDX-License-Identifier: GPL-2.0-only
"""Python in the declarations of a rule: `position p : script:python() { relevant(p) };`."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterator

import libcst
from libcst import matchers as m

from zpconvert.lint.model import Problem
from zpconvert.smpl.syntax import Block, Document
from zpconvert.smpl.text import masked

_START = re.compile(r"\bscript\s*:\s*python\s*\((?P<given>[^(){}]*)\)\s*\{")
_WORD = re.compile(r"[A-Za-z_]\w*")
_BUILTIN = frozenset(dir(builtins))


def undefined(document: Document, block: Block, shared: Collection[str]) -> Iterator[Problem]:
    """Names in a rule's constraints that are neither its metavariables nor `shared`."""
    start = block.declared_at
    text = document.text[start : block.body_at]
    bare = masked(text, "smpl")
    for found in _START.finditer(bare):
        end = _closing(bare, found.end())
        code = text[found.end() : end]
        try:
            tree = libcst.parse_expression(f"({code.strip()})")
        except libcst.ParserSyntaxError:
            yield Problem(start + found.end(), "no Python expression in this constraint")
            continue
        known = {*block.declared, *_WORD.findall(found["given"]), *shared, *_BUILTIN}
        for name in _free(tree):
            if name not in known:
                at = re.search(rf"\b{name}\b", code)
                yield Problem(
                    start + found.end() + (at.start() if at else 0), f"nothing defines '{name}'"
                )


def _closing(bare: str, at: int) -> int:
    """Offset of the brace that closes the one before `at`."""
    depth = 1
    while at < len(bare):
        depth += {"{": 1, "}": -1}.get(bare[at], 0)
        if not depth:
            return at
        at += 1
    return at


def _free(tree: libcst.BaseExpression) -> list[str]:
    """Names that an expression uses; none if it binds some of its own."""
    if m.findall(tree, m.Lambda() | m.CompFor() | m.NamedExpr()):
        return []
    members = {
        id(node.attr if isinstance(node, libcst.Attribute) else node.keyword)
        for node in m.findall(tree, m.Attribute() | m.Arg(keyword=m.Name()))
        if isinstance(node, libcst.Attribute | libcst.Arg)
    }
    names = [
        node.value
        for node in m.findall(tree, m.Name())
        if isinstance(node, libcst.Name) and id(node) not in members
    ]
    return list(dict.fromkeys(names))
