# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert lint`: what is wrong with semantic patches, and what can be mended."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import offer
from zpconvert.cli.talk import progress, say, show_code
from zpconvert.errors import UserError
from zpconvert.kernel.write import write_files
from zpconvert.lint import rename as renaming
from zpconvert.lint.model import Finding, Rule
from zpconvert.lint.run import decode, fix, lint, rule, rules
from zpconvert.plural import counted
from zpconvert.resources import semantic_patches_dir


@click.command("lint")
@click.argument("cocci", nargs=-1, type=click.Path(path_type=Path))
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended, in place.")
@click.option(
    "--rename",
    metavar="RULE.OLD=NEW",
    help="Rename a metavariable of one file, in every rule and script that inherits it.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option(
    "--explain",
    metavar="CODE",
    shell_complete=offer(lambda: [each.code for each in rules()]),
    help="What a code means, with examples.",
)
@click.option("--no-spatch", is_flag=True, help="Do not ask spatch (code SP901).")
def command(
    cocci: tuple[Path, ...],
    mend: bool,
    rename: str | None,
    style: str,
    explain: str | None,
    no_spatch: bool,
) -> None:
    """Lint COCCI, semantic patches or directories of them; those that came with the package
    if none is named. Scripts in them are read, never run.

    \b
    Examples:
      zpconvert lint scripts/coccinelle
      zpconvert lint --fix old.cocci
      zpconvert lint --rename r.x=page old.cocci
      zpconvert lint --explain SP405
    """
    if explain is not None:
        _explain(rule(explain))
        return
    paths = list(_files(cocci or (semantic_patches_dir(),)))
    chosen = [one for one in rules() if not (no_spatch and one.code == "SP901")]
    if rename is not None:
        _rename(paths, rename)
    found: list[Finding] = []
    with progress("linting") as tell:
        for path in paths:
            tell(str(path))
            text = _read(path)
            if mend and (new := fix(text, path, chosen)) != text:
                _write(path, new)
                say(f"{path}: mended")
                text = new
            found += lint(text, path, chosen)
    _print(found, style)
    if found:
        raise Findings


def _files(named: Iterable[Path]) -> Iterable[Path]:
    for path in named:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.rglob("*.cocci"))
        if not inside:
            raise UserError(str(path), "no .cocci in this directory", "name another one")
        yield from inside


def _read(path: Path) -> str:
    """The text of a .cocci. Raises UserError where it cannot be read."""
    try:
        return decode(path.read_bytes(), path)
    except FileNotFoundError:
        raise UserError(str(path), "no such file", "name a .cocci file or a directory") from None
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise UserError(str(path), what, "check its permissions") from None


def _write(path: Path, text: str) -> None:
    target = path.resolve()
    write_files(target.parent, {target.name: text.encode()})


def _rename(paths: list[Path], wanted: str) -> None:
    if len(paths) != 1:
        raise UserError("--rename", "not one file", "name one .cocci file")
    text = _read(paths[0])
    new = renaming.rename(text, paths[0], renaming.parse(wanted))
    if new != text:
        _write(paths[0], new)


def _print(found: list[Finding], style: str) -> None:
    if style == "json":
        rows = [{**dataclasses.asdict(one), "path": str(one.path)} for one in found]
        click.echo(json.dumps({"version": 1, "findings": rows}, indent=2))
        return
    for one in found:
        click.echo(str(one))
    if fixable := sum(one.fixable for one in found):
        say(f"{counted(len(found), 'finding')}, {fixable} of which --fix mends")


def _explain(found: Rule) -> None:
    click.echo(f"{found.code}: {found.title}\n\n{found.why}\n")
    examples = [("Not found fault with", text) for text in found.valid]
    for number, text in enumerate(found.invalid):
        examples.append(("Found fault with", text))
        if found.fixed and found.fixed[number] != text:
            examples.append(("Mended", found.fixed[number]))
    for title, text in examples:
        click.echo(f"{title}:\n")
        show_code("".join(f"    {line}" for line in text.splitlines(keepends=True)), "smpl")
        click.echo("")
