# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert list`: the conversions that are there."""

from __future__ import annotations

import json

import click

from zpconvert.conversion.load import list_conversions, load


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of objects.")
def command(as_json: bool) -> None:
    """List the conversions that came with zpconvert, one a line: name, files, title.

    \b
    Examples:
      zpconvert list
      zpconvert list --json
    """
    found = [load(name) for name in list_conversions()]
    if as_json:
        rows = [
            {
                "name": c.name,
                "files": c.files,
                "title": c.cover_title,
                "steps": [s.id for s in c.steps],
            }
            for c in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for c in found:
        click.echo(f"{c.name}\t{', '.join(c.files)}\t{c.cover_title}")
