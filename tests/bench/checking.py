# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert check` costs: one staged file, and all of mm/, in a converted tree."""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path

from tests.bench.rows import Row, cpu_seconds, program, quietly, seconds
from zpconvert.pipeline import Converted

#: Of the processor, in the quickest of several runs, from start to exit, git included.
STAGED_SECONDS = 0.3
#: From start to exit, over tree-sitter reading the same files from start to exit.
TREE_OVER_PARSE = 2.0

_PARSE = """\
import pathlib, sys, tree_sitter, tree_sitter_c
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.[ch]")):
    parser.parse(path.read_bytes())
"""


def repository(tree: Path, converted: Converted, place: Path) -> Path:
    """A repository of mm/ and the headers, converted, with a line of the file staged."""
    top = place / "linux"
    shutil.copytree(tree / "mm", top / "mm")
    shutil.copytree(tree / "include/linux", top / "include/linux")
    for path, text in converted.tree.items():
        (top / path).write_bytes(text)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "converted")):
        quietly(["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words], top)
    for path in converted.tree:
        if path.endswith(".c"):
            (top / path).write_bytes(converted.tree[path] + b"\nstatic int last_line;\n")
    quietly(["git", "add", "-A"], top)
    return top


def rows(tree: Path, converted: Converted, place: Path, pairs: int) -> list[Row]:
    """One staged file in seconds; a tree as the median of ratios of alternating runs."""
    top = repository(tree, converted, place)
    check = program("check", "--staged")
    staged = min(cpu_seconds(lambda: quietly(check, top)) for _ in range(15))
    parse = [sys.executable, "-c", _PARSE, "mm"]
    ratios = []
    for _ in range(pairs):
        floor = seconds(lambda: quietly(parse, top))
        ratios.append(seconds(lambda: quietly(program("check", "mm"), top)) / floor)
    return [
        Row("check --staged", staged, STAGED_SECONDS, "s"),
        Row("check mm over parse", statistics.median(ratios), TREE_OVER_PARSE, "×"),
    ]
