# SPDX-License-Identifier: GPL-2.0-only
"""Talk on stderr: progress, alive on a terminal and now and then elsewhere; colour, on a terminal
only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zpconvert.pipeline import Converted

#: Seconds between two lines of progress where stderr is no terminal: the log of a CI job shows
#: that it is alive, and what runs for less says nothing.
EVERY = 30.0


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with a text that the caller changes; where stderr is no terminal, that text as a
    line now and then."""
    if not sys.stderr.isatty():
        with _lines(what) as tell:
            yield tell
        return
    # a tenth of a second that only a terminal pays for
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda text: status.update(f"{what}: {text}")


@contextmanager
def _lines(what: str) -> Iterator[Callable[[str], None]]:
    import threading
    import time

    said, began, ended = [what], time.monotonic(), threading.Event()

    def tell(text: str) -> None:
        said[0] = f"{what}: {text}"

    def show() -> None:
        while not ended.wait(EVERY):
            minutes, seconds = divmod(int(time.monotonic() - began), 60)
            # a log that nobody takes any more does not stop the work
            with suppress(OSError):
                status(f"{said[0]} ({minutes}:{seconds:02} min)")

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        ended.set()
        thread.join()


def say(text: str) -> None:
    """A line for a person, on stderr."""
    click.echo(text, err=True)


def status(text: str) -> None:
    """What the program itself does, or why it ends: a line on stderr that names it."""
    # in colour on a terminal only: click takes it out elsewhere
    colour = None if "NO_COLOR" not in os.environ else False
    click.echo(f"{click.style('zpconvert:', bold=True)} {text}", err=True, color=colour)


def coloured() -> bool:
    """Whether results on stdout may have colour (https://no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def show_code(text: str, language: str) -> None:
    """Print code on stdout, highlighted on a terminal, byte for byte elsewhere.

    language: `smpl`, or a name that Pygments knows (`diff`, `c`).
    """
    if not coloured():
        click.echo(text, nl=False)
        return
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import get_lexer_by_name

    from zpconvert.smpl.lexer import SmplLexer

    # Pygments finds plugins by installed packages, and a checkout may be none
    whole = {"stripnl": False, "ensurenl": False}
    lexer = SmplLexer(**whole) if language == "smpl" else get_lexer_by_name(language, **whole)
    click.echo(highlight(text, lexer, TerminalFormatter()), nl=False)


def say_absent(result: Converted) -> None:
    """What the conversion's steps name and the tree does not have."""
    for absent in result.absent:
        what = "left out" if absent.gone else "in part"
        near = dict(absent.near)
        names = [
            f"{name} (did you mean '{near[name]}'?)" if name in near else name
            for name in absent.missing
        ]
        lacks = ", ".join(names) or "anything that it would change"
        why = "has its descriptor already" if absent.present else f"lacks {lacks}"
        say(f"step {absent.step.id} {what}: this tree {why}")
