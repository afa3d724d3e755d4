# SPDX-License-Identifier: GPL-2.0-only
"""A series that was just written, validated, and what its cover letter may say of that."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.model import Conversion
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.tree import open_tree
from zpconvert.mail.cover import CellOutcome, ObjectSize, Proof
from zpconvert.pipeline import Tell
from zpconvert.validate import commits, run
from zpconvert.validate.report import Finding, Report, dump
from zpconvert.validate.subject import of_conversion


@dataclass(frozen=True)
class Proven:
    """What validating showed: `proof` and `sizes` are for the cover letter, `report` is
    report.json."""

    proof: Proof
    sizes: tuple[ObjectSize, ...]
    findings: tuple[Finding, ...]
    report: bytes


@dataclass(frozen=True)
class Prover:
    """How a series is to be validated: in which cells, with what, and who is told."""

    matrix: str
    cells: Sequence[Cell]
    cache: Path
    tell: Tell = lambda text: None

    def prove(
        self,
        mails: Path,
        out: Path,
        tree: Path,
        conversion: Conversion,
        result: Mapping[str, bytes],
    ) -> Proven:
        """Apply the mails to the tree with git, validate every commit of them.

        mails: the directory where they are now; out: where they will be, as the report names
        it. result: the touched files after the last commit, which git must arrive at.
        Raises UserError when nothing can be compiled.
        """
        opened = open_tree(tree)
        series = dataclasses.replace(commits.from_mails(mails, opened), source=str(out))
        if series.states[-1] != result:
            raise AssertionError("git am of the mails gives another tree than the one computed")
        subject = of_conversion(opened, series, conversion, options=self._words(conversion))
        workers = os.cpu_count() or 1
        report = run.validate(
            subject, self.cells, cache=self.cache, workers=workers, tell=self.tell
        )
        proof = _proof(self.matrix, conversion, report)
        return Proven(proof, _sizes(report), report.findings, dump(report))

    def _words(self, conversion: Conversion) -> tuple[str, ...]:
        """What repeats it besides the mails and the tree. A bundled conversion is the one that
        series.json names; another may be edited since."""
        matrix = () if self.matrix == "quick" else ("--matrix", self.matrix)
        own = () if conversion.bundled else ("--conversion", str(conversion.directory))
        return (*matrix, *own)


def _proof(matrix: str, conversion: Conversion, report: Report) -> Proof:
    """What a cover letter says of it."""
    return Proof(
        matrix=matrix,
        cells=tuple(
            CellOutcome(cell.name, cell.compiler, cell.state, cell.reason, cell.compared)
            for cell in report.cells
        ),
        tools=tuple(tool.name for tool in report.tools if tool.state == "ran"),
        functions=report.functions,
        assumptions=tuple(
            f"{one.name}: {one.reason}" for one in report.assumptions if one.functions
        ),
        findings=tuple(
            dict.fromkeys(  # the same in another cell is said once
                f"{one.check}, patch {one.commit}: {one.text}" if one.commit else one.text
                for one in report.findings
            )
        ),
        conversion=conversion.name if conversion.bundled else None,
        tool=report.tool,
    )


def _sizes(report: Report) -> tuple[ObjectSize, ...]:
    """Bytes of text and data of each object in each cell, in the base and at the end."""
    known = {(s.cell, s.object, s.commit): s.text + s.data for s in report.sizes}
    last = len(report.commits)
    places = dict.fromkeys((s.cell, s.object) for s in report.sizes)
    return tuple(
        ObjectSize(cell, obj, known[cell, obj, 0], known[cell, obj, last])
        for cell, obj in places
        if {(cell, obj, 0), (cell, obj, last)} <= known.keys()
    )
