# SPDX-License-Identifier: GPL-2.0-only
"""The next revision of a posted series: the tool's commits with what a person changed in the
posted ones, and what is to be said of the difference."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.identity import may_be
from zpconvert.conversion.model import Conversion, Step
from zpconvert.errors import UserError
from zpconvert.git import repo
from zpconvert.git.diff import commit_diffs
from zpconvert.git.hunks import read_hunks
from zpconvert.git.model import Commit
from zpconvert.mail import cover
from zpconvert.mail.cover import Base, Letter, Measured
from zpconvert.mail.message import wrap
from zpconvert.mail.posted import PostedPatch, PostedSeries
from zpconvert.mail.series import Posting, Revised
from zpconvert.pipeline import Converted
from zpconvert.reroll import carry, changelog
from zpconvert.reroll.changelog import Revision
from zpconvert.reroll.changes import compare
from zpconvert.reroll.pairing import Pairing, pair
from zpconvert.reroll.rebuild import rebuild


@dataclass(frozen=True)
class Draft:
    """The new revision as commits, messages joined. told: what a person should know about what
    was carried over."""

    commits: tuple[Commit, ...]
    patches: tuple[PostedPatch, ...]
    pairing: Pairing
    told: tuple[str, ...]


def declared(conversion: Conversion, result: Converted, number: int) -> Revised:
    """What the mails of revision `number` have by the conversion's own words on revisions."""
    said = changelog.declared(conversion.changelog, number)
    return Revised(
        conversion.cover_title,
        lambda letter: f"{letter.text.rstrip()}\n\n{said}\n" if said else letter.text,
        [
            changelog.remarked(
                remarks(state.step), changelog.declared(state.step.changelog, number)
            )
            for state in result.states
        ],
    )


def remarks(step: Step) -> str:
    """What a step says to reviewers, as it stands below the `---`; empty if nothing."""
    return wrap(step.remarks)


def check_belongs(series: PostedSeries, conversion: Conversion) -> None:
    """Raise UserError when a posted series is none of this conversion's."""
    known = series.record
    if known is not None and not may_be(known.conversion, known.own, conversion):
        told, given = f"'{known.conversion}'", f"'{conversion.name}'"
        if told == given and known.own is not None:
            told, given = f"in {known.own.directory}", f"the bundled {given}"
        raise UserError(
            series.source,
            f"a series of the conversion {told}, not of {given}",
            "give the series and the conversion that belong together",
        )
    ours = {*conversion.files, conversion.descriptor.header}
    touched = {file.path for patch in series.patches for file in patch.files}
    if not ours & touched:
        raise UserError(
            series.source,
            f"does not belong to the conversion '{conversion.name}': it changes "
            f"{', '.join(sorted(touched)) or 'nothing'}",
            f"give a series that changes {conversion.files[0]}",
        )


def draft(result: Converted, commits: Sequence[Commit], old: PostedSeries) -> Draft:
    """The tool's commits, paired with a posted series', with the person's words in them."""
    patches = _patches(result, commits)
    pairing = pair(old.patches, patches)
    made, told = [], []
    for number, (commit, patch) in enumerate(zip(commits, patches, strict=True)):
        before = pairing.old.get(patch.number)
        if before is not None:
            joined, said = _carried(patch, old.patches[before - 1], old)
            told += said
            commit = dataclasses.replace(commit, message=joined)
            patches[number] = dataclasses.replace(patch, message=joined)
        made.append(commit)
    return Draft(tuple(made), tuple(patches), pairing, tuple(told))


def _patches(result: Converted, commits: Sequence[Commit]) -> list[PostedPatch]:
    """The commits as patches; their mails will be the same but for the numbers in them."""
    diffs = commit_diffs(result.base, commits)
    rows = zip(commits, diffs, result.states, strict=True)
    return [
        PostedPatch(
            n,
            c.message,
            remarks(state.step),
            diff,
            c.ident,
            read_hunks(diff),
            state.step.id,
            c.message,
        )
        for n, (c, diff, state) in enumerate(rows, 1)
    ]


def _carried(patch: PostedPatch, old: PostedPatch, series: PostedSeries) -> tuple[str, list[str]]:
    """The message of a patch, and what is to be said of it.

    Without a record, what the tool wrote then is taken to be what it writes now: then the
    words in the mail stand.
    """
    joined = carry.message(old.told or patch.message, old.message, patch.message)
    name = f"patch {patch.number}"
    told = list(conflicts(name, joined.conflicts))
    if joined.edited:
        reason = "" if old.told else f" ({series.source} has no record of what the tool wrote)"
        told.append(f"{name}: the message keeps what was edited in v{series.revision}{reason}")
    if not compare(old, patch, frozenset()).same_code:
        told += [
            f"{name}: keeps '{line}', though its code changed"
            for line in joined.text.splitlines()
            if line.startswith(("Reviewed-by: ", "Tested-by: "))
        ]
    return joined.text, told


def conflicts(name: str, found: Sequence[carry.Conflict]) -> Iterator[str]:
    """Texts that a person and the tool both changed, as lines for the person."""
    for one in found:
        yield (
            f"{name}, {one.what}: edited in the mail and changed in the conversion; this stands:\n"
            f"{_shown(one.kept)}\n  and this does not:\n{_shown(one.passed_over)}"
        )


def _shown(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines() or ("(nothing)",))


def base_then(old: PostedSeries, tree: Path) -> Base | None:
    """What a posted series is for, as far as it says so."""
    if old.record is not None:
        return old.record.base
    if old.base_commit is not None:
        known = repo.describe(tree, old.base_commit) if repo.is_worktree(tree) else None
        return Base(known or old.base_commit[:12], old.base_commit)
    text = old.cover.text if old.cover is not None else ""
    named = cover.plain_base(text)
    return Base(named) if named is not None else None


def was_proven(old: PostedSeries) -> bool:
    """Whether the cover letter of a posted series says what validating showed."""
    return old.cover is not None and cover.has_proof(old.cover.text)


@dataclass(frozen=True)
class _Letter:
    """The cover letter of a revision, written when the mails are counted; `tell` is told what
    was carried over."""

    conversion: Conversion
    old: PostedSeries
    revision: Revision
    tell: Callable[[str], None]

    @property
    def title(self) -> str:
        """Its subject: the person's, unless only the conversion changed it."""
        letter, known = self.old.cover, self.old.record
        now = self.conversion.cover_title
        if letter is None:
            return now
        then = known.cover.title if known is not None and known.cover is not None else now
        return letter.title if letter.title != then else now

    def __call__(self, letter: Letter) -> str:
        """The tool's text with the person's words in it, and the history of revisions."""
        then = self.revision.measured[0]
        revision = dataclasses.replace(self.revision, measured=(then, letter.measured))
        posted = self.old.cover
        part, text = changelog.cover(revision), letter.text
        if posted is None:
            return f"{text.rstrip()}\n\n{part}\n"
        joined = carry.text("text", self._then(posted.text), posted.text + "\n", text)
        for line in conflicts("cover letter", joined.conflicts):
            self.tell(line)
        if joined.edited:
            self.tell(f"cover letter: keeps what was edited in v{self.old.revision}")
        return f"{joined.text.rstrip()}\n\n{changelog.with_history(part, posted.history)}\n"

    def _then(self, mailed: str) -> str:
        """What the tool wrote: as recorded, else the conversion's words and what the letter
        has of what is measured."""
        known = self.old.record
        if known is not None and known.cover is not None:
            return known.cover.text
        return cover.retold(self.conversion.cover_text, mailed)


def revised(
    tree: Path,
    conversion: Conversion,
    number: int,
    old: PostedSeries,
    made: Draft,
    base: Base,
    tell: Callable[[str], None],
) -> Revised:
    """What the mails of a revision have besides the tool's texts. Raises UserError when the
    posted series does not fit together.

    tell: is told what was carried over into the cover letter, when that is written.
    """
    revision = Revision(
        number,
        old,
        made.patches,
        made.pairing,
        (base_then(old, tree), base),
        (old.record.measured if old.record is not None else None, Measured()),
        {None: conversion.changelog, **{step.id: step.changelog for step in conversion.steps}},
    )
    notes = [changelog.note(revision, patch) for patch in made.patches]
    letter = _Letter(conversion, old, revision, tell)
    back = rebuild(old, tree)
    return Revised(letter.title, letter, notes, Posting(old.revision, back.base, back.commits))
