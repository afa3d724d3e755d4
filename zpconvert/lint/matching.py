# SPDX-License-Identifier: GPL-2.0-only
"""Rules that cannot run, and lines that cannot match."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.lint.reach import never_runs
from zpconvert.smpl.syntax import Block
from zpconvert.smpl.text import lines, without_comments

_WORD = re.compile(r"[A-Za-z_]\w*")
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_]\w*|\d\w*|\S')
_A = "@a@\nexpression e;\n@@\n- one(e)\n+ two(e)\n"


def _never(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    for block in document.blocks:
        if block.kind in ("rule", "script") and never_runs(block, document):
            yield Problem(block.at, "no choice of virtual rules lets this rule run")


def _dead_lines(subject: Subject) -> Iterator[Problem]:
    earlier: dict[tuple[str, ...], Block] = {}
    for block in subject.document.blocks:
        if not block.is_smpl:
            continue
        yield from _comments(block)
        yield from _same_arms(block)
        key = _whole_pattern(block)
        if key is None:
            continue
        if (first := earlier.get(key)) is not None:
            line = subject.document.place(first.at)[0]
            yield Problem(_first_minus(block), f"the rule on line {line} has replaced all of these")
        earlier.setdefault(key, block)


def _comments(block: Block) -> Iterator[Problem]:
    at = block.body_at
    for line, code in zip(lines(block.body), lines(block.masked), strict=True):
        if code[:1] == "-" and not code[1:].strip() and line[1:].lstrip().startswith(("//", "/*")):
            yield Problem(at, "a comment is not matched, nor is it removed")
        at += len(line)


def _arms(block: Block) -> Iterator[list[tuple[int, str]]]:
    """Arms, as (offset, text), of each disjunction whose marks stand in the first column."""
    stack: list[list[tuple[int, str]]] = []
    at = block.body_at
    code = without_comments(block.body)
    for line in lines(code):
        mark = line.strip() if line[:1] in "(|)&" else ""
        if mark == "(":
            stack.append([(at + len(line), "")])
        elif mark == "|" and stack:
            stack[-1].append((at + len(line), ""))
        elif mark == ")" and stack:
            yield stack.pop()
        elif mark == "&" and stack:
            # a conjunction: its arms are no alternatives
            stack[-1] = [(at, "&")]
        for arms in stack:
            start, text = arms[-1]
            if mark not in ("(", "|") or arms is not stack[-1]:
                arms[-1] = (start, text + line)
        at += len(line)


def _same_arms(block: Block) -> Iterator[Problem]:
    for arms in _arms(block):
        if any(text.startswith("&") for _, text in arms):
            continue
        seen: dict[tuple[str, ...], int] = {}
        for number, (at, text) in enumerate(arms):
            key = tuple(_TOKEN.findall(_pattern(text)))
            if not key:
                continue
            if key in seen and re.search(r"^[-*]", text, re.MULTILINE):
                yield Problem(
                    _line_of(text, at), f"arm {seen[key] + 1} of the disjunction has matched this"
                )
            seen.setdefault(key, number)


def _line_of(text: str, at: int) -> int:
    """Offset of the first line of an arm that is marked with - or *."""
    found = re.search(r"^[-*]", text, re.MULTILINE)
    return at + (found.start() if found else 0)


def _pattern(text: str) -> str:
    """What a text matches: its added lines left out, and the signs of the others."""
    kept = (line for line in lines(text) if line[:1] != "+")
    return "".join(line[1:] if line[:1] in ("-", "*") else line for line in kept)


def _whole_pattern(block: Block) -> tuple[str, ...] | None:
    """A key that two rules share when the first leaves nothing for the second.

    Only for a rule that always runs and removes all that it matches, calls included: what it
    adds must not hold a name that it looks for. None for any other.
    """
    code = without_comments(block.body)
    marked = [line for line in lines(code) if line.strip()]
    if block.depends is not None or block.extends is not None or not marked:
        return None
    if any(line[:1] not in ("-", "+") for line in marked) or "..." in code or "@" in code:
        return None
    if any(each.of or each.references or "=" in each.kind for each in block.metavariables):
        return None
    removed = _TOKEN.findall("\n".join(line[1:] for line in marked if line[0] == "-"))
    added = set(_WORD.findall("\n".join(line[1:] for line in marked if line[0] == "+")))
    fixed = {word for word in removed if _WORD.fullmatch(word)} - set(block.declared)
    if not fixed or fixed & added:
        return None
    numbers: dict[str, str] = {}
    key = []
    for word in removed:
        declared = block.declared.get(word)
        if declared is not None:
            if declared.constrained:
                return None
            numbers.setdefault(word, f"{declared.kind} {len(numbers)}")
        key.append(numbers.get(word, word))
    return tuple(key)


def _first_minus(block: Block) -> int:
    found = re.search(r"^-", block.body, re.MULTILINE)
    return block.body_at + (found.start() if found else 0)


RULES = (
    Rule(
        "SP205",
        "A rule can never run",
        "What it depends on, itself or through a rule that it inherits from, holds for no choice "
        "of virtual rules.",
        _never,
        valid=(
            "virtual patch\n@a depends on patch@\nexpression e;\n@@\n- one(e)\n+ two(e)\n"
            "@b depends on a && !patch || a@\n@@\n- three\n+ four\n",
            "virtual patch\n@a depends on patch@\n@@\n- one\n+ two\n"
            "@b depends on !patch && !a@\n@@\n* three\n",
        ),
        invalid=(
            "virtual patch\n@a depends on patch && !patch@\n@@\n- one\n+ two\n",
            "virtual patch\n@a depends on patch@\nexpression e;\n@@\n- one(e)\n+ two(e)\n"
            "@b depends on !patch@\nexpression a.e;\n@@\n* three(e)\n",
            "virtual patch\n@a depends on !patch@\nposition p;\n@@\n* one@p\n"
            "@script:python depends on patch@\np << a.p;\n@@\nprint(p)\n",
        ),
    ),
    Rule(
        "SP206",
        "A line that is to be removed can never match",
        "An earlier arm of the disjunction, or an earlier rule, has taken all that it could match; "
        "or it is a comment, which spatch does not see.",
        _dead_lines,
        valid=(
            _A + "@b@\nexpression e;\n@@\n- three(e)\n+ two(e)\n",
            "@a@\nexpression e;\n@@\n- one(e)\n+ one(e, 0)\n"
            "@b@\nexpression e;\n@@\n- one(e)\n+ two(e)\n",
            "@a@\nexpression e;\n@@\n(\n- one(e)\n|\n- three(e)\n)\n+ two(e)\n",
        ),
        invalid=(
            _A + "@b@\nexpression x;\n@@\n- one(x)\n+ three(x)\n",
            "@a@\nexpression e;\n@@\n(\n- one(e)\n|\n- one( e )\n)\n+ two(e)\n",
            "@a@\n@@\n- // one\n- one();\n",
        ),
    ),
)
