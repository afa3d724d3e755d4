# SPDX-License-Identifier: GPL-2.0-only
"""The zsmalloc series as the planner cuts it, on real kernels."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compiled import compile_many
from zpconvert import posting
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion
from zpconvert.git.diff import SeriesStat, measure
from zpconvert.git.model import Ident
from zpconvert.kernel import diagnostics, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.source import cache_home
from zpconvert.mail.check import am_roundtrip, codespell
from zpconvert.mail.lint import lint
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Converted, convert

pytestmark = pytest.mark.kernel

SOURCE, HEADER = "mm/zsmalloc.c", "mm/zpdesc.h"
LINES = 60
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0000")


@dataclass(frozen=True)
class Planned:
    """Both series of a kernel."""

    tree: Path
    conversion: Conversion
    result: Converted
    written: Converted

    def stat(self, result: Converted) -> SeriesStat:
        return measure(result.base, posting.commits(self.conversion, result, IDENT, False))


@pytest.fixture(scope="module", params=["6.12", "6.1"])
def planned(request: pytest.FixtureRequest) -> Planned:
    tree: Path = request.getfixturevalue(f"kernel_{request.param.replace('.', '')}")
    conversion = load("zsmalloc")
    result = convert(tree, conversion, cache=cache_home(), lines=LINES)
    return Planned(tree, conversion, result, convert(tree, conversion, cache=cache_home()))


def test_the_last_tree_is_that_of_the_written_plan(planned: Planned) -> None:
    assert planned.result.tree == planned.written.tree


def test_churn(planned: Planned) -> None:
    churn = planned.stat(planned.result).churn
    assert 1 <= churn <= 1.25
    assert churn < planned.stat(planned.written).churn <= 1.4


def test_no_patch_is_larger_than_asked_for(planned: Planned) -> None:
    """But the first, which is the struct, and what can only change together."""
    commits = planned.stat(planned.result).commits
    sizes = [sum(file.lines for file in commit) for commit in commits]
    large = [s for s, size in zip(planned.result.states, sizes, strict=True) if size > LINES]
    assert [state.step.id for state in large] == ["descriptor", "obj_to_location"]
    assert len(sizes) > 10


def test_families_come_whole_and_with_a_user(planned: Planned) -> None:
    families = {h.name: h.family for h in planned.conversion.descriptor.helpers}
    came: dict[str, int] = {}
    code = ""
    for number, state in enumerate(planned.result.states):
        code = state.files.get(SOURCE, code.encode()).decode()
        for helper in state.helpers:
            assert came.setdefault(families[helper], number) == number
        for family in {families[helper] for helper in state.helpers}:
            members = [name for name, of in families.items() if of == family]
            assert any(re.search(rf"\b{name}\(", code) for name in members), family
    assert len(came) > 5


def test_messages(planned: Planned) -> None:
    """Lint, with every function of the file; no subject twice."""
    names = frozenset(
        re.findall(r"(?m)^(?:static |int |void |unsigned )[^;(=\n]*?(\w+)\(",
                   planned.result.base[SOURCE].decode())
    )  # fmt: skip
    assert len(names) > 80
    commits = posting.commits(planned.conversion, planned.result, IDENT, False)
    assert len({c.message.partition("\n")[0] for c in commits}) == len(commits)
    for commit in commits:
        assert lint(commit.message, prefix="mm/zsmalloc", functions=names) == ()


def test_the_mails_are_the_series(planned: Planned, tmp_path: Path) -> None:
    posted = posting.post(
        tmp_path / "out", planned.tree, planned.conversion, planned.result, None,
        ident=IDENT, signoff=True, options=SeriesOptions(),
    )  # fmt: skip
    mails = [path for path in posted.paths if path.suffix == ".patch"]
    assert am_roundtrip(planned.result.base, mails[1:]) == planned.result.tree
    found = codespell(mails)
    assert not isinstance(found, NotAvailable), found
    assert found == ()


@pytest.mark.parametrize("cell", ["compaction", "no-compaction"])
@pytest.mark.parametrize("planned", ["6.12"], indirect=True)
def test_every_commit_compiles_without_a_new_warning(
    cell: str, planned: Planned, build_612: Callable[[str], BuildDir]
) -> None:
    files = dict(planned.result.base)
    trees = [dict(files), *((files := files | s.files) for s in planned.result.states)]
    jobs = [replay.Job(build_612(cell), "mm/zsmalloc.o", tree) for tree in trees]
    built = compile_many(jobs, workers=2)
    assert len(built) > 10
    for number, now in enumerate(built):
        assert isinstance(now, replay.Compiled), now
        before = built[max(0, number - 1)]
        assert list(diagnostics.fresh(before.diagnostics, now.diagnostics)) == [], number


def test_helpers_of_code_without_slots_are_named(kernel_612: Path) -> None:
    """free_zbud_page() finds its page by address: a helper stands for it from the first step."""
    conversion = load("zbud")
    result = convert(kernel_612, conversion, cache=cache_home(), lines=LINES)
    first = result.states[0]
    assert "free_zpdesc" in first.helpers
    assert all(f"{helper}()" in first.step.body for helper in first.helpers)
    assert result.tree == convert(kernel_612, conversion, cache=cache_home()).tree
    posting.commits(conversion, result, IDENT, False)
