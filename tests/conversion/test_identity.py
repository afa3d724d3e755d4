# SPDX-License-Identifier: GPL-2.0-only
"""A recorded conversion is found by more than its name, where the name does not say it all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.conversion.identity import identity, made_by, may_be
from zpconvert.conversion.load import list_conversions, load
from zpconvert.conversion.model import Identity
from zpconvert.errors import UserError
from zpconvert.resources import semantic_patches_dir


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A conversion of one's own that is called like a bundled one."""
    name = list_conversions()[0]
    (tmp_path / "my").mkdir()
    shutil.copytree(semantic_patches_dir() / "descriptors", tmp_path / "my/descriptors")
    return shutil.copytree(semantic_patches_dir() / name, tmp_path / "my" / name)


def known(own: Path) -> Identity:
    """What is recorded of it."""
    found = identity(load(str(own)))
    assert found is not None
    return found


def test_that_very_one_is_taken_and_is_as_foreign_as_before(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own.parents[1])
    recorded = known(own.relative_to(own.parents[1]))
    assert recorded.directory == str(own)
    found = made_by("out", own.name, recorded)
    assert (found.directory, found.bundled) == (own, False)


def test_a_name_alone_is_a_bundled_one() -> None:
    for name in list_conversions():
        assert identity(load(name)) is None
        assert made_by("out", name, None) == load(name)


def test_a_name_alone_of_no_bundled_one() -> None:
    with pytest.raises(UserError, match=r"^out: made by the conversion 'x', which did not come"):
        made_by("out", "x", None)


def _appended(pattern: str) -> Callable[[Path], None]:
    def change(own: Path) -> None:
        (file,) = own.glob(pattern)
        file.write_bytes(file.read_bytes() + b"\n")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (shutil.rmtree, "which is gone; give one with --conversion"),
        (_appended("conversion.toml"), "which has changed since; give --conversion {own} to"),
        (_appended("idioms.cocci"), "which has changed since; give --conversion {own} to"),
        (_appended("../descriptors/*.toml"), "which has changed since; give --conversion {own} to"),
        (lambda own: shutil.rmtree(own.parent / "descriptors"), "which has changed since"),
        (lambda own: (own / "conversion.toml").write_text("["), "which has changed since"),
    ],
    ids=["gone", "its data", "a semantic patch", "its descriptor", "no descriptor", "unreadable"],
)
def test_gone_or_changed(own: Path, change: Callable[[Path], object], said: str) -> None:
    recorded = known(own)
    change(own)
    with pytest.raises(UserError, match=re.escape(said.format(own=own))) as caught:
        made_by("out", own.name, recorded)
    assert str(caught.value).startswith(f"out: made by the conversion in {own}, ")


def test_what_is_beside_the_files_is_no_change(own: Path) -> None:
    recorded = known(own)
    (own / "QUESTIONS.md").write_text("?\n")
    assert known(own) == recorded


def test_a_series_can_be_of_an_edited_moved_or_copied_one(own: Path, tmp_path: Path) -> None:
    bundled, mine, name = load(own.name), load(str(own)), own.name
    elsewhere = Identity(str(tmp_path / "elsewhere" / name), "")
    for recorded in (None, known(own), elsewhere):
        assert may_be(name, recorded, mine)
        assert not may_be("x", recorded, mine)
    assert may_be(name, None, bundled)
    assert not may_be(name, elsewhere, bundled)
