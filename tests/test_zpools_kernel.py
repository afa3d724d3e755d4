# SPDX-License-Identifier: GPL-2.0-only
"""zsmalloc, z3fold and zbud converted in one kernel, in every order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import pytest

from zpconvert.check.trees import PatchedTree
from zpconvert.conversion.load import load
from zpconvert.errors import UserError
from zpconvert.git.model import Ident
from zpconvert.inspection import Inspector
from zpconvert.kernel.source import cache_home
from zpconvert.mail.check import am_roundtrip
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Converted, convert
from zpconvert.posting import post

pytestmark = pytest.mark.kernel

NAMES = ("zsmalloc", "z3fold", "zbud")
HEADER = "mm/zpdesc.h"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")

#: By what was converted before, in that order, and what is: the tree and the result.
Results = Mapping[tuple[str, ...], tuple[Path, Converted]]


def beside(tree: Path, files: Mapping[str, bytes], place: Path) -> Path:
    """A kernel that differs from `tree` in some files of mm/, without copying the rest."""
    (place / "mm").mkdir(parents=True)
    for path in [*tree.iterdir(), *(tree / "mm").iterdir()]:
        rel = path.relative_to(tree)
        if str(rel) != "mm" and str(rel) not in files:
            (place / rel).symlink_to(path)
    for name, text in files.items():
        (place / name).write_bytes(text)
    return place


@pytest.fixture(scope="module")
def results(kernel_612: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Each conversion after each sequence of others."""
    return converted(kernel_612, tmp_path_factory.mktemp("orders"), NAMES)


def converted(tree: Path, place: Path, names: tuple[str, ...]) -> Results:
    made: dict[tuple[str, ...], tuple[Path, Converted]] = {}
    for length in range(1, len(names) + 1):
        for order in permutations(names, length):
            files = left(made, order[:-1])
            base = beside(tree, files, place / "-".join(order))
            made[order] = base, convert(base, load(order[-1]), cache=cache_home())
    return made


def left(results: Results, order: tuple[str, ...]) -> dict[str, bytes]:
    """The files that a sequence of conversions leaves."""
    files: dict[str, bytes] = {}
    for length in range(1, len(order) + 1):
        files |= results[order[:length]][1].tree
    return files


def test_any_order_gives_the_same_files(results: Results) -> None:
    """All six orders, and the two of each pair."""
    final = left(results, NAMES)
    assert set(final) == {HEADER, *(f"mm/{name}.c" for name in NAMES)}
    orders = list(permutations(NAMES))
    assert len(orders) == 6
    for order in orders:
        assert left(results, order) == final, order
    for one, two in permutations(NAMES, 2):
        assert left(results, (one, two)) == left(results, (two, one))


def test_check_finds_nothing_in_any_of_them(results: Results, kernel_612: Path) -> None:
    """All files of a tree, and each alone, whose header has helpers for the others, too."""
    for order in {tuple(sorted(order)): order for order in results}.values():
        after = {kernel_612 / path: text for path, text in left(results, order).items()}
        for chosen in [list(after), *([path] for path in after)]:
            inspector = Inspector(
                PatchedTree(after), [], show=lambda path: path.name, cache=cache_home
            )
            found = [f for path in chosen for f in inspector.check(path, after[path]).findings]
            assert found + inspector.unused() == [], (order, chosen)


def test_the_same_on_6_1(kernel_61: Path, tmp_path: Path) -> None:
    results = converted(kernel_61, tmp_path, ("zbud", "z3fold"))
    assert left(results, ("zbud", "z3fold")) == left(results, ("z3fold", "zbud"))


def test_later_series_only_add_helpers_to_the_header(results: Results) -> None:
    for order, (_, result) in results.items():
        assert result.shared is (len(order) > 1)
        if not result.shared:
            continue
        before = result.base[HEADER]
        for state in result.states:
            after = state.files.get(HEADER, before)
            rest = iter(after.splitlines())
            assert all(line in rest for line in before.splitlines()), (order, state.step.id)
            assert (after != before) is bool(state.helpers), (order, state.step.id)
            before = after


def test_the_patch_that_introduces_the_descriptor_falls_away(results: Results) -> None:
    """Of zsmalloc's the comments about the fields are left."""
    for order, (_, result) in results.items():
        gone = {absent.step.id: absent.gone for absent in result.absent if absent.present}
        if len(order) == 1:
            assert gone == {}
        else:
            assert gone == {"descriptor": order[-1] != "zsmalloc"}, order


def test_messages_are_true_and_the_mails_apply(results: Results, tmp_path: Path) -> None:
    """No message speaks of adding what another series has brought in."""
    for order, (base, result) in results.items():
        for state in result.states:
            words = f"{state.step.subject}\n{' '.join(state.step.body.split())}"
            told = re.findall(r"(?i)\b(?:add|introduce)s? (?:helper )?(\w*zpdesc\w*)", words)
            assert set(told) - {"zpdesc"} <= {*state.helpers, "zpdesc_is_isolated/zpdesc_zone"}
            assert ("zpdesc memory descriptor" in words) is (
                state.step.id == "descriptor" and len(order) == 1
            ), (order, state.step.id)
        conversion, out = load(order[-1]), tmp_path / "-".join(order)
        posted = post(
            out, base, conversion, result, None, ident=IDENT, signoff=False, options=SeriesOptions()
        )
        cover, *mails = [path for path in posted.paths if path.suffix == ".patch"]
        assert am_roundtrip(result.base, mails) == result.tree
        assert ("is in this tree already" in " ".join(cover.read_text().split())) is result.shared


@pytest.mark.parametrize("name", NAMES)
def test_somebody_else_s_header_is_refused(
    name: str, kernel_612: Path, results: Results, tmp_path: Path
) -> None:
    """Linux 6.14 has a mm/zpdesc.h of its own, with other members."""
    text = results["zbud",][1].tree[HEADER].replace(b"\tunsigned long handle;\n", b"")
    tree = beside(kernel_612, {HEADER: text}, tmp_path / "linux")
    with pytest.raises(UserError, match=r"another than that of zpdesc\.toml") as caught:
        convert(tree, load(name), cache=cache_home())
    assert re.fullmatch(rf"{HEADER}:\d+", caught.value.where)
    assert "\n" not in str(caught.value)
