# SPDX-License-Identifier: GPL-2.0-only
"""Names drift: functions, locals and parameters, members."""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift, Function, Source, page_names, sample
from zpconvert.rewrite.edits import Replace

_LOCALS = (
    "p", "pg", "pgs", "cur", "head", "tail", "first", "last", "second", "sub", "subpage",
    "sub_page", "src", "dst", "from", "to", "victim", "this_page", "the_page", "zpage", "cpage",
    "old", "fresh", "new_page", "other", "page0", "mpage", "p_next", "pagep", "ppage", "page_ptr",
    "target_page",
)  # fmt: skip
_VERBS = {
    "get": ("zs_get", "find", "fetch", "lookup"),
    "set": ("zs_set", "put", "store"),
    "create": ("build", "link", "make"),
    "reset": ("clear", "scrub", "zs_reset"),
    "obj": ("object", "zs_obj"),
    "init": ("setup", "zs_init"),
    "trylock": ("try_lock", "zs_trylock"),
    "lock": ("zs_lock", "lock_whole"),
    "find": ("next", "search"),
    "is": ("zs_is", "check"),
    "replace": ("swap", "exchange"),
    "migrate": ("move", "evacuate"),
    "location": ("loc", "place"),
    "alloc": ("new", "zs_alloc"),
}
_NOUNS = {
    "page": ("pg", "subpage", "zspage_page", "component"),
    "zspage": ("zsp", "whole"),
    "chain": ("list", "links"),
    "first": ("head", "leading"),
    "next": ("following", "succ"),
    "offset": ("off", "start"),
    "obj": ("object", "objs"),
    "location": ("pos", "loc"),
    "allocated": ("in_use", "live"),
}
_FIELDS = ("head_page", "page", "first", "pages_head", "front", "lead_page", "fpage", "start_page")


def functions(chance: Random, text: str) -> str | None:
    """Some functions that hold pages get other names, everywhere."""
    names = [f.name for f in Source(text).with_pages if f.static]
    for name in sample(chance, names, 1, 5):
        source = Source(text)
        new = _renamed(chance, name)
        if new not in source.words:
            text = source.edited(Replace(t.start, t.end, new) for t in source.uses(name))
            text = re.sub(rf"(/\*\*\n \* ){name}\b", rf"\g<1>{new}", text)
    return text


def _renamed(chance: Random, name: str) -> str:
    """Another name for a function: one of its words for another, or a word more."""
    lead, parts = re.match(r"_*", name)[0], name.strip("_").split("_")  # type: ignore[index]
    ways = [(i, table[p]) for i, p in enumerate(parts) for table in (_VERBS, _NOUNS) if p in table]
    if ways and chance.random() < 0.8:
        i, words = chance.choice(ways)
        parts[i] = chance.choice(words)
        return lead + "_".join(parts)
    return f"{lead}{chance.choice(('zs_', 'z_', 'do_'))}{'_'.join(parts)}"


def variables(chance: Random, text: str) -> str | None:
    """Some pointers to pages, locals and parameters, get other names in their functions."""
    holders = [f.name for f in Source(text).with_pages]
    for name in sample(chance, holders, 2, 8):
        source = Source(text)
        function = source.function(name)
        if function is not None:
            text = _variable(chance, source, function)
    return text


def _variable(chance: Random, source: Source, function: Function) -> str:
    whole = source.of(function)
    held = page_names(whole)
    if not held:
        return source.text
    old, new = chance.choice(held), chance.choice(_LOCALS)
    if new in set(re.findall(r"\w+", whole)) or source.function(new) is not None:
        return source.text
    uses = source.uses(old, function.start, function.end)
    places = [t for t in uses if not source.before(t).endswith((b"->", b".", b"struct"))]
    return source.edited(Replace(t.start, t.end, new) for t in places)


def fields(chance: Random, text: str) -> str | None:
    """The members that hold pages get other names."""
    source = Source(text)
    held = [
        name
        for tag, known in source.unit.structs.items()
        for name, field in known.items()
        if tag and field.ctype is not None and field.ctype.base == "struct page"
    ]
    if not held:
        return None
    for old in held:
        source, new = Source(text), chance.choice(_FIELDS)
        if any(new in known for known in source.unit.structs.values()):
            continue
        declared = {
            known[old].declarator.name.start_byte  # type: ignore[union-attr]
            for known in source.unit.structs.values()
            if old in known
        }
        places = [
            t
            for t in source.uses(old)
            if t.start in declared or source.before(t).endswith((b"->", b"."))
        ]
        text = source.edited(Replace(t.start, t.end, new) for t in places)
    return text


KINDS: dict[str, Drift] = {
    "rename-functions": functions,
    "rename-variables": variables,
    "rename-fields": fields,
}
