# SPDX-License-Identifier: GPL-2.0-only
"""Kernel sources from an installed package, from apt, and from nowhere."""

from __future__ import annotations

import multiprocessing
import subprocess
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel import source
from zpconvert.kernel.apt import derived_sources, private_options

PACKAGE = "linux-source-9.9"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A /usr/src that has the tarball of a package."""
    tree = tmp_path / "make" / PACKAGE
    tree.mkdir(parents=True)
    (tree / "Makefile").write_text("VERSION = 9\n")
    place = tmp_path / "src"
    place.mkdir()
    tarball = place / f"{PACKAGE}.tar.xz"
    subprocess.run(["tar", "-cJf", tarball, "-C", tree.parent, PACKAGE], check=True)
    return place


def test_an_installed_package_is_unpacked_once(tmp_path: Path, installed: Path) -> None:
    said: list[str] = []
    first = source.ensure(PACKAGE, cache=tmp_path / "c", installed=installed, tell=said.append)
    assert (first.tree / "Makefile").read_text() == "VERSION = 9\n"
    assert said == [f"unpacking {PACKAGE}"]
    (installed / f"{PACKAGE}.tar.xz").unlink()
    again = source.ensure(PACKAGE, cache=tmp_path / "c", installed=installed, tell=said.append)
    assert (again, len(said)) == (first, 1)
    assert {p.name for p in (tmp_path / "c/kernels").iterdir()} == {PACKAGE, f".{PACKAGE}.lock"}


def _ensure(cache: Path, installed: Path) -> str:
    return str(source.ensure(PACKAGE, cache=cache, installed=installed).tree)


def test_two_processes_share_one(tmp_path: Path, installed: Path) -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        trees = pool.starmap(_ensure, [(tmp_path / "c", installed)] * 4)
    assert set(trees) == {str(tmp_path / "c/kernels" / PACKAGE)}


def test_a_broken_tarball_leaves_nothing(tmp_path: Path, installed: Path) -> None:
    tarball = installed / f"{PACKAGE}.tar.xz"
    tarball.write_bytes(tarball.read_bytes()[:-40])
    with pytest.raises(Exception, match="tar"):
        source.ensure(PACKAGE, cache=tmp_path / "c", installed=installed)
    assert [p.name for p in (tmp_path / "c/kernels").iterdir()] == [f".{PACKAGE}.lock"]


def test_the_version_lies_beside_the_tree(tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    (kernels / PACKAGE).mkdir(parents=True)
    assert source.ensure(PACKAGE, cache=tmp_path).version is None
    (kernels / f"{PACKAGE}.version").write_text("9.9.1-1\n")
    assert source.ensure(PACKAGE, cache=tmp_path).version == "9.9.1-1"


@pytest.mark.parametrize("name", ["linux", "linux-source-6", "../linux-source-6.1", ""])
def test_a_name_that_is_no_source_package(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="not a kernel source package"):
        source.ensure(name, cache=tmp_path)


def test_without_apt_a_tree_must_be_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no apt to fetch it with; pass a kernel tree with --tree"):
        source.ensure(PACKAGE, cache=tmp_path, installed=tmp_path)


def test_apt_is_asked_and_what_it_gives_is_unpacked(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An apt that knows the package only with sources of its own, as Debian 13 does 6.1."""
    deb = tmp_path / "deb"
    (deb / "DEBIAN").mkdir(parents=True)
    (deb / "DEBIAN/control").write_text(
        f"Package: {PACKAGE}\nVersion: 9.9.1-1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    )
    (deb / "usr/src").mkdir(parents=True)
    (installed / f"{PACKAGE}.tar.xz").rename(deb / f"usr/src/{PACKAGE}.tar.xz")
    subprocess.run(["dpkg-deb", "-b", deb, tmp_path / "a.deb"], check=True, capture_output=True)
    apt = tmp_path / "bin/apt-get"
    apt.parent.mkdir()
    apt.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/log\n'
        'case "$*" in *Dir::State::lists=*) ;; *) exit 100;; esac\n'
        f'case "$*" in *download*) cp {tmp_path}/a.deb .;; esac\n'
    )
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{apt.parent}:/usr/bin:/bin")
    found = source.ensure(PACKAGE, cache=tmp_path / "c", installed=tmp_path / "none")
    assert found.version == "9.9.1-1"
    assert (found.tree / "Makefile").exists()
    words = [line.split()[-1] for line in (tmp_path / "log").read_text().splitlines()]
    exact = f"?exact-name({PACKAGE})"
    assert words == [exact, "update", exact]
    assert sorted(p.name for p in (tmp_path / "c/kernels").iterdir()) == [
        f".{PACKAGE}.lock", PACKAGE, f"{PACKAGE}.version"]  # fmt: skip


def test_sources_of_both_formats_gain_the_older_suite(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(
        "# a comment\ndeb [signed-by=/k/debian-archive-trixie-stable.gpg] mirror:/d trixie main\n"
        "deb-src mirror:/d trixie main\ndeb mirror:/other nodistro main\n"
    )
    (parts / "debian.sources").write_text(
        "Types: deb deb-src\n# one\nURIs: mirror:/s\nSuites: trixie-security\n trixie-updates\n"
        "Components: main contrib\nSigned-By: /k/all.gpg\n\n"
        "Enabled: no\nTypes: deb\nURIs: mirror:/no\nSuites: trixie\nComponents: main\n"
    )
    (parts / "old.list.save").write_text("deb mirror:/saved trixie main\n")
    assert derived_sources(tmp_path) == [
        "deb [signed-by=/k/debian-archive-trixie-stable.gpg] mirror:/d trixie main",
        "deb [signed-by=/k/debian-archive-bookworm-stable.gpg] mirror:/d bookworm main",
        "deb [signed-by=/k/all.gpg] mirror:/s trixie-security main contrib",
        "deb [signed-by=/k/all.gpg] mirror:/s bookworm-security main contrib",
        "deb [signed-by=/k/all.gpg] mirror:/s trixie-updates main contrib",
        "deb [signed-by=/k/all.gpg] mirror:/s bookworm-updates main contrib",
    ]


def test_the_private_apt_keeps_to_its_directory(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    (etc / "sources.list.d").mkdir(parents=True)
    root = tmp_path / "root"
    options = private_options(root, etc)
    done = subprocess.run(
        ["apt-config", *options, "dump"], check=True, capture_output=True, text=True
    )
    assert f'Dir::State::lists "{root}/lists";' in done.stdout
    assert f'Dir::Etc::sourcelist "{root}/debian.list";' in done.stdout
    assert (root / "debian.list").read_text() == ""
