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
Compare = Callable[..., list[Compared]]
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
) -> Compare:
    conversion = load("zsmalloc")
    names = hints(conversion.functions, states_612)

    def run(*states: Files, assuming: bool) -> list[Compared]:
        """The rows of the last commit."""
        assumptions = conversion.descriptor.assumptions if assuming else ()
        comparer = Comparer(Builder(cache_home(), 2), kernel_612, names, assumptions)
        last = len(states) - 1
        target = Target(build_612("compaction"), OBJECT, states)
        rows = comparer.compare([target], list(range(1, last + 1)))
        return [row for row in rows if row.commit == last]

    return run


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 30
    assert len({m["name"] for m in MUTANTS}) == len(MUTANTS)


def mutated(final: Files) -> list[tuple[list[str], Files]]:
    """Texts with defects, and which are in each."""
    found = []
    for batch in batches():
        text = final
        for mutant in batch:
            text = mutate(text, mutant)
        found.append(([m["name"] for m in batch], text))
    return found


@pytest.fixture(scope="module")
def verdicts(states_612: list[Files], compare: Compare) -> dict[str, dict[str, Verdict]]:
    """Name of a mutant to the verdicts of the text that it is in, converted in one commit; ""
    for none at all."""
    base, final = states_612[0], states_612[-1]
    return {
        name: found
        for names, text in [([""], final), *mutated(final)]
        for found in [{row.name: row.verdict for row in compare(base, text, assuming=True)}]
        for name in names
    }


@pytest.fixture(scope="module")
def later(states_612: list[Files], compare: Compare) -> dict[str, dict[str, Verdict]]:
    """The same of commits that bring nothing but the defects."""
    base, final = states_612[0], states_612[-1]
    return {
        name: found
        for names, text in mutated(final)
        for found in [{row.name: row.verdict for row in compare(base, final, text, assuming=False)}]
        for name in names
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


@pytest.mark.parametrize("mutant", BY_EQUALITY, ids=lambda m: m["name"])
def test_it_is_seen_where_nothing_else_is_edited(
    later: dict[str, dict[str, Verdict]], mutant: dict[str, str]
) -> None:
    rows = later[mutant["name"]]
    # what calls a helper has the same code, if it does no more than call it
    seen = {name for name, verdict in rows.items() if verdict is Verdict.DIFFERENT}
    assert seen & {mutant["function"], mutant.get("helper")}


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
