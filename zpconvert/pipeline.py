# SPDX-License-Identifier: GPL-2.0-only
"""Base and conversion in, commits out. Each commit is a function of the base alone.

All states of all files are rendered first; then one semantic-patch run takes every distinct
function of every state at once; then the files are put together. Nothing is computed twice,
nothing is written, nothing is printed: what happens is told to `tell`.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zpconvert.conversion.model import Border, Conversion, Descriptor, Helper, Stale, Step
from zpconvert.csource import structs
from zpconvert.csource.externals import Externals, externals_for
from zpconvert.csource.members import Group
from zpconvert.errors import UserError
from zpconvert.header import needed
from zpconvert.header.available import available_in
from zpconvert.header.generate import header_lines
from zpconvert.header.merge import Present, recognise
from zpconvert.header.report import Family, families
from zpconvert.header.steps import HeaderSteps
from zpconvert.kernel.tree import open_tree, read_source
from zpconvert.planner.automatic import LINES, Planned, automatic
from zpconvert.planner.named import FilePlan, Note, nearest, plan_file
from zpconvert.planner.wording import Done, worded
from zpconvert.rewrite import engine, rename, tidy
from zpconvert.rewrite.retype import Refusal, Types
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import survey
from zpconvert.smpl import model as smpl
from zpconvert.smpl.batch import Rewriter
from zpconvert.smpl.generate import generated_texts
from zpconvert.smpl.rules import RuleText
from zpconvert.smpl.scripts import check_scripts

#: Where the old struct is defined (mm/ since 2011, commit 9c2ce4e6f5d8, moved it there).
OLD_STRUCT_HEADER = "include/linux/mm_types.h"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """A step's commit: the files that it changes, whole, and what it switched on."""

    step: Step
    files: dict[str, bytes]
    slots: tuple[str, ...]
    helpers: tuple[str, ...]


@dataclass(frozen=True)
class Absent:
    """A step that this base has only a part of, or nothing: what is missing.

    present: the base has the descriptor that the step would introduce.
    near: (missing slot, name that the base has and that may be meant).
    """

    step: Step
    missing: tuple[str, ...]
    gone: bool
    present: bool = False
    near: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Converted:
    """What a conversion makes of a base.

    base: the touched files that the base has. states: the commits, those that change something.
    kept: slots that stay of the old type in the last tree, with the reason.
    deprecated: old calls left in place, with how often. unoffered: helpers that this tree
    cannot have, with what it lacks. families: those of the helpers that it can have, as the
    last header has them. functions: how many functions the series changes. planned: the steps
    are the planner's, not the conversion's. shared: the base has the descriptor's header, from
    another conversion.
    """

    base: dict[str, bytes]
    states: tuple[State, ...]
    absent: tuple[Absent, ...]
    notes: tuple[Note, ...]
    kept: tuple[tuple[str, str], ...]
    deprecated: tuple[tuple[str, int], ...]
    unoffered: tuple[tuple[Helper, str], ...]
    families: tuple[Family, ...]
    functions: int
    planned: bool = False
    shared: bool = False

    @property
    def tree(self) -> dict[str, bytes]:
        """The touched files after the last commit."""
        files = dict(self.base)
        for state in self.states:
            files.update(state.files)
        return files


def convert(
    tree: Path,
    conversion: Conversion,
    *,
    cache: Path | None,
    allow_scripts: bool = False,
    timeout: float = 120.0,
    lines: int | None = None,
    tell: Tell = lambda text: None,
) -> Converted:
    """Compute every commit of a conversion on a base.

    tree: a kernel's source tree, only read. cache: where what headers say is kept between runs.
    timeout: seconds that one spatch run may take. lines: plan steps that change so many lines at
    most, instead of taking the conversion's; one without steps is always planned.

    Raises UserError for whatever the user can mend: the tree, the conversion, a refusal.
    """
    open_tree(tree)
    descriptor = conversion.descriptor
    sources = {path: read_source(tree, path) for path in conversion.files}
    for path, source in sources.items():
        _check_unconverted(path, source, descriptor)
    old = structs.read_struct(
        read_source(tree, OLD_STRUCT_HEADER), descriptor.replaces, OLD_STRUCT_HEADER
    )
    needed.check(conversion, old, tree, OLD_STRUCT_HEADER)
    present = _present(tree, descriptor, old)
    tell("reading headers")
    headers = {path: externals_for(tree, path, source, cache) for path, source in sources.items()}
    usable, unoffered = available_in(tree, descriptor, [*headers.values()], cache)
    rewriter, names = _rules(
        conversion, dataclasses.replace(descriptor, helpers=usable), allow_scripts, timeout
    )
    todo = _PLAINER if (tree / "arch").is_dir() else _WHOLE
    files = [
        _File(path, source, headers[path], conversion, todo) for path, source in sources.items()
    ]
    steps, planned = conversion.steps, None
    if lines is not None or not steps:
        tell("planning steps")
        offered = dataclasses.replace(descriptor, helpers=usable)
        had = present.names if present is not None else frozenset[str]()
        weights = header_lines(offered, old) | dict.fromkeys(had, 0)
        retypers = [file.migration.retyper for file in files]
        planned = automatic(retypers, conversion, offered, weights, lines or LINES)
        steps = planned.steps
    for file in files:
        file.follow(steps, conversion.border)
    if not any(flip for file in files for flip in file.plan.flips):
        raise UserError(
            conversion.files[0],
            f"nothing in it is a {descriptor.old_type} that the conversion could change",
            "pass a tree that the conversion was made for, or mend the slots of its steps",
        )
    tell("rewriting functions")
    for file in files:
        file.render(steps, rewriter, names, include=present is None)
    used = [frozenset[str]().union(*(f.used[n] for f in files)) for n in range(len(steps))]
    header = HeaderSteps(descriptor, old, present, {helper for helper, _ in unoffered}, used)
    result = _result(steps, files, header, unoffered)
    return _worded(result, planned, files, descriptor, conversion.prefix) if planned else result


def _worded(
    result: Converted,
    planned: Planned,
    files: Sequence[_File],
    descriptor: Descriptor,
    prefix: str,
) -> Converted:
    """The result with the planned steps' words; steps that change nothing are not missed."""
    done = []
    for state in result.states:
        number = planned.steps.index(state.step)
        slots = [s for f in files for s in sorted(f.plan.flips[number], key=lambda s: s.at)]
        done.append(Done(state.step, tuple(slots), state.helpers, state.files))
    migrations = {file.path: file.migration for file in files}
    steps = worded(done, result.base, migrations, descriptor, planned.saved, prefix)
    states = [
        dataclasses.replace(state, step=step)
        for state, step in zip(result.states, steps, strict=True)
    ]
    return dataclasses.replace(result, states=tuple(states), absent=(), planned=True)


def _rules(
    conversion: Conversion, descriptor: Descriptor, allow_scripts: bool, timeout: float
) -> tuple[Rewriter, frozenset[str]]:
    """The hand-written semantic patches and the descriptor's rules, in that order."""
    texts: list[RuleText] = []
    for path in conversion.smpl:
        patch = smpl.read(path)
        check_scripts(patch, bundled=conversion.bundled, allow=allow_scripts)
        texts += patch.rule_texts()
    texts += generated_texts(descriptor)
    names = frozenset(name for text in texts for name in text.names)
    return Rewriter(texts, workers=os.cpu_count() or 1, timeout=timeout), names


def _present(tree: Path, descriptor: Descriptor, old: Group) -> Present | None:
    """The descriptor's header, if the tree has it from another conversion."""
    if not (tree / descriptor.header).exists():
        return None
    return recognise(descriptor, old, read_source(tree, descriptor.header))


def _check_unconverted(path: str, source: bytes, descriptor: Descriptor) -> None:
    """A converted file is left alone, a half converted one is the user's to sort out."""
    new, old = (f"struct {n}".encode() for n in (descriptor.name, descriptor.replaces))
    words = tidy.identifiers(source)
    if {descriptor.to_old, descriptor.from_old} & words or new in source:
        if old + b" *" in source and f'"{_include(descriptor, path)}"'.encode() not in source:
            raise UserError(
                path,
                f"half converted: it uses {new.decode()} without including {descriptor.header}",
                "give a base from before the conversion began",
            )
        raise UserError(path, f"already converted to {new.decode()}", "there is nothing to do")


def _include(descriptor: Descriptor, path: str) -> str:
    """How a file spells the include of the descriptor's header."""
    return os.path.relpath(descriptor.header, PurePosixPath(path).parent)


#: What to do about a refusal: in a whole tree, and in one that lacks headers, where a name's type
#: may be all that is missing.
_PLAINER = "make the place plainer, or name the slot as a border in the conversion"
_WHOLE = "give a whole tree: this one has no arch/, whose headers may say more"


class _File:
    """One file of the conversion, in all its states; state 0 is the base."""

    def __init__(
        self,
        path: str,
        source: bytes,
        headers: Externals,
        conversion: Conversion,
        todo: str,
    ) -> None:
        descriptor = conversion.descriptor
        self.path, self.source, self.descriptor, self.todo = path, source, descriptor, todo
        members = frozenset(m.name for m in descriptor.members if m.name == m.over)
        self.survey = survey(source, headers, descriptor.old_type, members)
        self.plan = FilePlan((), (), (), ())
        names, self._collisions = rename.names(
            self.survey, conversion.variables, conversion.functions, headers.known
        )
        types = Types(descriptor.replaces, descriptor.name, descriptor.to_old, descriptor.from_old)
        own = frozenset(helper.name for helper in descriptor.helpers)
        self.migration = engine.FileMigration(self.survey, types, names, own)
        self.states: list[bytes] = []
        self.used: list[frozenset[str]] = []

    def follow(self, steps: Sequence[Step], border: Sequence[Border]) -> None:
        """Decide what each step flips."""
        self.plan = plan_file(self.path, self.survey, steps, border)
        self._refuse([c for c in self._collisions if self._planned(c)])

    def _planned(self, refusal: Refusal) -> bool:
        """Whether the plan flips what a collision is about."""
        planned = {s.id for flip in self.plan.flips for s in flip}
        return refusal.slot in planned or any(
            s.startswith(refusal.slot.removesuffix("()") + ":") for s in planned
        )

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            raise UserError(
                f"{self.path}:{refusal.line}:{refusal.column}",
                f"{refusal.reason} (slot {refusal.slot})",
                self.todo,
            )

    def render(
        self, steps: Sequence[Step], rewriter: Rewriter, rules: frozenset[str], *, include: bool
    ) -> None:
        """Compute the text of every state.

        include: the header is included from the first step on, not from the first use on.
        """
        enabled = _enabled(steps, rules)
        states: list[list[engine.Piece]] = []
        flipped: frozenset[Slot] = frozenset()
        for number in range(len(steps)):
            flipped |= self.plan.flips[number]
            pieces, refusals = self.migration.pieces(flipped)
            self._refuse(refusals)
            states.append(pieces)
        requests = [
            (piece.text, enabled[number])
            for number, pieces in enumerate(states)
            for piece in pieces
            if piece.function
        ]
        texts = iter(rewriter.rewrite(requests, engine.defines(self.source), where=self.path))
        header = _include(self.descriptor, self.path)
        phrases: tuple[Stale, ...] = ()
        for step, pieces in zip(steps, states, strict=True):
            phrases = tuple(sorted((*phrases, *step.stale), key=_longest_first))
            rewritten = [next(texts) if piece.function else piece.text for piece in pieces]
            state = self.migration.assemble(pieces, rewritten, phrases)
            wanted = include or state.text != self.source
            self.states.append(tidy.add_include(state.text, header) if wanted else state.text)
            self.used.append(state.used)

    def changed_functions(self) -> int:
        """Functions whose code differs between base and last state; comments do not count."""
        last = tidy.without_comments(self.states[-1])
        before = [
            tidy.without_comments(self.source[item.code : item.end])
            for item in self.survey.items
            if item.function is not None
        ]
        return sum(1 for code in before if code not in last)


def _longest_first(phrase: Stale) -> tuple[int, str, str, str]:
    """An order of comment phrases that does not depend on the steps': where one pattern is
    part of another, the special one is tried before the general one."""
    text, within = phrase.pattern.pattern, phrase.within
    return -len(text), text, within.pattern if within is not None else "", phrase.to


def _enabled(steps: Sequence[Step], rules: frozenset[str]) -> list[frozenset[str]]:
    """The rules in use at each step: all but those that a later step names."""
    found, later = [], frozenset[str]()
    for step in reversed(steps):
        found.append(rules - later)
        later |= frozenset((*step.helpers, *step.idioms))
    return found[::-1]


def _result(
    steps: Sequence[Step],
    files: Sequence[_File],
    header: HeaderSteps,
    unoffered: Sequence[tuple[Helper, str]],
) -> Converted:
    """The commits, and what is to be said about them."""
    base: dict[str, bytes] = {f.path: f.source for f in files}
    if header.present is not None:
        base[header.descriptor.header] = header.present.text
    before, introduced = dict(base), header.had
    states, absent = [], []
    texts = [[f.states[number] for f in files] for number in range(len(steps))]
    lacks = needed.lacking(steps, unoffered, header.descriptor.to_old, texts)
    for number, step in enumerate(steps):
        after = {f.path: f.states[number] for f in files}
        after[header.descriptor.header] = header.text(number)
        changed = {path: text for path, text in after.items() if before.get(path) != text}
        missing = tuple(p for p in step.slots if all(p in f.plan.missing[number] for f in files))
        surveys = [f.survey for f in files]
        near = tuple((p, n) for p in missing if (n := nearest(p, surveys, steps)) is not None)
        missing += lacks[number]
        present = not number and header.present is not None
        if missing or present or not changed:
            absent.append(Absent(step, missing, not changed, present, near))
        if changed:
            names = header.names(number)
            flips = sorted(s.id for f in files for s in f.plan.flips[number])
            told = header.told(number, step)
            states.append(State(told, changed, tuple(flips), tuple(sorted(names - introduced))))
            introduced |= names
        before |= changed
    return Converted(
        base=base,
        states=tuple(states),
        absent=tuple(absent),
        notes=tuple(note for f in files for note in f.plan.notes),
        kept=tuple((f"{f.path} {s.id}", why) for f in files for s, why in f.plan.kept),
        deprecated=_deprecated(header.descriptor, files),
        unoffered=tuple(unoffered),
        families=families(
            header.offered, [h for h in header.offered.helpers if h.name in header.names(-1)]
        ),
        functions=sum(f.changed_functions() for f in files),
        shared=header.present is not None,
    )


def _deprecated(descriptor: Descriptor, files: Sequence[_File]) -> tuple[tuple[str, int], ...]:
    """How often the last tree still calls what the descriptor calls deprecated."""
    counts: Counter[str] = Counter()
    for file in files:
        code = tidy.without_comments(file.states[-1])
        for old in descriptor.deprecated:
            counts[old.name] += len(re.findall(rf"\b{re.escape(old.name)}\(".encode(), code))
    return tuple((name, n) for name, n in counts.items() if n)
