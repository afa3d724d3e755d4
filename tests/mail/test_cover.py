# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from zpconvert.mail.cover import Base, Deprecation, Measured, ObjectSize, Shrunk, blurb

GIT = Base("v6.12-3-g0123456789ab", "0" * 40)


def test_what_was_not_measured_is_not_mentioned() -> None:
    assert blurb("Text.", Measured(), GIT) == "Text.\n"


def test_a_tree_without_git_is_named() -> None:
    base = Base("linux-source-6.12 6.12.117")
    assert blurb("Text.", Measured(), base) == (
        "Text.\n\nBase: linux-source-6.12 6.12.117 (no git)\n"
    )


def test_everything_measured() -> None:
    measured = Measured(
        sizes=(
            ObjectSize("x86_64 defconfig", "mm/a.o", 1000, 836),
            ObjectSize("x86_64 debug", "mm/a.o", 1000, 1004),
        ),
        functions=2,
        churn=1.256,
        steps=(
            Shrunk("convert f()", "the tree has no f()", True),
            Shrunk("convert g()", "the tree has no h()", False),
        ),
        deprecated=(Deprecation("kmap_atomic", 1, "use kmap_local_page()"),),
    )
    assert (
        blurb("Text.", measured, GIT)
        == """\
Text.

Object size, in bytes:

  mm/a.o, x86_64 defconfig: 1000 -> 836 (-164)
  mm/a.o, x86_64 debug: 1000 -> 1004 (+4)

The series changes 2 functions.

Churn, lines changed over the series divided by lines of the final diff:
1.26.

Patches of this series on other kernels that are partly or wholly missing
here:

- convert f() (left out): the tree has no f()
- convert g() (in part): the tree has no h()

Deprecated calls left as they are:

- kmap_atomic(), 1 use: use kmap_local_page()
"""
    )


def test_the_text_is_wrapped() -> None:
    measured = Measured(steps=(Shrunk("convert f()", "word " * 30, True),))
    text = blurb("word " * 40, measured, GIT)
    assert max(len(line) for line in text.splitlines()) <= 75
