# SPDX-License-Identifier: GPL-2.0-only
"""Why an option that was asked for is not set: what it depends on, as the tree's Kconfig says.

Read is what Documentation/kbuild/kconfig-language.rst calls dependencies: `depends on`, the `if`,
`menu` and `choice` around an entry, and the condition of its prompt. A macro (`$(…)`) is not
expanded and numbers are not compared; both are taken to be met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zpconvert.plural import counted

#: ARCH to the directory of its Kconfig, where they differ: SRCARCH of the kernel's Makefile.
_SRCARCH = {"i386": "x86", "x86_64": "x86", "sparc64": "sparc", "parisc64": "parisc"}
_PROMPT = re.compile(r'(?:bool|tristate|string|hex|int|prompt)\s+(["\']).*?\1\s*(?:if\s+(.+))?$')
_TOKEN = re.compile(r'\s*(&&|\|\||!=|<=|>=|[=<>!()]|"[^"]*"|\'[^\']*\'|\$\(.*\)|[^\s=<>!()&|]+)')
_COMPARED = ("=", "!=", "<", ">", "<=", ">=")
_LEVEL = {"n": 0, "m": 1, "y": 2}
#: By the type of an option: its values, in words, too.
_VALUES = {
    "bool": (re.compile("[yn]"), "y or n"),
    "tristate": (re.compile("[ymn]"), "y, m or n"),
    "int": (re.compile("-?[0-9]+"), "a number"),
    "hex": (re.compile("(?:0[xX])?[0-9a-fA-F]+"), "a number in hex"),
    "string": (re.compile('".*"'), "a text in double quotes"),
}
#: Options that select another one which are named.
_NAMED = 4


@dataclass
class _Entry:
    """One definition of an option, in `file`. type: bool, tristate, int, hex or string, empty if
    another definition has it; prompts, defaults: the condition of each prompt and of each
    default, "" where there is none."""

    name: str
    file: str
    depends: list[str]
    type: str = ""
    prompts: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)


@dataclass
class _Book:
    """All options of a tree: their definitions, and those of the options that select them."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)
    selecting: dict[str, list[_Entry]] = field(default_factory=dict)


def unfit(tree: Path, arches: Iterable[str], lines: Sequence[str]) -> dict[str, str]:
    """Those of some lines `CONFIG_X=value` that set nothing in a tree, to what the option takes;
    empty where no Kconfig has the option.

    arches: those to look at, as kbuild's ARCH spells them.
    """
    left = dict.fromkeys(lines, "")
    for arch in arches:
        if not left:
            break
        entries = _book(tree, arch).entries
        for line in list(left):
            name, _, value = line.removeprefix("CONFIG_").partition("=")
            values = [_VALUES[entry.type] for entry in entries.get(name, ()) if entry.type]
            if name in entries and (not values or any(v[0].fullmatch(value) for v in values)):
                del left[line]
            elif values:
                left[line] = values[0][1]
    return left


def why_unset(tree: Path, arch: str, config: Mapping[str, str], line: str) -> str:
    """What keeps a requested `CONFIG_X=value` out of a configuration; empty if that is not seen.

    tree: a kernel's sources. arch: as kbuild's ARCH spells it. config: the options that are set
    after olddefconfig, as `X` to `y`, and no others.
    """
    name, _, value = line.removeprefix("CONFIG_").partition("=")
    book = _book(tree, arch)
    entries = book.entries.get(name, [])
    if value == "n":
        by = [entry for entry in book.selecting.get(name, ()) if entry.name in config]
        return f"selected by {_some(by)}" if by else ""
    if not entries:
        return f"no Kconfig for {arch} has it"
    unmet = [_unmet(entry, config, value) for entry in entries]
    if not all(unmet):
        return _unasked(book, name)
    terms = min(unmet, key=len)
    return f"depends on {' and '.join(_told(book, term, config) for term in terms)}"


def _unmet(entry: _Entry, config: Mapping[str, str], value: str) -> list[str]:
    """The dependencies of a definition that do not let it have a value."""
    needed = _LEVEL.get(value, 1) if entry.type == "tristate" else 1
    terms = [term for text in entry.depends for term in _terms(text)]
    if entry.prompts and all(entry.prompts):
        terms += [" || ".join(entry.prompts)] if len(entry.prompts) > 1 else _terms(*entry.prompts)
    return [term for term in dict.fromkeys(terms) if _level(term, config) < needed]


def _told(book: _Book, term: str, config: Mapping[str, str]) -> str:
    """A dependency, with what is to be done about it if no person can set it."""
    entries = book.entries.get(term)
    if not re.fullmatch(r"\w+", term) or entries is None:
        return f"{term} (not met)"
    hidden = _unasked(book, term)
    state = f"is {config[term]}" if term in config else "not set"
    return f"{term} ({state}{'; ' * bool(hidden)}{hidden})"


def _unasked(book: _Book, name: str) -> str:
    """What sets an option that no person can set; empty for one that has a prompt."""
    entries = book.entries[name]
    if any(entry.prompts for entry in entries):
        return ""
    # those beside it first: they are the likely ones
    files = {entry.file for entry in entries}
    by = sorted(book.selecting.get(name, ()), key=lambda entry: entry.file not in files)
    said = ["it has no prompt"]
    said += [f"selected by {_some(by)}"] if by else []
    said += [f"default if {text}" for entry in entries for text in entry.defaults if text]
    return ", ".join(said)


def _some(entries: Sequence[_Entry]) -> str:
    names = list(dict.fromkeys(entry.name for entry in entries))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {counted(more, 'other')}" if more > 0 else "")


def _book(tree: Path, arch: str) -> _Book:
    book = _Book()
    _read(tree, "Kconfig", _SRCARCH.get(arch, arch), book, [])
    return book


# --- reading --------------------------------------------------------------------------------


def _read(tree: Path, file: str, arch: str, book: _Book, around: list[list[str]]) -> None:
    """The options of a Kconfig file and of those that it includes.

    around: the conditions of the `if`, `menu` and `choice` that are open, outermost first.
    """
    path = tree / file
    if not path.is_file():
        return
    entry: _Entry | None = None
    conditions: list[str] | None = None
    for words in _lines(path.read_text("utf-8", "replace")):
        word, _, rest = words.partition(" ")
        rest = rest.strip()
        if word in ("config", "menuconfig"):
            entry = _Entry(rest, file, [text for scope in around for text in scope])
            book.entries.setdefault(rest, []).append(entry)
            conditions = entry.depends
        elif word in ("menu", "choice", "if"):
            entry, conditions = None, [rest] if word == "if" else []
            around.append(conditions)
        elif word in ("endmenu", "endchoice", "endif") and around:
            around.pop()
            entry = conditions = None
        elif word in ("source", "comment", "mainmenu"):
            entry = conditions = None
            if word == "source":
                inner = rest.strip("\"'").replace("$(SRCARCH)", arch)
                # User-mode Linux runs on x86 here
                _read(tree, inner.replace("$(HEADER_ARCH)", "x86"), arch, book, around)
        elif word == "depends" and conditions is not None:
            conditions.append(rest.removeprefix("on").strip())
        elif entry is not None and word == "select":
            book.selecting.setdefault(rest.split()[0], []).append(entry)
        elif entry is not None:
            kind = word.removeprefix("def_")
            entry.type = kind if kind in _VALUES else entry.type
            if word in ("default", "def_bool", "def_tristate"):
                entry.defaults.append(rest.partition(" if ")[2])
            if prompt := _PROMPT.match(words):
                entry.prompts.append(prompt[2] or "")


def _lines(text: str) -> Iterator[str]:
    """The lines that say something: no comments, no help, continued ones joined."""
    help_column: int | None = None
    helping = False
    for line in text.replace("\\\n", " ").splitlines():
        bare = line.expandtabs().rstrip()
        column = len(bare) - len(bare.lstrip())
        if helping and bare:
            help_column = column if help_column is None else help_column
            # help ends at the first line that is indented less than its own first one
            helping = column >= help_column > 0
        if helping or not bare:
            continue
        words = " ".join(re.sub(r"(?:^|\s)#.*", "", bare).split())
        if words in ("help", "---help---"):
            helping, help_column = True, None
        elif words:
            yield words


# --- conditions -----------------------------------------------------------------------------


def _terms(text: str) -> list[str]:
    """What is joined by && on the top level of a condition."""
    terms, depth = [""], 0
    for token in _TOKEN.findall(text):
        depth += (token == "(") - (token == ")")
        if token == "||" and not depth:
            return [" ".join(text.split())]
        if token == "&&" and not depth:
            terms.append("")
            continue
        term = terms[-1]
        tight = term.endswith(("(", "!")) or token == ")" or not term
        terms[-1] = f"{term}{'' if tight else ' '}{token}"
    return [term for term in terms if term]


def _level(text: str, config: Mapping[str, str]) -> int:
    """The value of a condition: 0 for n, 1 for m, 2 for y."""
    tokens = _TOKEN.findall(text)
    level, rest = _any(tokens, config)
    return level if not rest else 2


def _any(tokens: list[str], config: Mapping[str, str]) -> tuple[int, list[str]]:
    level, rest = _all(tokens, config)
    while rest[:1] == ["||"]:
        other, rest = _all(rest[1:], config)
        level = max(level, other)
    return level, rest


def _all(tokens: list[str], config: Mapping[str, str]) -> tuple[int, list[str]]:
    level, rest = _one(tokens, config)
    while rest[:1] == ["&&"]:
        other, rest = _one(rest[1:], config)
        level = min(level, other)
    return level, rest


def _one(tokens: list[str], config: Mapping[str, str]) -> tuple[int, list[str]]:
    if not tokens:
        return 2, []
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        level, rest = _one(rest, config)
        return 2 - level, rest
    if first == "(":
        level, rest = _any(rest, config)
        return level, rest[1:]
    if len(rest) > 1 and rest[0] in _COMPARED:
        same = _value(first, config) == _value(rest[1], config)
        unread = rest[0] not in ("=", "!=")
        return 2 * (unread or same == (rest[0] == "=")), rest[2:]
    if first.startswith("$"):
        return 2, rest
    return _LEVEL.get(_value(first, config), 0), rest


def _value(word: str, config: Mapping[str, str]) -> str:
    if word[:1] in "\"'":
        return word[1:-1]
    return word if word in _LEVEL else config.get(word, "n").strip('"')
