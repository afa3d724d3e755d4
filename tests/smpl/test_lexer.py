# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pygments.token import Comment, Generic, Keyword, Name, Operator, _TokenType

from zpconvert.smpl.lexer import SmplLexer

TEXT = """\
// About it.
virtual patch
@r depends on patch@
expression e, dev;
position p;
@@
  foo(e, ...)@p;
- one(dev)
+ two(dev)
@script:python@
e << r.e;
@@
import re
print(e) # yes
// for the next rule
@initialize:ocaml@
@@
let a = 1
"""
FRAGMENTS = ["@", "@@", "\n", "- a(e)\n", "+ b\n", "* c@p\n", "expression e;", "script:python", '"',
             "'", "/*", "*/", "//", "...", "<< r.e;", "(", "{", "#define x", "é"]  # fmt: skip


def tokens(text: str) -> list[tuple[_TokenType, str]]:
    return [(kind, value) for _, kind, value in SmplLexer().get_tokens_unprocessed(text)]


def test_lines_metavariables_c_and_python() -> None:
    found = tokens(TEXT)
    for expected in [
        (Comment, "// About it."),
        (Keyword, "virtual"),
        (Keyword, "expression"),
        (Name.Class, "r"),
        (Name.Variable, "dev"),
        (Operator, "@"),
        (Generic.Deleted, "- one(dev)\n"),
        (Generic.Inserted, "+ two(dev)\n"),
        (Keyword.Namespace, "import"),
        (Comment.Single, "# yes"),
        (Comment, "// for the next rule"),
    ]:
        assert expected in found
    body = found[found.index((Name, "foo")) :]
    assert (Name.Variable, "e") in body[:4]


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
@example(TEXT)
def test_the_tokens_are_the_text(text: str) -> None:
    at = 0
    for offset, _, value in SmplLexer().get_tokens_unprocessed(text):
        assert offset == at
        at += len(value)
        assert text[offset:at] == value
    assert at == len(text)


def test_it_is_known_by_its_look() -> None:
    assert SmplLexer.analyse_text(TEXT) > 0.5
    assert SmplLexer.analyse_text("int main(void)\n{\n}\n") == 0


@pytest.mark.parametrize("how", [["-l", "smpl"], []])
def test_pygmentize(tmp_path: Path, how: list[str]) -> None:
    """By name and by suffix. Away from the checkout, whose metadata may be of an older build."""
    (tmp_path / "some.cocci").write_text(TEXT)
    argv = [sys.executable, "-m", "pygments", *how, "-f", "html", "some.cocci"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"install the checkout again: {done.stderr}"
    assert '<span class="gd">- one(dev)' in done.stdout
    assert '<span class="gi">+ two(dev)' in done.stdout
