# SPDX-License-Identifier: GPL-2.0-only
"""OUT/series.json: what `zpconvert series` wrote, and from what.

Schema 1, a JSON object; all paths of files are relative to OUT, all counts are lines:

    schema      1; a reader refuses any other number
    tool        name and version of the program that wrote it
    conversion  name of the conversion
    base        {source, commit}: what the series applies to; commit is null without git
    options     {reroll, subject_prefix, rfc, to, cc, in_reply_to}: as given to the command
    patches     one object a patch, in order:
                {number, file, step, subject, commit, slots, helpers,
                 changes: [{path, added, removed, created}]}
                commit is the hash on the mail's first line; step is the id in the conversion
    churn       lines changed over the series / lines of the final diff
    measured    what the cover letter says was measured: {sizes: [{config, object, before,
                after}] (bytes), functions, churn, steps: [{subject, reason, gone}],
                deprecated: [{name, uses, instead}], proof}; proof is null if nothing was
                validated, else {matrix, cells: [{name, compiler, state, reason}], tools, functions:
                {verdict: number}, assumptions, findings}
    files       names of all that was written into OUT, series.json among them

A field that is added later does not change the number; readers pass over what they do not
know. One that goes or changes its meaning does.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.diff import FileDiff
from zpconvert.mail.cover import Base, Measured

SCHEMA = 1
NAME = "series.json"

#: What `zpconvert validate` writes into OUT, about the series that is there.
REPORT = "report.json"


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
    """What a commit comes from: the step's id, the slots and helpers that it switched on."""

    step: str
    slots: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """What the series comes from; `steps` has one entry a commit."""

    tool: str
    conversion: str
    base: Base
    steps: tuple[StepRecord, ...]


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


def dump(record: SeriesRecord) -> bytes:
    """The record as the bytes of series.json."""
    return (json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n").encode()


def load(out: Path) -> SeriesRecord | None:
    """The record in directory `out`, None if it has none.

    Raises UserError when series.json is there but is none of ours.
    """
    path = out / NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(str(path), error.strerror or "cannot be read", "mend it") from None
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}")
        return typing.cast(SeriesRecord, _value(SeriesRecord, data))
    except (ValueError, KeyError, TypeError):
        raise UserError(
            str(path), "not a record that this version reads", "use another output directory"
        ) from None


@functools.cache
def _hints(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _value(kind: typing.Any, data: typing.Any) -> object:
    """JSON `data` as a value of the annotated type `kind`. Raises TypeError, KeyError."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        if not isinstance(data, dict):
            raise TypeError(f"{data!r} is no object")
        hints = _hints(kind)
        later = {f.name for f in fields(kind) if f.default is not MISSING} - data.keys()
        named = {name: _value(hints[name], data[name]) for name in hints if name not in later}
        return typing.cast(object, kind(**named))
    if origin is dict:
        return {key: _value(inner[1], value) for key, value in data.items()}
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"{data!r} is no list")
        return tuple(_value(inner[0], item) for item in data)
    if origin is types.UnionType:
        return None if data is None else _value(inner[0], data)
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is no {kind.__name__}")
    return typing.cast(object, data)
