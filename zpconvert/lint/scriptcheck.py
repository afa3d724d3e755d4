# SPDX-License-Identifier: GPL-2.0-only
"""Checks of the Python inside semantic patches, on libcst's tree and its scopes."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Iterator, Sequence

import libcst
from libcst import matchers as m

from zpconvert.lint import constraints
from zpconvert.lint.model import Edit, Problem, Subject
from zpconvert.lint.script import GIVEN, Script
from zpconvert.lint.scriptnames import (
    global_names,
    idle_bindings,
    imports_all,
    is_dynamic,
    unknown_names,
)
from zpconvert.smpl.rules import mandatory
from zpconvert.smpl.text import comment_spans

_BUILTIN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__"}
_ITERATORS = {"iteritems": "items", "iterkeys": "keys", "itervalues": "values"}


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
        for node in script.nodes:
            if isinstance(node, libcst.Raise) and node.exc is not None and _is_string(node.exc):
                yield Problem(
                    script.span(node)[0], "a string cannot be raised", _raised(script, node)
                )
            elif isinstance(node, libcst.Call) and isinstance(node.func, libcst.Attribute):
                yield from _gone_method(script, node, node.func.attr)


def _gone_method(script: Script, node: libcst.Call, method: libcst.Name) -> Iterator[Problem]:
    name = method.value
    edits: tuple[Edit, ...] = ()
    if name == "has_key" and len(node.args) == 1:
        new = _membership(script, node) if script.exact else ""
        edits = (Edit(*script.span(node), new),) if new else ()
    elif name in _ITERATORS and not node.args:
        edits = (Edit(*script.span(method), _ITERATORS[name]),) if script.exact else ()
    else:
        return
    yield Problem(script.span(method)[0], f"dictionaries have no {name}()", edits)


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


def _membership(script: Script, node: libcst.Call) -> str:
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
    return whole if isinstance(script.parents.get(node), alone) else f"({whole})"


def _inside(script: Script, node: libcst.CSTNode) -> tuple[int, int]:
    start, end = script.span(node)
    return start - script.block.body_at, end - script.block.body_at


def undefined(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Names that nothing defines; a renamed metavariable is mended."""
    if any(imports_all(script) for script in scripts):
        return
    shared = {n for s in scripts if s.block.kind == "initialize" for n in global_names(s)}
    for block in subject.document.blocks:
        if block.embedded is not None and block.is_smpl:
            yield from constraints.undefined(subject.document, block, shared | GIVEN)
    later = {n: s for s in scripts if s.block.kind != "initialize" for n in global_names(s)}
    for script in scripts:
        known = shared | set(script.block.declared) | GIVEN | _BUILTIN
        unknown = unknown_names(script, known)
        idle = idle_bindings(script)
        names = list(unknown)
        for name, nodes in unknown.items():
            at = script.span(nodes[0])[0]
            if (other := later.get(name)) is not None and other is not script:
                line = subject.document.place(other.block.at)[0]
                yield Problem(at, f"'{name}' is set only by the script on line {line}")
                continue
            edits: tuple[Edit, ...] = ()
            if len(names) == 1 and len(idle) == 1 and script.exact and not is_dynamic(script):
                edits = tuple(Edit(*script.span(node), idle[0]) for node in nodes)
            hint = f" ('{idle[0]}' is bound and not used)" if edits else ""
            yield Problem(at, f"nothing defines '{name}'{hint}", edits)


def unused(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Bindings that a script does not use, and that do not decide whether it runs."""
    for script in scripts:
        idle = idle_bindings(script)
        if not idle or is_dynamic(script):
            continue
        bound = [one for one in script.block.metavariables if one.kind == "binding"]
        for each in bound:
            others = {one.of.rule for one in bound if one.of and one.name not in idle}
            if each.of is None or each.name not in idle or each.of.rule not in others:
                continue
            source = subject.document.rules.get(each.of.rule)
            if source is not None and source.is_smpl and each.of.name in mandatory(source.body):
                yield Problem(each.at, f"binding '{each.name}' is not used in the script")


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
