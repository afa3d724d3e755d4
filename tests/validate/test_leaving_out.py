# SPDX-License-Identifier: GPL-2.0-only
"""The stages after the plain one compile what it left open, and are not misled by what is not
there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.validate.noting import Noting
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.validate.cases import Compared, Target
from zpconvert.validate.equality import Comparer
from zpconvert.validate.verdict import Verdict

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"

#: Nothing but these two uses the variable.
ONE_WRITES = b"""
static int zpconvert_seen;
int zpconvert_reader(void);
int zpconvert_reader(void)
{
	return zpconvert_seen;
}
void zpconvert_writer(int x);
void zpconvert_writer(int x)
{
	zpconvert_seen = x;
}
"""
#: Equal only when the helper is part of its callers.
ONE_HELPS = b"""
static inline int zpconvert_plus(int x)
{
	return x + 1;
}
static noinline int zpconvert_caller(int x)
{
	return x * 3 + x + 1;
}
int zpconvert_uses(int x);
int zpconvert_uses(int x)
{
	return zpconvert_caller(x) + zpconvert_plus(x);
}
"""


Compare = Callable[[bytes, bytes], dict[str, Compared]]


@pytest.fixture
def builder(tmp_path: Path) -> Noting:
    return Noting(tmp_path)


@pytest.fixture
def compare(build_612: Callable[[str], BuildDir], kernel_612: Path, builder: Noting) -> Compare:
    def rows(before: bytes, after: bytes) -> dict[str, Compared]:
        text = (kernel_612 / SOURCE).read_bytes()
        states = tuple({SOURCE: text + more} for more in (before, after))
        target = Target(build_612("compaction"), OBJECT, states)
        return {row.name: row for row in Comparer(builder, kernel_612).compare([target], [1])}

    return rows


@pytest.mark.kernel
def test_a_store_is_seen_whose_reader_is_left_out(compare: Compare, builder: Noting) -> None:
    """Left out, the reader reads nothing: the compiler must not take the store away for that."""
    rows = compare(ONE_WRITES, ONE_WRITES.replace(b"_seen = x;", b"_seen = x + 1;"))
    assert rows["zpconvert_writer"].verdict is Verdict.DIFFERENT
    assert rows["zpconvert_reader"].verdict is Verdict.EQUAL
    first = next(job for what, job in builder.jobs if "flattened" in what)
    assert b"return zpconvert_seen;" not in first.overlay[SOURCE]


@pytest.mark.kernel
def test_a_load_is_seen_whose_writer_is_left_out(compare: Compare) -> None:
    """Nothing but zero would be in the variable."""
    rows = compare(ONE_WRITES, ONE_WRITES.replace(b"return zpconvert_seen;", b"return 0;"))
    assert rows["zpconvert_reader"].verdict is Verdict.DIFFERENT


@pytest.mark.kernel
def test_what_is_open_is_settled_with_the_others_left_out(
    compare: Compare, builder: Noting
) -> None:
    """A private function is there though all that call it are left out."""
    changed = ONE_HELPS.replace(b"x * 3 + x + 1", b"x * 3 + zpconvert_plus(x)")
    rows = compare(ONE_HELPS, changed)
    assert rows["zpconvert_caller"].verdict is Verdict.EQUAL
    assert rows["zpconvert_caller"].how == "helpers flattened"
    flat = [job.overlay[SOURCE] for what, job in builder.jobs if "flattened" in what]
    assert len(flat) == 2
    assert all(b"return zpconvert_caller(x) +" not in text for text in flat)


@pytest.mark.kernel
def test_what_an_equal_function_says_of_others_is_not_left_out(compare: Compare) -> None:
    """Without its body the macro would be the same on both sides."""
    before = b"""
#define ZPCONVERT_STEP 3
void zpconvert_defines(void);
void zpconvert_defines(void)
{
}
int zpconvert_steps(int x);
int zpconvert_steps(int x)
{
	return x + ZPCONVERT_STEP;
}
"""
    redefine = b"{\n#undef ZPCONVERT_STEP\n#define ZPCONVERT_STEP 4\n}\nint zpconvert_steps"
    rows = compare(before, before.replace(b"{\n}\nint zpconvert_steps", redefine))
    assert rows["zpconvert_defines"].verdict is Verdict.EQUAL
    assert rows["zpconvert_steps"].verdict is Verdict.DIFFERENT
