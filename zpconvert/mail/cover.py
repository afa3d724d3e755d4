# SPDX-License-Identifier: GPL-2.0-only
"""The cover letter's own text: the conversion's words, then what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.git.diff import SeriesStat
from zpconvert.mail.message import wrap
from zpconvert.plural import counted

#: How the paragraphs begin that are measured; what ends in a colon is followed by a list.
_SIZES = "Object size, in bytes:"
_FUNCTIONS = "The series changes"
_CHURN = "Churn, lines changed over the series divided by lines of the final diff:"
_ABSENT = "Patches of this series on other kernels that are partly or wholly missing here:"
_DEPRECATED = "Deprecated calls left as they are:"
_PROOF = "Each commit was compared with its parent by zpconvert validate:"
_REPEAT = "To repeat it, with LINUX as the base of the series"
_PLAIN_BASE = re.compile(r"^Base: ([^(]*\S)\s+\(no git\)$", re.MULTILINE)
_LEADS = re.compile(
    "|".join(
        map(
            re.escape,
            (_SIZES, _FUNCTIONS, _CHURN, _ABSENT, _DEPRECATED, _PROOF, _REPEAT, "Base: "),
        )
    )
)


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
class CellOutcome:
    """A configuration that every commit was to be built in: `state` is `ran`, `not run` or
    `failed`, and `reason` says why. compared: functions were compared in it, too."""

    name: str
    compiler: str
    state: str
    reason: str
    compared: bool = False


@dataclass(frozen=True)
class Proof:
    """What `zpconvert validate` showed of the series.

    matrix: as `zpconvert validate --matrix` takes it. tools: the programs that read the mails.
    conversion: as `--conversion` takes it anywhere; None for one's own, which is where it is.
    functions: how many functions of commits have each verdict. assumptions: those that were
    needed, as `name: reason`. findings: what fell short, a text each. tool: the program that
    showed it, with its version.
    """

    matrix: str
    cells: tuple[CellOutcome, ...]
    tools: tuple[str, ...]
    functions: dict[str, int]
    assumptions: tuple[str, ...]
    findings: tuple[str, ...]
    conversion: str | None = None
    tool: str = "zpconvert"


@dataclass(frozen=True)
class Measured:
    """What the tool measured; whatever was not measured is not mentioned.

    functions: functions of the touched files that the series changes. churn: lines changed
    over the series / lines of the final diff. proof: None if nothing was validated.
    """

    sizes: tuple[ObjectSize, ...] = ()
    functions: int | None = None
    churn: float | None = None
    steps: tuple[Shrunk, ...] = ()
    deprecated: tuple[Deprecation, ...] = ()
    proof: Proof | None = None


@dataclass(frozen=True)
class Letter:
    """The text of a cover letter, and what it rests on."""

    text: str
    measured: Measured


@dataclass(frozen=True)
class Cover:
    """A cover letter: `title` is its subject without a prefix; `letter` gives the rest once
    the mails are counted and stand in a directory."""

    title: str
    letter: Callable[[SeriesStat, Path], Letter]


def blurb(text: str, measured: Measured, base: Base) -> str:
    """The cover letter's text, wrapped, ending in a newline.

    A base from git is named by the `base-commit:` trailer, which the mails' writer adds; a
    plain tree gets a sentence here.
    """
    parts = [text, *_measured(measured, base)]
    if base.commit is None:
        parts.append(f"Base: {base.source} (no git)")
    return _joined(parts)


def retold(text: str, posted: str) -> str:
    """A posted cover letter without what a person wrote into it, as far as it can be told:
    the conversion's words `text`, and what the letter says was measured."""
    paragraphs = posted.strip().split("\n\n")
    parts = [text]
    for number, paragraph in enumerate(paragraphs):
        if _LEADS.match(" ".join(paragraph.split())):
            follows = paragraph.endswith(":") and number + 1 < len(paragraphs)
            parts += paragraphs[number : number + 1 + follows]
    return _joined(parts)


def plain_base(posted: str) -> str | None:
    """The plain tree that a posted cover letter names as its base."""
    found = _PLAIN_BASE.search(posted)
    return " ".join(found[1].split()) if found is not None else None


def has_proof(posted: str) -> bool:
    """Whether a posted cover letter says what validating showed."""
    return any(" ".join(part.split()).startswith(_PROOF) for part in posted.split("\n\n"))


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(wrap(part) for part in parts if part.strip()) + "\n"


def _measured(measured: Measured, base: Base) -> Iterator[str]:
    if measured.sizes:
        yield _SIZES
        yield "\n".join(_size(size) for size in measured.sizes)
    if measured.functions is not None:
        yield f"{_FUNCTIONS} {counted(measured.functions, 'function')}."
    if measured.churn is not None:
        yield f"{_CHURN} {measured.churn:.2f}."
    if measured.steps:
        yield _ABSENT
        yield "\n".join(f"- {_step(step)}" for step in measured.steps)
    if measured.deprecated:
        yield _DEPRECATED
        yield "\n".join(f"- {_call(call)}" for call in measured.deprecated)
    if measured.proof is not None:
        yield _PROOF
        yield "\n".join(f"- {line}" for line in shown(measured.proof))
        yield from _repeated(measured.proof, base)


def _repeated(proof: Proof, base: Base) -> Iterator[str]:
    """The command that shows the same to who has the mails alone: series.json, which names the
    conversion, is not posted. It is indented, so as to stay on one line."""
    commit = base.commit or ""
    which = base.source + f", commit {commit}" * (
        not commit.startswith(base.source) and bool(commit)
    )
    own = "" if proof.conversion else ", DIR as its conversion"
    yield f"{_REPEAT} ({which}), MAILS as a directory of these mails{own} and {proof.tool}:"
    words = f"--conversion {proof.conversion or 'DIR'} --matrix {proof.matrix}"
    yield f"  zpconvert validate MAILS --tree LINUX {words}"


def shown(proof: Proof) -> Iterator[str]:
    """What a proof shows and what it does not, a sentence each."""
    ran = [cell for cell in proof.cells if cell.state == "ran"]
    if ran and not proof.findings:
        yield f"it compiles at W=1 without a new warning: {_cells(ran)}"
    elif ran:
        yield f"compiled at W=1: {_cells(ran)}"
    for cell in proof.cells:
        if cell.state != "ran":
            yield f"not compiled, cell {cell.name}: {cell.reason}"
    counted = {verdict: number for verdict, number in proof.functions.items() if number}
    if counted:
        said = ", ".join(f"{number} {verdict}" for verdict, number in counted.items())
        where = ", ".join(cell.name for cell in ran if cell.compared)
        yield (
            f"object code of its functions against the parent's, inlining off or helpers made a "
            f"part of their callers, in {where}, over all commits: {said}"
        )
    elif ran:
        yield "object code of its functions: not compared, no cell that does so was built"
    yield from (f"assumed, and not shown: {assumption}" for assumption in proof.assumptions)
    if proof.tools and not proof.findings:
        yield f"git am takes the mails; {' and '.join(proof.tools)} find nothing new"
    yield from (f"FELL SHORT, {finding}" for finding in proof.findings)


def _cells(cells: list[CellOutcome]) -> str:
    """Names of cells, by the compilers that they were built with."""
    compilers = dict.fromkeys(cell.compiler for cell in cells)
    return "; ".join(
        f"{', '.join(cell.name for cell in cells if cell.compiler == compiler)} ({compiler})"
        for compiler in compilers
    )


def _size(size: ObjectSize) -> str:
    difference = size.after - size.before
    return f"  {size.object}, {size.config}: {size.before} -> {size.after} ({difference:+d})"


def _step(step: Shrunk) -> str:
    return f"{step.subject} ({'left out' if step.gone else 'in part'}): {step.reason}"


def _call(call: Deprecation) -> str:
    return f"{call.name}(), {counted(call.uses, 'use')}: {call.instead}"
