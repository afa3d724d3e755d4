# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert`: the group of commands, each imported when it runs.

Help texts of the commands stand in a table here: `zpconvert --help` must not wait for the
imports of every command.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, cast

import click

from zpconvert import ending
from zpconvert.cli.boundary import run_command

#: Command to its one line of help; the module `zpconvert.cli.NAME` has it as `command`.
COMMANDS = {
    "doctor": "What is missing on this machine, and the package that has it.",
    "kernel": "Debian's kernel source, fetched once; prints where it is.",
    "list": "The conversions that are there.",
    "show": "A conversion, a step of it, or the rules made from it.",
    "init": "A new conversion, drafted from the files themselves.",
    "convert": "The converted tree: as a diff, in place, or on a branch.",
    "series": "The patch series, ready to be mailed.",
    "plan": "The steps of a series: shown, planned, edited.",
    "validate": "Prove every commit: builds, warnings, object code, mails.",
    "report": "A series and what was shown of it, as a page to read.",
    "lint": "What is wrong with semantic patches, and what can be mended.",
    "rules": "The examples of semantic patches, run.",
    "check": "What must not come back into a converted file.",
    "hook": "A git hook that checks what is about to be committed.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"zpconvert.cli.{cmd_name}")
        return cast(click.Command, module.command)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line. Of Ctrl-C the boundary tells, here and in `invoke`; click would
        put an empty line before that."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except KeyboardInterrupt:
            raise click.Abort from None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. A reader of its output that goes away (`| head`) is no failure;
        click itself would exit with 1, which says findings here."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None
        except BrokenPipeError:
            # what is still buffered must not fail again when the interpreter ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"zpconvert {version('zpconvert')}")
    ctx.exit()


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 findings, 2 the tool or its input is at fault, 130 interrupted "
    "(143 by SIGTERM). "
    'Shell completion: eval "$(_ZPCONVERT_COMPLETE=bash_source zpconvert)" (or zsh_source, '
    "fish_source).",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Move a kernel subsystem to its own memory descriptor: a tree in, a patch series out."""


def main() -> None:
    """The console script."""
    code = run_command(lambda: cli(prog_name="zpconvert", standalone_mode=False))
    ending.settled()
    sys.exit(code)
