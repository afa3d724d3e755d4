# SPDX-License-Identifier: GPL-2.0-only
"""Which headers a C file reaches, and what they declare, remembered between runs.

Three kinds of cache file: `closure` says for one file of one tree which headers it reached,
with the size and times of each as git's index has them; `tables` has what a set of headers
declares, by its content; `scan` has the same for one header. As long as no header's size or
time changed, a run reads the first two and calls stat.
"""

from __future__ import annotations

import marshal
import os
import posixpath
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zpconvert.csource import header_cache
from zpconvert.csource.header_scan import Scan, scan_header
from zpconvert.csource.header_tables import Tables, merge
from zpconvert.csource.header_text import read_directives
from zpconvert.errors import UserError

#: Where angle includes are looked for: LINUXINCLUDE of the kernel's top Makefile, without
#: the directories that only a built tree has.
SEARCH = ("include", "arch/x86/include", "include/uapi", "arch/x86/include/uapi")
#: asm/ headers that a build would generate as wrappers of these (scripts/Makefile.asm-headers).
GENERIC = ("include/asm-generic", "include/uapi/asm-generic")
#: What the kernel's Makefile includes before every file.
FORCED = ("linux/kconfig.h", "linux/compiler_types.h")
#: A file changed this recently (ns) may change again within one tick of the file system's
#: clock, so its times prove nothing: git's "racy" entries.
RACY_NS = 2_000_000_000

_Include = tuple[str, bool]
_Stamp = tuple[int, int, int]


@dataclass
class _Closure:
    """stamps: header to size, mtime and ctime, None where they prove nothing yet, in the
    order of inclusion. absent: places that were looked at in vain. scans: in that order."""

    stamps: dict[str, _Stamp | None] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    digests: list[str] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)

    def key(self) -> str:
        """A name for the headers and their content, in their order."""
        pairs = zip(self.stamps, self.digests, strict=True)
        return header_cache.digest(*(f"{path}\0{content}".encode() for path, content in pairs))


def load_closure(
    tree: Path, rel: str, source: bytes, cache: Path | None
) -> Tables | Callable[[str], object]:
    """Tables of all that `source` includes, or what loads them by name from a cache.

    Raises UserError for a header that is there and cannot be read.
    """
    top = str(tree.absolute())
    roots = [(name, False) for name in FORCED] + read_directives(source).includes
    if cache is None:
        return merge(_follow(top, rel, roots, None).scans)
    place = header_cache.digest(os.fsencode(top), os.fsencode(rel))
    key = _unchanged(top, header_cache.read(cache, "closure", place), roots)
    if key is not None and (parts := header_cache.read(cache, "tables", key)) is not None:
        return header_cache.lazily(parts)  # type: ignore[arg-type]
    closure = _follow(top, rel, roots, cache)
    key = closure.key()
    manifest = (roots, closure.stamps, sorted(closure.absent), key)
    parts = header_cache.read(cache, "tables", key)
    if parts is None:
        tables = merge(closure.scans)
        parts = {name: marshal.dumps(table) for name, table in vars(tables).items()}
        header_cache.write(cache, "tables", key, parts)
        header_cache.prune(cache, "tables")
    header_cache.write(cache, "closure", place, manifest)
    header_cache.prune(cache, "closure")
    return header_cache.lazily(parts)  # type: ignore[arg-type]


def reached(tree: Path, rel: str, source: bytes, cache: Path | None) -> list[str]:
    """Paths in the tree of all headers that `source` includes, directly or not, in the order
    of inclusion. Raises UserError for a header that is there and cannot be read."""
    roots = [(name, False) for name in FORCED] + read_directives(source).includes
    return list(_follow(str(tree.absolute()), rel, roots, cache).stamps)


def _unchanged(top: str, manifest: object, roots: list[_Include]) -> str | None:
    """The key of a remembered closure's tables, if nothing that it rests on has changed."""
    if not isinstance(manifest, tuple):
        return None
    before, stamps, absent, key = manifest
    if before != roots:
        return None
    for path, stamp in stamps.items():
        if stamp is None or _stamp(f"{top}/{path}") != stamp:
            return None
    if any(_stamp(f"{top}/{path}") is not None for path in absent):
        return None
    return str(key)


def _stamp(path: str) -> _Stamp | None:
    """Size, mtime and ctime of a regular file; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 a thousand times a run, and Path is slow
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _follow(top: str, rel: str, roots: list[_Include], cache: Path | None) -> _Closure:
    """Every header that is reached, each once, in the order of inclusion by breadth."""
    closure = _Closure()
    now = time.time_ns()
    todo = list(_resolve(top, rel, roots, closure, now))
    for path in todo:
        scan = _scan(top, path, closure, cache)
        closure.scans.append(scan)
        todo.extend(_resolve(top, path, scan.includes, closure, now))
    return closure


def _resolve(
    top: str, includer: str, includes: Iterable[_Include], closure: _Closure, now: int
) -> Iterator[str]:
    """The headers among `includes` that are there and were not reached before."""
    for name, quoted in includes:
        for place in _places(includer, name, quoted):
            if place in closure.stamps:
                break
            if place in closure.absent:
                continue
            stamp = _stamp(f"{top}/{place}")
            if stamp is not None:
                closure.stamps[place] = stamp if stamp[2] < now - RACY_NS else None
                yield place
                break
            closure.absent.add(place)


def _places(includer: str, name: str, quoted: bool) -> Iterator[str]:
    """Where a header may be, in the order of preference, none of it outside the tree."""
    if quoted:
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
        if not beside.startswith(("../", "/")):
            yield beside
    plain = posixpath.normpath(name)
    if plain.startswith(("../", "/")):
        return
    for directory in SEARCH:
        yield f"{directory}/{plain}"
    if plain.startswith("asm/"):
        for directory in GENERIC:
            yield f"{directory}/{plain[4:]}"


def _scan(top: str, path: str, closure: _Closure, cache: Path | None) -> Scan:
    try:
        content = Path(top, path).read_bytes()
    except OSError as error:
        raise UserError(
            f"{top}/{path}", f"cannot be read ({error.strerror})", "check the tree"
        ) from None
    if cache is None:
        return scan_header(content)
    key = header_cache.digest(content)
    closure.digests.append(key)
    kept = header_cache.read(cache, f"scan/{key[:2]}", key)
    if kept is not None:
        return Scan(**kept)  # type: ignore[arg-type]
    scan = scan_header(content)
    header_cache.write(cache, f"scan/{key[:2]}", key, vars(scan))
    return scan
