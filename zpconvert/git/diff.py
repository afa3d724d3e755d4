# SPDX-License-Identifier: GPL-2.0-only
"""Diffs: made from two file maps, read into counts, measured over a series."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zpconvert.git.model import Commit, Ident
from zpconvert.git.scratch import BRANCH, Scratch, scratch_series

#: No line of a diff begins with a letter but git's own headers.
_BETWEEN = "zpconvert-commit"

#: The last line of a diffstat; git leaves out what is 0.
_SUM = re.compile(
    rb"^ (\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?$",
    re.MULTILINE,
)

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
    """What each commit changes, in order, and the `lines` of the final diff."""

    commits: tuple[tuple[FileDiff, ...], ...]
    lines: int

    @property
    def churn(self) -> float:
        """Lines changed over the series, divided by the lines of the final diff: 1.0 when
        nothing is touched twice."""
        series = sum(file.lines for commit in self.commits for file in commit)
        return series / self.lines if self.lines else 1.0


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


def missing_changes(head: bytes, changes: Sequence[FileDiff]) -> str:
    """What a mail's diff has less of than the mail's own diffstat counts; empty if it is whole.
    It is so where a mail was cut between two hunks.

    head: the mail's text before its diff, with a diffstat or without one; a note in it may
    quote that of another mail.
    """
    here = (len(changes), sum(f.added for f in changes), sum(f.removed for f in changes))
    names = ("files", "insertions", "deletions")
    said = [[int(n or 0) for n in stat.groups()] for stat in _SUM.finditer(head)]
    short = [
        [f"{n} of {m} {name}" for n, m, name in zip(here, stat, names, strict=True) if n < m]
        for stat in said
    ]
    return ", ".join(short[-1]) if short and all(short) else ""


def diff_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """`git diff` of two maps of path -> content, with a/ and b/; empty when they agree."""
    with scratch_series(before, [Commit("after\n", _WHEN, after)]) as scratch:
        return scratch.git("diff", scratch.base, BRANCH)


def measure(base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> SeriesStat:
    """The counts of a series that is not written out; `write_series` counts its own mails."""
    with scratch_series(base_files, commits) as scratch:
        diffs = _each(scratch)
        total = parse_diff(scratch.git("diff", scratch.base, BRANCH))
    return SeriesStat(tuple(map(parse_diff, diffs)), sum(file.lines for file in total))


def commit_diffs(base_files: Mapping[str, bytes], commits: Sequence[Commit]) -> list[bytes]:
    """What each commit changes, as its mail will have it."""
    with scratch_series(base_files, commits) as scratch:
        return _each(scratch)


def _each(scratch: Scratch) -> list[bytes]:
    log = scratch.git("log", "--reverse", "-p", f"--format=tformat:{_BETWEEN}", scratch.range)
    return re.split(f"^{_BETWEEN}\n".encode(), log, flags=re.MULTILINE)[1:]


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")
