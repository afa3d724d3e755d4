# SPDX-License-Identifier: GPL-2.0-only
"""Code moves into and out of `#if`s."""

from __future__ import annotations

import re
from random import Random

from tests.drift.text import Drift, Source

_OPTIONS = ("CONFIG_DEBUG_VM", "CONFIG_ZSMALLOC_STAT", "CONFIG_NUMA", "CONFIG_HIGHMEM")


def assertion(chance: Random, text: str) -> str | None:
    """An assertion stands under `#ifdef`."""
    found = list(re.finditer(r"^\t+(?:VM_)?(?:BUG|WARN)_ON\w*\([^;{}]*\);\n", text, re.M))
    if not found:
        return None
    for one in sorted(chance.sample(found, min(3, len(found))), key=lambda m: -m.start()):
        if re.search(r"\b(?:if|else|do)\b[^\n;{]*\n$", text[: one.start()]):
            continue
        option = chance.choice(_OPTIONS)
        text = f"{text[: one.start()]}#ifdef {option}\n{one[0]}#endif\n{text[one.end() :]}"
    return text


def arms(chance: Random, text: str) -> str | None:
    """A function is there twice, once in each arm of an `#ifdef`."""
    source = Source(text)
    held = [f for f in source.with_pages if f.static and f.free and f.end - f.start < 700]
    if not held:
        return None
    function, option = chance.choice(held), chance.choice(_OPTIONS)
    whole = source.of(function)
    return source.replaced(
        function.start, function.end, f"#ifdef {option}\n{whole}\n#else\n{whole}\n#endif"
    )


def local(chance: Random, text: str) -> str | None:
    """A local that only some configurations have, in a function that holds pages."""
    found = list(re.finditer(r"^(\t)struct page \*(\w+) = (\w+\(\w+\));\n", text, re.M))
    if not found:
        return None
    one = chance.choice(found)
    declared = "\tstruct page *unused_page __maybe_unused = NULL;\n"
    new = f"#ifdef {chance.choice(_OPTIONS)}\n{declared}#endif\n"
    return text[: one.start()] + new + text[one.start() :]


def statement(chance: Random, text: str) -> str | None:
    """The two arms of an `#ifdef` call for a page what comes to the same."""
    found = list(re.finditer(r"^(\t+)(\w+) = (\w+)\((\w*page\w*)\);\n", text, re.M))
    if not found:
        return None
    one = chance.choice(found)
    if re.search(r"(?:\belse|\bdo|\))\n$", text[: one.start()]):
        return None
    other = f"{one[1]}{one[2]} = {one[3]}(({one[4]}));\n"
    return (
        f"{text[: one.start()]}#if IS_ENABLED({chance.choice(_OPTIONS)})\n{one[0]}#else\n{other}"
        f"#endif\n{text[one.end() :]}"
    )


def condition(chance: Random, text: str) -> str | None:
    """A condition goes on under `#ifdef`."""
    found = list(re.finditer(r"^(\t+)if \((?:un)?likely\((!?\w+\(\w+\))\)\)", text, re.M))
    found += list(re.finditer(r"^(\t+)if \((!?\w+\(\w+\))\)", text, re.M))
    if not found:
        return None
    one = chance.choice(found)
    option = chance.choice(_OPTIONS)
    return f"{text[: one.start()]}{one[1]}if ({one[2]}\n#ifdef {option}\n{one[1]}    && true\n#endif\n{one[1]}   ){text[one.end() :]}"  # noqa: E501


def parameter(chance: Random, text: str) -> str | None:
    """A prototype stands in both arms of an `#ifdef`, once with its annotation."""
    source = Source(text)
    held = [f for f in source.with_pages if f.static and f.free and not f.declared]
    held = [f for f in held if "inline" not in source.head(f) and "__maybe" not in source.head(f)]
    if not held:
        return None
    function = chance.choice(held)
    head = source.head(function)
    both = f"#ifdef {chance.choice(_OPTIONS)}\n{head};\n#else\n{head} __maybe_unused;\n#endif\n\n"
    return source.replaced(function.start, function.start, both)


def compaction(chance: Random, text: str) -> str | None:
    """What is compiled for compaction only is always compiled, or under `#if IS_ENABLED`."""
    spelled = chance.choice(("#if IS_ENABLED(CONFIG_COMPACTION)", "#if defined(CONFIG_COMPACTION)"))
    new = text.replace("#ifdef CONFIG_COMPACTION", spelled)
    return new if new != text else None


KINDS: dict[str, Drift] = {
    "ifdef-assertion": assertion,
    "ifdef-arms": arms,
    "ifdef-local": local,
    "ifdef-statement": statement,
    "ifdef-condition": condition,
    "ifdef-prototype": parameter,
    "ifdef-compaction": compaction,
}
