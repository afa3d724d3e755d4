# SPDX-License-Identifier: GPL-2.0-only
"""A sealed environment for every test, and the real kernels for those that ask.

The kernels and their build directories live in the user's own cache, so that a second run
finds them; everything else a test could read of the machine's user is fixed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zpconvert.errors import UserError

if TYPE_CHECKING:
    from zpconvert.conversion.model import Conversion
    from zpconvert.kernel.kbuild import BuildDir
    from zpconvert.pipeline import Converted

#: Found before HOME is sealed: what takes minutes to make is kept here between runs.
CACHE_HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

SEALED = {
    "XDG_CACHE_HOME": str(CACHE_HOME),
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "C",
    "TZ": "UTC",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "COLUMNS": "100",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_AUTHOR_DATE": "2024-06-01T12:00:00+0000",
    "GIT_COMMITTER_NAME": "C O Mitter",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
    "GIT_COMMITTER_DATE": "2024-06-01T12:00:00+0000",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "SOURCE_DATE_EPOCH": "1717243200",
}
UNSET = (
    "EMAIL",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "ARCH",
    "CROSS_COMPILE",
    "MAKEFLAGS",
)

#: A small tree that compiles and runs in user space, and its conversion (fixtures/README.md).
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

#: The subsystems whose conversions are tested on real kernels: their kconfig lines (the same
#: in 6.1 and 6.12) and the objects that they build.
FRAGMENT = ("CONFIG_ZSMALLOC=y", "CONFIG_ZSWAP=y", "CONFIG_ZBUD=y", "CONFIG_Z3FOLD_DEPRECATED=y")
OBJECTS = ("mm/zsmalloc.o", "mm/zbud.o", "mm/z3fold.o")


@pytest.fixture(scope="session", autouse=True)
def sealed_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixed dates, locale and git identity, and a home that is nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SEALED.items():
            patch.setenv(name, value)
        for name in UNSET:
            patch.delenv(name, raising=False)
        _home(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def sealed_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty home for each test: what one writes there, no other sees."""
    _home(monkeypatch, tmp_path_factory.mktemp("home"))


def _home(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setenv("HOME", str(home))
    for name, place in (("CONFIG", ".config"), ("STATE", ".local/state"), ("DATA", ".local/share")):
        patch.setenv(f"XDG_{name}_HOME", str(home / place))


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A copy of the fixture tree, to be changed."""
    return shutil.copytree(FIXTURES / "tree", tmp_path / "linux")


@pytest.fixture(scope="session")
def objpool() -> Conversion:
    """The fixture tree's conversion."""
    from zpconvert.conversion.load import load

    return load(str(FIXTURES / "conversions/objpool"))


@pytest.fixture(scope="session")
def header_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what the headers say is kept for the whole session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def objpool_result(objpool: Conversion, header_cache: Path, sealed_session: None) -> Converted:
    """The fixture tree, converted."""
    from zpconvert.pipeline import convert

    return convert(FIXTURES / "tree", objpool, cache=header_cache)


@pytest.fixture(scope="session")
def _objpool_out(tmp_path_factory: pytest.TempPathFactory, sealed_session: None) -> Path:
    """What `zpconvert series` gives for the fixture tree; not to be changed."""
    from zpconvert.cli.boundary import run_command
    from zpconvert.cli.main import cli

    out = tmp_path_factory.mktemp("series") / "out"
    conversion, tree = FIXTURES / "conversions/objpool", FIXTURES / "tree"
    args = ["series", str(conversion), "--tree", str(tree), "-o", str(out)]
    assert run_command(lambda: cli(args, prog_name="zpconvert", standalone_mode=False)) == 0
    return out


@pytest.fixture
def objpool_out(_objpool_out: Path, tmp_path: Path) -> Path:
    """The mails and series.json of the fixture tree's conversion, to be changed."""
    return shutil.copytree(_objpool_out, tmp_path / "out")


@pytest.fixture(scope="session")
def kernel_612(sealed_session: None) -> Path:
    """Debian's linux-source-6.12, unpacked; never written to."""
    return _kernel("linux-source-6.12")


@pytest.fixture(scope="session")
def kernel_61(sealed_session: None) -> Path:
    """Debian's linux-source-6.1, unpacked; never written to."""
    return _kernel("linux-source-6.1")


def _kernel(package: str) -> Path:
    """A missing kernel fails the test, on a laptop too: a skip would hide what matters most."""
    from zpconvert.kernel import source

    try:
        return source.ensure(package).tree
    except UserError as error:
        pytest.fail(f"{error} (or leave these tests out: -m 'not kernel')", pytrace=False)


@pytest.fixture(scope="session")
def build_612(kernel_612: Path) -> Callable[[str], BuildDir]:
    """`build_612("compaction")`: the prepared build directory of a built-in cell, on 6.12."""
    return _builder(kernel_612)


@pytest.fixture(scope="session")
def build_61(kernel_61: Path) -> Callable[[str], BuildDir]:
    """The same on 6.1."""
    return _builder(kernel_61)


def _builder(tree: Path) -> Callable[[str], BuildDir]:
    from zpconvert.kernel import kbuild, source
    from zpconvert.kernel.cells import CELLS

    def build(cell: str) -> BuildDir:
        return kbuild.prepare(
            tree, CELLS[cell], fragment=FRAGMENT, objects=OBJECTS, cache=source.cache_home()
        )

    return build
