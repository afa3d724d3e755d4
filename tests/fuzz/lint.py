# SPDX-License-Identifier: GPL-2.0-only
"""What must hold for `zpconvert lint` whatever it reads, and texts to try it on.

`python -m tests.fuzz.lint hypothesis|atheris SECONDS` looks for a text that breaks it. spatch
is not asked here: it is not ours, and a hundred times slower than all the rest.
"""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.engine import Target, main

with Target.instrumented():
    from zpconvert.errors import UserError
    from zpconvert.lint import scriptcheck, scriptreach  # noqa: F401 (imported late otherwise)
    from zpconvert.lint.run import decode, fix, lint, rules

PATH = Path("some.cocci")
OWN = [rule for rule in rules() if rule.code != "SP901"]
PIECES = [
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
BYTES = [piece.encode() for piece in PIECES]
EXAMPLES = [text.encode() for rule in OWN for text in (*rule.valid, *rule.invalid)]
HEAD = "@a@\nexpression e;\n@@\n* f(e)\n@script:python@\ne << a.e;\n@@\n"
SCRIPTS = [text.encode().rpartition(b"@@\n")[2] for rule in OWN for text in rule.invalid]

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)


def whole(data: bytes) -> None:
    """A .cocci: findings lie in it, mending comes to an end and touches nothing else."""
    with contextlib.suppress(UserError):
        text = decode(data, PATH)
        found = lint(text, PATH, OWN)
        last = text.count("\n") + 1
        assert all(1 <= one.line <= last and one.column >= 1 for one in found)
        new = fix(text, PATH, OWN)
        assert fix(new, PATH, OWN) == new
        if not any(one.fixable for one in found):
            assert new == text


def body(data: bytes) -> None:
    """A Python block: what is mended lies inside it."""
    with contextlib.suppress(UserError):
        text = re.sub(r"^@", "", decode(data, PATH), flags=re.MULTILINE)
        new = fix(HEAD + "print e\n" + text, PATH, OWN)
        assert new.startswith(HEAD)
        assert fix(new, PATH, OWN) == new


TARGET = Target(
    "lint",
    {
        whole: (texts.map(str.encode), EXAMPLES, BYTES),
        body: (st.text(max_size=60).map(str.encode) | texts.map(str.encode), SCRIPTS, BYTES),
    },
)

if __name__ == "__main__":
    sys.exit(main(TARGET))
