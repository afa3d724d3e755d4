# SPDX-License-Identifier: GPL-2.0-only
"""Jobs whose texts differ and come to the same once preprocessed: a header with a stub in it
that this configuration leaves out is to the compiler the header without it."""

from __future__ import annotations

import hashlib
import re

from zpconvert.kernel.precompiled import Opening
from zpconvert.kernel.replay import Job
from zpconvert.validate.comments import uncommented

#: What keeps a header from being read twice.
_GUARD = re.compile(rb"\s*#[ \t]*ifndef[ \t]+(\w+)\s*?\n\s*#[ \t]*define[ \t]+(\w+)\b")


def identity(job: Job, opening: Opening) -> str | None:
    """What the job comes to once preprocessed and all else that its result depends on, as a
    digest: that of its opening, known already, and what comes after it. None where the opening
    does not fit.

    Where the job says nothing: headers that differ have lines of other numbers.
    """
    end = opening.end(job)
    if not end:
        return None
    whole = job.overlay[job.source]
    rest = uncommented(whole[end:])
    inside = {p: uncommented(t) for p, t in job.overlay.items() if p in opening.texts}
    after = {
        path: uncommented(text)
        for path, text in job.overlay.items()
        if path != job.source and path not in inside
    }
    seen = [rest, *after.values()]
    # one that can be read again counts as it is
    after |= {path: text for path, text in inside.items() if not _read_once(text, seen)}
    parts = (
        opening.digest, job.build.path, job.build.inputs, job.build.commands[job.obj], job.flags,
        whole.count(b"\n", 0, end), rest, sorted(after.items()),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read_once(header: bytes, others: list[bytes]) -> bool:
    """Whether a header guards itself, by a name that no other text speaks of."""
    guard = _GUARD.match(header)
    if guard is None or guard[1] != guard[2] or not header.rstrip().endswith(b"#endif"):
        return False
    return not any(guard[1] in text for text in others)
