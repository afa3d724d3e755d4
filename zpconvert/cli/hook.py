# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert hook`: check what is about to be committed, for people without pre-commit."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from zpconvert.cli.talk import say


@click.group("hook")
def command() -> None:
    """A git hook that checks what is about to be committed."""


@command.command("install", short_help="Check what is staged before each commit.")
def install() -> None:
    """Run 'zpconvert check --staged' before each commit; a hook that is there is kept.

    \b
    Example:
      cd ~/linux && zpconvert hook install
    """
    from zpconvert.git import hooks

    words = [sys.executable, "-m", "zpconvert", "check", "--staged"]
    hook, kept = hooks.install(Path.cwd(), words)
    say(f"installed {hook}" + ("; the hook that was there runs first" if kept else ""))


@command.command("remove", short_help="Take the hook out again.")
def remove() -> None:
    """Take the hook out again; the one that was there before comes back.

    \b
    Example:
      cd ~/linux && zpconvert hook remove
    """
    from zpconvert.git import hooks

    removed = hooks.remove(Path.cwd())
    if removed is None:
        say("no pre-commit hook here, so there is nothing to remove")
        return
    hook, back = removed
    say(f"removed {hook}" + ("; the hook that was there is back" if back else ""))
