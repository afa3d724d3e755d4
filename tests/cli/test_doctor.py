# SPDX-License-Identifier: GPL-2.0-only
"""doctor: what it finds, what it says, and how it installs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.cli.doctor import NEEDS, Found, Need, look

#: A machine's programs that apt-get's absence or presence is tried without.
WITHOUT = ("apt-get", "apt-cache", "sudo", "spatch", "codespell", "env")


def zpconvert(*words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    if path is not None:
        env["PATH"] = path
    return subprocess.run(
        [sys.executable, "-m", "zpconvert", *words],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory of links to this machine's programs, but for WITHOUT."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("git", "gcc", "make", "flex", "bison", "bc", "perl", "xz", "sh", "as", "ld"):
        found = shutil.which(name)
        assert found, f"{name} is needed for these tests"
        (place / name).symlink_to(found)
    return place


def script(place: Path, name: str, body: str) -> None:
    (place / name).write_text(f"#!/bin/sh\n{body}\n")
    (place / name).chmod(0o755)


def test_this_machine_has_what_is_needed() -> None:
    found = {one.need.name: one for one in look()}
    assert [name for name, one in found.items() if one.need.needed and not one.good] == []
    assert re.fullmatch(r"1\.\d.*", found["spatch"].version or "")


def test_a_table_names_packages_of_three_distributions() -> None:
    done = zpconvert("doctor")
    assert done.returncode == 0, done.stdout
    programs, packages = done.stdout.split("\n\n")
    assert re.search(r"(?m)^<gelf.h> +libelf-dev +elfutils-libelf-devel +libelf$", packages)
    assert re.search(r"(?m)^spatch .*\n +libpython3-dev$", packages)
    for need in NEEDS:
        assert re.search(rf"(?m)^{re.escape(need.name)} .*{re.escape(need.use)}$", programs)
        assert re.search(rf"(?m)^{re.escape(need.name)} ", packages)
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


def test_a_missing_program_is_a_finding(programs: Path) -> None:
    done = zpconvert("doctor", path=str(programs))
    assert done.returncode == 1
    assert re.search(r"(?m)^spatch +missing +", done.stdout)
    assert re.search(r"(?m)^codespell +missing \(optional\) +", done.stdout)


def test_an_old_program_is_a_finding(programs: Path) -> None:
    script(programs, "spatch", "echo 'spatch version 1.0.8 compiled with OCaml'")
    done = zpconvert("doctor", "--json", path=str(programs))
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 1
    assert (rows["spatch"]["version"], rows["spatch"]["good"]) == ("1.0.8", False)
    assert rows["git"]["good"]


@pytest.mark.parametrize(
    ("version", "minimum", "good"),
    [("1.10", "1.9", True), ("1.1.1", "1.1", True), ("1.0.8", "1.1", False),
     ("", "2", True), (None, "", False)],
)  # fmt: skip
def test_versions_are_numbers(version: str | None, minimum: str, good: bool) -> None:
    assert Found(Need("x", "", "", "", "", minimum), version).good is good


def test_without_apt_the_names_elsewhere_are_said(programs: Path) -> None:
    done = zpconvert("doctor", "--install", path=str(programs))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "spatch (Fedora coccinelle, Arch coccinelle)" in done.stderr


def test_without_apt_what_is_optional_stops_nobody(programs: Path) -> None:
    (programs / "spatch").symlink_to(shutil.which("spatch") or "")
    done = zpconvert("doctor", "--install", path=str(programs))
    assert done.returncode == 0, done.stderr
    assert "missing (optional)" in done.stdout


def test_install_calls_apt_with_debians_names(programs: Path, tmp_path: Path) -> None:
    (programs / "env").symlink_to(shutil.which("env") or "")
    log = tmp_path / "log"
    script(programs, "apt-cache", "exit 0")
    script(programs, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {log}; echo said')
    script(programs, "sudo", 'exec "$@"')
    done = zpconvert("doctor", "--install", path=str(programs))
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", "said")
    lines = log.read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("noninteractive -q install -y --no-install-recommends ")
    assert {"coccinelle", "codespell"} <= set(lines[0].split())
    assert "git" not in lines[0].split()


def test_install_updates_the_lists_only_when_a_name_is_unknown(
    programs: Path, tmp_path: Path
) -> None:
    (programs / "env").symlink_to(shutil.which("env") or "")
    log = tmp_path / "log"
    script(programs, "apt-cache", "exit 100")
    script(programs, "apt-get", f'echo "$2" >> {log}; [ "$2" = update ]')
    script(programs, "sudo", 'exec "$@"')
    done = zpconvert("doctor", "--install", path=str(programs))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("zpconvert: apt-get: did not install ")
    assert log.read_text().split() == ["update", "install", "update", "install"]
