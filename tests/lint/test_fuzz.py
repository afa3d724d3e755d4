# SPDX-License-Identifier: GPL-2.0-only
"""No text stops the linter, and what it mends stays mended.

Texts that did stop it, found here and by atheris, are examples below.
"""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zpconvert.lint.model import Rule
from zpconvert.lint.run import fix, lint

PATH = Path("some.cocci")
PIECES = st.sampled_from(
    [
        *["@", "@@\n", "@@ @@\n", "@a@\nexpression e;\nposition p;\n@@\n", "virtual patch\n"],
        *["@b depends on a && !patch@\n", "expression e, a.e;", "position q != {a.p, b.p};"],
        *["expression list[n] es;", ": script:python() { f(e) }", "@initialize:python@\n@@\n"],
        *["@script:python depends on a@\ne << a.e;\np << a.p;\n@@\n", "@finalize:ocaml@\n@@\n"],
        *["- f(e)@p\n", "+ g(e)\n", "* h\n", "(\n", "|\n", ")\n", "&\n", "...\n", "<<", "=~"],
        *["print e\n", 'print("x" % e)\n', "if d.has_key(e): pass\n", "raise 'x', e\n", "0777\n"],
        *["try:\n\tx\nexcept E, e:\n\ty\n", "`e`\n", "def f(x):\n    return x // 2\n", "0x"],
        *["import os\n", "\tos.system(e)\n", "open(e, 'w')\n", 'exec "e"\n', "[x for x in e]\n"],
        *["lambda: e\n", "'''", '"""', "'", '"', "#", "//", "/*", "*/", "\r", "\x0c", "\x85", "é"],
        *["\\", " ", "\t", "(", ")", "[", "{", "}", ",", ";", ":", ".", "=", "ur''"],
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)


@given(TEXTS)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
# a form feed in a comment is no line's end to spatch, and is blank in what is masked
@example("@a@\n@@\n- f() // x\x0cy\n")
def test_any_text(own_rules: list[Rule], text: str) -> None:
    text = text.replace("\0", "")
    found = lint(text, PATH, own_rules)
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last and one.column >= 1 for one in found)
    new = fix(text, PATH, own_rules)
    assert fix(new, PATH, own_rules) == new
    if not any(one.fixable for one in found):
        assert new == text


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@example("¹")
def test_any_script(own_rules: list[Rule], body: str) -> None:
    body = re.sub(r"^@", "", body.replace("\0", ""), flags=re.MULTILINE)
    head = "@a@\nexpression e;\n@@\n* f(e)\n@script:python@\ne << a.e;\n@@\nprint e\n"
    new = fix(head + body, PATH, own_rules)
    assert new.startswith(head.removesuffix("print e\n"))
    assert fix(new, PATH, own_rules) == new
