# SPDX-License-Identifier: GPL-2.0-only
"""The examples in a semantic patch's header, run: they are its documentation and its test."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from zpconvert.smpl.functions import functions
from zpconvert.smpl.model import Example, Rule, SemanticPatch, read
from zpconvert.smpl.spatch import Kind, Outcome, run_spatch, run_to_rest
from zpconvert.smpl.trust import consented

_OPEN, _CLOSE = "void zpconvert_example(void)\n{\n", "}\n"


@dataclass(frozen=True)
class ExampleResult:
    """One example, run. `diff` is empty when spatch gave what the example says.

    line: of the example, 1-based. rules: those without which spatch gives something else.
    """

    path: Path
    line: int
    diff: str
    rules: frozenset[str]

    @property
    def passed(self) -> bool:
        """Whether the example is true."""
        return not self.diff


def run_examples(path: Path, *, timeout: float = 60.0) -> list[ExampleResult]:
    """Run every example of a .cocci through its rules, and find those that it needs.

    timeout: seconds for each run. Raises UserError when the .cocci cannot be read, and when
    it might run a program and `check_scripts` was not told to trust it.
    """
    patch = read(path)
    return [_run(patch, example, timeout) for example in patch.examples]


def unexercised(path: Path, results: list[ExampleResult]) -> list[str]:
    """Names of the rules of a .cocci that no example needs for its result."""
    seen = frozenset[str]().union(*(result.rules for result in results))
    return [
        _label(rule)
        for rule in read(path).rules
        if rule.kind == "rule" and _label(rule) not in seen
    ]


def _label(rule: Rule) -> str:
    return rule.name or f"line {rule.line}"


def _run(patch: SemanticPatch, example: Example, timeout: float) -> ExampleResult:
    before, after = _whole(example.before), _whole(example.after)
    done = _apply(patch, patch.text, before, timeout)
    diff = "".join(
        difflib.unified_diff(
            after.splitlines(keepends=True),
            done.text.decode("utf-8", "replace").splitlines(keepends=True),
            "expected",
            "by spatch",
        )
    )
    if done.kind not in (Kind.PATCHED, Kind.UNCHANGED):
        place = f" at {done.position}" if done.position else ""
        diff = f"{done.kind.value}: {done.message}{place}\n{diff}"
    return ExampleResult(patch.path, example.line, diff, _needed(patch, before, done, timeout))


def _apply(patch: SemanticPatch, rules: str, source: str, timeout: float) -> Outcome:
    trusted, where = consented(patch.text.encode()), str(patch.path)
    if patch.options or patch.virtuals:
        return run_spatch(
            rules.encode(),
            source.encode(),
            defines=patch.virtuals,
            timeout=timeout,
            options=patch.options,
            trusted=trusted,
            where=where,
        )
    return run_to_rest(
        rules.encode(), source.encode(), timeout=timeout, trusted=trusted, where=where
    )


def _needed(patch: SemanticPatch, source: str, done: Outcome, timeout: float) -> frozenset[str]:
    """The rules that match; where rules depend on each other, those without which, group by
    group, the result is another."""
    if done.kind is not Kind.PATCHED:
        return frozenset()
    if len(done.matched) == len(patch.rules) == len(patch.groups()):
        pairs = zip(patch.rules, done.matched, strict=True)
        return frozenset(_label(rule) for rule, matched in pairs if matched)
    head = patch.text[: patch.text.index(patch.rules[0].text)]
    needed: set[str] = set()
    for group in patch.groups():
        rest = head + "".join(rule.text for rule in patch.rules if rule not in group)
        if len(group) == len(patch.rules) or _apply(patch, rest, source, timeout) != done:
            needed.update(_label(rule) for rule in group)
    return frozenset(needed)


def _whole(code: str) -> str:
    """The code as spatch takes it: statements need a function around them."""
    if functions(code.encode()):
        return code
    body = "".join(f"\t{line}" if line.strip() else line for line in code.splitlines(True))
    return _OPEN + body + _CLOSE
