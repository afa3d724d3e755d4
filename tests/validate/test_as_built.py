# SPDX-License-Identifier: GPL-2.0-only
"""A commit that does not change an object as it is built changes no function, and what comes
after it is compared all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.validate.noting import Noting
from tests.validate.test_narrow import CODE, NAMES, OBJECT, SOURCE, Rows, fell_short
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Job
from zpconvert.validate.builder import Result, Unfinished
from zpconvert.validate.cases import Target
from zpconvert.validate.equality import Comparer
from zpconvert.validate.verdict import Verdict

pytestmark = pytest.mark.kernel

PLUS = b"x * 3 + zpconvert_plus(x)"
#: Does what zpconvert_plus does.
HELPER = b"static inline int zpconvert_more(int x)\n{\n\treturn 1 + x;\n}\n"
CALLER = b"static noinline int zpconvert_caller"

Compare = Callable[..., list[Rows]]


class Builder(Noting):
    """Its compilers do not end when they are to show what is in an unchanged object."""

    hangs = False

    def results(self, jobs: Sequence[Job], what: str, *, urgent: bool = False) -> list[Result]:
        if self.hangs and what == "comparing, unchanged":
            return [Unfinished("killed") for _ in jobs]
        return super().results(jobs, what, urgent=urgent)


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(tmp_path)


@pytest.fixture
def compare(build_612: Callable[[str], BuildDir], kernel_612: Path, builder: Builder) -> Compare:
    """The rows of each commit of a history of CODE, its objects built before; `lost` is one
    whose compiler did not end."""

    def rows(
        *edits: tuple[bytes, bytes], lost: int | None = None, only: list[int] | None = None
    ) -> list[Rows]:
        text = (kernel_612 / SOURCE).read_bytes() + CODE
        states = [{SOURCE: text}]
        for old, new in ((b"x * 3 + x + 1", PLUS), *edits):
            last = states[-1][SOURCE]
            assert last.count(old) == 1
            states.append({SOURCE: last.replace(old, new)})
        build = build_612("compaction")
        made = builder.results([Job(build, OBJECT, state) for state in states], "building")
        built = {("compaction", OBJECT, n): one for n, one in enumerate(made)}
        if lost is not None:
            built["compaction", OBJECT, lost] = Unfinished("killed")
        builder.jobs.clear()
        numbers = only or list(range(1, len(states)))
        target = Target(build, OBJECT, tuple(states))
        found = Comparer(builder, kernel_612, built=built).compare([target], numbers)
        return [{r.name: r for r in found if r.commit == number} for number in numbers]

    return rows


def test_nothing_is_compiled_for_it(compare: Compare, builder: Builder) -> None:
    first, second = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"))
    assert fell_short(first) == fell_short(second) == {}
    assert second.keys() == first.keys() >= NAMES
    assert {row.how for row in second.values()} == {"as it is built"}
    assert not any(b"1 + 1;" in job.overlay[SOURCE] for _, job in builder.jobs)


def test_an_object_with_another_byte_is_compared(compare: Compare) -> None:
    _, second = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 3;"))
    assert fell_short(second) == {"zpconvert_past": Verdict.DIFFERENT}


def test_a_build_that_did_not_end_shows_nothing(compare: Compare, builder: Builder) -> None:
    _, second = compare((b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"), lost=2)
    assert fell_short(second) == {}
    assert second["zpconvert_past"].how != "as it is built"
    assert any(b"1 + 1;" in job.overlay[SOURCE] for _, job in builder.jobs)


def test_the_first_commit_shows_what_there_is(compare: Compare, builder: Builder) -> None:
    """Its object is compiled, and its parent's is not."""
    (first,) = compare()
    assert first.keys() >= NAMES
    assert {row.how for row in first.values()} == {"as it is built"}
    assert [PLUS in job.overlay[SOURCE] for _, job in builder.jobs] == [True]


def test_what_comes_after_it_is_compared(compare: Compare, builder: Builder) -> None:
    _, second, third = compare(
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"),
        (b"zpconvert_shim(x) + 5", b"zpconvert_shim(x) + 6"),
    )
    assert fell_short(second) == {}
    assert fell_short(third) == {"zpconvert_past": Verdict.DIFFERENT}
    assert third.keys() == second.keys()


def test_a_helper_that_takes_the_place_of_another(compare: Compare) -> None:
    """The one that nothing uses any more has no row, though its text is still there."""
    users = CODE[CODE.index(CALLER) : CODE.index(b"static int zpconvert_seen")]
    users = users.replace(b"x * 3 + x + 1", PLUS)
    first, change, after, last = compare(
        (users, HELPER + users.replace(b"_plus(", b"_more(")),
        (b"zpconvert_shim(x) + 5", b"zpconvert_shim(x) + 6"),
        (b"return 1 + x;", b"return 2 + x;"),
    )
    assert fell_short(first) == fell_short(change) == {}
    helpers = {"zpconvert_plus", "zpconvert_more"}
    seen = [rows.keys() & helpers for rows in (first, change, after, last)]
    assert seen == [{"zpconvert_plus"}, set(), {"zpconvert_more"}, {"zpconvert_more"}]
    assert fell_short(after) == {"zpconvert_past": Verdict.DIFFERENT}
    assert "zpconvert_more" in fell_short(last)


def test_it_need_not_be_functions_that_differ(compare: Compare, builder: Builder) -> None:
    """Nor is a commit after it compiled whole."""
    _, second, third = compare(
        (b"int zpconvert_reader(void);", b"extern int zpconvert_reader(void);"),
        (b"zpconvert_shim(x) + 5", b"zpconvert_shim(x) + 6"),
    )
    assert second.keys() >= NAMES
    assert fell_short(third) == {"zpconvert_past": Verdict.DIFFERENT}
    assert "extern" in str(builder.jobs[-1][1].overlay[SOURCE])


def test_a_commit_alone_gets_the_same_verdict(compare: Compare) -> None:
    """The branch is one that no caller takes, and in no object."""
    dead = (
        b"static noinline int zpconvert_dead(int x, int y)\n{\n\tif (y)\n"
        b"\t\treturn 1;\n\treturn x * 3;\n}\n"
    )
    use = (b"zpconvert_shim(x) + 5", b"zpconvert_dead(x, 0) + zpconvert_shim(x) + 5")
    change = (b"return 1;", b"return 2;")
    *_, last = compare((CALLER, dead + CALLER), use, change)
    (alone,) = compare((CALLER, dead + CALLER), use, change, only=[4])
    assert last["zpconvert_dead"] == alone["zpconvert_dead"]
    assert alone["zpconvert_dead"].how == "as it is built"


def test_an_object_that_cannot_be_looked_into_is_compared(
    compare: Compare, builder: Builder
) -> None:
    """Whether the commit changes functions alone, adds one, or a declaration."""
    builder.hangs = True
    more = b"static noinline int zpconvert_idle(int x)\n{\n\treturn x;\n}\n"
    found = compare(
        (b"zpconvert_seen = 2;", b"zpconvert_seen = 1 + 1;"),
        (CALLER, more + CALLER),
        (CALLER, b"int zpconvert_declared(void);\n" + CALLER),
        (b"zpconvert_shim(x) + 5", b"zpconvert_shim(x) + 6"),
    )
    assert [fell_short(rows) for rows in found[:-1]] == [{}] * 4
    assert all(rows.keys() >= NAMES and "*" not in rows for rows in found)
    assert fell_short(found[-1]) == {"zpconvert_past": Verdict.DIFFERENT}
