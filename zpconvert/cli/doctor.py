# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert doctor`: what is missing on this machine, and the package that has it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.talk import status
from zpconvert.errors import UserError
from zpconvert.process import ProcessError, attend, run


@dataclass(frozen=True)
class Need:
    """A program or a C header that zpconvert, or the kernel's build, works with.

    name: of the program, or `<header.h>`. use: what for. needed: the main job fails without.
    minimum: lowest version that works, empty if any does. The rest are package names,
    `debian` several of them where one does not bring all that it needs.
    """

    name: str
    use: str
    debian: str
    fedora: str
    arch: str
    minimum: str = ""
    needed: bool = True


#: Package names: packages.debian.org, packages.fedoraproject.org, archlinux.org/packages.
NEEDS = (
    # on Debian 13 spatch finds its Python, for scripts, through libpython3-dev only
    Need(
        "spatch",
        "applies the semantic patches",
        "coccinelle libpython3-dev",
        "coccinelle",
        "coccinelle",
        "1.1",
    ),
    Need("git", "commits, diffs, mails", "git", "git-core", "git", "2.30"),
    Need("gcc", "compiles every commit", "gcc", "gcc", "gcc", "8.1"),
    Need("make", "the kernel's build", "make", "make", "make", "4.0"),
    Need("flex", "the kernel's build", "flex", "flex", "flex", "2.5.35"),
    Need("bison", "the kernel's build", "bison", "bison", "bison", "2.0"),
    Need("bc", "the kernel's build", "bc", "bc", "bc"),
    Need("perl", "checkpatch.pl, get_maintainer.pl", "perl", "perl", "perl", "5.14"),
    Need("xz", "unpacks the kernel source", "xz-utils", "xz", "xz"),
    Need("<stdio.h>", "the kernel's build", "libc6-dev", "glibc-devel", "glibc"),
    Need("<gelf.h>", "the kernel's build", "libelf-dev", "elfutils-libelf-devel", "libelf"),
    Need(
        "<openssl/opensslv.h>",
        "kernels that sign their modules",
        "libssl-dev",
        "openssl-devel",
        "openssl",
        needed=False,
    ),
    Need("sparse", "a second look at sources", "sparse", "sparse", "sparse", needed=False),
    Need(
        "dot",
        "draws a plan",
        "graphviz",
        "graphviz",
        "graphviz",
        needed=False,
    ),
    Need("codespell", "spelling of messages", "codespell", "codespell", "codespell", needed=False),
    Need(
        "git send-email",
        "mails the series",
        "git-email libmailtools-perl",
        "git-email",
        "git and perl-net-smtp-ssl",
        needed=False,
    ),
)

#: Seconds for one apt-get; a slow mirror needs them, and so does who is asked for a password.
_INSTALL_TIMEOUT = 3600.0


@dataclass(frozen=True)
class Found:
    """A need and the version found: None if it is not there, empty if it does not say."""

    need: Need
    version: str | None

    @property
    def good(self) -> bool:
        """It is there and new enough."""
        if self.version is None:
            return False
        return not self.version or _numbers(self.version) >= _numbers(self.need.minimum)


def look(needs: Sequence[Need] = NEEDS) -> list[Found]:
    """Look for each need on this machine."""
    return [Found(need, _version(need)) for need in needs]


def _version(need: Need) -> str | None:
    if need.name.startswith("<"):
        return _header(need.name)
    if need.name == "git send-email":
        if shutil.which("git") is None:
            return None
        place = Path(run(["git", "--exec-path"]).text.strip()) / "git-send-email"
        return "" if place.exists() else None
    if shutil.which(need.name) is None:
        return None
    # perl says its version within a sentence, as "(v5.36.0)"; dot knows no --version
    words = {"perl": ["-e", "print $^V"], "dot": ["-V"]}
    argv = [need.name, *words.get(need.name, ["--version"])]
    try:
        done = run(argv, timeout=30, check=False)
    except ProcessError:
        return ""
    said = re.search(r"\d+(?:\.\d+)+", done.text or done.stderr.decode("utf-8", "replace"))
    return said[0] if said else ""


def _header(name: str) -> str | None:
    if shutil.which("gcc") is None:
        return None
    code = run(["gcc", "-E", "-"], stdin=f"#include {name}\n".encode(), check=False).code
    return "" if code == 0 else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
@click.option("--install", is_flag=True, help="Install what is missing, with apt-get.")
def command(as_json: bool, install: bool) -> None:
    """Show which programs zpconvert works with, which are missing, and their packages.

    Exit code 1 if one is missing that the main job needs.

    \b
    Examples:
      zpconvert doctor
      zpconvert doctor --install
    """
    found = look()
    missing = [one for one in found if not one.good]
    lacking = any(one.need.needed for one in missing)
    if install and missing and (lacking or shutil.which("apt-get")):
        _install(sorted({p for one in missing for p in one.need.debian.split()}), missing)
        return
    click.echo(_json(found) if as_json else _table(found))
    if lacking:
        raise Findings


def _json(found: Sequence[Found]) -> str:
    rows = [asdict(one.need) | {"version": one.version, "good": one.good} for one in found]
    return json.dumps(rows, indent=1)


def _table(found: Sequence[Found]) -> str:
    """What is there, and below it the packages: side by side they are too wide for a terminal."""
    programs: list[tuple[str, ...]] = [("PROGRAM", "FOUND", "USED FOR")]
    packages: list[tuple[str, ...]] = [("PROGRAM", "DEBIAN", "FEDORA", "ARCH")]
    for one in found:
        need = one.need
        programs.append((need.name, _state(one), need.use))
        named = (
            text.replace(" and ", " ").split() for text in (need.debian, need.fedora, need.arch)
        )
        below = list(zip_longest(*named, fillvalue=""))
        packages += [(need.name if row is below[0] else "", *row) for row in below]
    bad = {one.need.name: "red" if one.need.needed else "yellow" for one in found if not one.good}
    return "\n".join([*_aligned(programs, bad), "", *_aligned(packages, {}, " ")])


def _aligned(
    rows: Sequence[tuple[str, ...]], colours: Mapping[str, str], gap: str = "  "
) -> Iterator[str]:
    """Lines of a table. colours: of the second column, by the first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if row[0] in colours:
            cells[1] = click.style(cells[1], fg=colours[row[0]])
        yield gap.join(cells).rstrip()


def _state(one: Found) -> str:
    if one.version is None:
        return "missing" if one.need.needed else "missing (optional)"
    if not one.good:
        return f"{one.version}, needs {one.need.minimum}"
    return one.version or "yes"


def _install(packages: Sequence[str], missing: Sequence[Found]) -> None:
    """Have apt-get install packages, through sudo when not root, in sight of the user.

    Lists are fetched if a name is unknown to them, or what they name is gone from the mirror.
    """
    if shutil.which("apt-get") is None:
        names = ", ".join(
            f"{one.need.name} (Fedora {one.need.fedora}, Arch {one.need.arch})" for one in missing
        )
        raise UserError("doctor", f"no apt on this machine and missing: {names}", "install them")
    words = " ".join(packages)
    # sudo hands on no environment of its caller's
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise UserError(
                "doctor", "not root, and no sudo", f"as root: apt-get install -y {words}"
            )
        apt = ["sudo", *apt]
    status(f"installing {words}")
    update = [*apt, "update"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if run(["apt-cache", "show", *packages], check=False).code != 0:
        attend(update, timeout=_INSTALL_TIMEOUT)
    if attend(install, timeout=_INSTALL_TIMEOUT) == 0:
        return
    if any(attend(argv, timeout=_INSTALL_TIMEOUT) != 0 for argv in (update, install)):
        raise UserError("apt-get", f"did not install {words}", "mend what it says above and repeat")
