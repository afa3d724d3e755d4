# SPDX-License-Identifier: GPL-2.0-only
"""Diffs: made from two file maps, read into counts, measured over a series."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zpconvert.git.model import Commit, Ident
from zpconvert.git.scratch import BRANCH, Scratch, scratch_series

_WHEN = Ident("zpconvert", "zpconvert@localhost", "0 +0000")


@dataclass(frozen=True)
class FileDiff:
    """Lines `added` to and `removed` from `path`; `created` if the base has no such file."""

    path: str
    added: int
    removed: int
    created: bool = False

    @property
    def lines(self) -> int:
        """Lines changed."""
        return self.added + self.removed


@dataclass(frozen=True)
class SeriesStat:
    """What each commit changes, in order, and what all of them change together."""

    commits: tuple[tuple[FileDiff, ...], ...]
    total: tuple[FileDiff, ...]

    @property
    def churn(self) -> float:
        """Lines changed over the series, divided by the lines of the final diff (>= 1 as a
        rule; 1.0 when nothing is touched twice)."""
        final = sum(file.lines for file in self.total)
        series = sum(file.lines for commit in self.commits for file in commit)
        return series / final if final else 1.0


def parse_diff(diff: bytes) -> tuple[FileDiff, ...]:
    """The files of a unified diff (a mail with one will do) and their counts.

    Raises ValueError when it is no diff that unidiff can read.
    """
    from unidiff.errors import UnidiffParseError  # 0.06 s that --help need not pay
    from unidiff.patch import PatchSet

    # latin-1 maps each byte to one character: counting needs no encoding. newline="\n"
    # keeps a lone carriage return inside a line from ending it.
    text = io.StringIO(diff.decode("latin-1"), newline="\n")
    try:
        files = PatchSet(text)
    except UnidiffParseError as error:
        raise ValueError(f"not a unified diff: {error}") from error
    return tuple(
        FileDiff(_utf8(file.path), file.added, file.removed, file.is_added_file) for file in files
    )


def diff_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """`git diff` of two maps of path -> content, with a/ and b/; empty when they agree."""
    with scratch_series(before, [Commit("after\n", _WHEN, after)]) as scratch:
        return scratch.git("diff", scratch.base, BRANCH)


def series_stat(scratch: Scratch) -> SeriesStat:
    """The counts of a series in a scratch repository, by git's own numbers."""
    log = scratch.git("log", "--reverse", "--numstat", "--format=%x00", scratch.range).decode()
    total = scratch.git("diff", "--numstat", scratch.base, BRANCH).decode()
    known = scratch.paths
    return SeriesStat(_commits(log.split("\0")[1:], known), _counts(total.splitlines(), known))


def measure(base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> SeriesStat:
    """`series_stat` for who has no scratch repository at hand."""
    with scratch_series(base_files, commits) as scratch:
        return series_stat(scratch)


def _commits(numstats: Iterable[str], known: frozenset[str]) -> tuple[tuple[FileDiff, ...], ...]:
    commits = []
    for numstat in numstats:
        counts = _counts(numstat.strip().splitlines(), known)
        known = known | {file.path for file in counts}
        commits.append(counts)
    return tuple(commits)


def _counts(lines: Iterable[str], known: frozenset[str]) -> tuple[FileDiff, ...]:
    """numstat lines, `added TAB removed TAB path`; `-` counts of a binary file are 0."""
    counts = []
    for line in lines:
        added, removed, path = line.split("\t", 2)
        counts.append(FileDiff(path, _number(added), _number(removed), path not in known))
    return tuple(counts)


def _number(text: str) -> int:
    return 0 if text == "-" else int(text)


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")
