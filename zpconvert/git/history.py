# SPDX-License-Identifier: GPL-2.0-only
"""What became of a version of a file."""

from __future__ import annotations

from pathlib import Path

from zpconvert.git.command import user_git
from zpconvert.process import ProcessError

#: Seconds for a walk through the history of one file.
_PATIENCE = 30.0


def last_with(top: Path, path: str, blob: str) -> str | None:
    """The last commit of HEAD's history in which a file is a certain blob.

    path: from the top of the work tree. blob: a hash, which may be abbreviated. None where the
    file is that blob still, never was, or was it too long ago to be found in half a minute.
    """
    words = ("log", "-1", "--format=%H", "--no-renames", f"--find-object={blob}")
    try:
        asked = user_git(top, *words, "HEAD", "--", path, check=False, timeout=_PATIENCE)
    except ProcessError:
        return None
    # the latest commit with that blob on either side of its diff: here, where it goes
    before = f"{asked.text.strip()}^"
    if asked.code != 0 or before == "^":
        return None
    there = user_git(top, "rev-parse", "--verify", "--quiet", f"{before}:{path}", check=False)
    if not there.text.startswith(blob):
        return None
    return user_git(top, "rev-parse", before).text.strip()
