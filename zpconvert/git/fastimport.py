# SPDX-License-Identifier: GPL-2.0-only
"""A whole series into a repository with one process: git fast-import.

The stream is described in git-fast-import(1). `get-mark` after each commit makes it print
the commit's hash, so nothing has to be asked afterwards.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.command import sealed_git, user_git
from zpconvert.git.model import Commit
from zpconvert.git.repo import branch_exists, file_modes, is_dirty, valid_branch_name
from zpconvert.process import Completed, ProcessError
from zpconvert.space import out_of_space

_NEW = "100644"
#: Where a failing fast-import says that it left a report, in the user's .git.
_REPORT = re.compile(rb"dumping crash report to (.*fast_import_crash_\d+)$", re.MULTILINE)

_WORDS = ("fast-import", "--quiet", "--date-format=raw")


def import_commits(repo: Path, commits: Sequence[Commit], *, ref: str) -> list[str]:
    """Write `commits`, the first one a root, into the scratch repository `repo` (a git
    directory) as `ref`; their hashes, in order. Raises ProcessError."""

    def feed(stream: bytes) -> Completed:
        # Deltas are a third of the time, and nobody keeps this pack.
        return sealed_git(repo, f"--git-dir={repo}", *_WORDS, "--depth=0", stdin=stream)

    return _import(feed, commits, None, ref, {})


def check_branch(tree: Path, name: str) -> None:
    """Raise UserError unless a branch of that name can be made in the user's repository."""
    if not valid_branch_name(tree, name):
        raise UserError(name, "not a name for a branch", "choose one that git takes")
    if branch_exists(tree, name):
        raise UserError(name, "the branch exists", "choose another name, or delete it")
    if is_dirty(tree):
        raise UserError(str(tree), "the tree has changes of yours", "commit or stash them first")


def create_branch(tree: Path, name: str, commits: Sequence[Commit], *, parent: str) -> list[str]:
    """Write `commits` on top of `parent` as a new branch of the user's repository.

    Objects and one ref are added; HEAD, index and work tree stay as they are, and the ref
    appears only after all objects are there. Returns the hashes, in order.

    Raises UserError when the name is not one or is taken, when the tree is dirty, or when
    the disk is full; ProcessError when git fails otherwise.
    """
    check_branch(tree, name)
    files = tuple(sorted({path for commit in commits for path in commit.files}))
    modes = file_modes(tree, parent, files)
    links = [path for path, mode in modes.items() if not mode.startswith("100")]
    if links:
        raise UserError(str(tree / links[0]), "not an ordinary file", "use a tree where it is")

    def feed(stream: bytes) -> Completed:
        try:
            return user_git(tree, *_WORDS, stdin=stream)
        except ProcessError as error:
            for report in _REPORT.finditer(error.stderr):
                (tree / os.fsdecode(report[1])).unlink(missing_ok=True)
            if out_of_space(error):
                raise UserError(str(tree), "the disk is full", "make room there") from None
            raise

    return _import(feed, commits, parent, f"refs/heads/{name}", modes)


def _import(
    feed: Callable[[bytes], Completed],
    commits: Sequence[Commit],
    parent: str | None,
    ref: str,
    modes: Mapping[str, str],
) -> list[str]:
    stream = b"".join(_stream(commits, parent, ref, modes))
    hashes = feed(stream).text.split()
    if len(hashes) != len(commits):
        raise RuntimeError(f"fast-import made {len(hashes)} commits of {len(commits)}")
    return hashes


def _stream(
    commits: Sequence[Commit], parent: str | None, ref: str, modes: Mapping[str, str]
) -> Iterator[bytes]:
    yield b"feature done\n"
    written: dict[str, bytes] = {}
    for number, commit in enumerate(commits, 1):
        yield f"commit {ref}\nmark :{number}\n".encode()
        yield f"author {commit.ident}\ncommitter {commit.ident}\n".encode()
        yield _data(commit.message.encode())
        if number == 1 and parent is not None:
            yield f"from {parent}\n".encode()
        for path, content in sorted(commit.files.items()):
            if written.get(path) != content:
                written[path] = content
                yield f"M {modes.get(path, _NEW)} inline {_quoted(path)}\n".encode()
                yield _data(content)
        yield f"get-mark :{number}\n".encode()
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> str:
    """A path as the stream takes it whatever it starts with."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
