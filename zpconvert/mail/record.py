# SPDX-License-Identifier: GPL-2.0-only
"""OUT/series.json: what `zpconvert series` wrote, and from what.

Schema 1, a JSON object; all paths of files are relative to OUT, all counts are lines:

    schema      1; a reader refuses any other number
    tool        name and version of the program that wrote it
    conversion  name of the conversion
    own         {directory, digest}: where the conversion was, absolute, and a SHA-256 of its files;
                null if it came with zpconvert
    base        {source, commit}: what the series applies to; commit is null without git
    options     {reroll, subject_prefix, rfc, to, cc, in_reply_to}: as given to the command
    patches     one object a patch, in order:
                {number, file, step, subject, commit, slots, helpers,
                 changes: [{path, added, removed, created}], message, remarks}
                commit is the hash on the mail's first line; step is the id in the conversion;
                message is the commit message as the conversion gives it, before what a person
                changed in an earlier revision is carried over; remarks likewise what the
                conversion says to reviewers, below the `---`
    churn       lines changed over the series / lines of the final diff
    measured    what the cover letter says was measured: {sizes: [{config, object, before,
                after}] (bytes), functions, churn, steps: [{subject, reason, gone}],
                deprecated: [{name, uses, instead}], proof}; proof is null if nothing was
                validated, else {matrix, cells: [{name, compiler, state, reason, compared}], tools,
                functions: {verdict: number}, assumptions, findings, conversion, tool}; conversion
                is null if it did not come with zpconvert
    files       names of all that was written into OUT, series.json among them
    digests     {file: SHA-256 of the mail as it was written}
    cover       {title, text}: of the cover letter as the tool gives them, likewise; the text
                without its history of revisions
    change_id   the id that all revisions of the series share

A field that is added later does not change the number; readers pass over what they do not
know. One that goes or changes its meaning does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from zpconvert import typedjson
from zpconvert.conversion.model import Identity
from zpconvert.git.diff import FileDiff
from zpconvert.mail.cover import Base, Measured

SCHEMA = 1
NAME = "series.json"

#: What `zpconvert validate` and `report` write into OUT, about the series that is there.
REPORT = "report.json"
PAGE = "report.html"


@dataclass(frozen=True)
class SeriesOptions:
    """As git format-patch takes them; `subject_prefix` is what stands for `PATCH`."""

    reroll: int | None = None
    subject_prefix: str | None = None
    rfc: bool = False
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None


@dataclass(frozen=True)
class StepRecord:
    """What a commit comes from: the step's id, the slots and helpers that it switched on, and
    the message that the conversion gives it, empty if that is the commit's own, and its remarks
    for reviewers."""

    step: str
    slots: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    message: str = ""
    remarks: str = ""


@dataclass(frozen=True)
class Origin:
    """What the series comes from; `steps` has one entry a commit. change_id: of a series that
    had one before; own: of a conversion that did not come with the package."""

    tool: str
    conversion: str
    base: Base
    steps: tuple[StepRecord, ...]
    change_id: str | None = None
    own: Identity | None = None


@dataclass(frozen=True)
class PatchRecord:
    """One mail with a patch; `number` is 1-based."""

    number: int
    file: str
    step: str
    subject: str
    commit: str
    slots: tuple[str, ...]
    helpers: tuple[str, ...]
    changes: tuple[FileDiff, ...]
    message: str = ""
    remarks: str = ""


@dataclass(frozen=True)
class CoverRecord:
    """A cover letter's title and text, as the tool gives them."""

    title: str
    text: str


@dataclass(frozen=True)
class SeriesRecord:
    """The whole of series.json."""

    schema: int
    tool: str
    conversion: str
    base: Base
    options: SeriesOptions
    patches: tuple[PatchRecord, ...]
    churn: float
    measured: Measured
    files: tuple[str, ...]
    cover: CoverRecord | None = None
    change_id: str | None = None
    own: Identity | None = None
    digests: dict[str, str] = field(default_factory=dict)


def digest(mail: bytes) -> str:
    """SHA-256 of a mail, as `digests` has it."""
    return hashlib.sha256(mail).hexdigest()


def edited(known: SeriesRecord, out: Path) -> Iterator[str]:
    """Names of the mails in `out` that are not what was written there; one that is gone is none
    of them, and none is known of a record that an earlier version wrote. Raises OSError."""
    for name, written in known.digests.items():
        if (out / name).is_file() and digest((out / name).read_bytes()) != written:
            yield name


def dump(record: SeriesRecord) -> bytes:
    """The record as the bytes of series.json."""
    return (json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n").encode()


def load(out: Path) -> SeriesRecord | None:
    """The record in directory `out`, None if it has none.

    Raises UserError when series.json is there but is none of ours.
    """
    return typedjson.load(SeriesRecord, out / NAME, SCHEMA)
