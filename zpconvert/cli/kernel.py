# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert kernel`: Debian's kernel source as a tree to convert."""

from __future__ import annotations

import click

from zpconvert.cli.talk import status
from zpconvert.kernel import source


@click.command("kernel")
@click.argument("package", default=source.DEFAULT_PACKAGE)
def command(package: str) -> None:
    """Print the path of Debian's kernel source, fetched and unpacked the first time.

    PACKAGE is linux-source-6.12 if not given; linux-source-6.1 is another.

    \b
    Examples:
      zpconvert kernel
      zpconvert series NAME --tree "$(zpconvert kernel linux-source-6.1)" -o out
    """
    found = source.ensure(package, tell=status)
    click.echo(found.tree)
