# SPDX-License-Identifier: GPL-2.0-only
"""Which compilations are of the same preprocessed text, so that one of them is enough.

What comes out of preprocessing decides about the object. About the warnings it does not: gcc
asks what a macro was and what was spelt out, and how far a line is indented. Where they count,
the text is the one before macros are expanded, with the definitions of those that there are.

Preprocessing takes its time, too, and the texts of a series seldom come to the same. So only
those are preprocessed that differ in nothing but what a preprocessor may drop: lines under
conditions, and macros.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping

from zpconvert.kernel import replay
from zpconvert.kernel.replay import Job, overlaid
from zpconvert.process import ProcessError
from zpconvert.validate.comments import uncommented

_DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*(\w*)[ \t]*(\w*)")
#: Compiled with it, a text has no warnings.
_QUIET = "-w"


def alike(jobs: Mapping[str, Job]) -> list[dict[str, Job]]:
    """Those of some named jobs that may come to the same text, in groups of two and more. Where
    warnings count, there are those of gcc alone, and none that a checker reads as well: it
    defines macros of its own."""
    groups: dict[tuple[object, ...], dict[str, Job]] = {}
    for name, job in jobs.items():
        plain = job.build.cell.toolchain == "gcc" and not job.checked
        if _QUIET in job.flags or plain:
            groups.setdefault(_group(job), {})[name] = job
    return [group for group in groups.values() if len(group) > 1]


def preprocessed(job: Job) -> str | None:
    """A digest of a job's text as it is preprocessed, its lines' numbers and what the compiler
    says of it; None if it fails, which whoever compiles the job meets again.

    Raises OSError when the disk is full.
    """
    # Using GCC, "Options Controlling the Preprocessor"
    mode = () if _QUIET in job.flags else ("-fdirectives-only",)
    texts = {path: uncommented(text) for path, text in job.overlay.items()}
    with overlaid(texts) as scratch:
        command = job.build.commands[job.obj]
        more = (*job.flags, *job.warnings, "-E", *mode, "-o", "-")
        try:
            done = replay.execute(
                job.build, replay.argv(job.build, command, scratch, more), scratch
            )
        except ProcessError:
            return None
        if done.code != 0:
            return None
        text = done.stdout + b"\0" + done.stderr
        return hashlib.sha256(text.replace(bytes(scratch), b"")).hexdigest()


def outline(text: bytes) -> bytes:
    """What a C text without comments is to any preprocessor: its lines under conditions, and
    those that define macros, are empty. A header's guard is no condition."""
    lines = text.split(b"\n")
    directives = [found.groups() for line in lines if (found := _DIRECTIVE.match(line))]
    match directives[:2]:
        case [(b"ifndef", name), (b"define", guard)] if name == guard:
            depth = -1
        case _:
            depth = 0
    kept, goes_on = [], False
    for line in lines:
        # a line that goes on one that is dropped
        dropped = goes_on or depth > 0
        if not goes_on and (found := _DIRECTIVE.match(line)):
            word = found[1]
            depth += word.startswith(b"if")
            depth -= word == b"endif"
            dropped = dropped or depth > 0 or word in (b"define", b"undef")
        goes_on = dropped and line.endswith(b"\\")
        kept.append(b"" if dropped else line)
    return b"\n".join(kept)


def _group(job: Job) -> tuple[object, ...]:
    texts = tuple((path, _outlined(text)) for path, text in sorted(job.overlay.items()))
    build = job.build
    return (build.path, build.inputs, build.commands[job.obj], job.flags, texts)


@functools.lru_cache(maxsize=4096)
def _outlined(text: bytes) -> bytes:
    return hashlib.sha256(outline(uncommented(text))).digest()
