# SPDX-License-Identifier: GPL-2.0-only
"""The cover letter's own text: the conversion's words, then what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zpconvert.git.diff import SeriesStat
from zpconvert.mail.message import wrap


@dataclass(frozen=True)
class Base:
    """What the series applies to: `source` as `linux-source-6.12 6.12.117` or what git
    describe says; `commit` is the full hash, None for a tree without git."""

    source: str
    commit: str | None = None


@dataclass(frozen=True)
class ObjectSize:
    """Bytes of an object (text and data) built with a named configuration."""

    config: str
    object: str
    before: int
    after: int


@dataclass(frozen=True)
class Shrunk:
    """A step of the conversion that this base has only a part of, or nothing."""

    subject: str
    reason: str
    gone: bool


@dataclass(frozen=True)
class Deprecation:
    """An old call that the series leaves in place: `name` without (), how often, and what
    to use instead."""

    name: str
    uses: int
    instead: str


@dataclass(frozen=True)
class Measured:
    """What the tool measured; whatever was not measured is not mentioned.

    functions: functions of the touched files that the series changes. churn: lines changed
    over the series / lines of the final diff.
    """

    sizes: tuple[ObjectSize, ...] = ()
    functions: int | None = None
    churn: float | None = None
    steps: tuple[Shrunk, ...] = ()
    deprecated: tuple[Deprecation, ...] = ()


@dataclass(frozen=True)
class Cover:
    """A cover letter: `title` is its subject without a prefix; `blurb` gives its text once
    the mails are counted."""

    title: str
    blurb: Callable[[SeriesStat], str]


def blurb(text: str, measured: Measured, base: Base) -> str:
    """The cover letter's text, wrapped, ending in a newline.

    A base from git is named by the `base-commit:` trailer, which the mails' writer adds; a
    plain tree gets a sentence here.
    """
    parts = [text, *_measured(measured)]
    if base.commit is None:
        parts.append(f"Base: {base.source} (no git)")
    return "\n\n".join(wrap(part) for part in parts if part.strip()) + "\n"


def _measured(measured: Measured) -> Iterator[str]:
    if measured.sizes:
        yield "Object size, in bytes:"
        yield "\n".join(_size(size) for size in measured.sizes)
    if measured.functions is not None:
        noun = "function" if measured.functions == 1 else "functions"
        yield f"The series changes {measured.functions} {noun}."
    if measured.churn is not None:
        yield (
            f"Churn, lines changed over the series divided by lines of the final diff: "
            f"{measured.churn:.2f}."
        )
    if measured.steps:
        yield "Patches of this series on other kernels that are partly or wholly missing here:"
        yield "\n".join(f"- {_step(step)}" for step in measured.steps)
    if measured.deprecated:
        yield "Deprecated calls left as they are:"
        yield "\n".join(f"- {_call(call)}" for call in measured.deprecated)


def _size(size: ObjectSize) -> str:
    difference = size.after - size.before
    return f"  {size.object}, {size.config}: {size.before} -> {size.after} ({difference:+d})"


def _step(step: Shrunk) -> str:
    return f"{step.subject} ({'left out' if step.gone else 'in part'}): {step.reason}"


def _call(call: Deprecation) -> str:
    return f"{call.name}(), {call.uses} {'use' if call.uses == 1 else 'uses'}: {call.instead}"
