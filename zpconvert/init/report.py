# SPDX-License-Identifier: GPL-2.0-only
"""A draft told: as QUESTIONS.md, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zpconvert.init.draft import Draft, lacking
from zpconvert.init.model import Place, Question, Seen
from zpconvert.init.questions import gathered
from zpconvert.plural import counted

#: Of the JSON's form; a field that is added does not change it.
VERSION = 1
_MOST_PLACES = 8


def questions_md(draft: Draft, questions: Sequence[Question]) -> bytes:
    """QUESTIONS.md: what a person has to decide, then what was found."""
    flips = [s for f in draft.seen for s in f.slots if not s.border]
    lines = [
        "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
        f"# {draft.name}: what to decide",
        "",
        f"`zpconvert init` drafted this conversion of {_listed(draft.files)} to "
        f"`struct {draft.words.descriptor}`. It converts as it is. What follows could not be "
        "decided from the files alone. Strike out what you have answered; nothing reads this file.",
    ]
    for topic, found in gathered(questions).items():
        lines += ["", f"## {topic[0].upper()}{topic[1:]}", ""]
        lines += [line for question in found for line in _question(question)]
    lines += ["", f"## Found: {counted(len(flips), 'slot')} to flip", ""]
    lines += [f"- `{s.id}` {s.place}" for s in flips]
    lines += ["", "## Found: members", ""]
    lines += [
        f"- `{u.member.ctype} {u.member.name}` over `{u.member.over}`: {_places(u.places)}"
        for u in draft.members
    ]
    lines += ["", "## Found: helpers", ""]
    lacks = lacking(draft.shared, draft.helpers)
    lines += [
        f"- `{one.helper.name}()` for `{one.old}()`, by `{one.new}()`: {_places(one.calls)}"
        for one in draft.helpers
        if one not in lacks
    ]
    lines += ["", "## Found: idioms", ""]
    lines += [f"- `{i.name}` ({i.about}): {_places(i.places)}" for i in draft.idioms]
    return "\n".join(lines).encode() + b"\n"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _question(question: Question) -> list[str]:
    head = f"- {question.seen}."
    where = [f"  At {_places(question.places)}."] if question.places else []
    return [head, *where, f"  **Decide:** {question.decide}."]


def _places(places: Sequence[Place]) -> str:
    shown = [f"{p} in {p.function}()" if p.function else str(p) for p in places[:_MOST_PLACES]]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def as_json(
    draft: Draft, questions: Sequence[Question], written: Sequence[str]
) -> dict[str, object]:
    """Everything that was found and drafted, for a script.

    `version` is VERSION. A place is `path`, `line`, `column` (1-based, the column in bytes) and
    `function`. `written` are the paths that were made.
    """
    return {
        "version": VERSION,
        "name": draft.name,
        "descriptor": draft.words.descriptor,
        "header": draft.header,
        "shared": draft.shared is not None,
        "written": list(written),
        "files": [_file(file) for file in draft.seen],
        "members": [
            {
                "name": u.member.name,
                "ctype": u.member.ctype,
                "over": u.member.over,
                "places": [_place(p) for p in u.places],
            }
            for u in draft.members
        ],
        "helpers": [
            {
                "name": one.helper.name,
                "old": one.old,
                "calls": one.new,
                "places": [_place(p) for p in one.calls],
            }
            for one in draft.helpers
        ],
        "idioms": [
            {"name": i.name, "about": i.about, "places": [_place(p) for p in i.places]}
            for i in draft.idioms
        ],
        "deprecated": [d.name for d in draft.deprecated],
        "kconfig": list(draft.guess.settings),
        "questions": [
            {
                "topic": q.topic,
                "seen": q.seen,
                "decide": q.decide,
                "places": [_place(p) for p in q.places],
            }
            for q in questions
        ],
    }


def _file(file: Seen) -> dict[str, object]:
    return {
        "path": file.path,
        "slots": [
            {"id": s.id, "place": _place(s.place), "border": s.border or None} for s in file.slots
        ],
        "callbacks": [
            {
                "function": c.function,
                "holder": c.holder,
                "slots": list(c.slots),
                "place": _place(c.place),
            }
            for c in file.callbacks
        ],
    }


def _place(place: Place) -> dict[str, object]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "function": place.function or None,
    }
