# SPDX-License-Identifier: GPL-2.0-only
"""Steps spelled as the TOML that people go on editing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, String, StringType, Table, Trivia

from zpconvert.conversion.model import Stale, Step

#: Names of what a step brings into use, in the order in which they are written.
NAMES = ("slots", "helpers", "idioms")

_COLUMNS = 100
#: Columns of a message's body (Documentation/process/submitting-patches.rst).
_WIDTH = 75


def steps_text(steps: Iterable[Step]) -> str:
    """Planned steps as [[step]] tables."""
    return "\n".join(dumped(step_table(step)) for step in steps)


def step_table(step: Step) -> Table:
    """A planned step as a TOML table; it has no more than this."""
    table = bare_step(step.id, step.subject, _filled(step.body))
    for key in NAMES:
        if names := getattr(step, key):
            table[key] = array(names)
    if step.stale:
        table["stale"] = array([_phrase(stale) for stale in step.stale])
    return table


def bare_step(name: str, subject: str, body: str) -> Table:
    table = tomlkit.table()
    table["id"], table["subject"], table["body"] = name, subject, prose(body)
    return table


def message(subject: str, body: str) -> Table:
    """A table of a subject and a body."""
    table = tomlkit.table()
    table["subject"], table["body"] = subject, prose(body)
    return table


def _phrase(stale: Stale) -> dict[str, str]:
    found = {"match": stale.pattern.pattern, "to": stale.to}
    return found | ({"within": stale.within.pattern} if stale.within is not None else {})


def dumped(table: Table) -> str:
    document, tables = tomlkit.document(), tomlkit.aot()
    tables.append(table)
    document["step"] = tables
    return tomlkit.dumps(document)


def extend(table: Table, key: str, items: Sequence[Any]) -> None:
    """Add items to a list of a step, in the form that it has there."""
    if key not in table:
        table[key] = array(items)
        return
    held = table[key]
    if isinstance(held, AoT):
        for item in items:
            held.append(tomlkit.item(item))
        return
    assert isinstance(held, Array)
    for item in items:
        held.append(_value(item))
    if "\n" not in held.as_string() and len(f"{key} = {held.as_string()}") > _COLUMNS:
        held.multiline(True)


def array(items: Sequence[Any]) -> Array:
    found = tomlkit.array()
    for item in items:
        found.append(_value(item))
    inline = any(isinstance(item, dict) for item in items)
    return found.multiline(inline or len(found.as_string()) > _COLUMNS - 12)


def _value(item: Any) -> Any:
    """A string, literal where that saves escapes, or an inline table of some."""
    if isinstance(item, dict):
        table = tomlkit.inline_table()
        table.update({key: _value(value) for key, value in item.items()})
        return table
    text = str(item)
    literal = "\\" in text and "'" not in text and text.isprintable()
    return tomlkit.string(text, literal=literal)


def prose(text: str) -> String:
    """A body as people write it, on lines of its own between triple quotes."""
    text = f"{text.strip()}\n"
    spelled = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return String(StringType.MLB, text, f"\n{spelled}", Trivia())


def _filled(text: str) -> str:
    """Paragraphs of a planned body, filled."""
    return "\n\n".join(
        textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for part in text.split("\n\n")
    )
