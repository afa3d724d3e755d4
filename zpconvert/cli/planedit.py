# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert plan edit`: steps folded, split, moved and retitled in conversion.toml."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from zpconvert.cli.options import conversion_argument, diff_option, step_argument
from zpconvert.cli.talk import say, show_code
from zpconvert.conversion.edit import Steps
from zpconvert.conversion.load import FILE, load
from zpconvert.errors import UserError
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.conversion.model import Conversion


@click.group("edit", short_help="Fold, split, move and retitle steps.")
@conversion_argument
def group(conversion: str) -> None:
    """Edit the steps of CONVERSION; a step is given by its id or number.

    Only conversion.toml is written, and in it only what the edit is about: it stays as it is
    where it would not load any more. With --diff nothing is written.

    \b
    Examples:
      zpconvert plan edit ./mine fold lock into map
      zpconvert plan edit ./mine split chain alloc_pool --id alloc --subject '…'
      zpconvert plan edit ./mine move lock after map --diff
      zpconvert plan edit ./mine retitle lock 'use the descriptor for locking'
    """


@group.command("fold", short_help="Let one step do what two do.")
@step_argument("step")
@click.argument("word", type=click.Choice(["into"]), metavar="into")
@step_argument("other")
@diff_option
@click.pass_context
def fold(ctx: click.Context, step: str, word: str, other: str, diff: bool) -> None:
    """Let one step do what two do; its message gets the folded one's body.

    \b
    Example:
      zpconvert plan edit ./mine fold lock into map
    """
    _edit(ctx, lambda steps: steps.fold(step, other), diff)


@group.command("split", short_help="Give slots of a step to a new one after it.")
@step_argument("step")
@click.argument("names", nargs=-1, required=True, metavar="SLOT...")
@click.option("--id", "new", required=True, metavar="ID", help="Of the new step.")
@click.option("--subject", required=True, metavar="TEXT", help="Of the new step.")
@click.option("--body", metavar="TEXT", help="Of the new step; without it, the old one's.")
@diff_option
@click.pass_context
def split(
    ctx: click.Context,
    step: str,
    names: tuple[str, ...],
    new: str,
    subject: str,
    body: str | None,
    diff: bool,
) -> None:
    """Give slots, helpers or idioms of a step to a new one right after it.

    They are named as the step names them.

    \b
    Example:
      zpconvert plan edit ./mine split chain alloc_pool --id alloc --subject '…'
    """
    _edit(ctx, lambda steps: steps.split(step, names, new, subject, body), diff)


@group.command("move")
@step_argument("step")
@click.argument("where", type=click.Choice(["before", "after"]), metavar="before|after")
@step_argument("other")
@diff_option
@click.pass_context
def move(ctx: click.Context, step: str, where: str, other: str, diff: bool) -> None:
    """Put a step before or after another one.

    \b
    Example:
      zpconvert plan edit ./mine move lock after map --diff
    """
    _edit(ctx, lambda steps: steps.move(step, where, other), diff)


@group.command("retitle")
@step_argument("step")
@click.argument("subject")
@diff_option
@click.pass_context
def retitle(ctx: click.Context, step: str, subject: str, diff: bool) -> None:
    """Give a step another subject (without the prefix).

    \b
    Example:
      zpconvert plan edit ./mine retitle lock 'use the descriptor for locking'
    """
    _edit(ctx, lambda steps: steps.retitle(step, subject), diff)


def _edit(ctx: click.Context, change: Callable[[Steps], None], diff: bool) -> None:
    """Run an edit of the group's conversion."""
    assert ctx.parent is not None
    found = load(ctx.parent.params["conversion"])
    check_own(found, diff)
    edited(found, change, diff)


def check_own(found: Conversion, diff: bool) -> None:
    """What came with the package is the same for all who use it, and goes with the package."""
    if found.bundled and not diff:
        raise UserError(
            str(found.directory / FILE),
            "came with zpconvert and is not edited in place",
            f"copy {found.directory} and give the copy",
        )


def edited(found: Conversion, change: Callable[[Steps], None], diff: bool) -> None:
    """Change the steps of a conversion.toml, see that it loads, and write or show it."""
    path = found.directory / FILE
    old = path.read_bytes()
    steps = Steps(old.decode(), str(path))
    change(steps)
    new = steps.text().encode()
    after = load(f"{found.directory}{os.sep}", new)
    _check_subjects(after)
    if diff:
        from zpconvert.git.diff import diff_files

        show_code(diff_files({FILE: old}, {FILE: new}).decode(), "diff")
        return
    from zpconvert.kernel.write import write_files

    write_files(found.directory, {FILE: new})
    say(f"{path}: {counted(len(after.steps), 'step')}")


def _check_subjects(found: Conversion) -> None:
    """A subject that series would refuse is refused when it is given."""
    from zpconvert.mail.lint import lint

    for step in found.steps:
        title = f"{found.prefix}: {step.subject}"
        for fault in lint(f"{title}\n\nbody\n", prefix=found.prefix, functions=()):
            raise UserError(f"step '{step.id}'", fault.text, "give it another subject")
