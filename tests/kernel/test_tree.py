# SPDX-License-Identifier: GPL-2.0-only
"""Trees and sources that a user may hand in, good and bad."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel import tree as trees

MAKEFILE = "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc4\nNAME = Baby\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "Kconfig").write_text("mainmenu\n")
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm/a.c").write_bytes(b"int a;\n")
    return tmp_path


def said(tree: Path, rel: str = "mm/a.c") -> str:
    with pytest.raises(UserError) as caught:
        trees.read_source(tree, rel)
    return str(caught.value)


def test_a_kernel_tells_its_version(tree: Path) -> None:
    found = trees.open_tree(tree)
    assert (found.version, found.is_git) == ("6.12.3-rc4", False)
    (tree / ".git").mkdir()
    assert trees.open_tree(tree).is_git


@pytest.mark.kernel
def test_the_real_ones(kernel_612: Path, kernel_61: Path) -> None:
    assert trees.open_tree(kernel_612).version.startswith("6.12.")
    assert trees.open_tree(kernel_61).version.startswith("6.1.")


def test_what_is_no_kernel_is_said_to_be_none(tree: Path) -> None:
    for place, what in (("none", "no such tree"), ("Makefile", "not a directory"),
                        ("mm", "not a kernel tree")):  # fmt: skip
        with pytest.raises(UserError, match=what):
            trees.open_tree(tree / place)
    (tree / "Kconfig").unlink()
    with pytest.raises(UserError, match="not a kernel tree"):
        trees.open_tree(tree)


def test_a_source_comes_as_it_is(tree: Path) -> None:
    text = "/* ==> naïve\n======= not alone */\nint a;".encode()
    (tree / "mm/a.c").write_bytes(text)
    assert trees.read_source(tree, "mm/a.c") == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "mm/a.c: empty; restore it from the kernel's history"),
        (b" \n\n", "mm/a.c: empty; restore it from the kernel's history"),
        (b"a\nb\0\n", "mm/a.c:2: NUL byte; restore the file; it is not C text"),
        (b"a\n\nb\xe9\n", "mm/a.c:3: not UTF-8; convert the file to UTF-8"),
        (b"a\r\nb\r\n", "mm/a.c:1: carriage return; convert to Unix line ends (dos2unix)"),
        (b"a\n<<<<<<< HEAD\n", "mm/a.c:2: conflict marker; finish the merge or the rebase first"),
        (b"a\n=======\n", "mm/a.c:2: conflict marker; finish the merge or the rebase first"),
    ],
)
def test_a_bad_source_is_located(tree: Path, text: bytes, message: str) -> None:
    (tree / "mm/a.c").write_bytes(text)
    assert said(tree) == message


def test_a_source_that_is_not_there(tree: Path) -> None:
    assert said(tree, "mm/b.c") == "mm/b.c: not in this tree; pass a kernel that has it"
    assert said(tree, "mm").startswith("mm: not a file")


def test_a_source_that_may_not_be_read(tree: Path) -> None:
    (tree / "mm/a.c").chmod(0)
    if os.geteuid() != 0:
        assert said(tree) == "mm/a.c: cannot be read; check its permissions"
        return
    # root reads everything, so another user has to try
    tree.chmod(0o755)
    (tree / "mm").chmod(0o755)
    pid = os.fork()
    if pid == 0:
        os._exit(_unreadable_as_nobody(tree))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _unreadable_as_nobody(tree: Path) -> int:
    os.chdir(tree)
    os.setuid(65534)
    try:
        trees.read_source(Path(), "mm/a.c")
    except UserError as error:
        return 0 if error.what == "cannot be read" else 1
    return 1
