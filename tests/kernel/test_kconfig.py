# SPDX-License-Identifier: GPL-2.0-only
"""What keeps an option from being set, read from Kconfig."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.kernel.kconfig import unfit, why_unset

TOP = """\
mainmenu "Linux"
source "arch/$(SRCARCH)/Kconfig"
menu "Drivers"
source "drivers/Kconfig"
endmenu
config LATE
\tbool "outside of the menu"
"""
DRIVERS = """\
config CORE
\ttristate
\thelp
\t  Text that speaks of

\t  config NOTHING
\t  depends on luck

menuconfig BUS_MENU
\tbool "Buses"   # a comment

if BUS_MENU

config BUS
\ttristate "bus"
\tdepends on PCI && (X86 || \\
\t\tCOMPILE_TEST)
\tselect CORE

config BALLOON
\ttristate "balloon"
\tdepends on CORE
\tselect MEMORY
endif

config MEMORY
\tbool

menu "Inner"
\tdepends on PCI

comment "not now"
\tdepends on LUCK

config DEEP
\tbool "deep" if EXPERT
\tdepends on !UNWANTED && SHIFT > 3 && $(cc-option,-x)

endmenu

config STRICT
\ttristate "strict"
\tdepends on HALF

config LEVEL
\tbool "level"
\tdepends on MODE = "fast" && HALF != n && BUS_MENU=y

config LEGACY
\tdef_tristate y if OLD=y

config TWICE
\tbool "twice"
\tdepends on A && B

config TWICE
\tbool "twice"
\tdepends on C
"""
ARCH = (
    'config X86\n\tdef_bool y\n\tselect FORCED\nconfig FORCED\n\tbool\nconfig PCI\n\tbool "PCI"\n'
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in (("", TOP), ("arch/x86", ARCH), ("drivers", DRIVERS)):
        (tmp_path / path).mkdir(parents=True, exist_ok=True)
        (tmp_path / path / "Kconfig").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "config", "why"),
    [
        ("NOPE=y", "", "no Kconfig for x86_64 has it"),
        ("NOTHING=y", "", "no Kconfig for x86_64 has it"),
        ("LATE=y", "", ""),
        ("BUS=y", "X86", "depends on BUS_MENU (not set) and PCI (not set)"),
        ("BUS=y", "PCI BUS_MENU", "depends on (X86 || COMPILE_TEST) (not met)"),
        (
            "BALLOON=y",
            "X86 BUS_MENU",
            "depends on CORE (not set; it has no prompt, selected by BUS)",
        ),
        (
            "BALLOON=y",
            "CORE=m BUS_MENU",
            "depends on CORE (is m; it has no prompt, selected by BUS)",
        ),
        ("BALLOON=m", "CORE=m BUS_MENU", ""),
        ("MEMORY=y", "", "it has no prompt, selected by BALLOON"),
        ("LEGACY=y", "", "it has no prompt, default if OLD=y"),
        ("DEEP=y", "PCI", "depends on EXPERT (not met)"),
        ("DEEP=y", "EXPERT UNWANTED", "depends on PCI (not set) and !UNWANTED (not met)"),
        ("DEEP=y", "EXPERT PCI", ""),
        ("STRICT=y", "HALF=m", "depends on HALF (not met)"),
        ("STRICT=m", "HALF=m", ""),
        ("LEVEL=y", 'MODE="slow" HALF BUS_MENU', 'depends on MODE = "fast" (not met)'),
        ("LEVEL=y", 'MODE="fast" BUS_MENU', "depends on HALF != n (not met)"),
        ("TWICE=y", "", "depends on C (not met)"),
        ("FORCED=n", "X86 FORCED", "selected by X86"),
        ("FORCED=n", "FORCED", ""),
    ],
)
def test_what_is_not_met_is_named(tree: Path, line: str, config: str, why: str) -> None:
    options = {
        name: value or "y" for name, _, value in (one.partition("=") for one in config.split())
    }
    assert why_unset(tree, "x86_64", options, f"CONFIG_{line}") == why


def test_what_no_arch_can_set_is_unfit(tree: Path) -> None:
    """X86 is an option of one of the two arches."""
    lines = ["CONFIG_BUS=y", "CONFIG_BUSS=y", "CONFIG_X86=n", "CONFIG_NONE=n"]
    assert unfit(tree, ["arm64", "x86_64"], lines) == {"CONFIG_BUSS=y": "", "CONFIG_NONE=n": ""}
    assert unfit(tree, ["arm64"], lines[:3]) == {"CONFIG_BUSS=y": "", "CONFIG_X86=n": ""}
    assert unfit(tree, [], []) == {}


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("BUS=m", None),
        ("BUS=yes", "y, m or n"),
        ("LATE=m", "y or n"),
        ("LATE=n", None),
        ('MODE="fast"', None),
        ("MODE=fast", "a text in double quotes"),
        ("SHIFT=12", None),
        ("SHIFT=y", "a number"),
        ("BASE=0x1f", None),
        ("BASE=g", "a number in hex"),
        ("DEFAULTED=y", None),
        ("DEFAULTED=m", "y or n"),
    ],
)
def test_an_option_takes_the_values_of_its_type(tree: Path, line: str, taken: str | None) -> None:
    with (tree / "Kconfig").open("a") as kconfig:
        kconfig.write('config MODE\n\tstring "mode"\nconfig SHIFT\n\tint\n')
        kconfig.write('config BASE\n\thex "base"\nconfig DEFAULTED\n\tdef_bool y\n')
    found = unfit(tree, ["x86_64"], [f"CONFIG_{line}"])
    assert found == ({} if taken is None else {f"CONFIG_{line}": taken})


@pytest.mark.kernel
def test_a_real_tree(kernel_612: Path) -> None:
    """A reader had to find five options by hand, one after the other."""
    said = why_unset(kernel_612, "x86_64", {"X86": "y", "MMU": "y"}, "CONFIG_VIRTIO_BALLOON=y")
    assert said.startswith(
        "depends on VIRTIO_MENU (not set) and "
        "VIRTIO (not set; it has no prompt, selected by VIRTIO_PCI, VIRTIO_VDPA, "
    )
