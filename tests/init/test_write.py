# SPDX-License-Identifier: GPL-2.0-only
"""A draft appears whole, descriptor and all, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.init.write import check_target, staged

FILES = {"conversion.toml": b"a\n", "QUESTIONS.md": b"b\n"}


def names(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_both_are_put_in_place(tmp_path: Path) -> None:
    descriptor = tmp_path / "descriptors/xdesc.toml"
    with staged(tmp_path / "x", FILES, (descriptor, b"c\n")) as made:
        assert (made.parent / "descriptors/xdesc.toml").read_bytes() == b"c\n"
        assert not (tmp_path / "x").exists()
        assert not descriptor.exists()
    assert descriptor.read_bytes() == b"c\n"
    assert names(tmp_path / "x") == ["QUESTIONS.md", "conversion.toml"]
    assert names(tmp_path) == [
        "descriptors",
        "descriptors/xdesc.toml",
        "x",
        "x/QUESTIONS.md",
        "x/conversion.toml",
    ]


def test_a_shared_descriptor_is_left_alone(tmp_path: Path) -> None:
    descriptor = tmp_path / "descriptors/xdesc.toml"
    descriptor.parent.mkdir()
    descriptor.write_bytes(b"mine\n")
    before = descriptor.stat()
    with staged(tmp_path / "x", FILES, (descriptor, b"mine\n")):
        pass
    assert descriptor.stat() == before


def test_nothing_is_left_of_a_draft_that_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        staged(tmp_path / "x", FILES, (tmp_path / "descriptors/xdesc.toml", b"c\n")),
    ):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_target_that_came_up_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with (
        pytest.raises(UserError, match="cannot be written"),
        staged(target, FILES, (tmp_path / "descriptors/xdesc.toml", b"c\n")),
    ):
        target.mkdir()
        (target / "mine").write_text("mine\n")
    assert names(tmp_path) == ["x", "x/mine"]


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="cannot be written"),
        staged(tmp_path / "file/x", FILES, None),
    ):
        pytest.fail("staged")


@pytest.mark.parametrize("what", ["directory", "file", "link"])
def test_what_exists_is_refused(tmp_path: Path, what: str) -> None:
    target = tmp_path / "x"
    if what == "directory":
        target.mkdir()
    elif what == "file":
        target.write_text("")
    else:
        target.symlink_to("nowhere")
    with pytest.raises(UserError, match="exists; choose another name"):
        check_target(target, None)
    with pytest.raises(UserError, match="exists; choose another name"):
        check_target(tmp_path / "y", target)
    with pytest.raises(UserError, match="no such directory; make it first"):
        check_target(tmp_path / "no/x", None)
