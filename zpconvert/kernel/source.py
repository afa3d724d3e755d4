# SPDX-License-Identifier: GPL-2.0-only
"""Debian's kernel sources, fetched and unpacked once into the user's cache.

`$XDG_CACHE_HOME/zpconvert/kernels/linux-source-X.Y` is the tree, exactly as the package has
it; `linux-source-X.Y.version` beside it holds the version of the Debian package. Nothing
here needs root: `apt-get download` does not.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.kernel.apt import private_options
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.space import out_of_space

#: The base that a series is made on when the user names no tree.
DEFAULT_PACKAGE = "linux-source-6.12"

#: Seconds; a slow mirror needs them for 150 MB.
DOWNLOAD_TIMEOUT = 1800.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class KernelSource:
    """An unpacked tree: `version` is the Debian package's (`6.12.117-1~deb12u1`), None if
    the tree was put there by other means."""

    tree: Path
    package: str
    version: str | None


def cache_home() -> Path:
    """zpconvert's own cache directory, by the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "zpconvert"


def ensure(
    package: str = DEFAULT_PACKAGE,
    *,
    cache: Path | None = None,
    installed: Path = Path("/usr/src"),
    tell: Tell = lambda message: None,
) -> KernelSource:
    """The unpacked tree of a `linux-source-X.Y` package, fetched first if need be.

    cache: zpconvert's cache directory (`cache_home()` if None).
    installed: where the package, if it is installed, has its tarball.
    tell: told in words what takes long, before it starts.

    A tree appears whole or not at all, also with several processes at once.
    Raises UserError when the name is no such package, or it cannot be had.
    """
    if not re.fullmatch(r"linux-source-\d+\.\d+", package):
        raise UserError(package, "not a kernel source package", "name one as linux-source-6.12")
    kernels = (cache or cache_home()) / "kernels"
    tree = kernels / package
    if not tree.is_dir():
        kernels.mkdir(parents=True, exist_ok=True)
        with _locked(kernels / f".{package}.lock"):
            if not tree.is_dir():
                _unpack(package, kernels, installed, tell)
    sidecar = kernels / f"{package}.version"
    return KernelSource(tree, package, sidecar.read_text().strip() if sidecar.exists() else None)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock, so that two processes do not download the same thing."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _unpack(package: str, kernels: Path, installed: Path, tell: Tell) -> None:
    try:
        with scratch_directory(kernels) as scratch:
            tarball = installed / f"{package}.tar.xz"
            if tarball.exists():
                version = run(["dpkg-query", "-W", "-f", "${Version}", package], check=False).text
            else:
                tarball, version = _download(package, scratch, tell)
            tell(f"unpacking {package}")
            run(["tar", "-xf", tarball, "-C", scratch], timeout=DOWNLOAD_TIMEOUT)
            if version:
                (scratch / "version").write_text(version + "\n")
                (scratch / "version").rename(kernels / f"{package}.version")
            (scratch / package).rename(kernels / package)
    except ProcessError as error:
        if out_of_space(error):
            raise UserError(str(kernels), "disk full", "make room for 2 GB and repeat") from error
        raise


def _download(package: str, scratch: Path, tell: Tell) -> tuple[Path, str]:
    """Fetch the package with apt into scratch; its tarball and its version."""
    if shutil.which("apt-get") is None:
        raise UserError(
            package, "this machine has no apt to fetch it with", "pass a kernel tree with --tree"
        )
    tell(f"downloading Debian's {package}")
    if not _apt_download(package, scratch, []):
        options = private_options(scratch / "apt")
        run(["apt-get", *options, "update"], timeout=DOWNLOAD_TIMEOUT, check=False)
        if not _apt_download(package, scratch, options):
            raise UserError(
                package,
                "the Debian mirrors of this machine do not give it",
                "check the network and /etc/apt, or pass a kernel tree with --tree",
            )
    (deb,) = scratch.glob("*.deb")
    run(["dpkg-deb", "-x", deb, scratch / "deb"])
    version = run(["dpkg-deb", "-f", deb, "Version"]).text.strip()
    return scratch / f"deb/usr/src/{package}.tar.xz", version


def _apt_download(package: str, scratch: Path, options: list[str]) -> bool:
    """Whether apt could fetch it; apt says 100 both for an unknown package and no network."""
    # Without the pattern, apt takes a name it does not know for a regular expression, and gives
    # linux-source-6.12 for linux-source-6.1 (seen on Debian 13). Its own download user cannot
    # write into a private directory, which it would say on every run.
    words = ["apt-get", *options, "-q", "-o", "APT::Sandbox::User=root", "download"]
    exact = f"?exact-name({package})"
    return run([*words, exact], cwd=scratch, timeout=DOWNLOAD_TIMEOUT, check=False).code == 0
