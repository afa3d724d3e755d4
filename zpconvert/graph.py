# SPDX-License-Identifier: GPL-2.0-only
"""A series as a graph: steps in their order, the slots that they flip, the helpers they bring.

The language is Graphviz's DOT (https://graphviz.org/doc/info/lang.html).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from zpconvert.errors import UserError
from zpconvert.overview import Overview, Row
from zpconvert.plural import counted
from zpconvert.process import run

_HEAD = """digraph {name} {{
  rankdir=LR;
  label={label};
  node [fontname="sans-serif", fontsize=10];
  edge [arrowsize=0.6];
"""


def dot(found: Overview) -> str:
    """The graph as DOT text."""
    label = f"{found.conversion}: {counted(len(found.rows), 'patch')}, churn {found.churn:.2f}"
    parts = [_HEAD.format(name=_quoted(found.conversion), label=_quoted(label))]
    parts += [_step(row) for row in found.rows]
    parts += [_chain(found)]
    for row in found.rows:
        parts += _slots(row)
        parts += _helpers(row)
    return "".join([*parts, "}\n"])


def svg(text: str) -> str:
    """DOT text drawn by Graphviz.

    Raises UserError where Graphviz is not installed.
    """
    if shutil.which("dot") is None:
        raise UserError(
            "dot", "no such program", "install the package graphviz, or take --format dot"
        )
    return run(["dot", "-Tsvg"], stdin=text.encode(), timeout=120).text


def _step(row: Row) -> str:
    again = f", {row.passing} in passing" if row.passing else ""
    label = f"{row.number}  {row.step}\n+{row.added} −{row.removed}{again}"
    shown = f"label={_quoted(label)}, tooltip={_quoted(row.subject)}"
    return f"  {_node(row)} [shape=box, style=bold, {shown}];\n"


def _chain(found: Overview) -> str:
    """The steps below each other, in order."""
    nodes = [_node(row) for row in found.rows]
    return f"  {{ rank=same; {' -> '.join(nodes)}; }}\n" if nodes else ""


def _slots(row: Row) -> Iterator[str]:
    """One node for all that flips in a function or a struct."""
    for home, names in row.homes.items():
        name = _quoted(f"{row.number}:{home}")
        label = _quoted(f"{home}\n{', '.join(names)}")
        yield f"  {name} [label={label}];\n"
        yield f"  {_node(row)} -> {name};\n"


def _helpers(row: Row) -> Iterator[str]:
    for helper in row.helpers:
        name = _quoted(f"helper:{helper}")
        yield f"  {name} [shape=component, label={_quoted(helper + '()')}];\n"
        yield f"  {name} -> {_node(row)} [style=dashed];\n"


def _node(row: Row) -> str:
    return _quoted(f"step:{row.step}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
