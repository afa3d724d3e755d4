# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert rules`: the examples in the headers of semantic patches, run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.talk import progress, show_code
from zpconvert.errors import UserError
from zpconvert.plural import counted
from zpconvert.resources import semantic_patches_dir
from zpconvert.smpl.examples import ExampleResult, run_examples, unexercised


@click.group("rules")
def command() -> None:
    """What can be done with the rules of semantic patches."""


@command.command("test", short_help="Run every before/after example through spatch.")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Limit for one run of spatch.",
)
@click.option(
    "--allow-scripts", is_flag=True, help="Run the scripts inside semantic patches of your own."
)
def test(directory: Path | None, timeout: float, allow_scripts: bool) -> None:
    """Run every example of the semantic patches in DIR (or of one .cocci) through spatch.

    Without DIR, those that came with the package. An example is a pair of '// Before:' and
    '// After:' in a file's header. Shows a diff where spatch gives something else, and names
    the rules that no example needs.

    \b
    Examples:
      zpconvert rules test
      zpconvert rules test my_conversion/
    """
    paths = _files(directory or semantic_patches_dir())
    passed = failed = idle = 0
    with progress("running examples") as tell:
        done = [_run(path, timeout, directory is None, allow_scripts, tell) for path in paths]
    for path, results, unused in done:
        for one in results:
            passed += one.passed
            failed += not one.passed
            if not one.passed:
                click.echo(f"{path}:{one.line}: the example fails")
                show_code(one.diff if one.diff.endswith("\n") else one.diff + "\n", "diff")
        idle += len(unused)
        for name in unused:
            click.echo(f"{path}: rule {name}: no example exercises it")
    total = f"{counted(passed + failed, 'example')} in {counted(len(paths), 'file')}"
    without = f"{counted(idle, 'rule')} without an example"
    click.echo(f"{total}: {passed} pass, {failed} fail; {without}")
    if failed:
        raise Findings


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(place.rglob("*.cocci"))
    if not found:
        raise UserError(str(place), "no .cocci in this directory", "name another one")
    return found


def _run(
    path: Path, timeout: float, bundled: bool, allow: bool, tell: Callable[[str], None]
) -> tuple[Path, list[ExampleResult], list[str]]:
    from zpconvert.smpl.model import read
    from zpconvert.smpl.scripts import check_scripts

    tell(str(path))
    check_scripts(read(path), bundled=bundled, allow=allow)
    results = run_examples(path, timeout=timeout)
    return path, results, unexercised(path, results)
