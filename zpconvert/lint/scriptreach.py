# SPDX-License-Identifier: GPL-2.0-only
"""What a script can do outside of spatch: other programs, files, the network, code from text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst
from libcst import matchers as m

from zpconvert.lint.model import Problem, Subject
from zpconvert.lint.script import Script
from zpconvert.lint.scriptnames import global_names

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


def outside(subject: Subject, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Imports and calls that reach outside."""
    for script in scripts:
        for node in script.nodes:
            if isinstance(node, libcst.Import | libcst.ImportFrom):
                for module in _imported(node):
                    if module.partition(".")[0] in _OUTSIDE and not _harmless(script, node, module):
                        yield Problem(script.span(node)[0], f"'{module}' reaches outside")
            elif isinstance(node, libcst.Call) and isinstance(node.func, libcst.Name):
                what = _call(node, node.func.value)
                if what and node.func.value not in global_names(script):
                    yield Problem(script.span(node)[0], what)


def _call(call: libcst.Call, name: str) -> str:
    if name in _CALLS:
        return f"{name}() runs code made from text"
    return f"{name}() for writing" if name in ("open", "file") and _writes(call) else ""


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
        return isinstance(node, libcst.ImportFrom) or _only_harmless(script)
    if module != "os":
        return False
    if isinstance(node, libcst.Import):
        alias = next(one for one in node.names if one.evaluated_name == "os")
        return alias.asname is None and _only_harmless(script)
    return not isinstance(node.names, libcst.ImportStar) and all(
        one.evaluated_name in _HARMLESS for one in node.names
    )


def _only_harmless(script: Script) -> bool:
    """Whether every `os` in a script is imported, or has a harmless member taken of it."""
    for node in script.nodes:
        if isinstance(node, libcst.Name) and node.value == "os":
            parent = script.parents.get(node)
            taken = isinstance(parent, libcst.Attribute) and parent.attr.value in _HARMLESS
            if not taken and not isinstance(parent, libcst.ImportAlias):
                return False
    return True


def _writes(call: libcst.Call) -> bool:
    """Whether a call of open() writes, or may: its mode is not a plain text."""
    if any(arg.star for arg in call.args):
        return True
    modes = [
        arg.value
        for number, arg in enumerate(call.args)
        if (arg.keyword is None and number == 1) or (arg.keyword and arg.keyword.value == "mode")
    ]
    if not modes:
        return False
    if not m.matches(modes[0], m.SimpleString()):
        return True
    mode = libcst.ensure_type(modes[0], libcst.SimpleString).evaluated_value
    return bool(set("wax+") & set(str(mode)))
