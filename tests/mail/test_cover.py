# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from zpconvert.mail.cover import (
    Base,
    CellOutcome,
    Deprecation,
    Measured,
    ObjectSize,
    Proof,
    Shrunk,
    blurb,
    retold,
)

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


RAN = CellOutcome("first", "gcc 12", "ran", "", True)


def test_what_was_proven_is_said_with_the_way_to_repeat_it() -> None:
    cells = (RAN, CellOutcome("second", "gcc 12", "ran", ""), CellOutcome("c", "clang", "ran", ""))
    verdicts = {"equal": 40, "assumed": 2, "unknown": 0, "different": 0}
    proof = Proof(
        "quick",
        cells,
        ("checkpatch", "codespell"),
        verdicts,
        ("order-0: one page each",),
        (),
        "a",
        "zpconvert 1.2",
    )
    assert (
        blurb("Text.", Measured(proof=proof), GIT)
        == """\
Text.

Each commit was compared with its parent by zpconvert validate:

- it compiles at W=1 without a new warning: first, second (gcc 12); c
  (clang)
- object code of its functions against the parent's, inlining off or
  helpers made a part of their callers, in first, over all commits: 40
  equal, 2 assumed
- assumed, and not shown: order-0: one page each
- git am takes the mails; checkpatch and codespell find nothing new

To repeat it, with LINUX as the base of the series (v6.12-3-g0123456789ab,
commit 0000000000000000000000000000000000000000), MAILS as a directory of
these mails and zpconvert 1.2:

  zpconvert validate MAILS --tree LINUX --conversion a --matrix quick
"""
    )


def test_cells_that_compile_alone_are_not_said_to_compare() -> None:
    cells = (CellOutcome("second", "gcc 12", "ran", ""),)
    text = blurb("Text.", Measured(proof=Proof("m", cells, (), {"equal": 0}, (), ())), GIT)
    assert "- object code of its functions: not compared, no cell that does so was" in text


def test_where_a_conversion_of_ones_own_is_the_reader_has_to_know() -> None:
    proof = Proof("quick", (RAN,), (), {"equal": 1}, (), ())
    plain = Base("linux-source-6.12 6.12.1")
    text = blurb("Text.", Measured(proof=proof), plain)
    assert text.endswith("""
To repeat it, with LINUX as the base of the series (linux-source-6.12
6.12.1), MAILS as a directory of these mails, DIR as its conversion and
zpconvert:

  zpconvert validate MAILS --tree LINUX --conversion DIR --matrix quick

Base: linux-source-6.12 6.12.1 (no git)
""")
    assert retold("Text.", text) == text


def test_a_base_without_a_tag_is_named_once() -> None:
    base = Base("0123456789ab", "0123456789ab" + "c" * 28)
    proof = Proof("quick", (RAN,), (), {"equal": 1}, (), (), "a")
    assert "of the series (0123456789ab), MAILS" in blurb("T.", Measured(proof=proof), base)


def test_the_way_to_repeat_it_in_an_earlier_letter_is_the_tools_own() -> None:
    """Until 2026 it had no --conversion, and was filled as any other text."""
    posted = """\
Text.

To repeat it, with LINUX as the base of the series: zpconvert validate
MAILS --tree LINUX --matrix quick
"""
    assert retold("Text.", posted) == posted


def test_what_fell_short_is_said_and_nothing_is_claimed_beside_it() -> None:
    proof = Proof(
        "full",
        (RAN, CellOutcome("far", "s390x-gcc", "not run", "no s390x-gcc")),
        ("checkpatch",),
        {"equal": 3, "different": 1},
        (),
        ("equality, patch 2: f: different",),
    )
    text = blurb("Text.", Measured(proof=proof), GIT)
    assert "- FELL SHORT, equality, patch 2: f: different\n" in text
    assert "- not compiled, cell far: no s390x-gcc\n" in text
    assert "over all commits: 3\n  equal, 1 different" in text
    assert "without a new warning" not in text
    assert "find nothing" not in text


def test_the_text_is_wrapped() -> None:
    measured = Measured(steps=(Shrunk("convert f()", "word " * 30, True),))
    text = blurb("word " * 40, measured, GIT)
    assert max(len(line) for line in text.splitlines()) <= 75
