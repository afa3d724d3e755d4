# SPDX-License-Identifier: GPL-2.0-only
"""Where every run ends: what went wrong becomes one line and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from zpconvert import ending
from zpconvert.cli.talk import status
from zpconvert.errors import UserError

#: All is well; findings (a cell failed, a check fired); the tool or its input is at fault. A run
#: that a signal ends has the code that `ending` says.
FINE, FINDINGS, FAULT = 0, 1, 2


class Findings(Exception):
    """A command did its work and found something: exit 1, the command has said what."""


def run_command(command: Callable[[], object]) -> int:
    """Run a command to its end; give the exit code, having said why if it is not 0."""
    try:
        result = command()
    except Findings:
        return FINDINGS
    except UserError as error:
        return _fault(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return FAULT
    except click.UsageError as error:
        path = error.ctx.command_path.partition(" ")[2] if error.ctx else ""
        help_text = f"see 'zpconvert {path} --help'" if path else "see 'zpconvert --help'"
        return _fault(
            f"{path + ': ' if path else ''}{error.format_message().rstrip('.')}; {help_text}"
        )
    except click.ClickException as error:
        return _fault(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        return _ended()
    except Exception as error:  # noqa: BLE001 - the one place that turns a bug into a log file
        full = _full(error)
        return _fault(f"{full}; make room and repeat") if full else _bug(error)
    # without click's standalone mode, ctx.exit(code) comes back as the result
    return result if isinstance(result, int) else FINE


def log_directory() -> Path:
    """Where the logs of bugs go, by the XDG base directory specification."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/state") / "zpconvert"


def _fault(line: str) -> int:
    status(" ".join(line.split("\n")))
    return FAULT


def _full(error: Exception) -> str:
    """That the disk is full, and where, or which program says so; empty if it is not that."""
    from zpconvert import space
    from zpconvert.process import ProcessError

    if isinstance(error, OSError) and space.lacking(error):
        return f"{space.where(error) or 'disk'}: no space left"
    if isinstance(error, ProcessError) and space.out_of_space(error):
        return f"{error.argv[0]}: {space.complaint(error) or 'no space left'}"
    return ""


def _ended() -> int:
    # the terminal may be what has gone
    with contextlib.suppress(OSError):
        status(ending.said())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Python tries again at its end, and failing there makes the exit code 120
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return ending.code()


def _bug(error: Exception) -> int:
    """Write a log to paste into a report; name it in one line. What fails on the way out of a
    run that is ended, as a line to a terminal that has gone, is no bug."""
    if ending.asked():
        return _ended()
    import time

    report = _report(error, sys.argv)
    name = time.strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}.log"
    try:
        log_directory().mkdir(parents=True, exist_ok=True)
        log = log_directory() / name
        log.write_text(report)
    except OSError:
        sys.stderr.write(report)
        return _fault(f"internal error: {type(error).__name__}; report it with the text above")
    said = str(error).partition("\n")[0]
    return _fault(f"internal error: {type(error).__name__}: {said}; report it with {log}")


def _report(error: Exception, argv: Sequence[str]) -> str:
    import platform
    import traceback
    from importlib.metadata import PackageNotFoundError, version

    lines = [f"argv: {list(argv)}", f"python: {sys.version}", f"system: {platform.platform()}"]
    for package in ("zpconvert", "click", "tree-sitter", "tree-sitter-c", "libcst", "unidiff"):
        try:
            lines.append(f"{package}: {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package}: not installed")
    return "\n".join(lines) + "\n\n" + "".join(traceback.format_exception(error))
