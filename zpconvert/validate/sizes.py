# SPDX-License-Identifier: GPL-2.0-only
"""Sizes of objects: what each commit adds, by the tree's own bloat-o-meter, and what the cover
letter claims, against what was measured."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zpconvert.process import run
from zpconvert.scratch import scratch_directory
from zpconvert.validate.report import BloatRow, SizeRow

_METER = "scripts/bloat-o-meter"
#: Runs the script for each pair of objects, a line of `=` before each: to start Python takes
#: longer than to measure.
_EACH = """\
import runpy, sys
script, *objects = sys.argv[1:]
for pair in zip(objects[::2], objects[1::2]):
    print("=", flush=True)
    sys.argv = [script, *pair]
    runpy.run_path(script, run_name="__main__")
"""
_UP_DOWN = re.compile(r"add/remove: \S+ grow/shrink: \S+ up/down: (\d+)/-?(\d+) ")
_TOTAL = re.compile(r"(?m)^Total: Before=(\d+), After=(\d+),")
#: As the cover letters of `zpconvert series` say it.
_CLAIM = re.compile(rb"(?m)^ *(\S+\.o), ([\w.-]+): (\d+) -> (\d+)\b(?: \(([+-]\d+)\))?")


def bloat(tree: Path, cell: str, objects: Mapping[tuple[str, int], bytes]) -> Iterator[BloatRow]:
    """The figures of bloat-o-meter for each object and each commit whose parent was built too,
    in one cell; nothing where the tree has no such script.

    objects: (object, commit) to its bytes; commit 0 is the base.
    """
    script = tree / _METER
    if not script.is_file():
        return
    wanted = [(obj, number) for obj, number in sorted(objects) if (obj, number - 1) in objects]
    with scratch_directory() as place:
        files = []
        for at, (obj, number) in enumerate(wanted):
            for end, blob in enumerate((objects[obj, number - 1], objects[obj, number])):
                files.append(place / f"{at}-{end}.o")
                files[-1].write_bytes(blob)
        said = run([sys.executable, "-B", "-c", _EACH, script, *files], timeout=600).text
    for (obj, number), one in zip(wanted, said.split("=\n")[1:], strict=True):
        moved, total = _UP_DOWN.match(one), _TOTAL.search(one)
        if moved and total:
            figures = (int(figure) for figure in (*moved.groups(), *total.groups()))
            yield BloatRow(number, cell, obj, *figures)


def false_claims(cover: bytes, sizes: Sequence[SizeRow], last: int) -> Iterator[tuple[int, str]]:
    """(1-based line, what is wrong) of the sizes that a cover letter claims and that were
    measured otherwise; a claim about a cell that did not run is not judged."""
    measured = {(s.object, s.cell, s.commit): s.text + s.data for s in sizes}
    for claim in _CLAIM.finditer(cover):
        obj, cell = claim[1].decode(), claim[2].decode()
        ends = [(obj, cell, 0), (obj, cell, last)]
        if not all(end in measured for end in ends):
            continue
        found = [measured[end] for end in ends]
        said = [int(claim[3]), int(claim[4])]
        grown = found[1] - found[0]
        if found != said or (claim[5] and int(claim[5]) != grown):
            said.append(int(claim[5] or said[1] - said[0]))
            text = (
                f"says {said[0]} -> {said[1]} ({said[2]:+d}), measured are "
                f"{found[0]} -> {found[1]} ({grown:+d})"
            )
            line = cover.count(b"\n", 0, claim.start(1)) + 1
            yield line, f"{obj}, {cell}: the cover letter {text}"
