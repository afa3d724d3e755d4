# SPDX-License-Identifier: GPL-2.0-only
"""A commit that edits functions compiles those that it can change, and misses none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.validate.noting import Noting
from tests.validate.test_leaving_out import ONE_HELPS
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.validate.cases import Compared, Target
from zpconvert.validate.equality import Comparer
from zpconvert.validate.verdict import Verdict

pytestmark = pytest.mark.kernel

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"

CODE = (
    ONE_HELPS
    + b"""
static int zpconvert_seen;
static noinline int zpconvert_shim(int x)
{
	return zpconvert_caller(x);
}
int zpconvert_past(int x);
int zpconvert_past(int x)
{
	zpconvert_seen = 2;
	return zpconvert_shim(x) + 5;
}
int zpconvert_reader(void);
int zpconvert_reader(void)
{
	return zpconvert_seen;
}
int zpconvert_count(void);
int zpconvert_count(void)
{
	static int calls = 5;

	return calls++;
}
"""
)
#: The functions of CODE that are in the object without inlining.
NAMES = {
    f"zpconvert_{name}" for name in ("plus", "caller", "uses", "shim", "past", "reader", "count")
}

Rows = dict[str, Compared]
Compare = Callable[..., list[Rows]]


@pytest.fixture
def builder(tmp_path: Path) -> Noting:
    return Noting(tmp_path)


@pytest.fixture
def compare(build_612: Callable[[str], BuildDir], kernel_612: Path, builder: Noting) -> Compare:
    """The rows of each commit of a history of CODE, begun with a commit that is compiled
    whole."""

    def rows(
        *edits: tuple[bytes, bytes],
        only: list[int] | None = None,
        base: bytes = b"",
        more: bytes = b"",
        hints: Mapping[str, str] | None = None,
    ) -> list[Rows]:
        text = (kernel_612 / SOURCE).read_bytes() + CODE + more
        states = [{SOURCE: text + base}, {SOURCE: text + b"int zpconvert_first(void);\n"}]
        for old, new in edits:
            last = states[-1][SOURCE]
            assert last.count(old) == 1
            states.append({SOURCE: last.replace(old, new)})
        target = Target(build_612("compaction"), OBJECT, tuple(states))
        numbers = only or list(range(1, len(states)))
        found = Comparer(builder, kernel_612, hints or {}).compare([target], numbers)
        return [{r.name: r for r in found if r.commit == number} for number in numbers]

    return rows


def fell_short(rows: Rows) -> dict[str, Verdict]:
    return {name: row.verdict for name, row in rows.items() if row.verdict.fell_short}


def compiled(builder: Noting) -> list[bytes]:
    """The texts that were compiled after the first commit's."""
    return [job.overlay[SOURCE] for _, job in builder.jobs[2:]]


def test_what_a_commit_leaves_alone_is_not_compiled(compare: Compare, builder: Noting) -> None:
    whole, narrow = compare((b"x * 3 + x + 1", b"x * 3 + zpconvert_plus(x)"))
    assert fell_short(whole) == fell_short(narrow) == {}
    assert narrow.keys() == whole.keys() >= NAMES
    assert narrow["zpconvert_caller"].how == "helpers flattened"
    texts = compiled(builder)
    assert len(texts) == 2
    assert all(b"static int calls" not in text and b"zbud_alloc(" in text for text in texts)


def test_other_code_is_seen(compare: Compare) -> None:
    _, narrow = compare((b"zpconvert_shim(x) + 5", b"zpconvert_shim(x) + 6"))
    assert fell_short(narrow) == {"zpconvert_past": Verdict.DIFFERENT}


def test_another_store_is_seen(compare: Compare) -> None:
    """What reads the variable is not compiled."""
    _, narrow = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 3;"))
    assert fell_short(narrow) == {"zpconvert_past": Verdict.DIFFERENT}


def test_an_inline_function_that_others_are_made_of(compare: Compare) -> None:
    """Their own texts are the same."""
    _, narrow = compare((b"return x + 1;", b"return x + 2;"))
    assert set(fell_short(narrow)) == {"zpconvert_plus"}
    assert narrow["zpconvert_uses"].verdict is Verdict.EQUAL


def test_an_inline_function_that_a_macro_of_the_tree_names(compare: Compare) -> None:
    """The name stands nowhere in the text."""
    more = (
        b"static inline int zpconvert_hidden4(int x)\n{\n\treturn x + 7;\n}\n"
        b"#define zpconvert_hidden1(x) (x)\n#define zpconvert_hidden2(x) (x)\n"
        b"#define zpconvert_hidden8(x) (x)\n"
        b"int zpconvert_finds(int x);\nint zpconvert_finds(int x)\n"
        b"{\n\treturn __pcpu_size_call_return(zpconvert_hidden, x);\n}\n"
    )
    first, narrow = compare((b"return x + 7;", b"return x + 8;"), more=more)
    assert fell_short(first) == {}
    assert narrow["zpconvert_hidden4"].verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("declared", "defined"),
    [
        (b"static int zpconvert_low(int x) __attribute__((__always_inline__));\n", b"static int"),
        (b"#define ZPCONVERT_LOW static __always_inline\n", b"ZPCONVERT_LOW int"),
    ],
    ids=["attribute", "macro"],
)
def test_a_function_that_is_inline_by_another_word(
    compare: Compare, declared: bytes, defined: bytes
) -> None:
    """It is in no object, and part of what is not compiled."""
    more = (
        declared
        + b"static inline int zpconvert_lowest(int x)\n{\n\treturn x + 7;\n}\n"
        + defined
        + b" zpconvert_low(int x)\n{\n\treturn zpconvert_lowest(x) + 1;\n}\n"
        b"int zpconvert_high(int x);\nint zpconvert_high(int x)\n"
        b"{\n\treturn zpconvert_low(x);\n}\n"
    )
    _, narrow = compare((b"return x + 7;", b"return x + 8;"), more=more)
    assert "zpconvert_lowest" in fell_short(narrow)
    _, narrow = compare((b"_lowest(x) + 1;", b"_lowest(x) + 2;"), more=more)
    assert fell_short(narrow) == {"zpconvert_high": Verdict.DIFFERENT}


def test_data_within_a_function(compare: Compare) -> None:
    _, narrow = compare((b"static int calls = 5;", b"static int calls = 6;"))
    assert fell_short(narrow) == dict.fromkeys(("[.data]", "zpconvert_count"), Verdict.DIFFERENT)


def test_a_shim_that_is_gone_past(compare: Compare, builder: Noting) -> None:
    _, narrow = compare((b"zpconvert_shim(x) + 5", b"zpconvert_caller(x) + 5"))
    assert fell_short(narrow) == {}
    assert len(compiled(builder)) == 2


def test_a_helper_has_a_row_once_it_is_in_both(compare: Compare) -> None:
    helper = b"static inline int zpconvert_minus(int x)\n{\n\treturn x - 1;\n}\n"
    uses = b"int zpconvert_uses(int x)\n{\n\treturn zpconvert_caller(x)"
    _, comes, stays, goes, gone = compare(
        (uses, helper + uses.replace(b"_caller(x)", b"_caller(zpconvert_minus(x + 1))")),
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"),
        (b"_caller(zpconvert_minus(x + 1))", b"_caller(x)"),
        (b"zpconvert_seen = 1 + 1;", b"zpconvert_seen = 2;"),
    )
    assert [fell_short(rows) for rows in (comes, stays, goes, gone)] == [{}] * 4
    there = ["zpconvert_minus" in rows for rows in (comes, stays, goes, gone)]
    assert there == [False, True, False, False]


def test_an_inline_function_in_a_table_keeps_its_row(compare: Compare) -> None:
    more = (
        b"static inline int zpconvert_run(int x)\n{\n\treturn x + 9;\n}\n"
        b"int (*zpconvert_table)(int) = zpconvert_run;\n"
    )
    found = compare(
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"),
        (b"zpconvert_seen = 1 + 1;", b"zpconvert_seen = 2;"),
        more=more,
    )
    assert [rows["zpconvert_run"].verdict for rows in found] == [Verdict.EQUAL] * 3


def test_a_function_that_all_can_call_and_that_goes(compare: Compare) -> None:
    count = CODE[CODE.index(b"int zpconvert_count(void)\n{") :]
    _, narrow = compare((count, b""))
    assert set(fell_short(narrow)) == {"zpconvert_count", "[.data]"}


def test_a_commit_alone_is_compiled_whole(compare: Compare, builder: Noting) -> None:
    """What its parent consists of is not known."""
    (rows,) = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"), only=[2])
    assert fell_short(rows) == {}
    assert rows.keys() >= NAMES
    assert all(b"static int calls" in job.overlay[SOURCE] for _, job in builder.jobs)


def test_commits_that_are_not_asked_for_are_not_skipped(compare: Compare) -> None:
    """The second brings a function."""
    more = b"int zpconvert_more(void);\nint zpconvert_more(void)\n{\n\treturn 3;\n}\n"
    first, third = compare(
        (b"int zpconvert_first(void);\n", b"int zpconvert_first(void);\n" + more),
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"),
        only=[1, 3],
    )
    assert third.keys() - first.keys() == {"zpconvert_more"}


def test_a_parent_that_does_not_compile(compare: Compare) -> None:
    """What the next commit leaves alone is not known from it."""
    first, narrow = compare(
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"), base=b"#error no\n"
    )
    assert first.keys() == {"*"}
    assert fell_short(narrow) == {}
    assert narrow.keys() >= NAMES


def test_a_helper_that_is_renamed(compare: Compare) -> None:
    """It is part of what calls it, and nowhere else."""
    start = CODE.index(b"static inline int zpconvert_plus")
    end = CODE.index(b"static noinline int zpconvert_shim")
    old = CODE[start:end]
    _, narrow = compare(
        (old, old.replace(b"zpconvert_plus", b"zpconvert_sum")),
        hints={"zpconvert_plus": "zpconvert_sum"},
    )
    assert fell_short(narrow) == {}
    row = narrow["zpconvert_sum"]
    assert (row.was, row.verdict) == ("zpconvert_plus", Verdict.EQUAL)
    assert "zpconvert_plus" not in narrow


def test_what_its_parent_consists_of_is_remembered(compare: Compare, builder: Noting) -> None:
    edits = (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;")
    whole, narrow = compare(edits)
    again, other = compare((edits[0], b"zpconvert_seen = 3 - 1;"))
    assert (again, other.keys()) == (whole, narrow.keys())
    assert b"3 - 1" in builder.jobs[-1][1].overlay[SOURCE]
    assert len(builder.jobs) == 6


def test_comments_change_nothing(compare: Compare, builder: Noting) -> None:
    whole, narrow = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 2; /* two */"))
    assert fell_short(narrow) == {}
    assert narrow.keys() == whole.keys()
