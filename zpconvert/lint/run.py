# SPDX-License-Identifier: GPL-2.0-only
"""Every rule over a .cocci, and the fixes that they offer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.lint.model import Edit, Finding, Problem, Rule, Subject

#: A fix can make room for another; more rounds than this means that they undo each other.
_ROUNDS = 5


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    from zpconvert.lint import conventions, matching, metavariables, python, spoken, structure

    parts = (structure, metavariables, matching, conventions, python, spoken)
    return tuple(sorted((r for part in parts for r in part.RULES), key=lambda r: r.code))


def rule(code: str) -> Rule:
    """The rule with a code. Raises UserError for an unknown one."""
    for each in rules():
        if each.code == code.upper():
            return each
    known = ", ".join(each.code for each in rules())
    raise UserError(code, "no such code", f"choose one of {known}")


def decode(data: bytes, path: Path) -> str:
    """The text of a .cocci. Raises UserError where it is not UTF-8, or no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}", "not UTF-8", "save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}:{line}", "a NUL byte", "name a .cocci file")
    return text


def lint(text: str, path: Path, chosen: Iterable[Rule] | None = None) -> list[Finding]:
    """What is wrong with the text of a .cocci, in its order; `path` is for the findings."""
    subject = Subject(path, text)
    found = [
        _finding(subject, each, problem)
        for each in (rules() if chosen is None else chosen)
        for problem in each.check(subject)
    ]
    # where a rule of ours knows better, spatch's message says the same in fewer words
    known = {one.line for one in found if one.code < "SP300"}
    return sorted(
        (one for one in found if one.code != "SP901" or one.line not in known),
        key=lambda found: (found.line, found.column, found.code, found.message),
    )


def fix(text: str, path: Path, chosen: Iterable[Rule] | None = None) -> str:
    """The text with every fix that the rules offer, applied until none is left."""
    used = tuple(rules() if chosen is None else chosen)
    for _ in range(_ROUNDS):
        subject = Subject(path, text)
        problems = [problem for each in used for problem in each.check(subject)]
        new = apply(text, [problem.edits for problem in problems if problem.edits])
        if new == text:
            break
        text = new
    return text


def apply(text: str, fixes: Iterable[tuple[Edit, ...]]) -> str:
    """Apply whole fixes; one that overlaps an earlier one waits for the next round."""
    taken: list[Edit] = []
    for edits in fixes:
        if all(_apart(edit, other) for edit in edits for other in taken if edit != other):
            taken += [edit for edit in edits if edit not in taken]
    for edit in sorted(taken, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def _apart(one: Edit, other: Edit) -> bool:
    return one.end <= other.start or other.end <= one.start


def _finding(subject: Subject, rule: Rule, problem: Problem) -> Finding:
    line, column = subject.document.place(min(problem.at, len(subject.text)))
    return Finding(subject.path, line, column, rule.code, problem.message, bool(problem.edits))
