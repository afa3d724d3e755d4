# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of the user's own repository; nothing here writes to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.command import user_git
from zpconvert.git.model import Ident, parse_ident
from zpconvert.process import Completed

#: What git says without user.name or user.email (ident.c).
_NOBODY = re.compile(rb"auto-detect|empty ident|no (?:name|email) was given")


def is_worktree(path: Path) -> bool:
    """Whether `path` is the top of a git work tree.

    A plain tree unpacked somewhere inside a repository is not one: that repository's HEAD
    says nothing about it. Raises UserError when git will not touch the repository.
    """
    if not (path / ".git").exists():
        return False
    asked = user_git(path, "rev-parse", "--show-toplevel", check=False)
    if asked.code != 0:
        raise _refusal(path, asked)
    return Path(asked.text.rstrip("\n")).resolve() == path.resolve()


def head(path: Path) -> str:
    """The full hash of HEAD. Raises UserError when there is no commit yet."""
    asked = user_git(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
    if asked.stderr:
        raise _refusal(path, asked)
    if asked.code != 0:
        raise UserError(str(path), "the repository has no commit", "commit the tree first")
    return asked.text.strip()


def describe(path: Path, commit: str = "HEAD") -> str | None:
    """A commit as `git describe` names it, `v6.12-3-g0123456789ab`; the hash without a tag;
    None for a commit that the repository does not have."""
    words = ("describe", "--always", "--tags", "--abbrev=12", commit)
    asked = user_git(path, *words, check=False)
    return asked.text.strip() if asked.code == 0 else None


def is_dirty(path: Path, files: Iterable[str] = ()) -> bool:
    """Whether index or work tree differ from HEAD, in some files or in all; files git does not
    track do not count."""
    words = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
    return bool(user_git(path, *words, "--", *files).stdout)


def branch_exists(path: Path, name: str) -> bool:
    """Whether there is a local branch of that name."""
    asked = user_git(path, "show-ref", "--verify", "--quiet", f"refs/heads/{name}", check=False)
    return asked.code == 0


def valid_branch_name(path: Path, name: str) -> bool:
    """Whether git takes `name` for a new branch; `-` and `@{-1}` are shorthands, not names."""
    asked = user_git(path, "check-ref-format", "--branch", name, check=False)
    return asked.code == 0 and asked.text.rstrip("\n") == name


def author_ident(cwd: Path) -> Ident:
    """Who writes the patches, and when, as git itself would decide it in `cwd`.

    A name and address that git would make up from the machine's are not taken: they would
    go out in mails. Raises UserError when there is no identity.
    """
    ident = known_ident(cwd)
    if ident is None:
        raise UserError(
            "git",
            "does not know who you are",
            "run 'git config --global user.name \"Your Name\"' and "
            "'git config --global user.email you@example.org'",
        )
    return ident


def known_ident(cwd: Path) -> Ident | None:
    """As `author_ident`, but None when git does not know who the user is."""
    asked = user_git(cwd, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", check=False)
    if asked.code == 0:
        return parse_ident(asked.text)
    if not _NOBODY.search(asked.stderr):
        raise _refusal(cwd, asked)
    return None


def nobody(now: int) -> Ident:
    """Stands for a user whom git does not know, in mails that are to be read and not sent.

    now: seconds since the epoch.
    """
    return Ident("Your Name", "you@example.org", f"{now} +0000")


def file_modes(path: Path, commit: str, files: tuple[str, ...]) -> dict[str, str]:
    """Mode of each of `files` that `commit` has: `100644`, `100755` or `120000`."""
    listed = user_git(path, "--literal-pathspecs", "ls-tree", "-z", commit, "--", *files).text
    modes = {}
    for entry in listed.split("\0")[:-1]:
        facts, name = entry.split("\t", 1)
        modes[name] = facts.split()[0]
    return modes


def _refusal(path: Path, asked: Completed) -> UserError:
    """git's own reason for not answering: a broken configuration, somebody else's files."""
    said = asked.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = said[-1].removeprefix("fatal: ") if said else f"git exits with {asked.code}"
    return UserError(str(path), reason.rstrip("."), "mend the repository or git's configuration")
