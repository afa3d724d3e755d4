# SPDX-License-Identifier: GPL-2.0-only
"""Settings guessed from Makefiles and Kconfig."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.init.kconfig import Guess, guess


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers/a").mkdir(parents=True)
    (tmp_path / "drivers/Makefile").write_text("obj-$(CONFIG_A_MENU)\t+= a/ b/\nobj-y += c/\n")
    (tmp_path / "drivers/a/Makefile").write_text(
        "obj-$(CONFIG_A) += one.o\nobj-$(CONFIG_B)\t+= \\\n\tboth.o\n"
        "both-y := two.o\nboth-$(CONFIG_B_MORE) += three.o\nobj-y += plain.o\n"
    )
    (tmp_path / "drivers/a/Kconfig").write_text(
        'menuconfig A_MENU\n\tbool "A\'s"\n\nif A_MENU\n\n'
        'config A\n\ttristate "a"\n\tdepends on NET && (X || Y)\n\thelp\n\t  depends on luck\n\n'
        "config B\n\ttristate\n\nendif\n\nconfig C\n\tbool\n\tselect B\n\n"
        'config B_MORE\n\tbool "more"\n\tdepends on B\n'
    )
    return tmp_path


def test_the_option_of_a_file_and_what_it_depends_on(tree: Path) -> None:
    assert guess(tree, ("drivers/a/one.c",)) == Guess(
        ("CONFIG_A=y", "CONFIG_A_MENU=y", "CONFIG_NET=y"), (), ("A: (X || Y)",)
    )


def test_a_part_of_a_module_needs_the_module(tree: Path) -> None:
    assert guess(tree, ("drivers/a/three.c",)) == Guess(
        ("CONFIG_B_MORE=y", "CONFIG_B=y", "CONFIG_A_MENU=y"), (("B", ("C",)),), ()
    )


@pytest.mark.parametrize("name", ["plain", "nowhere"])
def test_a_file_without_an_option_has_those_of_its_directories(tree: Path, name: str) -> None:
    assert guess(tree, (f"drivers/a/{name}.c",)) == Guess(("CONFIG_A_MENU=y",), (), ())
