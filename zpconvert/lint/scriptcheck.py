# SPDX-License-Identifier: GPL-2.0-only
"""Checks of the Python inside semantic patches, on libcst's tree and its scopes."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Collection, Iterator, Sequence

import libcst
from libcst import matchers as m
from libcst import metadata

from zpconvert.lint.model import Edit, Problem, Subject
from zpconvert.lint.script import GIVEN, Script
from zpconvert.smpl.rules import mandatory
from zpconvert.smpl.syntax import comment_spans

_OUTSIDE = frozenset(
    re.findall(
        r"\w+",
        """asyncio code codeop commands ctypes ftplib http httplib importlib multiprocessing os
        pickle popen2 pty requests runpy shutil smtplib socket ssl subprocess telnetlib tempfile
        urllib urllib2 webbrowser""",
    )
)
_CALLS = frozenset({"eval", "exec", "compile", "__import__", "execfile"})
#: Of os, what neither starts nor writes anything.
_HARMLESS = frozenset({"path", "sep", "linesep", "curdir", "pardir", "name", "fspath"})
_BUILTIN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__"}
_ITERATORS = {"iteritems": "items", "iterkeys": "keys", "itervalues": "values"}
#: With one of these a script can use any name without saying it.
_ANY_NAME = frozenset({"locals", "globals", "vars", "eval", "exec", "dir"})


def python_2(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Python 2, construct by construct; all of a script's fixes come at once."""
    for script in scripts:
        if script.fault is None:
            yield from _tabs(script)
        elif not script.old:
            at = _line_start(script, script.fault)
            yield Problem(at, "neither Python 3 nor Python 2 can read this line")
        else:
            edits = _line_edits(script)
            for old in script.old:
                at = script.block.body_at + _offset(script.source, old.line, old.column)
                yield Problem(at, f"Python 2: {old.what}", edits)


def _tabs(script: Script) -> Iterator[Problem]:
    """libcst lets a mix of tabs and spaces pass that Python 3 refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(script.source)
    except SyntaxError as error:
        at = _line_start(script, error.lineno or 1)
        yield Problem(at, f"Python 3 cannot read this line: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        yield Problem(script.block.body_at, f"Python 3 cannot read this script: {error}")


def _offset(source: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    return min(starts[max(1, min(line, len(starts))) - 1] + column, len(source))


def _line_start(script: Script, line: int) -> int:
    start = _offset(script.source, line, 0)
    rest = script.source[start:]
    return script.block.body_at + start + len(rest) - len(rest.lstrip(" \t"))


def _line_edits(script: Script) -> tuple[Edit, ...]:
    """The changed lines of a rewritten script; SmPL comments get their // back."""
    if script.modern is None:
        return ()
    old, new = script.source.split("\n"), script.modern.split("\n")
    if len(old) != len(new):
        return ()
    edits = []
    at = script.block.body_at
    for before, after in zip(old, new, strict=True):
        if before != after:
            edits.append(Edit(at, at + len(before), after.replace(script.mark, "//")))
        at += len(before) + 1
    return tuple(edits)


def gone(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """has_key() and its like, and raised strings."""
    for script in scripts:
        if script.module is None:
            continue
        parents = script.module.resolve(metadata.ParentNodeProvider)
        for node in m.findall(script.module, m.Call(func=m.Attribute()) | m.Raise()):
            start, end = script.span(node)
            if isinstance(node, libcst.Raise):
                if node.exc is not None and _is_string(node.exc):
                    yield Problem(start, "a string cannot be raised", _raised(script, node))
            elif isinstance(node, libcst.Call) and isinstance(node.func, libcst.Attribute):
                name = node.func.attr.value
                at = script.span(node.func.attr)[0]
                if name == "has_key" and len(node.args) == 1:
                    new = _membership(script, node, parents[node])
                    edits = (Edit(start, end, new),) if new and script.exact else ()
                    yield Problem(at, "dictionaries have no has_key()", edits)
                elif name in _ITERATORS and not node.args:
                    edit = Edit(*script.span(node.func.attr), _ITERATORS[name])
                    edits = (edit,) if script.exact else ()
                    yield Problem(at, f"dictionaries have no {name}()", edits)


def _is_string(node: libcst.BaseExpression) -> bool:
    if isinstance(node, libcst.BinaryOperation):
        return isinstance(node.operator, libcst.Modulo | libcst.Add) and _is_string(node.left)
    return isinstance(node, libcst.BaseString) and not (
        isinstance(node, libcst.SimpleString) and "b" in node.prefix.lower()
    )


def _raised(script: Script, node: libcst.Raise) -> tuple[Edit, ...]:
    if not script.exact or node.exc is None:
        return ()
    start, end = script.span(node.exc)
    # a parenthesis of its own belongs to the node, but not to its position
    wide = len(node.exc.lpar)
    return () if wide else (Edit(start, start, "Exception("), Edit(end, end, ")"))


def _membership(script: Script, node: libcst.Call, parent: libcst.CSTNode) -> str:
    """`key in mapping`, in parentheses where the place or the key needs them."""
    key = node.args[0]
    assert isinstance(node.func, libcst.Attribute)
    if key.star or key.keyword is not None or node.lpar:
        return ""
    text = script.block.body[slice(*_inside(script, key.value))]
    mapping = script.block.body[slice(*_inside(script, node.func.value))]
    if comment_spans(text) or comment_spans(mapping) or "#" in text + mapping or "\n" in text:
        return ""
    if not m.matches(key.value, m.Name() | m.Attribute() | m.Call() | m.Subscript()) and not (
        isinstance(key.value, libcst.BaseString | libcst.BaseNumber)
    ):
        text = f"({text})"
    alone = (
        libcst.If,
        libcst.While,
        libcst.Assign,
        libcst.Return,
        libcst.Expr,
        libcst.Arg,
        libcst.BooleanOperation,
        libcst.Assert,
    )
    whole = f"{text} in {mapping}"
    return whole if isinstance(parent, alone) else f"({whole})"


def _inside(script: Script, node: libcst.CSTNode) -> tuple[int, int]:
    start, end = script.span(node)
    return start - script.block.body_at, end - script.block.body_at


def undefined(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Names that nothing defines; a renamed metavariable is mended."""
    if any(_imports_all(script) for script in scripts):
        return
    shared = {n for s in scripts if s.block.kind == "initialize" for n in _globals(s)}
    later = {n: s for s in scripts if s.block.kind != "initialize" for n in _globals(s)}
    for script in scripts:
        known = shared | set(script.block.declared) | GIVEN | _BUILTIN
        unknown = _unknown(script, known)
        idle = _idle(script)
        names = list(unknown)
        for name, nodes in unknown.items():
            at = script.span(nodes[0])[0]
            if (other := later.get(name)) is not None and other is not script:
                line = subject.document.place(other.block.at)[0]
                yield Problem(at, f"'{name}' is set only by the script on line {line}")
                continue
            edits: tuple[Edit, ...] = ()
            if len(names) == 1 and len(idle) == 1 and script.exact and not _dynamic(script):
                edits = tuple(Edit(*script.span(node), idle[0]) for node in nodes)
            hint = f" ('{idle[0]}' is bound and not used)" if edits else ""
            yield Problem(at, f"nothing defines '{name}'{hint}", edits)


def _imports_all(script: Script) -> bool:
    return script.module is not None and bool(
        m.findall(script.module, m.ImportFrom(names=m.ImportStar()))
    )


def _globals(script: Script) -> set[str]:
    """Names that a script sets at its top level."""
    if script.module is None:
        return set()
    scopes = script.module.resolve(metadata.ScopeProvider).values()
    return {
        assignment.name
        for scope in set(scopes)
        if isinstance(scope, metadata.GlobalScope)
        for assignment in scope.assignments
    }


def _unknown(script: Script, known: Collection[str]) -> dict[str, list[libcst.Name]]:
    """Names without a definition, each with its places, in the order of the text."""
    if script.module is None:
        return {}
    found: dict[libcst.Name, str] = {}
    for scope in set(script.module.resolve(metadata.ScopeProvider).values()):
        for access in scope.accesses if scope is not None else ():
            node = access.node
            while isinstance(node, libcst.Attribute):
                if not isinstance(node.value, libcst.Attribute | libcst.Name):
                    break
                node = node.value
            if isinstance(node, libcst.Name) and not access.referents and node.value not in known:
                found[node] = node.value
    order = sorted(found, key=lambda node: script.span(node))
    unknown: dict[str, list[libcst.Name]] = {}
    for node in order:
        unknown.setdefault(node.value, []).append(node)
    return unknown


def _words(script: Script) -> set[str]:
    """Names in a script, words of its strings included: some are formats for locals()."""
    if script.module is None:
        return set(re.findall(r"\w+", script.source))
    return {node.value for node in _nodes(script, m.Name()) if isinstance(node, libcst.Name)}


def _nodes(script: Script, wanted: m.BaseMatcherNode) -> Sequence[libcst.CSTNode]:
    return m.findall(script.module, wanted) if script.module is not None else ()


def _dynamic(script: Script) -> bool:
    return bool(_ANY_NAME & _words(script))


def _idle(script: Script) -> list[str]:
    words = _words(script)
    return [
        each.name
        for each in script.block.metavariables
        if each.kind == "binding" and each.name not in words
    ]


def unused(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Bindings that a script does not use, and that do not decide whether it runs."""
    for script in scripts:
        idle = _idle(script)
        if not idle or _dynamic(script):
            continue
        bound = [one for one in script.block.metavariables if one.kind == "binding"]
        for each in bound:
            others = {one.of.rule for one in bound if one.of and one.name not in idle}
            if each.of is None or each.name not in idle or each.of.rule not in others:
                continue
            source = subject.document.rules.get(each.of.rule)
            if source is not None and source.is_smpl and each.of.name in mandatory(source.body):
                yield Problem(each.at, f"binding '{each.name}' is not used in the script")


def outside(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Imports and calls that reach other programs, files or the network."""
    for script in scripts:
        own = _globals(script)
        for node in _nodes(script, m.Import() | m.ImportFrom()):
            assert isinstance(node, libcst.Import | libcst.ImportFrom)
            for module in _imported(node):
                if module.partition(".")[0] in _OUTSIDE and not _harmless(script, node, module):
                    yield Problem(script.span(node)[0], f"'{module}' reaches outside")
        for call in _nodes(script, m.Call(func=m.Name())):
            assert isinstance(call, libcst.Call)
            name = libcst.ensure_type(call.func, libcst.Name).value
            if name in own:
                continue
            if name in _CALLS:
                yield Problem(script.span(call)[0], f"{name}() runs code made from text")
            elif name in ("open", "file") and _writes(call):
                yield Problem(script.span(call)[0], f"{name}() for writing")


def _imported(node: libcst.Import | libcst.ImportFrom) -> Iterator[str]:
    if isinstance(node, libcst.Import):
        for alias in node.names:
            yield alias.evaluated_name
    elif node.module is not None:
        yield libcst.Module([]).code_for_node(node.module)


def _harmless(script: Script, node: libcst.Import | libcst.ImportFrom, module: str) -> bool:
    """Whether of os only what can do no harm is imported or used."""
    if module == "os.path":
        # "import os.path" gives all of os
        return isinstance(node, libcst.ImportFrom) or _only_harmless(script, "os")
    if module != "os":
        return False
    if isinstance(node, libcst.Import):
        alias = next(one for one in node.names if one.evaluated_name == "os")
        return alias.asname is None and _only_harmless(script, "os")
    return not isinstance(node.names, libcst.ImportStar) and all(
        one.evaluated_name in _HARMLESS for one in node.names
    )


def _only_harmless(script: Script, name: str) -> bool:
    uses = _nodes(script, m.Attribute(value=m.Name(name)))
    bare = len(_nodes(script, m.Name(name))) - len(
        _nodes(script, m.ImportAlias(name=m.Name(name) | m.Attribute(value=m.Name(name))))
    )
    imported = len(_nodes(script, m.ImportAlias(name=m.Attribute(value=m.Name(name)))))
    return bare == len(uses) - imported and all(
        libcst.ensure_type(use, libcst.Attribute).attr.value in _HARMLESS for use in uses
    )


def _writes(call: libcst.Call) -> bool:
    """Whether a call of open() writes, or may: its mode is not a plain text."""
    modes = [
        arg.value
        for number, arg in enumerate(call.args)
        if (arg.keyword is None and number == 1) or (arg.keyword and arg.keyword.value == "mode")
    ]
    if any(arg.star for arg in call.args):
        return True
    if not modes:
        return False
    mode = modes[0]
    if not isinstance(mode, libcst.SimpleString):
        return True
    return bool(set("wax+") & set(str(mode.evaluated_value)))


def divisions(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """`//` with something before it on its line that a division would need."""
    for script in scripts:
        body = script.block.body
        for start, end in comment_spans(body):
            line = body[body.rfind("\n", 0, start) + 1 : start].rstrip()
            rest = body[start + 2 : end].strip()
            if re.search(r"[\w)\]]$", line) and _is_operand(line, rest):
                yield Problem(script.block.body_at + start, "what follows '//' is not run")


def _is_operand(line: str, rest: str) -> bool:
    """Whether line // rest is a division: code, where a comment would be words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(f"{line.strip().rstrip(':')} // {rest}")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    divided = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
    return not (
        divided and isinstance(tree.body[0], ast.Expr) and isinstance(divided[0].right, ast.Name)
    )


def uses_of(script: Script, name: str) -> list[tuple[int, int]]:
    """Spans of a global name in a script, in the file: those that a local hides left out."""
    if script.module is None:
        return []
    nodes: set[libcst.CSTNode] = set()
    scopes = set(script.module.resolve(metadata.ScopeProvider).values())
    for scope in scopes:
        if isinstance(scope, metadata.GlobalScope):
            for assignment in scope.assignments[name]:
                if isinstance(assignment, metadata.Assignment):
                    nodes |= {each.node for each in assignment.references}
                    nodes.add(assignment.node)
    return sorted(
        {script.span(node) for node in nodes if m.matches(node, m.Name(name))}
        | {script.span(node) for node in _unknown(script, ()).get(name, [])}
    )
