# SPDX-License-Identifier: GPL-2.0-only
"""The parts of a semantic patch and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterator

from zpconvert.lint.conventions import MODES
from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.smpl.depends import Name
from zpconvert.smpl.syntax import Block, Document

_RULE = "@{0}@\nexpression e;\n@@\n- {1}(e)\n+ new_{1}(e)\n"
_A = _RULE.format("a", "one")


def _uses(block: Block) -> Iterator[Name]:
    """Rules that a block names, each where it does."""
    if block.depends is not None:
        yield from block.depends.names()
    if block.extends is not None:
        yield block.extends
    for each in block.metavariables:
        for reference in (*((each.of,) if each.of else ()), *each.references):
            yield Name(reference.rule, reference.at)


def _unread(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    for fault in document.faults:
        yield Problem(fault.at, fault.what)
    if not document.blocks:
        yield Problem(len(document.text.rstrip()), "no rule in this file")


def _unknown(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    known = {name.text for name in document.virtuals} | set(document.rules) | {"virtual"}
    for block in document.blocks:
        for use in _uses(block):
            if use.text not in known:
                yield Problem(use.at, f"there is no rule or virtual rule '{use.text}'")


def _order(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    virtual = {name.text for name in document.virtuals}
    reach = _reach(document)
    for block in document.blocks:
        for use in _uses(block):
            target = document.rules.get(use.text)
            if target is None or use.text in virtual or target.at < block.at:
                continue
            line = document.place(target.at)[0]
            if target is block:
                yield Problem(use.at, f"rule '{use.text}' refers to itself")
            elif block.name is not None and block.name.text in reach.get(use.text, ()):
                yield Problem(
                    use.at, f"rules '{block.name.text}' and '{use.text}' wait for each other"
                )
            else:
                yield Problem(use.at, f"rule '{use.text}' comes later, on line {line}")


def _reach(document: Document) -> dict[str, set[str]]:
    """For each named rule those that it refers to, directly or through others."""
    direct = {
        name: {use.text for use in _uses(block)} & set(document.rules)
        for name, block in document.rules.items()
    }
    reach: dict[str, set[str]] = {}
    for name, targets in direct.items():
        seen: set[str] = set()
        todo = list(targets)
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += direct[one]
        reach[name] = seen
    return reach


def _twice(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    seen: dict[str, Name] = {}
    for name in document.virtuals:
        if name.text in seen:
            yield Problem(name.at, f"virtual rule '{name.text}' is declared twice")
        seen.setdefault(name.text, name)
    for block in document.blocks:
        if block.name is None:
            continue
        earlier = seen.setdefault(block.name.text, block.name)
        if earlier is not block.name:
            line = document.place(earlier.at)[0]
            yield Problem(block.name.at, f"rule '{block.name.text}' hides the one on line {line}")


def _idle_virtual(subject: Subject) -> Iterator[Problem]:
    used = {use.text for block in subject.document.blocks for use in _uses(block)}
    # scripts may ask for one by name
    scripts = " ".join(b.body for b in subject.document.blocks if not b.is_smpl)
    for name in subject.document.virtuals:
        # a mode of coccicheck has to be declared even if all rules are for it (see SP304)
        if name.text in MODES:
            continue
        if name.text not in used and name.text not in scripts:
            yield Problem(name.at, f"no rule depends on virtual rule '{name.text}'")


RULES = (
    Rule(
        "SP101",
        "A part of the file cannot be read",
        "A rule is '@name@', declarations, '@@', and a body. Where one of these does not end, "
        "spatch takes what follows for part of it and speaks of another place.",
        _unread,
        valid=(_A, f"virtual patch\n\n{_A}"),
        invalid=(
            "// nothing but a comment\n",
            f"hello\n{_A}",
            "@a@\nexpression e;\n- one(e)\n",
            "@a depends on (b@\n@@\n- one\n",
            "@script:ruby@\n@@\nputs\n",
        ),
    ),
    Rule(
        "SP102",
        "A rule that is referred to does not exist",
        "spatch refuses some of these and takes others for conditions that never hold, so that "
        "the rule never runs.",
        _unknown,
        valid=(f"virtual patch\n{_A}@b depends on a && patch@\n@@\n- two\n+ three\n",),
        invalid=(
            f"{_A}@b depends on aa@\n@@\n- two\n+ three\n",
            f"{_A}@b@\nexpression c.e;\n@@\n- two(e)\n+ three\n",
            f"{_A}@b@\nposition p != {{ok.p}};\n@@\n* two@p\n",
            "@a@\nexpression e;\n@@\n* one(e)\n@script:python depends on report@\ne << a.e;\n@@\n"
            "print(e)\n",
        ),
    ),
    Rule(
        "SP103",
        "Rules wait for each other, or for one that comes later",
        "Rules run in the order of the file: what a rule depends on or inherits from must stand "
        "before it.",
        _order,
        valid=(f"{_A}@b depends on a@\n@@\n- two\n+ three\n",),
        invalid=(
            f"@b depends on a@\n@@\n- two\n+ three\n{_A}",
            "@a depends on b@\n@@\n- one\n+ two\n@b depends on a@\n@@\n- three\n+ four\n",
            "@a depends on !a@\n@@\n- one\n+ two\n",
        ),
    ),
    Rule(
        "SP104",
        "Two rules have one name",
        "A reference means only one of them, and not always the one that was meant.",
        _twice,
        valid=(f"virtual patch\n{_A}{_RULE.format('b', 'two')}@depends on patch@\n@@\n- x\n",),
        invalid=(
            _A + _RULE.format("a", "two"),
            f"virtual a\n{_A}",
            f"virtual patch, patch\n{_A}",
        ),
    ),
    Rule(
        "SP105",
        "No rule depends on a virtual rule",
        "A virtual rule is a switch on the command line (-D name); this one switches nothing.",
        _idle_virtual,
        valid=("virtual patch\n@depends on patch@\n@@\n- one\n+ two\n",),
        invalid=(f"virtual strict\n{_A}",),
    ),
)
