# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert check`: what must not come back into a converted file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import offer, offer_conversions
from zpconvert.cli.talk import progress, say, show_code
from zpconvert.errors import UserError
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.check.model import Finding
    from zpconvert.check.patch import Patched
    from zpconvert.check.trees import Tree
    from zpconvert.conversion.model import Conversion
    from zpconvert.inspection import Inspected, Inspector


def _codes() -> Iterable[str]:
    from zpconvert.check.rules import BY_CODE

    return BY_CODE


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--staged", is_flag=True, help="Check what is staged, not the work tree.")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Check the lines that a patch or mail adds (- reads it from stdin).",
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a thought.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@click.option(
    "--conversion",
    "conversions",
    multiple=True,
    metavar="CONVERSION",
    shell_complete=offer_conversions,
    help="A conversion besides the bundled ones; may be repeated.",
)
@click.option(
    "--explain",
    metavar="CODE",
    shell_complete=offer(_codes),
    help="The page of a rule, with its examples.",
)
def command(
    files: tuple[Path, ...],
    staged: bool,
    patch: Path | None,
    fix: bool,
    form: str,
    conversions: tuple[str, ...],
    explain: str | None,
) -> None:
    """Check converted files: those that include a descriptor's header.

    A FILE may be a directory, which stands for the C files below it. With --staged, no FILE
    means all that is staged.

    \b
    Examples:
      zpconvert check mm
      zpconvert check --staged --fix
      b4 am -o - MESSAGE-ID | zpconvert check --patch -
      zpconvert check --explain ZPC002
    """
    if explain is not None:
        _explain(explain)
        return
    if patch is not None and (files or staged or fix):
        raise click.UsageError("--patch goes without FILE, --staged and --fix")
    if not files and not staged and patch is None:
        raise click.UsageError("name files, or pass --staged or --patch")
    extra = _load(conversions)
    if patch is not None:
        results, texts = _patch(patch, extra)
    elif staged:
        results, texts = _staged(files, extra, fix)
    else:
        results, texts = _files(files, extra, fix)
    _report(results, texts, form)


def _explain(code: str) -> None:
    from zpconvert.check.formats import page
    from zpconvert.check.rules import BY_CODE

    if code.upper() not in BY_CODE:
        raise UserError("--explain", f"no rule '{code}'", f"choose one of {', '.join(BY_CODE)}")
    for text, is_code in page(BY_CODE[code.upper()]):
        if is_code:
            show_code(text, "c")
        else:
            click.echo(text, nl=False)


def _load(conversions: Sequence[str]) -> list[Conversion]:
    from zpconvert.conversion.load import load

    return [load(name) for name in conversions]


def _shown(path: Path) -> str:
    """A path as the user would write it here."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near


def _cache() -> Path:
    from zpconvert.kernel.source import cache_home

    return cache_home()


#: Findings, and the texts of files by their shown paths.
Result = tuple[list["Finding"], dict[str, bytes]]


def _files(files: Sequence[Path], extra: list[Conversion], fix: bool) -> Result:
    """Files of the work tree."""
    from zpconvert.check.trees import WorkTree
    from zpconvert.inspection import Inspector

    inspector = Inspector(WorkTree(), extra, show=_shown, cache=_cache)
    texts: dict[str, bytes] = {}
    done: list[Inspected] = []
    with progress("checking") as tell:
        for file in _headers_last(f for given in files for f in _below(given)):
            tell(str(file))
            path = Path(os.path.normpath(Path.cwd() / file))
            result = inspector.check(path, _read(file), fix=fix)
            done.append(result)
            if result.mended is not None:
                from zpconvert.kernel.write import write_files

                real = path.resolve()
                write_files(real.parent, {real.name: result.mended})
            if result.findings:
                texts[_shown(path)] = result.mended or _read(file)
    return _gathered(inspector, done), texts


def _headers_last(files: Iterable[Path]) -> list[Path]:
    """Each file once; whether a helper is used is seen when its users are mended."""
    return sorted(dict.fromkeys(files), key=lambda path: path.suffix == ".h")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(str(file), f"cannot be read: {error.strerror}", "check it") from None


def _below(given: Path) -> list[Path]:
    """A file, or the C files below a directory, in order."""
    if not given.is_dir():
        return [given]
    return sorted(
        Path(place) / name
        for place, _, names in os.walk(given)
        for name in names
        if name.endswith((".c", ".h")) and (Path(place) / name).is_file()
    )


def _gathered(inspector: Inspector, done: Sequence[Inspected]) -> list[Finding]:
    fixed = sum(result.fixed for result in done)
    if fixed:
        files = sum(result.mended is not None for result in done)
        say(f"mended {counted(fixed, 'finding')} in {counted(files, 'file')}")
    found = [f for result in sorted(done, key=lambda r: r.path) for f in result.findings]
    return found + inspector.unused()


def _staged(files: Sequence[Path], extra: list[Conversion], fix: bool) -> Result:
    """What the index has, of the given files or of all that is staged."""
    from zpconvert.check.trees import GitTree
    from zpconvert.git import index
    from zpconvert.inspection import Inspector

    top = index.toplevel(Path.cwd())
    names = index.relative(top, files) if files else index.staged(top)
    staged = index.contents(top, [n for n in names if files or n.endswith((".c", ".h"))])
    missing = [n for n in names if files and n not in staged]
    if missing:
        raise UserError(missing[0], "is not in the index", "stage it, or leave --staged out")
    texts = {top / name: text for name, text in staged.items()}
    inspector = Inspector(GitTree(top, texts), extra, show=_shown, cache=_cache)
    done = [inspector.check(path, texts[path], fix=fix) for path in _headers_last(texts)]
    mended = {r.path: r.mended for r in done if r.mended is not None}
    if mended:
        _stage(top, texts, mended)
    return _gathered(inspector, done), {_shown(p): mended.get(p, t) for p, t in texts.items()}


def _stage(top: Path, before: Mapping[Path, bytes], mended: Mapping[Path, bytes]) -> None:
    """Stage mended files. What is not staged stays unstaged: the work tree gets the mending too
    where that touches none of it, and is left alone, saying so, where it does."""
    from zpconvert.git import index
    from zpconvert.kernel.write import write_files

    work: dict[str, bytes] = {}
    for path, text in mended.items():
        now = path.read_bytes() if path.is_file() else None
        if now is None:
            continue
        both = text if now == before[path] else index.merged(top, now, before[path], text)
        if both is None:
            say(f"{_shown(path)}: mended in the index only, beside other changes that overlap")
        elif both != now:
            work[os.path.relpath(path, top)] = both
    index.stage(top, {os.path.relpath(path, top): text for path, text in mended.items()})
    write_files(top, work)


def _patch(patch: Path, extra: list[Conversion]) -> Result:
    """The lines that a patch adds to the tree it is run in."""
    from zpconvert.check import patch as patches
    from zpconvert.check.trees import PatchedTree
    from zpconvert.inspection import Inspector

    where = "stdin" if str(patch) == "-" else str(patch)
    try:
        mail = sys.stdin.buffer.read() if where == "stdin" else patch.read_bytes()
    except OSError as error:
        raise UserError(where, f"cannot be read: {error.strerror}", "check the path") from None
    root = _root(patches.paths(mail, where))
    under, found = _applied(mail, where, root)
    after: dict[Path, Patched] = {root / p: f for p, f in found.items()}
    tree = PatchedTree({p: f.text for p, f in after.items()}, under)
    inspector = Inspector(tree, extra, show=_shown, cache=_cache)
    findings = [
        located
        for path, file in after.items()
        for finding in inspector.check(path, file.text).findings
        if (located := _on_added(finding, file.added)) is not None
    ]
    return findings, {_shown(p): f.text for p, f in after.items()}


def _applied(mail: bytes, where: str, root: Path) -> tuple[Tree, dict[str, Patched]]:
    """A tree that a patch fits, and the patch's files in it: the work tree, or else the last
    commit in which git has the file that the patch starts from."""
    from zpconvert.check import patch as patches
    from zpconvert.check.trees import WorkTree

    work = WorkTree()
    try:
        return work, patches.apply(mail, where, lambda path: work.read(root / path))
    except patches.Misfit as misfit:
        then = _before(mail, where, root)
        if then is None:
            todo = "check out a commit that it applies to, or run this in the tree that it is for"
            raise UserError(misfit.where, misfit.what, todo) from None
        return then, patches.apply(mail, where, lambda path: then.read(root / path))


def _before(mail: bytes, where: str, root: Path) -> Tree | None:
    """The tree that a patch was made on, if the history of this one has it."""
    from zpconvert.check.patch import origins
    from zpconvert.check.trees import GitTree
    from zpconvert.git.history import last_with

    for path, blob in origins(mail, where) if (root / ".git").exists() else ():
        commit = last_with(root, path, blob)
        if commit is not None:
            say(f"{where}: the tree has moved on; checked on top of {commit[:12]}")
            return GitTree(root, {}, commit)
    return None


def _root(paths: Sequence[str]) -> Path:
    """The nearest directory, from here up, that has one of a patch's files."""
    here = Path.cwd()
    for place in (here, *here.parents):
        if any((place / path).is_file() for path in paths):
            return place
    return here


def _on_added(finding: Finding, added: frozenset[int]) -> Finding | None:
    """A finding that a patch brings, at the first line of it that is added."""
    from dataclasses import replace

    lines = range(finding.line, max(finding.line, finding.last) + 1)
    line = next((n for n in lines if n in added), None)
    if line is None or line == finding.line:
        return finding if line is not None else None
    return replace(finding, line=line, column=1)


def _report(findings: Sequence[Finding], texts: Mapping[str, bytes], form: str) -> None:
    from zpconvert.check import formats

    if form == "json":
        click.echo(formats.as_json(findings), nl=False)
    elif form == "sarif":
        from importlib.metadata import version

        click.echo(formats.sarif(findings, texts, version("zpconvert")), nl=False)
    elif form == "github":
        click.echo(formats.github(findings), nl=False)
    else:
        click.echo(formats.text(findings), nl=False)
    if findings:
        raise Findings
