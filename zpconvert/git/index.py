# SPDX-License-Identifier: GPL-2.0-only
"""What is staged, or in a commit: read and replaced without touching the work tree.

A hook runs with the index of the commit to be, which `git commit -a` and `git commit FILE`
keep apart (GIT_INDEX_FILE, githooks(5)): so the environment is the caller's here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.process import Completed, run
from zpconvert.scratch import scratch_directory

_GIT = ("git", "--no-pager", "--literal-pathspecs", "-c", "color.ui=false")


def _git(
    place: Path, *words: str, stdin: bytes = b"", check: bool = True, index: bool = False
) -> Completed:
    """index: the command writes the index, so it may take its lock."""
    locks = () if index else ("--no-optional-locks",)
    return run([*_GIT, *locks, *words], cwd=place, stdin=stdin, check=check, timeout=120)


def toplevel(place: Path) -> Path:
    """The top of the work tree that a directory is in. Raises UserError outside of one."""
    asked = _git(place, "rev-parse", "--show-toplevel", check=False)
    if asked.code != 0:
        raise UserError(str(place), "no git work tree", "run this inside a repository")
    return Path(asked.text.rstrip("\n"))


def staged(top: Path) -> list[str]:
    """Files, by their paths from the top, whose content in the index differs from HEAD's."""
    words = ("diff", "--cached", "--name-only", "--no-renames", "--diff-filter=ACMT", "-z")
    return _names(_git(top, *words).stdout)


def listed(top: Path, directory: str, word: str, commit: str = "") -> list[str]:
    """Files of a commit, or else of the index, right in a directory that mention a word."""
    where = [commit] if commit else ["--cached"]
    words = ("grep", "-l", "-z", "-F", "-e", word, *where, "--", directory)
    found = _names(_git(top, *words, check=False).stdout)
    names = [name.removeprefix(f"{commit}:") if commit else name for name in found]
    return [name for name in names if name.rpartition("/")[0] == directory.rstrip("/")]


def _names(output: bytes) -> list[str]:
    return [name.decode("utf-8", "surrogateescape") for name in output.split(b"\0")[:-1]]


def contents(top: Path, paths: Sequence[str], commit: str = "") -> dict[str, bytes]:
    """What a commit, or else the index, has at some paths; those that are not there are left
    out."""
    asked = "".join(f"{commit}:{path}\n" for path in paths if "\n" not in path)
    output = _git(top, "cat-file", "--batch", stdin=asked.encode("utf-8", "surrogateescape")).stdout
    found, at = {}, 0
    for path in (p for p in paths if "\n" not in p):
        end = output.index(b"\n", at)
        facts = output[at:end].split()
        at = end + 1
        if facts[-1:] == [b"missing"] or len(facts) < 3 or facts[-2] != b"blob":
            continue
        size = int(facts[-1])
        found[path] = output[at : at + size]
        at += size + 1
    return found


def stage(top: Path, files: Mapping[str, bytes]) -> None:
    """Put new content at paths that the index has; modes are kept, the work tree is not read."""
    entries = _git(top, "ls-files", "--stage", "-z", "--", *files).stdout.split(b"\0")[:-1]
    modes = {
        name.decode("utf-8", "surrogateescape"): facts.split()[0].decode()
        for facts, name in (entry.split(b"\t", 1) for entry in entries)
    }
    lines = []
    for path, text in files.items():
        made = _git(top, "hash-object", "-w", "--stdin", "--no-filters", stdin=text).text.strip()
        lines.append(f"{modes[path]} {made}\t{path}\0")
    stdin = "".join(lines).encode("utf-8", "surrogateescape")
    _git(top, "update-index", "-z", "--index-info", stdin=stdin, index=True)


def merged(place: Path, ours: bytes, before: bytes, theirs: bytes) -> bytes | None:
    """Two changes of one text together (git-merge-file(1)); None where they collide."""
    with scratch_directory() as scratch:
        names = []
        for name, text in (("ours", ours), ("before", before), ("theirs", theirs)):
            (scratch / name).write_bytes(text)
            names.append(str(scratch / name))
        done = _git(place, "merge-file", "-p", *names, check=False)
    return done.stdout if done.code == 0 else None


def relative(top: Path, paths: Iterable[Path]) -> list[str]:
    """Paths from the top. Raises UserError for one that is not below it."""
    found = []
    for path in paths:
        place = path.parent.resolve() / path.name
        if not place.is_relative_to(top.resolve()):
            raise UserError(str(path), f"is not in {top}", "name files of this repository")
        found.append(place.relative_to(top.resolve()).as_posix())
    return found
