# SPDX-License-Identifier: GPL-2.0-only
"""The page: one HTML file that needs nothing else, made from facts, page.html and style.css."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from zpconvert.kernel.write import write_files
from zpconvert.mail.record import PAGE
from zpconvert.plural import counted
from zpconvert.report import chart, code
from zpconvert.report.facts import Facts, gather
from zpconvert.validate.report import CellRow, Report


def write(out: Path) -> Path:
    """Write OUT/report.html about the series in `out`; its path.

    Raises UserError as `gather` does, and where `out` cannot be written.
    """
    write_files(out, {PAGE: render(gather(out)).encode()})
    return out / PAGE


def render(facts: Facts) -> str:
    """The page as text."""
    engine = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    report = facts.report
    return engine.get_template("page.html").render(
        facts=facts,
        report=report,
        style=Markup(_text("style.css")),
        diff=code.diff,
        compared=code.compared,
        lines=list(chart.lines(report.sizes)) if report else [],
        chart=chart,
        longest=max((sum(f.lines for f in mail.changes) for mail in facts.mails), default=1) or 1,
        mark=lambda number, cell: _mark(facts, number, cell),
        counted=_counted(facts),
        plural=counted,
        partial=report is not None and _partial(facts, report),
    )


def _text(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _mark(facts: Facts, number: int, cell: CellRow) -> str:
    """How a commit fared in a cell: `good`, `bad` or `none`, which is what was not looked at."""
    if any(f.cell == cell.name for f in facts.found(number)) or cell.state == "failed":
        return "bad"
    return "good" if cell.state == "ran" and facts.built(number, cell.name) else "none"


def _partial(facts: Facts, report: Report) -> bool:
    """Whether something that was asked for was not looked at."""
    marks = {
        _mark(facts, number, cell)
        for number in range(1, len(facts.mails) + 1)
        for cell in report.cells
    }
    ran = all(tool.state == "ran" for tool in report.tools)
    return bool(report.uncovered) or "none" in marks or not ran


def _counted(facts: Facts) -> list[tuple[str, int, float]]:
    """Verdict, functions and share in percent, of those that there are."""
    counts = facts.report.functions if facts.report else {}
    total = sum(counts.values())
    return [(name, n, 100 * n / total) for name, n in counts.items() if n]
