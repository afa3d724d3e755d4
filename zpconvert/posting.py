# SPDX-License-Identifier: GPL-2.0-only
"""From computed commits to what is posted: messages, cover letter, mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from zpconvert.conversion.model import Conversion, Step
from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.diff import SeriesStat
from zpconvert.git.model import Commit, Ident
from zpconvert.kernel.tree import open_tree
from zpconvert.mail import cover, lint
from zpconvert.mail.cover import Base, Cover, Deprecation, Measured, ObjectSize, Shrunk
from zpconvert.mail.message import compose
from zpconvert.mail.record import Origin, SeriesOptions, StepRecord
from zpconvert.mail.series import write_series
from zpconvert.measure import Measurement
from zpconvert.pipeline import Absent, Converted


@dataclass(frozen=True)
class Posted:
    """The mails written, cover letter first, and what git counts in the series."""

    paths: tuple[Path, ...]
    stat: SeriesStat


def commits(conversion: Conversion, result: Converted, ident: Ident, signoff: bool) -> list[Commit]:
    """The series as git commits, messages composed and checked.

    Raises UserError for a message that cannot be posted, at its step in the conversion.
    """
    functions = _functions(result)
    found = []
    for state in result.states:
        where = place(conversion, state.step)
        message = compose(
            conversion.prefix,
            state.step.subject,
            state.step.body,
            state.step.trailers,
            ident if signoff else None,
            where=where,
        )
        for fault in lint.lint(message, prefix=conversion.prefix, functions=functions):
            raise UserError(where, f"message line {fault.line}: {fault.text}", "mend the message")
        found.append(Commit(message, ident, state.files))
    return found


def place(conversion: Conversion, step: Step) -> str:
    """Where a step stands, for messages: `path/conversion.toml:12`."""
    return f"{conversion.directory / 'conversion.toml'}:{step.line}"


def _functions(result: Converted) -> frozenset[str]:
    """Names of functions that a message may speak of."""
    return frozenset(
        slot.partition(":")[0].removesuffix("()")
        for state in result.states
        for slot in state.slots
        if not slot.startswith((":", "struct "))
    )


def base_of(tree: Path) -> Base:
    """What the series applies to, as the cover letter names it."""
    opened = open_tree(tree)
    if repo.is_worktree(opened.path):
        return Base(repo.describe(opened.path), repo.head(opened.path))
    return Base(f"{opened.path.name} {opened.version}")


def measured(
    conversion: Conversion,
    result: Converted,
    measurement: Measurement | None,
    churn: float | None = None,
) -> Measured:
    """What the cover letter and series.json say was measured."""
    instead = {d.name: d.instead for d in conversion.descriptor.deprecated}
    sizes = measurement.sizes if measurement is not None else ()
    return Measured(
        sizes=tuple(ObjectSize(s.cell, s.object, s.before, s.after) for s in sizes),
        functions=result.functions,
        churn=churn,
        steps=tuple(_shrunk(conversion, absent) for absent in result.absent),
        deprecated=tuple(
            Deprecation(name, uses, f"{instead[name]}() is to take its place")
            for name, uses in result.deprecated
        ),
    )


def _shrunk(conversion: Conversion, absent: Absent) -> Shrunk:
    if absent.missing:
        reason = f"this kernel has no {', '.join(absent.missing)}"
    else:
        reason = "there is nothing for it to change in this kernel"
    return Shrunk(f"{conversion.prefix}: {absent.step.subject}", reason, absent.gone)


def post(
    out: Path,
    tree: Path,
    conversion: Conversion,
    result: Converted,
    measurement: Measurement | None,
    *,
    ident: Ident,
    signoff: bool,
    options: SeriesOptions,
) -> Posted:
    """Write the series into `out`, whole or not at all; see `mail.series.write_series`."""
    base = base_of(tree)
    stats: list[SeriesStat] = []

    def blurb(stat: SeriesStat) -> str:
        stats.append(stat)
        values = measured(conversion, result, measurement, stat.churn)
        return cover.blurb(conversion.cover_text, values, base)

    origin = Origin(
        tool=f"zpconvert {version('zpconvert')}",
        conversion=conversion.name,
        base=base,
        steps=tuple(StepRecord(s.step.id, s.slots, s.helpers) for s in result.states),
        measured=measured(conversion, result, measurement),
    )
    made = commits(conversion, result, ident, signoff)
    letter = Cover(conversion.cover_title, blurb)
    paths = write_series(out, result.base, made, options, letter, origin)
    return Posted(tuple(paths), stats[0])


def files_upto(result: Converted, upto: int | None) -> Mapping[str, bytes]:
    """The touched files after the first `upto` commits (all of them if None)."""
    files = dict(result.base)
    for state in result.states[:upto]:
        files.update(state.files)
    return files
