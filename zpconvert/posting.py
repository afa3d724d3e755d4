# SPDX-License-Identifier: GPL-2.0-only
"""From computed commits to what is posted: messages, cover letter, mails."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from zpconvert import revision
from zpconvert.conversion.identity import identity, may_be
from zpconvert.conversion.model import Conversion, Message, Step
from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.diff import SeriesStat
from zpconvert.git.model import Commit, Ident
from zpconvert.kernel.tree import open_tree
from zpconvert.mail import cover, lint, record
from zpconvert.mail.cover import Base, Cover, Deprecation, Letter, Measured, Shrunk
from zpconvert.mail.message import compose
from zpconvert.mail.posted import PostedSeries
from zpconvert.mail.record import Origin, SeriesOptions, StepRecord
from zpconvert.mail.series import write_series
from zpconvert.pipeline import Absent, Converted

if TYPE_CHECKING:
    from zpconvert.proof import Proven, Prover


@dataclass(frozen=True)
class Posted:
    """The mails written, cover letter first, what git counts in the series, what was shown of
    it, what a person should know of what was carried over from a posted one, and whether each
    patch has a Signed-off-by."""

    paths: tuple[Path, ...]
    stat: SeriesStat
    proven: Proven | None
    told: tuple[str, ...] = ()
    signed: bool = False


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
            state.step.committed,
            state.step.trailers,
            ident if signoff else None,
            where=where,
        )
        for fault in lint.lint(message, prefix=conversion.prefix, functions=functions):
            raise UserError(where, f"message line {fault.line}: {fault.text}", "mend the message")
        found.append(Commit(message, ident, state.files))
    return found


def place(conversion: Conversion, step: Step) -> str:
    """Where a step stands, for messages: `path/conversion.toml:12`, or that it is planned."""
    if not step.line:
        return f"planned step '{step.id}'"
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
        head = repo.head(opened.path)
        return Base(repo.describe(opened.path) or head[:12], head)
    return Base(f"{opened.path.name} {opened.version}")


def measured(
    conversion: Conversion,
    result: Converted,
    churn: float,
    proven: Proven | None,
) -> Measured:
    """What the cover letter and series.json say was measured."""
    instead = {d.name: d.instead for d in conversion.descriptor.deprecated}
    return Measured(
        sizes=proven.sizes if proven is not None else (),
        functions=result.functions,
        churn=churn,
        steps=tuple(_shrunk(conversion, absent) for absent in result.absent),
        deprecated=tuple(
            Deprecation(name, uses, f"{instead[name]}() is to take its place")
            for name, uses in result.deprecated
        ),
        proof=proven.proof if proven is not None else None,
    )


def _shrunk(conversion: Conversion, absent: Absent) -> Shrunk:
    if absent.present:
        reason = f"this tree has {conversion.descriptor.header} already"
    elif absent.missing:
        reason = f"this kernel has no {', '.join(absent.missing)}"
    else:
        reason = "there is nothing for it to change in this kernel"
    return Shrunk(f"{conversion.prefix}: {absent.step.subject}", reason, absent.gone)


def post(
    out: Path,
    tree: Path,
    conversion: Conversion,
    result: Converted,
    prover: Prover | None,
    *,
    ident: Ident,
    signoff: bool,
    options: SeriesOptions,
    since: PostedSeries | None = None,
) -> Posted:
    """Write the series into `out`, whole or not at all; see `mail.series.write_series`.

    prover: validates the mails before they go there, with its report beside them.
    since: the posted series that this one follows.
    """
    base, conversion = base_of(tree), _as_told(conversion, result)
    if base.commit and repo.is_dirty(tree, result.base):
        what = f"has changes of yours in {', '.join(sorted(result.base))}, which no commit has"
        raise UserError(str(tree), what, "commit or stash them first")
    stats: list[SeriesStat] = []
    proven: list[Proven] = []

    def letter(stat: SeriesStat, mails: Path) -> Letter:
        stats.append(stat)
        if prover is not None:
            proven.append(prover.prove(mails, out, tree, conversion, result.tree))
            (mails / record.REPORT).write_bytes(proven[0].report)
        values = measured(conversion, result, stat.churn, proven[0] if proven else None)
        return Letter(cover.blurb(conversion.cover_text, values, base), values)

    made = commits(conversion, result, ident, signoff)
    origin = Origin(
        tool=f"zpconvert {version('zpconvert')}",
        conversion=conversion.name,
        base=base,
        steps=tuple(
            StepRecord(
                state.step.id,
                state.slots,
                state.helpers,
                commit.message,
                revision.remarks(state.step),
            )
            for state, commit in zip(result.states, made, strict=True)
        ),
        change_id=_change_id(out, conversion, since),
        own=identity(conversion),
    )
    number = options.reroll or 1
    told: list[str] = []
    if since is None:
        revised = revision.declared(conversion, result, number)
    else:
        draft = revision.draft(result, made, since)
        made = list(draft.commits)
        told += draft.told
        if prover is None and revision.was_proven(since):
            told.append(
                f"cover letter: what was shown of v{since.revision} is not in it, for these are "
                "other mails; --validate quick shows it of them"
            )
        revised = revision.revised(tree, conversion, number, since, draft, base, told.append)
    paths = write_series(
        out, result.base, made, options, Cover(conversion.cover_title, letter), origin, revised
    )
    signed = all("\nSigned-off-by: " in commit.message for commit in made)
    return Posted(tuple(paths), stats[0], proven[0] if proven else None, tuple(told), signed)


def _change_id(out: Path, conversion: Conversion, since: PostedSeries | None) -> str | None:
    """The id that the series has had: in the posted revision, or where it is written anew."""
    if since is not None:
        return since.change_id
    known = record.load(out)
    if known is None or not may_be(known.conversion, known.own, conversion):
        return None
    return known.change_id


def _as_told(conversion: Conversion, result: Converted) -> Conversion:
    """The conversion with the cover letter that is true of a tree which has the descriptor."""
    if not result.shared:
        return conversion
    own = Message(conversion.cover_title, conversion.cover_text)
    letter = conversion.cover_shared or own
    added = [name for state in result.states for name in state.helpers]
    what = f"adds {_listed(added)} to it" if added else "leaves it as it is"
    header = f"{conversion.descriptor.header} is in this tree already; the series {what}."
    text = f"{letter.body}\n\n{header}"
    return dataclasses.replace(conversion, cover_title=letter.subject, cover_text=text)


def _listed(names: Sequence[str]) -> str:
    """`a()`, `a() and b()`, `a(), b() and c()`."""
    *first, last = (f"{name}()" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def files_upto(result: Converted, upto: int | None) -> Mapping[str, bytes]:
    """The touched files after the first `upto` commits (all of them if None)."""
    files = dict(result.base)
    for state in result.states[:upto]:
        files.update(state.files)
    return files
