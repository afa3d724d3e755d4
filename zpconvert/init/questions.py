# SPDX-License-Identifier: GPL-2.0-only
"""What the draft does not decide, as questions with places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from zpconvert.csource import unit as csource
from zpconvert.init.draft import Draft, lacking
from zpconvert.init.model import Place, Question


def questions(draft: Draft, sources: Mapping[str, bytes]) -> tuple[Question, ...]:
    """All questions, those that can make the series wrong first."""
    return (
        *_order(draft),
        *_borders(draft),
        *_meetings(draft),
        *_left(draft),
        *draft.questions,
        *_shared(draft),
        *_callbacks(draft),
        *_meanings(draft),
        *_names(draft),
        *_comments(draft, sources),
        *_kconfig(draft),
    )


def _order(draft: Draft) -> Iterator[Question]:
    folio = [one for one in draft.helpers if one.new != one.old]
    if draft.compound is not None:
        place, word = draft.compound
        yield Question(
            "compound pages",
            f"{word}: pages here may be compound, so helpers call what the file called",
            "where all pages are order-0, give the helpers the folio calls and say so in the "
            "descriptor's 'casts'",
            (place,),
        )
    elif folio:
        listed = ", ".join(f"{one.old}() became {one.new}()" for one in folio)
        yield Question(
            "compound pages",
            f"nothing here says that a page may be compound, so {listed}",
            "check that every page that comes in is order-0 and no device memory; else give these "
            "helpers the page call",
            tuple(place for one in folio for place in one.calls[:1]),
        )


def _borders(draft: Draft) -> Iterator[Question]:
    for file in draft.seen:
        for slot in file.slots:
            if slot.border:
                yield Question(
                    "stays a page",
                    f"{slot.id}: {slot.border}",
                    "make the place plainer and take the [[border]] out, or give the border your "
                    "own reason",
                    (slot.place,),
                )


def _meetings(draft: Draft) -> Iterator[Question]:
    for file in draft.seen:
        for meeting in file.meetings:
            yield Question(
                "the two types meet",
                meeting.what,
                "leave the wrapper, write an idiom, or name the other side as border",
                (meeting.place,),
            )


def _left(draft: Draft) -> Iterator[Question]:
    for one in draft.left:
        decide = "leave it wrapped, or write a [[helper]] for it"
        if one.topic == "deprecated":
            decide = "convert these calls first; a wrapper of them would be asked to go"
        yield Question(f"call is {one.topic}", f"{one.name}(): {one.why}", decide, one.places)


def _shared(draft: Draft) -> Iterator[Question]:
    for one in lacking(draft.shared, draft.helpers):
        helper = one.helper
        yield Question(
            "the shared descriptor lacks",
            f"a helper for {one.old}()",
            f"add it there: {helper.proto} {{ {' '.join(helper.body)} }}",
            one.calls,
        )


def _callbacks(draft: Draft) -> Iterator[Question]:
    for file in draft.seen:
        for one in file.callbacks:
            yield Question(
                "fixed signature",
                f"{one.function}() takes pages: {one.holder}",
                "it gets a descriptor local at its top; where that is not worth it, name "
                f"{', '.join(one.slots)} as border",
                (one.place,),
            )


def _meanings(draft: Draft) -> Iterator[Question]:
    if draft.shared is not None:
        return
    for use in draft.members:
        yield Question(
            "what a member means",
            f"{use.member.ctype} {use.member.name}, over {use.member.over}",
            "say in its 'doc' what is kept there, and give it a name that says it",
            use.places,
        )


def _names(draft: Draft) -> Iterator[Question]:
    for name in draft.unnamed:
        yield Question(
            "name stays",
            f"'{name}' would take a name that exists",
            "give it a name in [names], or leave it",
        )


def _comments(draft: Draft, sources: Mapping[str, bytes]) -> Iterator[Question]:
    """Comments that speak of the members by the names that they had."""
    words = sorted({use.member.over for use in draft.members})
    if not words:
        return
    spoken = re.compile(rf"page(?:->|\.)(?:{'|'.join(words)})\b|struct page\b")
    for path, text in sources.items():
        unit = csource.read(text)
        for start, end in unit.masked.comments:
            for found in spoken.finditer(text[start:end].decode("utf-8", "replace")):
                line, column = unit.position(start + len(found.string[: found.start()].encode()))
                yield Question(
                    "comment",
                    f"speaks of {found[0]}",
                    "reword it by a 'stale' phrase of a [[step]]",
                    (Place(path, line, column),),
                )


def _kconfig(draft: Draft) -> Iterator[Question]:
    guess = draft.guess
    if not guess.settings:
        yield Question(
            "kconfig",
            "no Makefile line that builds the files was found",
            "write 'kconfig' into conversion.toml: what a build needs to compile them",
        )
        return
    yield Question(
        "kconfig",
        f"guessed: {' '.join(guess.settings)}",
        "check that a build with these lines compiles the files",
    )
    for option, by in guess.hidden:
        yield Question(
            "kconfig",
            f"CONFIG_{option} has no prompt: it is selected, by {_some(by)}",
            "put in its place one that selects it",
        )
    for text in guess.unread:
        yield Question("kconfig", f"depends on more: {text}", "add a line that makes it true")


def _some(words: tuple[str, ...]) -> str:
    """The first few of several words."""
    return ", ".join(words[:5]) + (", …" if len(words) > 5 else "") if words else "nothing here"


def gathered(found: Iterable[Question]) -> dict[str, list[Question]]:
    """Questions by topic, in order."""
    topics: dict[str, list[Question]] = {}
    for question in found:
        topics.setdefault(question.topic, []).append(question)
    return topics
