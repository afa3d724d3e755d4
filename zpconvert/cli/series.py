# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert series`: the patch series, ready to be mailed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import (
    Steps,
    computed,
    conversion_argument,
    json_option,
    offer_matrices,
    running_options,
    steps_options,
    tree_option,
)
from zpconvert.cli.reroll import check, next_revision, read, reroll_options
from zpconvert.cli.talk import progress, say, say_absent
from zpconvert.kernel.source import cache_home
from zpconvert.kernel.write import write_files
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.conversion.model import Conversion
    from zpconvert.git.model import Ident
    from zpconvert.pipeline import Converted
    from zpconvert.posting import Posted
    from zpconvert.proof import Proven, Prover


@click.command("series")
@conversion_argument
@tree_option
@click.option(
    "-o",
    "--output-directory",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Where the mails go; created, or an earlier output replaced if nobody edited its mails.",
)
@reroll_options
@click.option("--subject-prefix", metavar="TEXT", help="Instead of PATCH in the subjects.")
@click.option("--rfc", is_flag=True, help="Ask for comments: [RFC PATCH].")
@click.option("--to", multiple=True, metavar="ADDRESS", help="Add a To: header; repeatable.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Add a Cc: header; repeatable.")
@click.option("--in-reply-to", metavar="MESSAGE-ID", help="Thread under this mail.")
@click.option("--signoff", is_flag=True, help="Add your Signed-off-by to every patch.")
@click.option(
    "--validate",
    "matrix",
    metavar="quick|full|FILE",
    shell_complete=offer_matrices,
    help="Validate every commit in these cells and say in the cover letter what that showed.",
)
@json_option("Write what series.json records there too.")
@steps_options
@running_options
def command(
    conversion: str,
    tree: Path,
    out: Path | None,
    reroll: int | None,
    since: Path | None,
    against: Path | None,
    subject_prefix: str | None,
    rfc: bool,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    in_reply_to: str | None,
    signoff: bool,
    matrix: str | None,
    json_file: Path | None,
    which_steps: str | None,
    max_lines: int | None,
    allow_scripts: bool,
    timeout: float,
) -> None:
    """Write CONVERSION's series as mails into OUT and print their paths, one a line.

    Exit code 1 means that --validate found a commit that falls short; the mails are written
    all the same, and the cover letter says so. With --check-against it means that the posted
    series differs.

    \b
    Examples:
      zpconvert series NAME --tree ~/linux -o outgoing --signoff --validate quick
      zpconvert series NAME --tree ~/linux -o outgoing -v 2 --to a@example.org
      zpconvert series NAME --tree ~/linux -o outgoing --steps auto --max-lines 90
      zpconvert series NAME --tree ~/linux -o outgoing-v3 --since outgoing-v2
      zpconvert series NAME --tree ~/linux --check-against posted.mbox
    """
    from zpconvert import posting
    from zpconvert.conversion.load import load
    from zpconvert.git import repo
    from zpconvert.kernel import cells
    from zpconvert.mail import output
    from zpconvert.mail.record import SeriesOptions
    from zpconvert.mail.series import check_options

    if (out is None) == (against is None) or (since is not None and against is not None):
        raise click.UsageError("pass -o OUT, with --since or without, or --check-against OUT.")
    if against is not None and matrix is not None:
        raise click.UsageError("--validate goes with -o OUT.")
    if out is not None:
        output.check(out)
    if matrix is not None:
        cells.matrix(matrix)  # what is wrong with it is said before anything is done
    here = tree if tree.is_dir() else Path.cwd()
    known = repo.author_ident(here) if signoff else repo.known_ident(here)
    ident = known or repo.nobody(int(time.time()))
    source = since or against
    old = read(source, load(conversion)) if source is not None else None
    reroll = next_revision(reroll, old)
    options = SeriesOptions(reroll, subject_prefix, rfc, to, cc, in_reply_to)
    check_options(options)
    found, result = computed(
        conversion, tree, allow_scripts, timeout, Steps(which_steps, max_lines)
    )
    if out is None:
        assert old is not None
        check(tree, found, result, old, json_file)
        return
    with progress("writing") as tell:
        prover = _prover(matrix, tell) if matrix is not None else None
        posted = posting.post(
            out,
            tree,
            found,
            result,
            prover,
            ident=ident,
            signoff=signoff,
            options=options,
            since=old,
        )
    for path in posted.paths:
        if path.suffix == ".patch":
            click.echo(path)
    if json_file is not None:
        write_files(json_file.parent, {json_file.name: (out / "series.json").read_bytes()})
    _summary(tree, out, found, result, posted)
    obstacles = list(_obstacles(tree, known, ident, posted))
    send = f", then git send-email {out}/*.patch" if not obstacles else ""
    say(f"\nnext: read {posted.paths[0]}{send}")
    for one in obstacles:
        say(f"not to be sent: {one}")
    if posted.proven is not None and posted.proven.findings:
        raise Findings


def _obstacles(tree: Path, known: Ident | None, ident: Ident, posted: Posted) -> Iterator[str]:
    """Why no list would take the series as it is, and what to do."""
    from zpconvert.git import repo

    if known is None:
        yield (
            f"git does not know who you are, so they are from {ident.person}; "
            "set user.name and user.email and repeat"
        )
    if posted.proven is not None and posted.proven.findings:
        yield f"{counted(len(posted.proven.findings), 'finding')}; mend the conversion and repeat"
    if not repo.is_worktree(tree):
        yield (
            f"{tree} is no git work tree, so nobody can tell what they apply to; "
            "repeat with a git tree"
        )
    if not posted.signed:
        yield "patches have no Signed-off-by; repeat with --signoff"


def _prover(matrix: str, tell: Callable[[str], None]) -> Prover:
    # half the start-up of a series that is not validated
    from zpconvert.kernel import cells
    from zpconvert.proof import Prover

    return Prover(matrix, cells.matrix(matrix), cache_home(), tell)


def _summary(
    tree: Path,
    out: Path,
    found: Conversion,
    result: Converted,
    posted: Posted,
) -> None:
    """What a person wants to know at the end, on stderr."""
    from zpconvert.mail import maintainers

    added = sum(f.added for commit in posted.stat.commits for f in commit)
    removed = sum(f.removed for commit in posted.stat.commits for f in commit)
    helpers = sum(len(s.helpers) for s in result.states)
    say(
        f"\n{counted(len(result.states), 'patch')}, {counted(added, 'line')} added and {removed} "
        f"removed in all, churn {posted.stat.churn:.2f}"
    )
    say(
        f"{counted(helpers, 'helper')} in {found.descriptor.header}, "
        f"{counted(result.functions, 'function')} changed"
    )
    if posted.proven is not None:
        _proven(out, posted.proven)
    say_absent(result)
    for line in posted.told:
        say(line)
    for note in result.notes:
        say(f"step {note.step}: {note.text}")
    for slot, reason in result.kept:
        say(f"stays struct {found.descriptor.replaces}: {slot} ({reason})")
    for name, uses in result.deprecated:
        say(f"deprecated, left as it is: {name}(), {counted(uses, 'time')}")
    for helper, missing in result.unoffered:
        say(f"helper {helper.name} left out: nothing that the files include has {missing}")
    for family in result.families:
        if family.present and not family.complete:
            names = ", ".join(family.left_out)
            them = "it" if len(family.left_out) == 1 else "them"
            say(f"family {family.name}: {names} left out, nothing uses {them}")
    patches = [p for p in posted.paths if p.suffix == ".patch"][1:]
    proposed = maintainers.propose(tree, patches, cache_home())
    if isinstance(proposed, maintainers.NotAvailable):
        say(f"whom to send it to: {proposed.reason}")
    else:
        say("whom to send it to, says get_maintainer.pl:")
        for person in proposed:
            header = "to" if person.to else "cc"
            say(f"  --{header}='{person.address}'  # {person.role}")


def _proven(out: Path, proven: Proven) -> None:
    from zpconvert.mail.cover import shown

    for size in proven.sizes:
        say(
            f"{size.object}: {size.before} -> {size.after} bytes "
            f"({size.after - size.before:+d}), cell {size.config}"
        )
    for line in shown(proven.proof):
        say(line)
    for command in dict.fromkeys(finding.reproduce for finding in proven.findings):
        say(f"  {command}")
    say(f"the whole report: {out}/report.json")
