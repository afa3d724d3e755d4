# SPDX-License-Identifier: GPL-2.0-only
"""Which compilations are of the same preprocessed text, so that one of them is enough.

Preprocessing takes a third of what compiling takes, and the texts of a series seldom come to
the same. So only those are preprocessed that differ in nothing but what a preprocessor may
drop: lines under conditions, and macros. That what comes out decides about the object and the
warnings is also what ccache's preprocessor mode relies on (ccache(1), "How ccache works").
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

_DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*(\w*)")


def alike(jobs: Mapping[str, Job]) -> list[dict[str, Job]]:
    """Those of some named jobs that may come to the same text, in groups of two and more. Jobs
    whose sources a checker reads as well are not among them: it defines macros of its own."""
    groups: dict[tuple[object, ...], dict[str, Job]] = {}
    for name, job in jobs.items():
        if not job.checked:
            groups.setdefault(_group(job), {})[name] = job
    return [group for group in groups.values() if len(group) > 1]


def preprocessed(job: Job) -> str | None:
    """A digest of a job's text as the compiler preprocesses it, its lines' numbers and what the
    compiler says of it; None if it fails, which whoever compiles the job meets again.

    Raises OSError when the disk is full.
    """
    with overlaid(job.overlay) as scratch:
        command = job.build.commands[job.obj]
        words = replay.argv(job.build, command, scratch, (*job.flags, "-E", "-o", "-"))
        try:
            done = replay.execute(job.build, words, scratch)
        except ProcessError:
            return None
        if done.code != 0:
            return None
        text = done.stdout + b"\0" + done.stderr
        return hashlib.sha256(text.replace(bytes(scratch), b"")).hexdigest()


def outline(text: bytes) -> bytes:
    """What a C text without comments is to any preprocessor: its lines under conditions, and
    those that define macros, are empty."""
    kept, depth, goes_on = [], 0, False
    for line in text.split(b"\n"):
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
    return (job.build.path, job.build.inputs, job.obj, job.flags, texts)


@functools.lru_cache(maxsize=4096)
def _outlined(text: bytes) -> bytes:
    return hashlib.sha256(outline(uncommented(text))).digest()
