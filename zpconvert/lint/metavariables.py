# SPDX-License-Identifier: GPL-2.0-only
"""Metavariables: used and not declared, declared and not used, declared twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.smpl.declarations import LENGTH, Reference
from zpconvert.smpl.syntax import Block, Document
from zpconvert.smpl.text import lines

_A = "@a@\nexpression e;\nposition p;\n@@\n* one(e)@p\n"


def _inherited(block: Block) -> Iterator[Reference]:
    for each in block.metavariables:
        if each.of is not None:
            yield each.of
        yield from each.references


def _missing(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    for block in document.blocks:
        for reference in _inherited(block):
            source = document.rules.get(reference.rule)
            if source is None or source.at >= block.at:
                continue
            if reference.name not in _exported(source, document):
                what = f"rule '{reference.rule}' has no metavariable '{reference.name}'"
                yield Problem(reference.at, what)
        if block.is_smpl:
            yield from _undeclared(block, document)


def _exported(block: Block, document: Document) -> set[str]:
    """What others can inherit from a rule; one that extends another has that one's, too."""
    names = set(block.declared)
    while block.extends is not None and (base := document.rules.get(block.extends.text)):
        if base.at >= block.at:
            break
        block = base
        names |= set(block.declared)
    return names


def _undeclared(block: Block, document: Document) -> Iterator[Problem]:
    own = _exported(block, document)
    bound = {one.name for one in block.occurrences if one.sign != "+"}
    elsewhere = {
        each.name
        for other in document.blocks
        if other.is_smpl
        for each in other.metavariables
        if not each.names_code
    }
    seen: set[str] = set()
    for one in block.occurrences:
        if one.name in own or one.name in seen:
            continue
        if one.position:
            seen.add(one.name)
            yield Problem(one.at, f"position '{one.name}' is not declared in this rule")
        elif (
            one.sign == "+"
            and not one.member
            and one.name not in bound
            and one.name in elsewhere
            and not _is_local(one.name, block)
        ):
            seen.add(one.name)
            yield Problem(
                one.at, f"'{one.name}' is a metavariable of other rules, not declared in this one"
            )


def _is_local(name: str, block: Block) -> bool:
    """Whether the added code itself declares the name, or calls or labels it."""
    added = "".join(line[1:] for line in lines(block.masked) if line[:1] == "+")
    return bool(
        re.search(rf"\b\w+[\s*]+\b{re.escape(name)}\s*[;=,\[)]|\b{re.escape(name)}\s*[(:]", added)
    )


def _unused(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    wanted = {(one.rule, one.name) for block in document.blocks for one in _inherited(block)}
    extended = {block.extends.text for block in document.blocks if block.extends}
    for block in document.blocks:
        if not block.is_smpl or block.extends is not None:
            continue
        name = block.name.text if block.name else ""
        used = block.words.union(*(each.local for each in block.metavariables))
        if name in extended:
            continue
        for each in block.metavariables:
            if each.names_code or each.kind == LENGTH or each.name in used:
                continue
            if name and (name, each.name) in wanted:
                continue
            yield Problem(each.at, f"metavariable '{each.name}' is not used")


def _twice(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    for block in document.blocks:
        seen: dict[str, int] = {}
        for each in block.metavariables:
            if each.name in seen:
                line = document.place(seen[each.name])[0]
                yield Problem(
                    each.at, f"metavariable '{each.name}' hides the one declared on line {line}"
                )
            seen.setdefault(each.name, each.at)


def _unbound(subject: Subject) -> Iterator[Problem]:
    """spatch stops at these when the rule matches, or adds the name itself."""
    for block in subject.document.blocks:
        if not block.is_smpl or block.extends is not None:
            continue
        signs: dict[str, set[str]] = {}
        for one in block.occurrences:
            signs.setdefault(one.name, set()).add(one.sign)
        helps = frozenset[str]().union(*(each.local for each in block.metavariables))
        quoted = set(re.findall(r"@(\w+)@", block.body))
        for each in block.metavariables:
            if (
                signs.get(each.name) == {"+"}
                and each.of is None
                and not each.names_code
                and not each.kind.startswith("fresh")
                and each.name not in helps | quoted
            ):
                yield Problem(
                    each.at, f"metavariable '{each.name}' is in added code only: nothing binds it"
                )


RULES = (
    Rule(
        "SP201",
        "A metavariable is used that the rule does not declare",
        "spatch takes an undeclared name for a name of the C program: the rule matches nothing, "
        "or adds the name as it stands. An inherited one must be a metavariable of its rule.",
        _missing,
        valid=(
            _A,
            f"{_A}@b@\nexpression a.e;\n@@\n- two(e)\n+ three(e)\n",
            f"{_A}@b@\n@@\n- two()\n+ three(x->e)\n",
        ),
        invalid=(
            "@a@\nexpression e;\n@@\n* one(e)@p\n",
            f"{_A}@b@\nexpression a.x;\n@@\n- two(x)\n+ three(x)\n",
            f"{_A}@b@\nposition p != a.q;\n@@\n* two@p\n",
            f"{_A}@b@\n@@\n- two()\n+ three(e)\n",
            f"{_A}@script:python@\nq << a.q;\n@@\nprint(q)\n",
        ),
    ),
    Rule(
        "SP202",
        "A metavariable is declared and not used",
        "Often the trace of a misspelt name: the pattern then holds a name of the C program "
        "where a metavariable was meant.",
        _unused,
        valid=(
            "@a@\nexpression e;\n@@\n- one(e)\n+ two(e)\n",
            "@a@\nexpression e;\nposition p;\n@@\none(e)@p\n@b@\nposition q != a.p;\n@@\n* two@q\n",
            "@a@\ntypedef u8;\n@@\n- one\n+ two\n",
            '@a@\nformat list[n] fs;\nexpression list[n] es;\n@@\n* printk("%@fs@", es)\n',
        ),
        invalid=(
            "@a@\nexpression e, f;\n@@\n- one(e)\n+ two(e)\n",
            "@a@\nexpression e;\nstatement S;\n@@\n- one(e) // S\n+ two(e)\n",
        ),
    ),
    Rule(
        "SP203",
        "A metavariable hides another of the same name",
        "Only one of the two is matched; which one depends on the release of spatch.",
        _twice,
        valid=("@a@\nexpression e; expression f;\n@@\n- one(e, f)\n+ two(f, e)\n",),
        invalid=(
            "@a@\nexpression e;\nidentifier e;\n@@\n- one(e)\n+ two(e)\n",
            f"{_A}@b@\nexpression a.e, e;\n@@\n- two(e)\n+ three(e)\n",
            f"{_A}@script:python@\np << a.p;\np << a.e;\n@@\nprint(p)\n",
        ),
    ),
    Rule(
        "SP204",
        "A metavariable stands in added code only",
        "Nothing in the matched code gives it a value, so there is nothing to add.",
        _unbound,
        valid=(
            "@a@\nexpression e;\n@@\n- one(e)\n+ two(e)\n",
            '@a@\nfresh identifier f = "tmp_";\n@@\n- one()\n+ two(f)\n',
            "@a@\nexpression e;\n@@\none(e)\n@b@\nexpression a.e;\n@@\n- two()\n+ three(e)\n",
        ),
        invalid=("@a@\nexpression e, f;\n@@\n- one(e)\n+ two(e, f)\n",),
    ),
)
