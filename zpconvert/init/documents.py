# SPDX-License-Identifier: GPL-2.0-only
"""A draft as TOML: conversion.toml and the descriptor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import tomlkit
from tomlkit.items import AoT, Array, String, StringType, Table, Trivia

from zpconvert.conversion.model import Assumption, Border, Helper, Member, Renaming, Stub
from zpconvert.init.draft import Draft

IDIOMS = "idioms.cocci"
#: Columns of prose (Documentation/process/submitting-patches.rst: a body wraps at 75).
_WIDTH = 75
_LICENCE = "SPDX-License-Identifier: GPL-2.0-only"
#: What every descriptor's header needs: assertions, struct page, offsetof() and types.
_INCLUDES = ("linux/build_bug.h", "linux/mm_types.h", "linux/stddef.h", "linux/types.h")


def conversion_toml(draft: Draft) -> bytes:
    """conversion.toml of a draft."""
    document = tomlkit.document()
    for line in (
        _LICENCE,
        f"{', '.join(draft.files)} to struct {draft.words.descriptor}: a draft.",
    ):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    head = tomlkit.table()
    head["descriptor"] = draft.words.descriptor
    head["files"] = _array(draft.files)
    head["prefix"] = _prefix(draft.files)
    if draft.guess.settings:
        head.add(tomlkit.comment("guessed from the Makefiles and Kconfig; see QUESTIONS.md"))
        head["kconfig"] = _array(draft.guess.settings)
    head["smpl"] = _array([IDIOMS] if draft.idioms else [])
    document["conversion"] = head
    document["cover"] = _table(
        {"title": f"{_prefix(draft.files)}: use struct {draft.words.descriptor}"},
        {"text": _filled(_cover(draft))},
    )
    if draft.variables or draft.functions:
        names = tomlkit.table(is_super_table=True)
        for key, table in (("variables", draft.variables), ("functions", draft.functions)):
            if table:
                names[key] = _tables(map(_renaming, table))
        document["names"] = names
    if draft.borders:
        document["border"] = _tables(map(_border, draft.borders))
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("No [[step]]: the planner cuts the series, until one is written."))
    return tomlkit.dumps(document).encode()


def descriptor_toml(draft: Draft) -> bytes:
    """The new descriptor of a draft."""
    words, document = draft.words, tomlkit.document()
    about = f"struct {words.descriptor}: the memory descriptor of the pages of "
    for line in (_LICENCE, about + f"{', '.join(draft.files)}; a draft."):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document["descriptor"] = _table(
        {
            "name": words.descriptor,
            "replaces": "page",
            "header": draft.header,
            "to_old": words.to_page,
            "from_old": words.from_page,
            "to_folio": words.to_folio,
            "includes": _array(_INCLUDES),
        },
        {
            "intro": f"The memory descriptor of the pages of {_stems(draft.files)}.\n\n"
            f"struct {words.descriptor} gives names and types to the words of struct page that\n"
            "are used there.\n",
            "doc": f"Memory descriptor of one page of {_stems(draft.files)}.\n",
            "casts": _filled(_casts(draft)),
        },
    )
    members = [use.member for use in draft.members] or [
        Member("flags", "unsigned long", "flags", "Page flags.")
    ]
    document["member"] = _tables(map(_member, members))
    if draft.helpers:
        document["helper"] = _tables(_helper(one.helper) for one in draft.helpers)
    if draft.deprecated:
        document["deprecated"] = _tables(
            _table({"name": old.name, "instead": old.instead}) for old in draft.deprecated
        )
    if draft.assumptions:
        document["assumption"] = _tables(map(_assumption, draft.assumptions))
    return tomlkit.dumps(document).encode()


def _stems(files: Sequence[str]) -> str:
    return " and ".join(PurePosixPath(file).stem for file in files)


def _prefix(files: Sequence[str]) -> str:
    """What subjects begin with: the file, or the directory of several."""
    if len(files) == 1:
        return files[0].removesuffix(".c")
    return str(PurePosixPath(files[0]).parent)


def _cover(draft: Draft) -> str:
    descriptor, words = draft.words.descriptor, sorted({u.member.over for u in draft.members})
    uses = f" and uses {_listed(words)} of struct page" if words else ""
    gives = "gives these words names and types of their own, " if words[1:] else ""
    return (
        f"{_stems(draft.files)} keeps pages of its own{uses}. struct {descriptor} is to be their\n"
        f"memory descriptor. It {gives}overlays struct page for now, and is\n"
        "used wherever the pages are handled.\n"
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _casts(draft: Draft) -> str:
    words = draft.words
    text = (
        f"What takes a struct page and nothing else is given one by {words.to_page}(), and what\n"
        f"hands one out is taken up by {words.from_page}().\n"
    )
    if draft.compound is None and any(one.old != one.new for one in draft.helpers):
        return text + (
            f"Calls that folios have go through {words.to_folio}(): these pages are order-0\n"
            "pages, so there is no compound head to look for.\n"
        )
    return text


def _renaming(one: Renaming) -> Table:
    table = tomlkit.table()
    table["match"] = _pattern(one.pattern.pattern)
    table["to"] = _pattern(one.to)
    return table


def _border(one: Border) -> Table:
    return _table({"slot": one.slot, "reason": one.reason})


def _member(one: Member) -> Table:
    return _table({"name": one.name, "ctype": one.ctype, "over": one.over, "doc": one.doc})


def _helper(one: Helper) -> Table:
    table = _table(
        {
            "name": one.name,
            "family": one.family,
            "proto": one.proto,
            "old": one.old,
            "body": "\n".join(one.body),
        },
        {"doc": one.doc},
    )
    table["include"] = _array(one.include)
    return table


def _assumption(one: Assumption) -> Table:
    table = _table({"name": one.name}, {"reason": _filled(one.reason)})
    table["stub"] = _tables(map(_stub, one.stubs))
    return table


def _stub(one: Stub) -> Table:
    table = _table({"header": one.header, "match": _pattern(one.pattern.pattern)})
    table["to"] = _pattern(one.to)
    if one.source is not None and one.evidence is not None:
        table["source"] = one.source
        table["evidence"] = _pattern(one.evidence.pattern)
    return table


def _pattern(text: str) -> String:
    """A pattern or a replacement, its backslashes as they are where that can be."""
    return tomlkit.string(text, literal="'" not in text and text.isprintable())


def _table(plain: Mapping[str, object], prose: Mapping[str, str] | None = None) -> Table:
    """A table; prose is written over several lines."""
    table = tomlkit.table()
    for key, value in plain.items():
        table[key] = value
    for key, text in (prose or {}).items():
        table[key] = _prose(text)
    return table


def _filled(text: str) -> str:
    """Paragraphs, wrapped."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(textwrap.fill(part, _WIDTH) for part in paragraphs) + "\n"


def _prose(text: str) -> String:
    """Text that begins on a line of its own: a line end right after the quotes is none of it."""
    written = tomlkit.string(text, multiline=True).as_string()
    return String(StringType.MLB, text, "\n" + written[3:-3], Trivia())


def _array(words: Iterable[str]) -> Array:
    listed = list(words)
    array = tomlkit.array()
    array.extend(listed)
    return array.multiline(sum(map(len, listed)) + 4 * len(listed) > 80)


def _tables(tables: Iterable[Table]) -> AoT:
    found = tomlkit.aot()
    for table in tables:
        found.append(table)
    return found
