# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert validate`: every commit of a series proven."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli import summary
from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import (
    json_option,
    offer,
    offer_conversions,
    offer_matrices,
    tree_option,
)
from zpconvert.cli.talk import progress, say
from zpconvert.kernel.source import cache_home

if TYPE_CHECKING:
    from zpconvert.kernel.cells import Cell
    from zpconvert.kernel.tree import Tree
    from zpconvert.validate.commits import Series
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
    help="Only this cell; more than once, those.",
)
@click.option(
    "--commit",
    "only",
    multiple=True,
    type=click.IntRange(min=1),
    metavar="N",
    help="Only this commit of the series, the first is 1; more than once, those.",
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
@json_option("Where the report goes; OUT/report.json by default, if all of OUT was looked at.")
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
    of them; with --range, commits of the tree's own repository, whose work tree is at one of
    them or at their base, and builds. The tree is only read.

    Exit code 1 means that something fell short; the report says what and how to see it again.

    \b
    Examples:
      zpconvert validate outgoing --tree ~/linux
      zpconvert validate outgoing --tree ~/linux --boot --cell boot-kasan
      zpconvert validate --tree ~/linux --range v6.12..new --kconfig CONFIG_ZRAM=y
    """
    from zpconvert.errors import UserError
    from zpconvert.kernel.tree import open_tree
    from zpconvert.mail.archive import is_directory_of_patches
    from zpconvert.validate import report, run

    opened, only = open_tree(tree), tuple(sorted(set(only)))
    series = _series(out, opened, revisions)
    subject = _subject(opened, series, conversion, kconfig, matrix, only, boot)
    cells = _cells(matrix, only_cells, boot)
    _check_settings(opened, cells, kconfig)
    directory = out is not None and is_directory_of_patches(out)
    if json_file is None and out is not None and directory and not (only or only_cells):
        json_file = out / report.NAME
    if json_file is not None and json_file.is_dir():
        raise UserError(str(json_file), "is a directory", "move it away, or give --json FILE")
    with progress("validating") as tell:
        found = run.validate(
            subject, cells, cache=cache_home(), workers=jobs or os.cpu_count() or 1, tell=tell
        )
    if json_file is not None:
        report.write(found, json_file)
    summary.show(found, json_file)
    if json_file is None:
        part = "a part of the series or matrix was looked at"
        why = part if directory else "there is no directory OUT"
        say(f"no {report.NAME} written, {why}; --json FILE writes one")
    if not found.good:
        raise Findings


def _series(out: Path | None, tree: Tree, revisions: str | None) -> Series:
    from zpconvert.mail import posted
    from zpconvert.validate import commits

    if out is not None and revisions is None:
        place = click.get_current_context().with_resource(posted.unpacked(out))
        series = replace(commits.from_mails(place, tree), source=str(out))
        _compare_bases(series, tree)
        return series
    if revisions is not None and out is None:
        return commits.from_range(tree, revisions)
    raise click.UsageError("give either OUT or --range.")


def _compare_bases(series: Series, tree: Tree) -> None:
    """Say it where the mails were made for another commit than the tree is at."""
    from zpconvert.git import repo

    if series.made_for is None or not tree.is_git:
        return
    head = repo.head(tree.path)
    if head != series.made_for:
        say(
            f"note: the mails are for {series.made_for[:12]} (base-commit), and are validated on "
            f"{head[:12]}, where {tree.path} is"
        )


def _subject(
    tree: Tree,
    series: Series,
    name: str | None,
    kconfig: tuple[str, ...],
    matrix: str,
    only: tuple[int, ...],
    boot: bool,
) -> Subject:
    from zpconvert.conversion.identity import made_by
    from zpconvert.conversion.load import load
    from zpconvert.errors import UserError
    from zpconvert.kernel.cells import SETTING
    from zpconvert.validate.subject import Subject, kconfig_of, of_conversion

    for line in kconfig:
        if not SETTING.fullmatch(line):
            raise UserError("--kconfig", f"'{line}' is no setting", "write CONFIG_NAME=y")
    beyond = [n for n in only if n > len(series.commits)]
    if beyond:
        raise UserError(
            "--commit", f"there is no commit {beyond[0]}", f"the last is {len(series.commits)}"
        )
    options = [w for line in kconfig for w in ("--kconfig", line)]
    if matrix != "quick":
        options += ["--matrix", matrix]
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
    chosen = [known[name] for name in dict.fromkeys(only)] if only else list(found)
    if boot and not any(cell.boots for cell in chosen):
        boots = ", ".join(cell.name for cell in known.values() if cell.boots)
        raise UserError("--boot", "none of the cells boots", f"add one of those that do: {boots}")
    return chosen


def _check_settings(tree: Tree, cells: Sequence[Cell], kconfig: Sequence[str]) -> None:
    """Refuse a setting that cannot be made, in whatever cell."""
    from zpconvert.errors import UserError
    from zpconvert.kernel.kconfig import unfit

    arches = dict.fromkeys(cell.arch for cell in cells)
    for line, taken in unfit(tree.path, arches, kconfig).items():
        if taken:
            raise UserError("--kconfig", f"no value for the option: {line}", f"it takes {taken}")
        raise UserError(
            "--kconfig", f"no Kconfig of {tree.path} has {line}", "see how it is spelled there"
        )
