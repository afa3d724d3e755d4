# SPDX-License-Identifier: GPL-2.0-only
"""The checks can fail: each defect of mutants.toml is seen, and seen where it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from zpconvert.conversion.load import load
from zpconvert.kernel import diagnostics
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.kernel.source import cache_home
from zpconvert.validate.builder import Builder, Unfinished
from zpconvert.validate.cases import Compared, Target
from zpconvert.validate.equality import Comparer
from zpconvert.validate.subject import hints
from zpconvert.validate.verdict import Verdict

pytestmark = pytest.mark.kernel

Files = Mapping[str, bytes]
OBJECT, SOURCE, HEADER = "mm/zsmalloc.o", "mm/zsmalloc.c", "mm/zpdesc.h"
MUTANTS = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())["mutant"]
BY_EQUALITY = [m for m in MUTANTS if m.get("by", "equality") == "equality"]
BY_WARNING = [m for m in MUTANTS if m.get("by") == "warning"]


def mutate(files: Files, mutant: Mapping[str, str]) -> Files:
    """The files with one defect; it must fit in exactly one place."""
    path = HEADER if mutant.get("header") else SOURCE
    text = files[path].decode()
    start, end = 0, len(text)
    if path == SOURCE:
        pattern = rf"(?m)^[a-z][^\n;]*\b{mutant['function']}\([^;{{]*\{{\n"
        (start,) = [m.start() for m in re.finditer(pattern, text)]
        end = text.index("\n}\n", start) + 1
    assert text.count(mutant["find"], start, end) == 1, mutant["name"]
    body = text[start:end].replace(mutant["find"], mutant["put"])
    return {**files, path: (text[:start] + body + text[end:]).encode()}


def batches() -> list[list[dict[str, str]]]:
    """Defects that can be in one text: at most one in a function, helpers' apart."""
    found: list[list[dict[str, str]]] = []
    for mutant in BY_EQUALITY:
        for batch in found:
            same = bool(batch[0].get("header")) == bool(mutant.get("header"))
            if same and mutant["function"] not in {m["function"] for m in batch}:
                batch.append(mutant)
                break
        else:
            found.append([mutant])
    return found


@pytest.fixture(scope="module")
def compare(
    kernel_612: Path, states_612: list[Files], build_612: Callable[[str], BuildDir]
) -> Callable[[list[tuple[Files, Files]]], list[list[Compared]]]:
    conversion = load("zsmalloc")
    comparer = Comparer(
        Builder(cache_home(), 2),
        kernel_612,
        hints(conversion.functions, states_612),
        conversion.descriptor.assumptions,
    )

    def run(pairs: list[tuple[Files, Files]]) -> list[list[Compared]]:
        build = build_612("compaction")
        return [comparer.compare([Target(build, OBJECT, pair)], [1]) for pair in pairs]

    return run


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 30
    assert len({m["name"] for m in MUTANTS}) == len(MUTANTS)


@pytest.fixture(scope="module")
def verdicts(
    states_612: list[Files],
    compare: Callable[[list[tuple[Files, Files]]], list[list[Compared]]],
) -> dict[str, dict[str, Verdict]]:
    """Name of a mutant to the verdicts of the text that it is in; "" for none at all."""
    base, final = states_612[0], states_612[-1]
    texts: list[Files] = [final]
    for batch in batches():
        text = final
        for mutant in batch:
            text = mutate(text, mutant)
        texts.append(text)
    names = [[""], *([m["name"] for m in batch] for batch in batches())]
    return {
        name: {row.name: row.verdict for row in rows}
        for some, rows in zip(names, compare([(base, t) for t in texts]), strict=True)
        for name in some
    }


def test_without_a_defect_nothing_differs(verdicts: dict[str, dict[str, Verdict]]) -> None:
    found = verdicts[""]
    assert len(found) > 150
    assert {n: v for n, v in found.items() if v.fell_short} == {}
    assert Verdict.ASSUMED in found.values()


@pytest.mark.parametrize("mutant", BY_EQUALITY, ids=lambda m: m["name"])
def test_other_code_is_seen(
    verdicts: dict[str, dict[str, Verdict]], mutant: dict[str, str]
) -> None:
    assert verdicts[mutant["name"]][mutant["function"]] is Verdict.DIFFERENT


@pytest.mark.parametrize("mutant", BY_WARNING, ids=lambda m: m["name"])
def test_a_new_warning_is_seen(
    states_612: list[Files], build_612: Callable[[str], BuildDir], mutant: dict[str, str]
) -> None:
    build = build_612("compaction")
    jobs = [Job(build, OBJECT, f) for f in (states_612[-1], mutate(states_612[-1], mutant))]
    before, after = Builder(cache_home(), 2).results(jobs, "")
    assert isinstance(before, Compiled)
    assert not isinstance(after, Unfinished)
    assert diagnostics.fresh(before.diagnostics, after.diagnostics)
