# SPDX-License-Identifier: GPL-2.0-only
"""What spatch's messages mean when it gives up, and where in the .cocci they point.

The formats are those of spatch 1.1.1 and 1.3, which agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r'File "[^"\n]*\.cocci", line (\d+), column (\d+)')
_SCRIPT = re.compile(
    r'^Error in (?:Python|OCaml) script, line (\d+), file ".*?": (.*)', re.MULTILINE
)
_LINE = re.compile(r"^(?!warning)(.*?)(?: starting)?(?: on|:)? line (\d+)", re.MULTILINE)
_ATTACH = re.compile(r"^(\d+): (no available token.*)", re.MULTILINE)
_TWICE = re.compile(r'^(.*): already tagged token:\n.*\nFile "[^"\n]*", line (\d+)', re.MULTILINE)
_NO_RULES = "No rules apply."
_NOISE = ("init_defs_builtins", "Warning: PARSING", "warning:", "SPECIAL NAMES", "     trying ")


@dataclass(frozen=True)
class Position:
    """A place in a .cocci: 1-based line, 0-based column as spatch counts, the line's text."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.text}"


@dataclass(frozen=True)
class Fault:
    """Why a run failed; `position` where it is the .cocci's fault.

    nested: two matches of one rule overlap, as `f(f(x))` does for a rule about `f(e)`.
    """

    message: str
    position: Position | None = None
    nested: bool = False


def nothing_applies(said: str) -> bool:
    """Whether spatch gave up because no rule's dependencies can hold: not a fault."""
    return _NO_RULES in said


def read_fault(said: str, code: int, rules: str, probe_at: int, probe_lines: int) -> Fault:
    """The fault that spatch's stderr `said` tells of; `code` is its exit code.

    rules: the .cocci as the user wrote it; spatch saw `probe_lines` more after `probe_at`
    lines of it, and counts them.
    """
    if code < 0:
        return Fault(f"spatch was killed by signal {-code}")
    kept = [line for line in said.splitlines() if not line.startswith(_NOISE)]
    said = "\n".join(kept)
    before, handling, after = said.partition("HANDLING:")
    lines = rules.splitlines()

    def position(line: int, column: int) -> Position:
        if line > probe_at:
            line = max(probe_at + 1, line - probe_lines)
        line = max(1, min(line, len(lines)))
        return Position(line, column, lines[line - 1] if lines else "")

    script = _SCRIPT.search(said)
    if script is not None:
        error = re.findall(
            r"^\w*(?:Error|Exception|Interrupt)\b.*", said[: script.start()], re.MULTILINE
        )
        return Fault(error[-1] if error else script[2], position(int(script[1]), 0))
    place = _PLACE.search(before)
    if place is not None:
        above = before[: place.start()].rstrip().rpartition("\n")[2].strip(" :")
        return Fault(above or "parse error", position(int(place[1]), int(place[2])))
    line = _LINE.search(before)
    if line is not None:
        return Fault(line[1].strip(), position(int(line[2]), 0))
    attach = _ATTACH.search(before)
    if attach is not None:
        return Fault(attach[2], position(int(attach[1]), 0))
    twice = _TWICE.search(after)
    if twice is not None:
        what = f"rule {twice[1]} changes the same code twice, at line {twice[2]} of the source"
        return Fault(what, nested=True)
    spoken = [one.strip() for one in (after if handling else before).splitlines() if one.strip()]
    # what follows is a dump of spatch's token values
    message = spoken[-1].partition(": [")[0] if spoken else f"spatch ended with exit code {code}"
    return Fault(message)
