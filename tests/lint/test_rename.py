# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.lint.rename import parse, rename

PATH = Path("some.cocci")
TEXT = """\
// about x
@a@
identifier x, f;
expression e != {x};
position p;
@@
- f@p(x, e->x) // x
@b@
identifier a.x, y != a.x;
@@
+ g(x, y)
@c@
identifier b.x;
@@
* h(x)
@script:python@
x << c.x;
z << a.x;
@@
# x
d = {"x": x, z: [x for x in x]}
def f(x): return x
"""
RENAMED = """\
// about x
@a@
identifier page, f;
expression e != {page};
position p;
@@
- f@p(page, e->page) // x
@b@
identifier a.page, y != a.page;
@@
+ g(page, y)
@c@
identifier b.page;
@@
* h(page)
@script:python@
page << c.page;
z << a.page;
@@
# x
d = {"x": page, z: [x for x in page]}
def f(x): return x
"""


def test_heirs_and_scripts_follow() -> None:
    assert rename(TEXT, PATH, parse("a.x=page")) == RENAMED


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ("a.q=page", "no metavariable a.q"),
        ("q.x=page", "no metavariable q.x"),
        ("a.x=e", "'e' is there already"),
        ("a.x=d", "'d' is there already"),
        ("a.x", "'a.x' is not RULE.OLD=NEW"),
        ("a.x=2", "'a.x=2' is not RULE.OLD=NEW"),
    ],
)
def test_what_cannot_be_renamed(wanted: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        rename(TEXT, PATH, parse(wanted))
    assert caught.value.what == what


def test_python_2_comes_first() -> None:
    text = TEXT.replace("# x\n", "print x\n")
    with pytest.raises(UserError, match=r"some\.cocci:16: no Python 3 script"):
        rename(text, PATH, parse("a.x=page"))
