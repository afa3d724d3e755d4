# SPDX-License-Identifier: GPL-2.0-only
"""Rename a metavariable wherever it is: its rule, its heirs, and the scripts bound to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.lint.model import Edit, Subject
from zpconvert.lint.run import apply
from zpconvert.smpl.syntax import Block, Document

_WANTED = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)=([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Renaming:
    """Metavariable `old` of `rule` is to be called `new`."""

    rule: str
    old: str
    new: str


def parse(text: str) -> Renaming:
    """`RULE.OLD=NEW` as a value. Raises UserError for anything else."""
    found = _WANTED.fullmatch(text)
    if found is None:
        raise UserError("--rename", f"'{text}' is not RULE.OLD=NEW", "write it like r.x=page")
    return Renaming(*found.groups())


def rename(text: str, path: Path, wanted: Renaming) -> str:
    """The text of a .cocci with one metavariable under another name.

    Heirs that have it under its old name, and scripts bound to that name, follow. Raises
    UserError when there is no such metavariable, or the new name is taken somewhere.
    """
    subject = Subject(path, text)
    document = subject.document
    source = document.rules.get(wanted.rule)
    if source is None or wanted.old not in source.declared:
        raise UserError(
            str(path), f"no metavariable {wanted.rule}.{wanted.old}", "name one that is there"
        )
    blocks = [source, *_heirs(document, wanted)]
    edits: list[Edit] = []
    for block in blocks:
        if wanted.new in block.words or wanted.new in block.declared:
            line = document.place(block.at)[0]
            raise UserError(
                f"{path}:{line}", f"'{wanted.new}' is there already", "choose another name"
            )
        edits += _in_head(document, block, wanted)
        if block.is_smpl:
            edits += [
                Edit(one.at, one.at + len(wanted.old), wanted.new)
                for one in block.occurrences
                if one.name == wanted.old
            ]
        else:
            edits += _in_script(subject, block, wanted)
    names = {block.name.text for block in blocks if block.name}
    edits += _references(document, names, wanted)
    return apply(text, [(edit,) for edit in dict.fromkeys(edits)])


def _heirs(document: Document, wanted: Renaming) -> Iterator[Block]:
    """Blocks that inherit the metavariable under its old name, at any remove."""
    sources = {wanted.rule}
    for block in document.blocks:
        if any(
            each.name == wanted.old
            and each.of is not None
            and each.of.name == wanted.old
            and each.of.rule in sources
            for each in block.metavariables
        ):
            if block.name:
                sources.add(block.name.text)
            yield block


def _in_head(document: Document, block: Block, wanted: Renaming) -> Iterator[Edit]:
    """The declaration, and the constraints of its rule's other metavariables that use it."""
    for each in block.metavariables:
        if each.name == wanted.old:
            yield Edit(each.at, each.at + len(wanted.old), wanted.new)
    declared = document.text[block.at : block.body_at]
    if any(wanted.old in each.local for each in block.metavariables):
        # a constraint names it bare: not behind a dot, nor in front of one
        for found in re.finditer(rf"(?<![\w.])\b{re.escape(wanted.old)}\b(?!\s*\.)", declared):
            at = block.at + found.start()
            yield Edit(at, at + len(wanted.old), wanted.new)


def _references(document: Document, names: set[str], wanted: Renaming) -> Iterator[Edit]:
    for block in document.blocks:
        for each in block.metavariables:
            for one in (*((each.of,) if each.of else ()), *each.references):
                if one.rule in names and one.name == wanted.old:
                    at = document.text.index(wanted.old, one.at + len(one.rule))
                    yield Edit(at, at + len(wanted.old), wanted.new)


def _in_script(subject: Subject, block: Block, wanted: Renaming) -> list[Edit]:
    from zpconvert.lint.scriptnames import uses_of

    script = next((one for one in subject.scripts if one.block is block), None)
    if script is None or not script.exact or script.module is None:
        line = subject.document.place(block.at)[0]
        raise UserError(
            f"{subject.path}:{line}", "no Python 3 script", "bring it up to date with --fix first"
        )
    return [Edit(start, end, wanted.new) for start, end in uses_of(script, wanted.old)]
