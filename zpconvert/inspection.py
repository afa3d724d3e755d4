# SPDX-License-Identifier: GPL-2.0-only
"""Files in, findings out: which descriptor a file speaks of, and what the tree knows of it.

A file that includes no descriptor's header costs a search of its bytes and nothing else; the
tree's other headers are read only when a rule cannot decide without them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from zpconvert.check import run
from zpconvert.check.model import Finding
from zpconvert.check.rules.unused import UnusedHelper
from zpconvert.check.subject import Subject
from zpconvert.check.trees import Tree
from zpconvert.check.vocabulary import Vocabulary, vocabulary
from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.conversion.load import list_conversions, load
from zpconvert.conversion.model import Conversion, Descriptor
from zpconvert.planner import named
from zpconvert.resources import semantic_patches_dir
from zpconvert.rewrite.slots import Slot

if TYPE_CHECKING:
    from zpconvert.csource.externals import Externals

_HEADER_KEY = rb"(?ms)^\[descriptor\].*?^header[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"']"
_INCLUDE = rb"(?m)^[ \t]*#[ \t]*include[ \t]*[<\"]((?:[^>\"\n]*/)?%s)[>\"]"


@dataclass(frozen=True)
class Inspected:
    """What a file's inspection gave. mended: its text after --fix, if that changed it."""

    path: Path
    findings: tuple[Finding, ...]
    mended: bytes | None = None
    fixed: int = 0


class Inspector:
    """Checks files of one tree.

    extra: conversions besides the bundled ones; they come first. show: path → as findings
    have it. cache: where what headers say is kept, asked for when they are read.
    """

    def __init__(
        self,
        tree: Tree,
        extra: Sequence[Conversion],
        *,
        show: Callable[[Path], str],
        cache: Callable[[], Path | None],
    ) -> None:
        self._tree, self._extra, self._show, self._cache = tree, tuple(extra), show, cache
        self._headers = {_basename(c.descriptor) for c in extra} | _bundled_headers()
        patterns = [re.escape(name.encode()) for name in sorted(self._headers)]
        self._include = re.compile(_INCLUDE % (b"(?:" + b"|".join(patterns) + b")"))
        self._words: dict[tuple[str, Path | None], Vocabulary] = {}
        self._met: dict[Path, Descriptor] = {}
        self._seen: dict[Path, bytes] = {}

    def check(self, path: Path, text: bytes, *, fix: bool = False) -> Inspected:
        """Check a file, mended first if asked for."""
        self._seen[path] = text
        if path.name not in self._headers and self._include.search(text) is None:
            return Inspected(path, ())
        found: list[Finding] = []
        before, fixed = text, 0
        for descriptor in _descriptors(self._extra):
            make = self._maker(path, text, descriptor)
            if make is None:
                continue
            if fix:
                text, count = run.mended(make, text)
                fixed += count
            found += run.findings(make, text)
        self._seen[path] = text
        changed = text if text != before else None
        return Inspected(path, tuple(dict.fromkeys(found)), changed, fixed)

    def unused(self) -> list[Finding]:
        """Unused helpers of the headers that checked files include, but were not checked."""
        found: list[Finding] = []
        for path, descriptor in self._met.items():
            text = self._tree.read(path) if path not in self._seen else None
            make = self._maker(path, text, descriptor) if text is not None else None
            if make is not None and text is not None:
                found += run.findings(make, text, [UnusedHelper()])
        return found

    def _maker(self, path: Path, text: bytes, descriptor: Descriptor) -> run.Make | None:
        """How to look at a file in the light of a descriptor; None if it has none of it."""
        header = self._own_header(path, text, descriptor)
        if header:
            words = self._vocabulary(descriptor, path, text)
        else:
            include = self._includes(text, descriptor)
            if include is None:
                return None
            at, found = self._find_header(path, include, descriptor)
            if at is not None:
                self._met[at] = descriptor
            words = self._vocabulary(descriptor, at, found)
        stays, load_headers = self._stays(path, descriptor), partial(self._load, path, text)
        users = partial(self._users, path, descriptor) if header else tuple
        return lambda source: Subject(
            self._show(path),
            source,
            words,
            header=header,
            stays=stays,
            users=users,
            load=load_headers,
        )

    def _own_header(self, path: Path, text: bytes, descriptor: Descriptor) -> bool:
        return path.name == _basename(descriptor) and _defines(text, descriptor)

    def _includes(self, text: bytes, descriptor: Descriptor) -> str | None:
        pattern = _INCLUDE % re.escape(_basename(descriptor).encode())
        found = re.search(pattern, text)
        return found[1].decode("utf-8", "surrogateescape") if found else None

    def _find_header(
        self, path: Path, include: str, descriptor: Descriptor
    ) -> tuple[Path | None, bytes | None]:
        """The header that a file includes: path and text, None where it is not found."""
        places = [path.parent / include]
        top = _top(path)
        if top is not None:
            places += [top / "include" / include, top / descriptor.header]
        for place in (Path(os.path.normpath(p)) for p in places):
            text = self._tree.read(place)
            if text is not None and _defines(text, descriptor):
                return place, text
        return None, None

    def _vocabulary(
        self, descriptor: Descriptor, path: Path | None, text: bytes | None
    ) -> Vocabulary:
        key = descriptor.name, path
        if key not in self._words:
            self._words[key] = vocabulary(descriptor, text)
        return self._words[key]

    def _stays(self, path: Path, descriptor: Descriptor) -> Callable[[Slot], bool]:
        """The borders of the conversions of this file, or else of all of the descriptor's.

        Few files have a slot to ask about: reading the conversions waits for one.
        """

        @cache
        def patterns() -> list[str]:
            known = [c for c in self._conversions() if c.descriptor.name == descriptor.name]
            own = [c for c in known if any(path.as_posix().endswith("/" + f) for f in c.files)]
            return [b.slot for c in own or known for b in c.border]

        return lambda slot: any(named.matches(p, slot) for p in patterns())

    def _conversions(self) -> tuple[Conversion, ...]:
        return (*self._extra, *_bundled())

    def _users(self, header: Path, descriptor: Descriptor) -> Iterator[bytes]:
        """Files that include a header: those beside it that were checked, all others beside it,
        and those of the conversions. Whoever has seen enough of them need not wait for the rest.
        """
        if "include" in header.parent.parts:
            return
        given = {header}
        for look in (self._checked, self._beside, self._converted):
            for path, text in look(header, descriptor).items():
                if path not in given and self._includes(text, descriptor) is not None:
                    given.add(path)
                    yield text

    def _checked(self, header: Path, _: Descriptor) -> Mapping[Path, bytes]:
        return {p: text for p, text in self._seen.items() if p.parent == header.parent}

    def _beside(self, header: Path, _: Descriptor) -> Mapping[Path, bytes]:
        return self._tree.mentioning(header.parent, header.name)

    def _converted(self, header: Path, descriptor: Descriptor) -> Mapping[Path, bytes]:
        if not header.as_posix().endswith("/" + descriptor.header):
            return {}
        top = Path(header.as_posix().removesuffix(descriptor.header))
        paths = {top / file for c in self._conversions() for file in c.files}
        return {path: text for path in paths if (text := self._tree.read(path)) is not None}

    def _load(self, path: Path, text: bytes) -> Externals | None:
        from zpconvert.csource.externals import externals_for

        top = _top(path)
        if top is None:
            return None
        return externals_for(top, os.path.relpath(path, top), text, self._cache())


@cache
def _bundled() -> tuple[Conversion, ...]:
    return tuple(load(name) for name in list_conversions())


def _bundled_headers() -> set[str]:
    """File names of the bundled descriptors' headers.

    A file that includes none of them, as nearly all do, need not wait for the tables to be read
    and checked: a look at the one line will do.
    """
    texts = (p.read_bytes() for p in (semantic_patches_dir() / "descriptors").glob("*.toml"))
    found = {m[1].decode() for t in texts for m in re.finditer(_HEADER_KEY, t)}
    return {Path(header).name for header in found}


@cache
def _descriptors(conversions: tuple[Conversion, ...]) -> tuple[Descriptor, ...]:
    """One descriptor a name: those of the conversions, then bundled ones that none uses."""
    found = {c.descriptor.name: c.descriptor for c in reversed(conversions)}
    used = {d.path.resolve() for d in found.values()}
    for file in sorted((semantic_patches_dir() / "descriptors").glob("*.toml")):
        if file.resolve() not in used:
            bundled = load_descriptor(file)
            found.setdefault(bundled.name, bundled)
    return tuple(found.values())


def _basename(descriptor: Descriptor) -> str:
    return Path(descriptor.header).name


def _defines(text: bytes, descriptor: Descriptor) -> bool:
    return re.search(rf"\bstruct\s+{descriptor.name}\s*{{".encode(), text) is not None


def _top(path: Path) -> Path | None:
    """The top of the kernel tree that a file is in, as far as it looks like one."""
    return next((p for p in path.parents if (p / "include" / "linux").is_dir()), None)
