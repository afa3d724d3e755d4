# SPDX-License-Identifier: GPL-2.0-only
"""What spatch itself says of a semantic patch when it only parses it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.smpl.faults import nothing_applies, read_fault
from zpconvert.smpl.trust import loads_code, without_options

_GUESS = re.compile(r"^warning: line (\d+): (should (\w+) be a metavariable\?)", re.MULTILINE)


def _said(subject: Subject) -> Iterator[Problem]:
    data = without_options(subject.text.encode("utf-8", "replace"))
    if loads_code(data):
        return
    text = data.decode("utf-8")
    document = subject.document
    with scratch_directory() as place:
        (place / "rules.cocci").write_bytes(data)
        try:
            done = run(
                ["spatch", "--parse-cocci", "rules.cocci"],
                cwd=place,
                env={"TMPDIR": str(place)},
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
    if done.code == 0 or nothing_applies(said):
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
        "lines where another finding says more, and for patches with OCaml or an #include at the "
        "top: spatch compiles and reads these in any case.",
        _said,
        valid=("@a@\nexpression e;\n@@\n- one(e)\n+ two(e)\n",),
        invalid=(
            "@a@\nexpression e;\n@@\n- one(e\n+ two(e)\n",
            "@a@\nexpression e;\n@@\n- one(E)\n+ two(E, e)\n",
        ),
    ),
)
