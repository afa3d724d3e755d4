# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert show`: a conversion, a step of it, or the rules made from it."""

from __future__ import annotations

import dataclasses
import json

import click

from zpconvert.cli.options import complete_step, conversion_argument
from zpconvert.cli.talk import say, show_code
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion, Step
from zpconvert.errors import UserError

_PLANNED = "'zpconvert plan show' has those that are planned for a tree"


@click.command("show")
@conversion_argument
@click.argument("step", required=False, shell_complete=complete_step)
@click.option("--rules", is_flag=True, help="The semantic patch of the conversion, all of it.")
@click.option("--json", "as_json", is_flag=True, help="The steps as JSON.")
def command(conversion: str, step: str | None, rules: bool, as_json: bool) -> None:
    """Show CONVERSION: its steps, one STEP (its id or number), or its rules.

    \b
    Examples:
      zpconvert show NAME
      zpconvert show NAME 2
      zpconvert show NAME --rules
    """
    found = load(conversion)
    if rules:
        show_code(_rules(found), "smpl")
        return
    steps = found.steps if step is None else (_step(found, step),)
    if as_json:
        click.echo(json.dumps([_data(s) for s in steps], indent=2))
    elif step is None:
        click.echo(f"{found.cover_title}\nfiles: {', '.join(found.files)}")
        width = max((len(each.id) for each in steps), default=0)
        for number, each in enumerate(steps, 1):
            click.echo(f"{number:3} {each.id:{width}}  {found.prefix}: {each.subject}")
        if not steps:
            say(f"no steps are written: {_PLANNED}")
    else:
        _show_step(found, steps[0])


def _rules(found: Conversion) -> str:
    """Hand-written rules, then the ones made from the descriptor's tables."""
    from zpconvert.smpl import model
    from zpconvert.smpl.generate import generated_rules

    written = [f"// {p.name}\n" + model.read(p).text for p in found.smpl]
    table = f"// tables of {found.descriptor.path.name}\n"
    return "\n".join([*written, table + generated_rules(found.descriptor)])


def _step(found: Conversion, wanted: str) -> Step:
    for number, step in enumerate(found.steps, 1):
        if wanted in (step.id, str(number)):
            return step
    if not found.steps:
        raise UserError(found.name, "has no steps", _PLANNED)
    known = ", ".join(s.id for s in found.steps)
    raise UserError(found.name, f"no step '{wanted}'", f"choose one of {known}, or its number")


def _show_step(found: Conversion, step: Step) -> None:
    click.echo(f"{found.prefix}: {step.subject}\n\n{step.body.strip()}\n")
    for title, values in (
        ("slots", step.slots),
        ("helpers", step.helpers),
        ("idioms", step.idioms),
        ("comments", tuple(s.pattern.pattern for s in step.stale)),
        ("trailers", tuple(f"{t}: {v}" for t, v in step.trailers)),
    ):
        if values:
            click.echo(f"{title}: {', '.join(values)}")


def _data(step: Step) -> dict[str, object]:
    data = dataclasses.asdict(dataclasses.replace(step, stale=()))
    data["stale"] = [{"match": s.pattern.pattern, "to": s.to} for s in step.stale]
    return data
