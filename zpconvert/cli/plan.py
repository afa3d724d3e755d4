# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert plan`: a series at a glance, its steps written down, and their editing."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.options import (
    Steps,
    computed,
    conversion_argument,
    diff_option,
    running_options,
    steps_options,
    tree_option,
)
from zpconvert.cli.planedit import check_own, edited, group
from zpconvert.cli.talk import coloured, say, say_absent
from zpconvert.conversion.load import FILE, load
from zpconvert.errors import UserError
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.conversion import edit
    from zpconvert.conversion.model import Conversion
    from zpconvert.overview import Overview
    from zpconvert.pipeline import Converted

FORMATS = ("table", "dot", "svg", "json", "toml")


@click.group("plan")
def command() -> None:
    """The steps of a series: shown, planned, edited."""


@command.command("show", short_help="What each step flips, brings and costs.")
@conversion_argument
@tree_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How it is printed.",
)
@steps_options
@running_options
def show(
    conversion: str,
    tree: Path,
    form: str,
    which_steps: str | None,
    max_lines: int | None,
    allow_scripts: bool,
    timeout: float,
) -> None:
    """Show CONVERSION's series on a tree: what each step flips, brings and costs.

    dot and svg draw it as a graph: steps, the slots that they flip (ellipses), helpers at
    their first use (dashed). svg is drawn by Graphviz. toml prints the steps as [[step]]
    tables, to be put into a conversion.toml.

    \b
    Examples:
      zpconvert plan show NAME --tree ~/linux
      zpconvert plan show NAME --tree ~/linux --steps auto --format svg > plan.svg
      zpconvert plan show NAME --tree ~/linux --steps auto --format toml
    """
    from zpconvert import graph
    from zpconvert.overview import overview

    found, result = computed(
        conversion, tree, allow_scripts, timeout, Steps(which_steps, max_lines)
    )
    say_absent(result)
    if form == "toml":
        click.echo(_tables(found, result), nl=False)
        return
    seen = overview(found, result)
    if form == "table":
        _table(seen)
    elif form == "json":
        click.echo(json.dumps(asdict(seen), indent=2))
    else:
        text = graph.dot(seen)
        click.echo(text if form == "dot" else graph.svg(text), nl=False)


command.add_command(group)


@command.command("save", short_help="Write the planned steps into conversion.toml.")
@conversion_argument
@tree_option
@click.option("--replace", is_flag=True, help="Instead of the steps that are written there.")
@diff_option
@steps_options
@running_options
def save(
    conversion: str,
    tree: Path,
    replace: bool,
    diff: bool,
    which_steps: str | None,
    max_lines: int | None,
    allow_scripts: bool,
    timeout: float,
) -> None:
    """Write the planned steps into CONVERSION's conversion.toml, to be edited from there.

    \b
    Examples:
      zpconvert plan save ./mine --tree ~/linux
      zpconvert plan save ./mine --tree ~/linux --replace --max-lines 100 --diff
    """
    if which_steps == "written":
        raise UserError("--steps", "written steps are there already", "take auto")
    found = load(conversion)
    check_own(found, diff)
    if found.steps and not replace:
        file = str(found.directory / FILE)
        raise UserError(
            file, f"has {counted(len(found.steps), 'step')}", "pass --replace to write others"
        )
    _, result = computed(conversion, tree, allow_scripts, timeout, Steps("auto", max_lines))

    def all_of_them(steps: edit.Steps) -> None:
        steps.replace(state.step for state in result.states)

    edited(found, all_of_them, diff)


def _tables(found: Conversion, result: Converted) -> str:
    """The steps as TOML: planned ones spelled, written ones as they are written."""
    from zpconvert.conversion.edit import Steps
    from zpconvert.conversion.spell import steps_text

    if result.planned:
        return steps_text([state.step for state in result.states])
    file = found.directory / FILE
    return Steps(file.read_bytes().decode(), str(file)).tables()


def _table(found: Overview) -> None:
    """The steps on stdout, the sums on stderr."""
    width = max((len(row.step) for row in found.rows), default=0)
    click.echo(f"  #  {'step':{width}}     +     −  again")
    for row in found.rows:
        again = row.passing or ""
        head = f"{row.number:3}  {row.step:{width}} {row.added:5} {row.removed:5} {again:6}"
        click.echo(click.style(head.rstrip(), bold=coloured()))
        _detail("", row.subject)
        _detail("flips", ", ".join(f"{home} ({', '.join(n)})" for home, n in row.homes.items()))
        _detail("brings", ", ".join(f"{helper}()" for helper in row.helpers))
    lines = sum(row.lines for row in found.rows)
    say(
        f"{counted(len(found.rows), 'patch')}, {counted(lines, 'line')} changed over the series, "
        f"{found.lines} in all, churn {found.churn:.2f}"
    )
    for slot, reason in found.kept:
        say(f"stays: {slot} ({reason})")


def _detail(name: str, text: str) -> None:
    """A line or more below a step's own."""
    indent = " " * 13
    for line in textwrap.wrap(
        text, 100, initial_indent=f"     {name:8}", subsequent_indent=indent, break_on_hyphens=False
    ):
        click.echo(line)
