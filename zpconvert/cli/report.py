# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert report`: what was recorded about a series, as a page to read."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
def command(out: Path) -> None:
    """Write OUT/report.html: the series in OUT, patch by patch, and what was shown of it.

    OUT is a directory of mails, from 'zpconvert series' or 'git format-patch'. The page is made
    from series.json, report.json (what 'zpconvert validate' found) and the mails, as far as
    they are there, and says what was not run. It is one file that loads nothing else. Prints
    its path.

    \b
    Examples:
      zpconvert report outgoing
      xdg-open "$(zpconvert report outgoing)"
    """
    from zpconvert.report import page

    click.echo(page.write(out))
