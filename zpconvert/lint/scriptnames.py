# SPDX-License-Identifier: GPL-2.0-only
"""Which names a Python block sets, uses, and does not know.

libcst's scopes tell, but cost 30 ms a script, however short; most scripts have no function of
their own, and for those the names themselves tell as much.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import libcst
from libcst import matchers as m
from libcst import metadata

from zpconvert.lint.script import Script

#: With one of these a script can use any name without saying it.
_ANY_NAME = frozenset({"locals", "globals", "vars", "eval", "exec", "dir"})
_NESTING = (
    libcst.FunctionDef,
    libcst.Lambda,
    libcst.ClassDef,
    libcst.ListComp,
    libcst.SetComp,
    libcst.DictComp,
    libcst.GeneratorExp,
)


def words(script: Script) -> set[str]:
    """Every name in a script; every word of one that cannot be parsed."""
    if script.module is None:
        return set(re.findall(r"\w+", script.source))
    return {node.value for node in script.nodes if isinstance(node, libcst.Name)}


def is_dynamic(script: Script) -> bool:
    """Whether it can use names without saying them."""
    return bool(_ANY_NAME & words(script))


def imports_all(script: Script) -> bool:
    """Whether it has `from module import *`."""
    return any(m.matches(node, m.ImportFrom(names=m.ImportStar())) for node in script.nodes)


def idle_bindings(script: Script) -> list[str]:
    """Metavariables that a script is bound to and does not use."""
    used = words(script)
    return [
        each.name
        for each in script.block.metavariables
        if each.kind == "binding" and each.name not in used
    ]


def global_names(script: Script) -> set[str]:
    """Names that a script sets at its top level."""
    if not _nests(script):
        return {name.value for node in script.nodes for name in _stored(node)}
    return {
        assignment.name
        for scope in script.scopes
        if isinstance(scope, metadata.GlobalScope)
        for assignment in scope.assignments
    }


def _nests(script: Script) -> bool:
    return any(isinstance(node, _NESTING) for node in script.nodes)


def _stored(node: libcst.CSTNode) -> Iterator[libcst.Name]:
    """Names that a statement sets, where there is one scope only."""
    if isinstance(
        node,
        libcst.AssignTarget | libcst.For | libcst.NamedExpr | libcst.AugAssign | libcst.AnnAssign,
    ):
        yield from _targets(node.target)
    elif isinstance(node, libcst.AsName):
        yield from _targets(node.name)
    elif isinstance(node, libcst.ImportAlias) and node.asname is None:
        first: libcst.CSTNode = node.name
        while isinstance(first, libcst.Attribute):
            first = first.value
        if isinstance(first, libcst.Name):
            yield first


def _targets(node: libcst.CSTNode) -> Iterator[libcst.Name]:
    if isinstance(node, libcst.Name):
        yield node
    elif isinstance(node, libcst.Tuple | libcst.List):
        for element in node.elements:
            yield from _targets(element.value)


def unknown_names(script: Script, known: Collection[str]) -> dict[str, list[libcst.Name]]:
    """Names without a definition, each with its places, in the order of the text."""
    if script.module is None:
        return {}
    if not _nests(script) and words(script) <= {*known, *global_names(script), *_labels(script)}:
        return {}
    found: set[libcst.Name] = set()
    for scope in script.scopes:
        for access in scope.accesses:
            node: libcst.CSTNode = access.node
            while isinstance(node, libcst.Attribute):
                node = node.value
            if isinstance(node, libcst.Name) and not access.referents and node.value not in known:
                found.add(node)
    unknown: dict[str, list[libcst.Name]] = {}
    for name in sorted(found, key=script.span):
        unknown.setdefault(name.value, []).append(name)
    return unknown


def _labels(script: Script) -> set[str]:
    """Words that only ever stand where they name no variable: members and keywords."""
    seen: dict[str, bool] = {}
    for node in script.nodes:
        if isinstance(node, libcst.Name):
            parent = script.parents.get(node)
            label = (isinstance(parent, libcst.Attribute) and parent.attr is node) or (
                isinstance(parent, libcst.Arg) and parent.keyword is node
            )
            seen[node.value] = seen.get(node.value, True) and label
    return {word for word, label in seen.items() if label}


def uses_of(script: Script, name: str) -> list[tuple[int, int]]:
    """Spans of a global name in a script, in the file: those that a local hides left out."""
    nodes: set[libcst.CSTNode] = set(unknown_names(script, ()).get(name, []))
    for scope in script.scopes:
        if isinstance(scope, metadata.GlobalScope):
            for assignment in scope.assignments[name]:
                if isinstance(assignment, metadata.Assignment):
                    nodes |= {each.node for each in assignment.references}
                    nodes.add(assignment.node)
    return sorted({script.span(node) for node in nodes if m.matches(node, m.Name(name))})
