# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert validate`: every commit of a series proven."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import offer, offer_conversions, offer_matrices, tree_option
from zpconvert.cli.talk import progress, say
from zpconvert.kernel.source import cache_home
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.kernel.cells import Cell
    from zpconvert.kernel.tree import Tree
    from zpconvert.validate.commits import Series
    from zpconvert.validate.report import BootRow, Finding, FunctionRow, Report
    from zpconvert.validate.subject import Subject


def _cell_names() -> Iterable[str]:
    from zpconvert.kernel.cells import built_in

    return built_in()


@click.command("validate")
@click.argument("out", required=False, type=click.Path(path_type=Path))
@tree_option
@click.option("--range", "revisions", metavar="A..B", help="Commits of the tree, not mails.")
@click.option(
    "--matrix",
    default="quick",
    show_default=True,
    metavar="quick|full|FILE",
    shell_complete=offer_matrices,
    help="The cells to build in; FILE is TOML like zpconvert/kernel/cells.toml.",
)
@click.option(
    "--cell",
    "only_cells",
    multiple=True,
    metavar="NAME",
    shell_complete=offer(_cell_names),
    help="Only this cell.",
)
@click.option(
    "--commit",
    "only",
    multiple=True,
    type=click.IntRange(min=1),
    metavar="N",
    help="Only this commit of the series, the first is 1.",
)
@click.option(
    "--conversion",
    metavar="NAME",
    shell_complete=offer_conversions,
    help="Whose kconfig lines, names and assumptions hold: a bundled one, or a directory of "
    "yours; by default the one that series.json names.",
)
@click.option(
    "--kconfig",
    multiple=True,
    metavar="CONFIG_X=y",
    help="A line that builds the files; without any, what their Makefiles say.",
)
@click.option(
    "--boot",
    is_flag=True,
    help="Boot each commit's kernel, and its parent's, under load as well (ARCH=um).",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Compilers at a time; one a core."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the report goes; OUT/report.json by default, if all of OUT was looked at.",
)
def command(
    out: Path | None,
    tree: Path,
    revisions: str | None,
    matrix: str,
    only_cells: tuple[str, ...],
    only: tuple[int, ...],
    conversion: str | None,
    kconfig: tuple[str, ...],
    boot: bool,
    jobs: int | None,
    json_file: Path | None,
) -> None:
    """Show that each commit builds without a new warning and changes no function.

    OUT is a directory of mails, from 'zpconvert series' or 'git format-patch', or an mbox file
    of them; with --range, commits of the tree's own repository. The tree is only read.

    Exit code 1 means that something fell short; the report says what and how to see it again.

    \b
    Examples:
      zpconvert validate outgoing --tree ~/linux
      zpconvert validate outgoing --tree ~/linux --boot --cell boot-kasan
      zpconvert validate --tree ~/linux --range v6.12..topic --kconfig CONFIG_ZRAM=y
    """
    from zpconvert.kernel.tree import open_tree
    from zpconvert.mail.archive import is_directory_of_patches
    from zpconvert.validate import report, run

    opened = open_tree(tree)
    series = _series(out, opened, revisions)
    subject = _subject(opened, series, conversion, kconfig, only, boot)
    cells = _cells(matrix, only_cells, boot)
    with progress("validating") as tell:
        found = run.validate(
            subject, cells, cache=cache_home(), workers=jobs or os.cpu_count() or 1, tell=tell
        )
    part = bool(only or only_cells)
    if json_file is None and out is not None and is_directory_of_patches(out) and not part:
        json_file = out / report.NAME
    if json_file is not None:
        report.write(found, json_file)
    _show(found)
    if json_file is None:
        why = (
            "a part of the series or matrix was looked at" if part else "there is no directory OUT"
        )
        say(f"no {report.NAME} written, {why}; --json FILE writes one")
    if not found.good:
        raise Findings


def _series(out: Path | None, tree: Tree, revisions: str | None) -> Series:
    from zpconvert.mail import posted
    from zpconvert.validate import commits

    if out is not None and revisions is None:
        place = click.get_current_context().with_resource(posted.unpacked(out))
        return replace(commits.from_mails(place, tree), source=str(out))
    if revisions is not None and out is None:
        return commits.from_range(tree, revisions)
    raise click.UsageError("give either OUT or --range.")


def _subject(
    tree: Tree,
    series: Series,
    name: str | None,
    kconfig: tuple[str, ...],
    only: tuple[int, ...],
    boot: bool,
) -> Subject:
    from zpconvert.conversion.identity import made_by
    from zpconvert.conversion.load import load
    from zpconvert.errors import UserError
    from zpconvert.validate.subject import Subject, kconfig_of, of_conversion

    beyond = [n for n in only if n > len(series.commits)]
    if beyond:
        raise UserError(
            "--commit", f"there is no commit {beyond[0]}", f"the last is {len(series.commits)}"
        )
    options = [w for line in kconfig for w in ("--kconfig", line)]
    conversion = None
    if name is not None:
        options += ["--conversion", name]
        conversion = load(name)
    elif series.conversion is not None:
        conversion = made_by(series.source, series.conversion, series.own)
    if conversion is None and boot:
        raise UserError("--boot", "which loads to run is not known", "give --conversion")
    if conversion is None:
        objects = Subject(tree, series).objects()
        found = kconfig or kconfig_of(tree.path, objects)
        module = () if kconfig else kconfig_of(tree.path, objects, "m")
        return Subject(tree, series, found, module, only=only, options=tuple(options))
    return of_conversion(
        tree, series, conversion, kconfig=kconfig, only=only, options=tuple(options), boot=boot
    )


def _cells(matrix: str, only: tuple[str, ...], boot: bool) -> list[Cell]:
    """The cells of a matrix and, to boot, those of it that do, or else the built-in ones."""
    from zpconvert.errors import UserError
    from zpconvert.kernel import cells

    found = cells.matrix(matrix)
    if boot and not any(cell.boots for cell in found):
        found += cells.matrix("boot")
    known = {cell.name: cell for cell in (*cells.built_in().values(), *found)}
    for name in only:
        if name not in known:
            raise UserError("--cell", f"no cell '{name}'", f"known: {', '.join(known)}")
    chosen = [known[name] for name in only] if only else list(found)
    if boot and not any(cell.boots for cell in chosen):
        boots = ", ".join(cell.name for cell in known.values() if cell.boots)
        raise UserError("--boot", "none of the cells boots", f"add one of those that do: {boots}")
    return chosen


def _show(report: Report) -> None:
    """The table on stdout, findings after it."""
    from zpconvert.validate.verdict import Verdict

    click.echo(f"{report.source} on {report.tree} ({report.base})\n")
    sizes = {(s.cell, s.commit): s for s in report.sizes}
    last = len(report.commits)
    names = [*(c.name for c in report.cells), *(t.name for t in report.tools)]
    width = max(map(len, names))
    for cell in report.cells:
        bad = [f for f in report.findings if f.cell == cell.name]
        first, final = sizes.get((cell.name, 0)), sizes.get((cell.name, last))
        grown = f", {final.text - first.text:+d} bytes of text" if first and final else ""
        state = cell.reason if cell.state != "ran" else f"{_findings(len(bad))}{grown}"
        if cell.state == "ran" and not cell.compared:
            state += ", functions not compared"
        click.echo(f"  {cell.name:{width}}  {cell.state:7}  {state}")
    for tool in report.tools:
        said = tool.reason or _findings(sum(f.check == tool.name for f in report.findings))
        click.echo(f"  {tool.name:{width}}  {tool.state:7}  {said}")
    if report.bloat:
        steps = " ".join(f"{row.up - row.down:+d}" for row in report.bloat)
        click.echo(f"\nbloat-o-meter, bytes by commit, {report.bloat[0].cell}: {steps}")
    click.echo(f"churn: {report.churn:.2f}\n")
    verdicts = ", ".join(f"{number} {name}" for name, number in report.functions.items())
    if not any(report.functions.values()):
        verdicts = "not compared: no cell that does so was built"
    where = ", ".join(cell.name for cell in report.cells if cell.compared)
    click.echo(f"functions against their parents{f', in {where}' * bool(where)}: {verdicts}")
    for one in report.assumptions if any(report.functions.values()) else ():
        if one.functions:
            needed = counted(one.functions, "function")
            click.echo(_hung(f"assuming {one.name} ({needed}): {one.reason}"))
        else:
            click.echo(f"  no function needed {one.name}")
    for row in report.compared:
        if row.verdict is Verdict.DECLARED:
            click.echo(f"  declared: commit {row.commit} {row.cell}: {row.name}: {row.how}")
    for left in report.uncovered:
        click.echo(f"not covered: commit {left.commit}: {left.path}: {left.reason}")
    _show_boots(report.boots)
    for command in dict.fromkeys(finding.reproduce for finding in report.findings):
        lines = [_told(one) for one in report.findings if one.reproduce == command]
        click.echo("\n".join(["", *lines, f"  {command}"]))
    for row in report.compared:
        _side_by_side(row)
    cost = report.cost
    say(
        f"\n{counted(cost.compiled, 'compilation')}, {cost.seconds:.0f} s of compiler, "
        f"{counted(cost.cached, 'result')} known from before"
    )


def _hung(text: str) -> str:
    """A text as a paragraph of the summary."""
    return textwrap.fill(
        text, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _told(finding: Finding) -> str:
    commit = f"commit {finding.commit}" if finding.commit else ""
    place = " ".join(p for p in (commit, finding.cell) if p)
    return ": ".join(p for p in (finding.check, place, finding.where, finding.text) if p)


def _findings(number: int) -> str:
    return counted(number, "finding") if number else "no findings"


def _show_boots(boots: Sequence[BootRow]) -> None:
    """A line for each cell that booted: how many kernels, and the least that was counted."""
    for cell in dict.fromkeys(row.cell for row in boots):
        rows = [row for row in boots if row.cell == cell]
        passed = [row for row in rows if row.state == "passed"]
        least = ", ".join(
            f"{name} >= {min(row.counters[name] for row in passed)}"
            for name in (passed[0].counters if passed else ())
        )
        known = sum(row.known for row in rows)
        click.echo(
            f"booted in {cell}: {len(passed)} of {counted(len(rows), 'kernel')} passed"
            + f" ({known} known from before)" * bool(known)
            + f": {least}" * bool(least)
        )


def _side_by_side(row: FunctionRow) -> None:
    """The lines around the first difference of two listings."""
    if row.listing is None:
        return
    before, after = row.listing.before, row.listing.after
    same = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    click.echo(f"\n{row.name}, commit {row.commit}, {row.cell}: before, after")
    for n in range(max(0, same - 2), min(same + 8, max(len(before), len(after)))):
        left, right = ((side[n].expandtabs(4) if n < len(side) else "") for side in (before, after))
        click.echo(f"  {left[:48]:48} {'|' if left != right else ' '} {right[:48]}")
