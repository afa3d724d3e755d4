# SPDX-License-Identifier: GPL-2.0-only
"""Several runs of spatch side by side, and functions rewritten in as few runs as possible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from zpconvert.errors import UserError
from zpconvert.process import side_by_side
from zpconvert.smpl.faults import Position
from zpconvert.smpl.functions import functions, hides_code, identifiers
from zpconvert.smpl.masking import mask, masked, unmask
from zpconvert.smpl.rules import RuleText
from zpconvert.smpl.spatch import Kind, Outcome, passed_over, run_spatch, run_to_rest, version
from zpconvert.smpl.trust import concern

#: Under this many bytes a run is mostly start-up, and is not worth splitting.
_WORTH_SPLITTING = 6000
_MARKER = "zpconvert_chunk_"


@dataclass(frozen=True)
class Job:
    """One run: `cocci` over `source`, with virtual rules `defines` and extra `options`."""

    cocci: bytes
    source: bytes
    defines: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def apply(jobs: Sequence[Job], *, timeout: float, workers: int) -> list[Outcome]:
    """Run every job, `workers` at a time, each for `timeout` seconds at most.

    The outcomes come in the order of the jobs. Raises UserError when there is no spatch.
    """
    if not jobs:
        return []
    version()

    def one(job: Job) -> Outcome:
        return run_spatch(
            job.cocci, job.source, defines=job.defines, timeout=timeout, options=job.options
        )

    return side_by_side(one, jobs, workers)


@dataclass(frozen=True)
class _Work:
    """A distinct chunk and the rules, by index, that can do something to it."""

    chunk: bytes
    names: frozenset[str]
    rules: frozenset[int]


@dataclass
class _Batch:
    """Chunks that one run can take: none is touched by a rule that is not its own."""

    rules: frozenset[int]
    works: list[_Work] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(work.chunk) for work in self.works)


class Rewriter:
    """Rewrites functions by rules in sequence, each function by those enabled for it.

    A function's result depends on its text, the rules enabled for it and the prelude alone,
    so it is computed once and remembered.
    """

    def __init__(self, rules: Sequence[RuleText], workers: int, timeout: float) -> None:
        """rules: in the order they apply in. workers: runs at a time. timeout: seconds a run."""
        self._rules = tuple(rules)
        self._workers = max(1, workers)
        self._timeout = timeout
        self._memo: dict[tuple[bytes, bytes, frozenset[int]], bytes] = {}
        self._names: dict[bytes, frozenset[str]] = {}
        self._works: dict[tuple[bytes, frozenset[str]], _Work] = {}

    def rewrite(
        self,
        requests: Sequence[tuple[bytes, frozenset[str]]],
        prelude: bytes = b"",
        *,
        where: str = "spatch",
    ) -> list[bytes]:
        """The new text of each (chunk, names of the rules enabled for it), in order.

        A chunk is one top-level function, comments before it included. prelude: C text that
        is read before the chunks, the file's own #defines. where: the file, for messages.

        Raises UserError for a function that spatch skips or passes over in part, a rule that
        is at fault, and a run that takes longer than the time limit.
        """
        wanted = [self._work(chunk, enabled) for chunk, enabled in requests]
        fresh = {
            (work.chunk, work.rules): work
            for work in wanted
            if work.rules and (prelude, work.chunk, work.rules) not in self._memo
        }
        if fresh:
            version()
            batches = self._spread(self._group(fresh.values()))
            done = side_by_side(
                lambda batch: self._run(batch, prelude, where), batches, self._workers
            )
            for batch, texts in zip(batches, done, strict=True):
                for work, text in zip(batch.works, texts, strict=True):
                    self._memo[prelude, work.chunk, work.rules] = text
        return [
            self._memo[prelude, work.chunk, work.rules] if work.rules else work.chunk
            for work in wanted
        ]

    def _work(self, chunk: bytes, enabled: frozenset[str]) -> _Work:
        work = self._works.get((chunk, enabled))
        if work is not None:
            return work
        names = self._names.get(chunk)
        if names is None:
            names = self._names[chunk] = identifiers(chunk)
        usable = frozenset(
            at for at, rule in enumerate(self._rules) if not enabled.isdisjoint(rule.names)
        )
        work = self._works[chunk, enabled] = _Work(chunk, names, self._relevant(names, usable))
        return work

    def _relevant(self, names: frozenset[str], usable: frozenset[int]) -> frozenset[int]:
        """Those of `usable` that can match a text with these identifiers.

        A rule can match what an earlier one wrote, so what each adds counts for the next.
        """
        known = set(names)
        found = []
        for at in sorted(usable):
            rule = self._rules[at]
            if any(needed <= known for needed in rule.needs):
                found.append(at)
                known |= rule.adds
        return frozenset(found)

    def _group(self, works: Iterable[_Work]) -> list[_Batch]:
        """As few batches as a greedy pass finds, largest rule sets first."""
        batches: list[_Batch] = []
        alone: list[_Batch] = []
        for work in sorted(works, key=lambda one: (-len(one.rules), sorted(one.rules), one.chunk)):
            if any(self._rules[at].linked for at in work.rules):
                alone.append(_Batch(work.rules, [work]))
                continue
            for batch in batches:
                union = batch.rules | work.rules
                if self._relevant(work.names, union) != work.rules:
                    continue
                if union == batch.rules or all(
                    self._relevant(other.names, union) == other.rules for other in batch.works
                ):
                    batch.rules = union
                    batch.works.append(work)
                    break
            else:
                batches.append(_Batch(work.rules, [work]))
        return batches + alone

    def _spread(self, batches: list[_Batch]) -> list[_Batch]:
        """Split the largest batches until there is work for every worker, largest first."""
        batches = list(batches)
        while True:
            batches.sort(key=lambda batch: -batch.size)
            largest = batches[0]
            share = sum(batch.size for batch in batches) / self._workers
            if largest.size <= max(share, _WORTH_SPLITTING) or len(largest.works) < 2:
                return batches
            halves = (_Batch(frozenset()), _Batch(frozenset()))
            for work in sorted(largest.works, key=lambda one: -len(one.chunk)):
                smaller = min(halves, key=lambda half: half.size)
                smaller.works.append(work)
                smaller.rules |= work.rules
            batches[:1] = halves

    def _run(self, batch: _Batch, prelude: bytes, where: str) -> list[bytes]:
        rules = [self._rules[at] for at in sorted(batch.rules)]
        cocci = "\n".join(rule.text.rstrip("\n") + "\n" for rule in rules)
        source = _joined(mask(prelude), [mask(work.chunk) for work in batch.works])
        done = run_to_rest(
            cocci.encode(),
            source,
            timeout=self._timeout,
            trusted=_trusted(rules),
            where=rules[0].where,
        )
        if done.kind in (Kind.TIMEOUT, Kind.ERROR):
            raise self._fault(done, rules, batch, where)
        texts = _cut(done.text, len(prelude), len(batch.works))
        for skipped in done.skipped:
            raise _skipped_error(where, skipped.name, skipped.why)
        self._look_for_leftovers(batch, texts, prelude, where)
        for work, text in zip(batch.works, texts, strict=True):
            if masked(text) != masked(mask(work.chunk)):
                raise _skipped_error(where, _name(work.chunk), "a rule takes an attribute away")
        return [unmask(text) for text in texts]

    def _look_for_leftovers(
        self, batch: _Batch, texts: list[bytes], prelude: bytes, where: str
    ) -> None:
        """Raise when spatch passed over code that a rule of its could have matched."""
        doubtful = [
            (work, text, left)
            for work, text in zip(batch.works, texts, strict=True)
            if hides_code(text) and (left := self._left(work, identifiers(text)))
        ]
        if not doubtful:
            return
        for work, _, left in doubtful:
            if not functions(work.chunk):
                # nothing tells whether spatch parsed a macro's body, so it must be done with
                raise _skipped_error(where, _name(work.chunk), f"rule {left[0]} found no match")
        whole = _joined(prelude, [text for _, text, _ in doubtful])
        hidden = passed_over(whole, timeout=self._timeout)
        if not any(self._left(work, identifiers(hidden)) for work, _, _ in doubtful):
            return
        for work, text, _ in doubtful:
            own = passed_over(_joined(prelude, [text]), timeout=self._timeout)
            left = self._left(work, identifiers(own))
            if left:
                raise _skipped_error(
                    where, _name(work.chunk), f"rule {left[0]} was not tried in an #if arm or macro"
                )

    def _left(self, work: _Work, names: frozenset[str]) -> list[str]:
        """Names of the work's rules that could still match a text with these identifiers."""
        return [
            self._rules[at].names[0]
            for at in sorted(work.rules)
            if any(needed and needed <= names for needed in self._rules[at].needs)
        ]

    def _fault(
        self, done: Outcome, rules: Sequence[RuleText], batch: _Batch, where: str
    ) -> UserError:
        if done.kind is Kind.TIMEOUT:
            names = ", ".join(f"{_name(work.chunk)}()" for work in batch.works[:3])
            return UserError(
                where,
                f"spatch ran longer than {self._timeout:g} s on {names}",
                "try again on an idle machine, or simplify the rules "
                + ", ".join(rule.names[0] for rule in rules[:3]),
            )
        if done.position is None:
            return UserError(where, done.message, "try again, or run 'zpconvert doctor'")
        rule, line = _locate(rules, done.position)
        return UserError(
            f"{rule.where}:{rule.line + line - 1}:{done.position.column + 1}",
            f"{done.message}: {done.position.text.strip()}",
            f"mend rule {rule.names[0]}",
        )


def _trusted(rules: Sequence[RuleText]) -> bool:
    """Whether scripts may run: some are trusted, and all others cannot be one."""
    others = [rule for rule in rules if not rule.trusted]
    return len(others) < len(rules) and all(concern(rule.text.encode()) is None for rule in others)


def _locate(rules: Sequence[RuleText], position: Position) -> tuple[RuleText, int]:
    """The rule that a line of the joined patch is in, and the 1-based line inside it."""
    line = position.line
    for rule in rules[:-1]:
        length = rule.text.rstrip("\n").count("\n") + 2
        if line <= length:
            return rule, line
        line -= length
    return rules[-1], line


def _marker(number: int) -> bytes:
    return f"\nint {_MARKER}{number};\n".encode()


def _joined(prelude: bytes, chunks: Sequence[bytes]) -> bytes:
    """One C text: the prelude, then every chunk between its marker and the next."""
    parts = [prelude]
    for number, chunk in enumerate(chunks):
        parts += [_marker(number), chunk]
    return b"".join([*parts, _marker(len(chunks))])


def _cut(text: bytes, start: int, count: int) -> list[bytes]:
    """The chunks of what `_joined` made, after spatch. `start`: where to look from."""
    pieces = []
    at = text.index(_marker(0), max(0, start - 1)) if start else text.index(_marker(0))
    at += len(_marker(0))
    for number in range(1, count + 1):
        end = text.index(_marker(number), at - 1)
        pieces.append(text[at:end])
        at = end + len(_marker(number))
    return pieces


def _name(chunk: bytes) -> str:
    """The name of a chunk's function, or of the macro that it defines."""
    found = functions(chunk)
    if found:
        return found[0].name
    macro = re.search(rb"#[ \t]*define[ \t]+(\w+)", chunk)
    return macro[1].decode() if macro else "a declaration"


def _skipped_error(where: str, name: str, why: str) -> UserError:
    return UserError(
        where, f"spatch skips {name}(): {why}", "rewrite it so that spatch can parse it"
    )
