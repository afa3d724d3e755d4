# SPDX-License-Identifier: GPL-2.0-only
"""Which sources of a tree include some headers, directly or through other headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from pathlib import Path, PurePosixPath

from zpconvert.process import run
from zpconvert.validate.subject import INCLUDERS, SOURCES, Subject

_INCLUDE = re.compile(r'(?m)^[ \t]*#[ \t]*include[ \t]*(?P<mark>["<])(?P<name>[^">\n]+)[">]')
#: Not the kernel's own code.
_ELSEWHERE = ("tools", "Documentation", "samples")


def touched(subject: Subject, tell: Callable[[str], None]) -> dict[str, tuple[str, ...]]:
    """The headers of the base that the series touches, each with the objects of the sources
    that include it; the sources that others include, too."""
    found = {}
    for path in sorted({p for commit in subject.series.commits for p in commit.touched}):
        if path not in subject.series.base:
            continue
        if path.endswith(".h"):
            tell(f"looking for what includes {path}")
            sources = includers(subject.tree.path, path)
        elif path.endswith(SOURCES):
            sources = _neighbours(subject.tree.path, path)
        else:
            continue
        if sources or path.endswith(".h"):
            found[path] = tuple(f"{source[:-2]}.o" for source in sources)
    return found


def _neighbours(tree: Path, source: str) -> list[str]:
    """The sources of the same directory that include another one."""
    name = PurePosixPath(source).name
    mention = re.compile(rf'(?m)^[ \t]*#[ \t]*include[ \t]*"{re.escape(name)}"'.encode())
    return sorted(
        str(path.relative_to(tree))
        for path in (tree / source).parent.iterdir()
        if path.name.endswith(SOURCES) and path.is_file() and mention.search(path.read_bytes())
    )


def includers(tree: Path, header: str) -> list[str]:
    """Paths of the C and assembler sources that include `header` (its path in the tree),
    sorted; through headers too, as long as there are no more than INCLUDERS."""
    sources: set[str] = set()
    seen: set[str] = set()
    waiting = {header}
    while waiting and len(sources) <= INCLUDERS:
        seen |= waiting
        found = _direct(tree, waiting)
        sources |= {path for path in found if path.endswith(SOURCES)}
        waiting = {path for path in found if path.endswith(".h")} - seen
    return sorted(sources)


def _direct(tree: Path, headers: set[str]) -> set[str]:
    """What includes one of the headers itself."""
    names = "|".join(sorted({re.escape(PurePosixPath(path).name) for path in headers}))
    pattern = rf'^[ \t]*#[ \t]*include[ \t]*["<]([^">]*/)?({names})[">]'
    words = ["grep", "-rlE", pattern, "--include=*.[chS]"]
    words += [f"--exclude-dir={name}" for name in _ELSEWHERE]
    said = run([*words, "."], cwd=tree, check=False).text
    paths = (line.removeprefix("./") for line in said.splitlines())
    arches = {path.split("/")[1] for path in headers if path.startswith("arch/")}
    return {path for path in paths if _names(tree, path, arches) & headers}


def _names(tree: Path, path: str, arches: Set[str]) -> set[str]:
    """The headers of the tree that a file's includes can mean. arches: those whose headers
    anybody may mean."""
    found = set()
    parts = PurePosixPath(path).parts
    arches = {parts[1]} if parts[0] == "arch" else arches
    beside = PurePosixPath(path).parent
    for include in _INCLUDE.finditer((tree / path).read_text("utf-8", "replace")):
        name = include["name"]
        places = [f"include/{name}", f"include/uapi/{name}"]
        places += [f"arch/{a}/include/{up}{name}" for a in arches for up in ("", "uapi/")]
        if name.startswith("asm/"):
            # what an arch has not, kbuild makes of the generic one (generic-y)
            places.append(f"include/asm-generic/{name.removeprefix('asm/')}")
        if include["mark"] == '"':
            places.append(_plain(beside / name))
        found |= {place for place in places if (tree / place).exists()}
    return found


def _plain(path: PurePosixPath) -> str:
    """The path without `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
