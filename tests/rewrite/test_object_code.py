# SPDX-License-Identifier: GPL-2.0-only
"""Retyping changes no byte of object code: on the kernel's allocators, any slots flipped."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from tests.compiled import compile_many
from zpconvert.conversion.load import load
from zpconvert.csource.externals import externals_for
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.objcode.compare import compare
from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.planner.named import plan_file
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import Survey, survey
from zpconvert.rewrite.tidy import add_include

pytestmark = pytest.mark.kernel

HEADER = b"""
struct xdesc { unsigned long flags; struct list_head lru; };
#define xdesc_page(x) (_Generic((x), \\
	const struct xdesc *: (const struct page *)(x), struct xdesc *: (struct page *)(x)))
#define page_xdesc(p) (_Generic((p), \\
	const struct page *: (const struct xdesc *)(p), struct page *: (struct xdesc *)(p)))
"""
TYPES = Types("page", "xdesc", "xdesc_page", "page_xdesc")
MEMBERS = frozenset(("lru", "flags"))
SUBSETS = 50
#: Warnings stay on: a value of the wrong type would be one.
FLAGS = (*(f for f in COMPARE_FLAGS if f != "-w"), "-Wno-builtin-macro-redefined")


def states(found: Survey, seed: int) -> Iterator[frozenset[Slot]]:
    """All slots, then random unions of groups, the same ones for the same seed."""
    groups = sorted(
        {found.group(s) for s in found.slots.values()}, key=lambda g: min(s.at for s in g)
    )
    free = [g for g in groups if found.pinned(next(iter(g))) is None]
    yield frozenset().union(*free)
    chance = random.Random(seed)
    for _ in range(SUBSETS):
        yield frozenset().union(*chance.sample(free, chance.randint(1, len(free))))


def surveyed(tree: Path, name: str) -> Survey:
    source = (tree / name).read_bytes()
    return survey(source, externals_for(tree, name, source, None), "struct page", MEMBERS)


def texts(found: Survey, wanted: Iterable[frozenset[Slot]]) -> dict[bytes, list[str]]:
    """Each distinct text of a file, and the slots that made it."""
    migration = FileMigration(found, TYPES, Names())
    distinct: dict[bytes, list[str]] = {}
    for flipped in wanted:
        pieces, refusals = migration.pieces(flipped)
        assert refusals == []
        text = migration.assemble(pieces, [p.text for p in pieces]).text
        distinct.setdefault(add_include(text, "xdesc.h"), sorted(s.id for s in flipped))
    return distinct


def check(build: BuildDir, tree: Path, name: str, distinct: dict[bytes, list[str]]) -> None:
    obj = name.removesuffix(".c") + ".o"
    base = {name: (tree / name).read_bytes()}
    jobs = [Job(build, obj, base, FLAGS)]
    jobs += [Job(build, obj, {name: text, "mm/xdesc.h": HEADER}, FLAGS) for text in distinct]
    first, *others = compile_many(jobs, 2)
    assert isinstance(first, Compiled)
    for slots, other in zip(distinct.values(), others, strict=True):
        assert isinstance(other, Compiled), f"{slots}: {other.text}"
        assert len(other.diagnostics) == len(first.diagnostics), f"{slots}: {other.text}"
        same = compare(first.obj, other.obj)
        assert same.same, f"{slots}: {same.different} {same.missing} {same.added}"


@pytest.mark.parametrize("cell", ["compaction", "no-compaction"])
@pytest.mark.parametrize("name", ["mm/zsmalloc.c", "mm/z3fold.c", "mm/zbud.c"])
def test_any_slots_flipped_the_object_code_of_612_stays(
    kernel_612: Path, build_612: Callable[[str], BuildDir], name: str, cell: str
) -> None:
    found = surveyed(kernel_612, name)
    distinct = texts(found, states(found, seed=612))
    assert len(distinct) > (1 if name.endswith("zbud.c") else 40)
    check(build_612(cell), kernel_612, name, distinct)


def test_any_slots_flipped_the_object_code_of_61_stays(
    kernel_61: Path, build_61: Callable[[str], BuildDir]
) -> None:
    found = surveyed(kernel_61, "mm/zsmalloc.c")
    distinct = texts(found, states(found, seed=61))
    assert len(distinct) > 40
    check(build_61("compaction"), kernel_61, "mm/zsmalloc.c", distinct)


@pytest.mark.parametrize("conversion", ["zsmalloc", "z3fold"])
def test_each_step_of_the_series_keeps_the_object_code(
    conversion: str, kernel_612: Path, build_612: Callable[[str], BuildDir]
) -> None:
    planned, path = load(conversion), f"mm/{conversion}.c"
    found = surveyed(kernel_612, path)
    plan = plan_file(path, found, planned.steps, planned.border)
    distinct = texts(found, accumulate(plan.flips, frozenset.union))
    assert len(distinct) > 9
    check(build_612("compaction"), kernel_612, path, distinct)


def test_a_changed_value_is_seen(kernel_612: Path, build_612: Callable[[str], BuildDir]) -> None:
    source = (kernel_612 / "mm/zbud.c").read_bytes()
    wrong = source.replace(b"zhdr->first_chunks == 0", b"zhdr->first_chunks == 1", 1)
    assert wrong != source
    jobs = [
        Job(build_612("compaction"), "mm/zbud.o", {"mm/zbud.c": t}, FLAGS) for t in (source, wrong)
    ]
    first, other = compile_many(jobs, 2)
    assert isinstance(first, Compiled)
    assert isinstance(other, Compiled)
    assert not compare(first.obj, other.obj).same
