# SPDX-License-Identifier: GPL-2.0-only
"""What is validated, and what is known of it beforehand."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zpconvert.conversion.model import Assumption, Boot, Conversion, Renaming
from zpconvert.errors import UserError
from zpconvert.kernel.tree import Tree
from zpconvert.validate.commits import Series
from zpconvert.validate.report import Finding

Files = Mapping[str, bytes]

#: What a compiler makes one object of: C and assembler.
SOURCES = (".c", ".S")
#: What no compiler reads: kbuild's own files, and documents.
_UNREAD = re.compile(r"(?:^|/)(?:Makefile|Kbuild|Kconfig|MAINTAINERS)[^/]*$|\.(?:rst|txt|yaml|md)$")
_INCLUDED = re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]')
#: Objects that are built for the sake of one touched header.
INCLUDERS = 60


@dataclass(frozen=True)
class Subject:
    """What is validated, and what its conversion knows of it.

    fragment, module: kconfig lines that build the files, and that build them as a module.
    renames: patterns for function names. assumptions: the descriptor's. prefix: of subjects.
    declared: a commit's subject to the functions that it says to change, and why.
    includers: headers of the tree that the series touches, and the objects that include them.
    options: words of the command line that repeat all this.
    boot: how kernels are booted under load; None if that was not asked for.
    only: 1-based numbers of the commits to look at; () for all of them.
    conversion: the name of the conversion; None if none is known.
    """

    tree: Tree
    series: Series
    fragment: tuple[str, ...] = ()
    module: tuple[str, ...] = ()
    renames: tuple[Renaming, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    only: tuple[int, ...] = ()
    prefix: str | None = None
    options: tuple[str, ...] = ()
    declared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    includers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boot: Boot | None = None
    conversion: str | None = None

    @property
    def numbers(self) -> list[int]:
        """The commits to look at."""
        every = range(1, len(self.series.commits) + 1)
        return [number for number in every if not self.only or number in self.only]

    @functools.cached_property
    def sources(self) -> dict[str, str]:
        """The objects of the tree that the series touches, and their sources."""
        paths = {p for state in self.series.states for p in state if p.endswith(SOURCES)}
        return {p[:-2] + ".o": p for p in sorted(paths) if (self.tree.path / p).exists()}

    def objects(self) -> list[str]:
        """The objects of the tree that the series touches."""
        return list(self.sources)

    @functools.cached_property
    def included(self) -> list[str]:
        """The objects that touched headers alone make worth building."""
        every = {obj for objects in self.includers.values() for obj in objects[:INCLUDERS]}
        return sorted(every - self.sources.keys())

    def elsewhere(self, number: int) -> list[str]:
        """The sources that a commit touches and the tree does not have: no object's."""
        touched = self.series.commits[number - 1].touched
        return [p for p in touched if p.endswith(SOURCES) and not (self.tree.path / p).exists()]

    def files(self, obj: str, number: int) -> Files | None:
        """What goes into an object: its source and all that is no other object's source."""
        state, own = self.series.states[number], self.sources.get(obj, "")
        if own not in state and obj not in self.included:
            return None
        own = own or next(
            (p for p in (obj[:-2] + end for end in SOURCES) if (self.tree.path / p).exists()), ""
        )
        if own and own not in state:
            # beside the headers, for it looks for them where it is itself
            state = {**state, own: _text(self.tree.path / own)}
        others = set(self.sources.values()) - {own}
        others -= {path for path in others if _includes(state.get(own, b""), path)}
        return {
            path: text
            for path, text in state.items()
            if path not in others and not _UNREAD.search(path)
        }

    def source(self, obj: str) -> str:
        """The source of an object, as messages name it."""
        return self.sources.get(obj, obj[:-2] + ".c")


@functools.cache
def _text(path: Path) -> bytes:
    return path.read_bytes()


def _includes(text: bytes, path: str) -> bool:
    """Whether a text includes a file of this name."""
    name = path.rpartition("/")[2].encode()
    return name in text and any(
        included.rpartition(b"/")[2] == name for included in _INCLUDED.findall(text)
    )


def of_conversion(
    tree: Tree,
    series: Series,
    conversion: Conversion,
    *,
    kconfig: tuple[str, ...] = (),
    only: tuple[int, ...] = (),
    options: tuple[str, ...] = (),
    boot: bool = False,
) -> Subject:
    """A series that a conversion made, or one that its settings, names and assumptions hold
    for. kconfig: lines besides the conversion's own. boot: kernels are to be booted.

    Raises UserError when the conversion does not say how to boot.
    """
    module = conversion.kconfig_module
    if boot and conversion.boot is None:
        where = str(conversion.directory / "conversion.toml")
        raise UserError(where, "does not say how to boot", "add a [boot]")
    return Subject(
        tree,
        series,
        (*conversion.kconfig, *kconfig),
        (*module, *kconfig) if module else (),
        conversion.functions,
        conversion.descriptor.assumptions,
        only,
        conversion.prefix,
        (*options, "--boot") if boot else options,
        {
            f"{conversion.prefix}: {step.subject}": {c.function: c.reason for c in step.changes}
            for step in conversion.steps
        },
        boot=conversion.boot if boot else None,
        conversion=conversion.name,
    )


def kconfig_of(tree: Path, objects: Iterable[str], value: str = "y") -> tuple[str, ...]:
    """The settings that build some objects, as the Makefiles beside them say."""
    found: dict[str, None] = {}
    for obj in objects:
        directory, _, name = obj.rpartition("/")
        makefile = tree / directory / "Makefile"
        text = makefile.read_text("utf-8", "replace") if makefile.exists() else ""
        rule = rf"(?m)^[\w-]+-\$\((CONFIG_\w+)\)\s*[+:]?=.*(?<![\w-]){re.escape(name)}\b"
        found.update({f"{setting}={value}": None for setting in re.findall(rule, text)})
    return tuple(found)


def hints(renames: Sequence[Renaming], states: Sequence[Files]) -> dict[str, str]:
    """Names of functions before and after, by a conversion's patterns."""
    text = b"\n".join(text for state in states for text in state.values())
    words = {w.decode() for w in re.findall(rb"\b[A-Za-z_]\w*(?=\()", text)}
    renamed = ((word, rule(word)) for rule in renames for word in sorted(words))
    return {word: new for word, new in renamed if new != word}


def finding(
    subject: Subject, check: str, commit: int, cell: str, path: str, line: int, text: str
) -> Finding:
    """A finding, with the command that shows it again. commit, cell: 0 and empty for none in
    particular, which takes the commits that were looked at."""
    words = ["zpconvert", "validate", "--tree", str(subject.tree.path)]
    if subject.series.mails:
        words.insert(2, subject.series.source)
    else:
        words += ["--range", subject.series.source.rpartition(" ")[2]]
    words += subject.options
    for number in (commit,) if commit else subject.only:
        words += ["--commit", str(number)]
    words += ["--cell", cell] if cell else []
    return Finding(check, commit, cell, path, line, text, shlex.join(words))
