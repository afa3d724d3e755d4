# SPDX-License-Identifier: GPL-2.0-only
"""The commits to validate, as texts of the files that they touch: from mails or from git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zpconvert.conversion.model import Identity
from zpconvert.errors import UserError
from zpconvert.git.command import sealed_git, user_git
from zpconvert.git.scratch import scratch_worktree
from zpconvert.kernel.tree import Tree
from zpconvert.mail.reading import base_commit, cover, patches, whole
from zpconvert.plural import counted
from zpconvert.process import Completed, ProcessError

_COMMITTER = {"GIT_COMMITTER_NAME": "zpconvert", "GIT_COMMITTER_EMAIL": "zpconvert@localhost"}

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Commit:
    """A commit: `number` is 1-based, `name` a hash or the mail's file name, `files` all files
    that the series touches, as they are after it, `touched` those that it changes itself."""

    number: int
    name: str
    message: str
    files: Files
    touched: tuple[str, ...]

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class Series:
    """Commits on a base. source: what they were read from, as a person names it; base: the
    touched files before the first commit; mails: where each commit's mail is, if it has one;
    conversion: the name of the conversion that made them, None if that is not known; own: where
    it was, if it did not come with the package;
    covers: the mail that goes before the commits, if there is one; made_for: the commit that
    the mails name as their base, None if they name none."""

    source: str
    base: Files
    commits: tuple[Commit, ...]
    mails: tuple[Path, ...] = ()
    conversion: str | None = None
    covers: tuple[Path, ...] = ()
    own: Identity | None = None
    made_for: str | None = None

    @property
    def states(self) -> list[Files]:
        """The touched files of the base and after each commit."""
        return [self.base, *(commit.files for commit in self.commits)]


def from_mails(out: Path, tree: Tree) -> Series:
    """The series in directory `out`, applied to `tree` by a real `git am` in a scratch tree.

    Raises UserError when there are no mails, or one of them is damaged or does not apply.
    """
    found, mails = patches(out)
    paths = sorted({file.path for mail in mails for file in whole(mail)})
    base = {path: (tree.path / path).read_bytes() for path in paths if (tree.path / path).exists()}
    with scratch_worktree(base) as place:
        names = _apply(place, mails, tree)
        messages = sealed_git(place, "log", "--reverse", "-z", "--format=%B").text.split("\0")[1:]
        wanted = _wanted(names, paths)
        data = sealed_git(place, "cat-file", "--batch", stdin=wanted).stdout
    states: list[Files] = [base, *_contents(data, names, paths)]
    commits = [
        Commit(
            number,
            mail.name,
            messages[number - 1].rstrip("\n") + "\n",
            states[number],
            _changed(states[number - 1], states[number]),
        )
        for number, mail in enumerate(mails, 1)
    ]
    letter = cover(out)
    covers = (letter,) if letter is not None else ()
    made_for = next(filter(None, map(base_commit, (*covers, *mails))), None)
    made = Series(str(out), base, tuple(commits), tuple(mails), covers=covers, made_for=made_for)
    return made if found is None else replace(made, conversion=found.conversion, own=found.own)


def _apply(place: Path, mails: Sequence[Path], tree: Tree) -> list[str]:
    """The names of the commits that mails become, oldest first."""
    try:
        sealed_git(place, "am", "--quiet", *(mail.resolve() for mail in mails), env=_COMMITTER)
    except ProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        # one that is no mail is found before any is applied
        broken = (mail for mail in mails if str(mail.resolve()) in "".join(said))
        applied = len(_applied(place))
        mail = next(broken, mails[applied])
        reason = next((line for line in said if line.startswith("error: ")), "git am refuses it")
        onto, todo = tree.path.as_posix(), "give the tree that the series was made for"
        if applied:
            onto += f" after {counted(applied, 'mail')} that did"
            todo += ", or mend it or those before it, if one was edited"
        raise UserError(
            str(mail), f"does not apply to {onto}: {reason.removeprefix('error: ')}", todo
        ) from None
    return _applied(place)


def _applied(place: Path) -> list[str]:
    """The commits after the first one."""
    return sealed_git(place, "rev-list", "--reverse", "HEAD").text.split()[1:]


def from_range(tree: Tree, revisions: str) -> Series:
    """The commits of a range `A..B` of the tree's own repository, oldest first.

    What the range does not touch is taken from the work tree, which must agree with the range
    there. Raises UserError when it does not, or the range is none, empty or has merges.
    """
    if not tree.is_git:
        raise UserError(str(tree.path), "not a git work tree", "give mails, or a git tree")
    if ".." not in revisions or revisions.startswith("-"):
        raise UserError(revisions, "not a range", "write it as A..B, A the older")
    said = _asked(tree, revisions, "rev-list", "--reverse", "--parents", revisions, "--").text
    listed = [line.split() for line in said.splitlines()]
    if not listed:
        raise UserError(revisions, "no commits in this range", "write it as A..B, A the older")
    parent, *names = _chain(listed)
    touched = [
        tuple(_asked(tree, revisions, "diff-tree", "-r", "--no-commit-id", "--name-only", "-z", n)
              .text.split("\0")[:-1])
        for n in names
    ]  # fmt: skip
    paths = sorted({path for one in touched for path in one})
    _check_worktree(tree, parent, paths)
    every = [parent, *names]
    data = user_git(tree.path, "cat-file", "--batch", stdin=_wanted(every, paths)).stdout
    base, *states = _contents(data, every, paths)
    commits = tuple(
        Commit(number, name, _message(tree, name), state, files)
        for number, (name, state, files) in enumerate(zip(names, states, touched, strict=True), 1)
    )
    return Series(f"{tree.path} {revisions}", base, commits)


def _chain(listed: Sequence[Sequence[str]]) -> list[str]:
    """The parent of the first commit and the names of all, each of which follows the one before
    it. listed: names, each with those of its parents, oldest first."""
    chain: list[str] = []
    for name, *parents in listed:
        if not parents:
            raise UserError(name[:12], "has no parent", "begin the range after it")
        if len(parents) > 1:
            raise UserError(name[:12], "is a merge", "validate each side on its own")
        if chain and parents != chain[-1:]:
            raise UserError(
                name[:12], "does not follow the commit before it", "write A..B, A the older of two"
            )
        chain += [*parents, name] if not chain else [name]
    return chain


def _check_worktree(tree: Tree, parent: str, paths: Sequence[str]) -> None:
    changed = _asked(tree, parent, "diff", "--name-only", "-z", parent, "--").text.split("\0")[:-1]
    stray = sorted(set(changed) - set(paths))
    if stray:
        more = f" and {len(stray) - 1} more" if len(stray) > 1 else ""
        raise UserError(
            str(tree.path),
            f"{stray[0]}{more} must not differ from the range's base",
            "check out a commit of the range, and commit or stash what is yours",
        )


def _message(tree: Tree, name: str) -> str:
    return _asked(tree, name, "log", "-1", "--format=%B", name, "--").text.rstrip("\n") + "\n"


def _wanted(names: Sequence[str], paths: Sequence[str]) -> bytes:
    """What `git cat-file --batch` is asked for the texts of paths in commits."""
    return "".join(f"{name}:{path}\n" for name in names for path in paths).encode()


def _contents(data: bytes, names: Sequence[str], paths: Sequence[str]) -> list[dict[str, bytes]]:
    """What it answers: for each commit the texts of those paths that it has."""
    states, at = [], 0
    for _ in names:
        found = {}
        for path in paths:
            end = data.index(b"\n", at)
            head = data[at:end].split(b" ")
            at = end + 1
            if head[-1] != b"missing":
                size = int(head[-1])
                if head[-2] == b"blob":
                    found[path] = data[at : at + size]
                at += size + 1
        states.append(found)
    return states


def _asked(tree: Tree, where: str, *words: str) -> Completed:
    done = user_git(tree.path, *words, check=False)
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git refuses"]
        what = said[-1].removeprefix("fatal: ").rstrip(".")
        raise UserError(where, what, "give a range that 'git log' takes")
    return done


def _changed(before: Files, after: Files) -> tuple[str, ...]:
    return tuple(
        path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)
    )
