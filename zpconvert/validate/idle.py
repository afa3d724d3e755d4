# SPDX-License-Identifier: GPL-2.0-only
"""Includes that do nothing: the header that they name was read before, and is guarded."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from zpconvert.kernel import kbuild
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Job
from zpconvert.validate.comments import uncommented

Files = Mapping[str, bytes]

_INCLUDE = re.compile(rb"(?m)^[ \t]*#[ \t]*include\b[ \t]*(.*?)[ \t]*$\n?")
_GUARD = re.compile(rb"\s*#[ \t]*ifndef[ \t]+(\w+)[ \t]*\n\s*#[ \t]*define[ \t]+\1[ \t]*\n")
_CONDITION = re.compile(rb"(?m)^[ \t]*#[ \t]*(?:(if)(?:n?def)?|(endif)|else|elif)\b.*\n?")


def without(build: BuildDir, obj: str, base: Files, files: Files) -> Files:
    """What an object is made of, less the lines of new headers that include what its source
    has included before them.

    base: the same in the base, where there is no such header. All texts without comments.
    """
    source = Job(build, obj, files).source
    new = {path for path in files.keys() - base.keys() if path.endswith(".h")}
    if source not in base.keys() & files.keys() or any(p.endswith(".h") for p in base):
        return files
    quoted = {b'"%b"' % PurePosixPath(path).name.encode() for path in new}
    first, now = (_INCLUDE.findall(texts[source]) for texts in (base, files))
    if now[: len(first)] != first or not quoted.issuperset(now[len(first) :]):
        return files
    saved = (build.path, build.tree, build.inputs, obj)

    def kept(line: re.Match[bytes]) -> bytes:
        return b"" if _is_idle(line[1], *saved) else line[0]

    return {path: _INCLUDE.sub(kept, text) if path in new else text for path, text in files.items()}


@functools.lru_cache(maxsize=256)
def _is_idle(name: bytes, build: Path, tree: Path, inputs: str, obj: str) -> bool:
    """Whether including `<x.h>` does nothing after all that an object was built from."""
    read = kbuild.read(build, tree, obj)
    path = "include/" + name[1:-1].decode("utf-8", "replace")
    # the same name in another directory may be what is meant
    meant = [one for one in read if one.endswith(path.removeprefix("include"))]
    return name.startswith(b"<") and meant == [path] and is_guarded((tree / path).read_bytes())


def is_guarded(header: bytes) -> bool:
    """Whether a header is empty the second time: all of it stands in one `#ifndef`, whose
    macro it defines."""
    text = uncommented(header)
    guard = _GUARD.match(text)
    if not guard:
        return False
    depth = at = 0
    for condition in _CONDITION.finditer(text):
        depth += bool(condition[1]) - bool(condition[2])
        other = not condition[1] and not condition[2]
        if depth < 1 or (depth == 1 and other):
            at = condition.end() if condition[2] else len(text) + 1
            break
    return not text[at:].strip() and at <= len(text) and b"#undef " + guard[1] not in text
