# SPDX-License-Identifier: GPL-2.0-only
"""What spatch itself says of a semantic patch when it only parses it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.process import ProcessError, run
from zpconvert.smpl.faults import nothing_applies, read_fault

_GUESS = re.compile(r"^warning: line (\d+): (should (\w+) be a metavariable\?)", re.MULTILINE)
#: A want of this machine, not a fault of the patch.
_NO_COMPILER = "No OCaml compiler found"
#: spatch takes options from these lines; some of them name files or run programs.
_OWN_OPTIONS = re.compile(r"^#\s*spatch\b.*", re.MULTILINE)


def _said(subject: Subject) -> Iterator[Problem]:
    text = _OWN_OPTIONS.sub(lambda found: "//" + " " * (len(found.group()) - 2), subject.text)
    document = subject.document
    with tempfile.TemporaryDirectory(prefix="zpconvert-lint-") as place:
        (Path(place) / "rules.cocci").write_bytes(text.encode("utf-8", "replace"))
        try:
            done = run(
                ["spatch", "--parse-cocci", "rules.cocci"],
                cwd=Path(place),
                env={"TMPDIR": place},
                timeout=subject.timeout,
                check=False,
            )
        except ProcessError:
            yield Problem(0, f"spatch takes longer than {subject.timeout:g} s to parse this")
            return
    said = done.stderr.decode("utf-8", "replace")
    for line, what, name in _GUESS.findall(said):
        hint = f"(if not, declare it: symbol {name})"
        yield Problem(_place(subject, int(line), name), f"spatch asks: {what} {hint}")
    if done.code == 0 or nothing_applies(said) or _NO_COMPILER in said:
        return
    fault = read_fault(said, done.code, text, text.count("\n") + 1, 0)
    what = fault.message
    if (named := re.search(r"^error: (\w+): (.*)", said, re.MULTILINE)) is not None:
        block = document.rules.get(named[1])
        yield Problem(block.at if block else 0, f"spatch says: {named[2]}")
    elif fault.position is None:
        yield Problem(0, f"spatch says: {what}")
    else:
        at = document.offset(fault.position.line, fault.position.column + 1)
        yield Problem(at, f"spatch says: {what}")


def _place(subject: Subject, line: int, name: str) -> int:
    """Offset of a name on a line, of the line if spatch counted otherwise."""
    start = subject.document.offset(line, 1)
    found = re.compile(rf"[^\n]*?\b({name})\b").match(subject.text, start)
    return found.start(1) if found else start


RULES = (
    Rule(
        "SP901",
        "spatch cannot parse this, or asks about it",
        "The message is that of 'spatch --parse-cocci', which runs no script. It is left out on "
        "lines where another finding says more.",
        _said,
        valid=("@a@\nexpression e;\n@@\n- one(e)\n+ two(e)\n",),
        invalid=(
            "@a@\nexpression e;\n@@\n- one(e\n+ two(e)\n",
            "@a@\nexpression e;\n@@\n- one(E)\n+ two(E, e)\n",
        ),
    ),
)
