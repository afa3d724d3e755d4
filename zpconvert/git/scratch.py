# SPDX-License-Identifier: GPL-2.0-only
"""Throw-away repositories that hold the touched files only.

A blob's hash does not depend on what else a tree holds, so the `index` lines of a patch
are right for the user's tree though the scratch repository has but two of its files. That
holds for a git tree and a plain one alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zpconvert.git.command import sealed_git
from zpconvert.git.fastimport import import_commits
from zpconvert.git.model import Commit, Ident
from zpconvert.scratch import scratch_directory

#: The kernel's own .gitattributes: what a hunk header shows is a C function.
ATTRIBUTES = "*.[ch] diff=cpp\n"

#: Branch of the series; its root commit is the base.
BRANCH = "series"

#: Branch of a second one, to be compared with it.
_OTHER = "other"

#: A pack, uncompressed and not synced, takes a fifth of the time of loose objects (the
#: default below 100 of them), and nobody keeps it.
#: 12 digits of a hash are what the kernel's submitting-patches.rst asks for.
_CONFIG = """\
[core]
	repositoryFormatVersion = 0
	bare = {bare}
	abbrev = 12
	fsync = none
[fastimport]
	unpackLimit = 1
[pack]
	compression = 0
"""

_NOBODY = Ident("zpconvert", "zpconvert@localhost", "0 +0000")


@dataclass(frozen=True)
class Scratch:
    """A scratch repository: `git_dir`, the `base` commit and the `commits` on top of it."""

    git_dir: Path
    base: str
    commits: tuple[str, ...]

    @property
    def range(self) -> str:
        """The series as a revision range; git takes the branch's description from it."""
        return f"{self.base}..{BRANCH}"

    def add(self, base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> str:
        """Another series on a base of its own, as a revision range. Raises ProcessError."""
        ref = f"refs/heads/{_OTHER}"
        made = import_commits(self.git_dir, [_root(base_files), *commits], ref=ref)
        return f"{made[0]}..{_OTHER}"

    def git(self, *words: str | Path, env: dict[str, str] | None = None) -> bytes:
        """What a git command prints here. Raises ProcessError."""
        return sealed_git(self.git_dir, f"--git-dir={self.git_dir}", *words, env=env).stdout


@contextmanager
def scratch_series(base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> Iterator[Scratch]:
    """A bare repository with `base_files` as root commit and `commits` on top, removed at
    the end. One process. Raises ProcessError, OSError (a full disk)."""
    with scratch_directory() as place:
        git_dir = place
        _init(git_dir, bare=True)
        hashes = import_commits(git_dir, [_root(base_files), *commits], ref=f"refs/heads/{BRANCH}")
        yield Scratch(git_dir, hashes[0], tuple(hashes[1:]))


@contextmanager
def scratch_worktree(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A work tree with `files` committed, removed at the end. Raises ProcessError, OSError."""
    with scratch_directory() as place:
        tree = place / "tree"
        _init(tree / ".git", bare=False)
        import_commits(tree / ".git", [_root(files)], ref=f"refs/heads/{BRANCH}")
        sealed_git(tree, "reset", "--quiet", "--hard")
        yield tree


def _root(files: Mapping[str, bytes]) -> Commit:
    return Commit("base\n", _NOBODY, files)


def _init(git_dir: Path, *, bare: bool) -> None:
    """What gitrepository-layout(5) asks of a repository; `git init` takes a process more."""
    for name in ("objects", "refs", "info"):
        (git_dir / name).mkdir(parents=True)
    (git_dir / "HEAD").write_text(f"ref: refs/heads/{BRANCH}\n")
    (git_dir / "config").write_text(_CONFIG.format(bare=str(bare).lower()))
    (git_dir / "info/attributes").write_text(ATTRIBUTES)
