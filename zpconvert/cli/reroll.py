# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert series` and a posted series: --since and --check-against."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.boundary import Findings
from zpconvert.cli.options import Command
from zpconvert.cli.talk import say
from zpconvert.errors import UserError
from zpconvert.kernel.write import write_files
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.conversion.model import Conversion
    from zpconvert.mail.posted import PostedSeries
    from zpconvert.pipeline import Converted


def reroll_options(command: Command) -> Command:
    """-v, --since and --check-against."""
    command = click.option(
        "--check-against",
        "against",
        type=click.Path(path_type=Path),
        metavar="OUT",
        help="Write nothing; say where that posted series is not what would be written now.",
    )(command)
    command = click.option(
        "--since",
        type=click.Path(path_type=Path),
        metavar="OUT",
        help="The posted revision: an output directory, an mbox file or a Maildir.",
    )(command)
    return click.option(
        "-v",
        "--reroll-count",
        "reroll",
        type=click.IntRange(min=1),
        metavar="N",
        help="Mark the series as revision N; with --since, the one after it by default.",
    )(command)


def read(source: Path, conversion: Conversion) -> PostedSeries:
    """A posted series of this conversion; what is foreign to it in a mailbox is said.

    Raises UserError when there is none.
    """
    from zpconvert import revision
    from zpconvert.mail import posted

    found = posted.read(source)
    revision.check_belongs(found, conversion)
    for line in found.foreign:
        say(f"{source}: passed over, {line}")
    return found


def next_revision(reroll: int | None, since: PostedSeries | None) -> int | None:
    """The number of the revision. Raises UserError when it is not after the posted one."""
    if since is None:
        return reroll
    if reroll is not None and reroll <= since.revision:
        raise UserError(
            "-v",
            f"{reroll} is not after {since.source}, which is revision {since.revision}",
            f"give -v {since.revision + 1}",
        )
    return reroll or since.revision + 1


def check(
    tree: Path,
    conversion: Conversion,
    result: Converted,
    old: PostedSeries,
    json_file: Path | None,
) -> None:
    """Say where a posted series differs from what would be written; raise Findings if it does.

    What a person changed in the posted mails is carried over first: it is no difference, and
    said.
    """
    from zpconvert import posting, revision
    from zpconvert.mail import record as recorded
    from zpconvert.reroll.against import differences

    base = posting.base_of(tree)
    signed = any("\nSigned-off-by: " in patch.message for patch in old.patches)
    commits = posting.commits(conversion, result, old.patches[0].ident, signed)
    draft = revision.draft(result, commits, old)
    found = tuple(differences(old.patches, draft.patches, draft.pairing))
    for one in found:
        click.echo(str(one))
    if json_file is not None:
        record = {
            "against": old.source,
            "base": asdict(base),
            "differences": [asdict(one) for one in found],
        }
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        write_files(json_file.parent, {json_file.name: text.encode()})
    for line in draft.told:
        say(line)
    known = old.record
    edited = list(recorded.edited(known, Path(old.source))) if known is not None else []
    if edited:
        say(f"edited since they were written: {', '.join(edited)}")
    name = f"{old.source} (v{old.revision})"
    kept = ", but for what was edited in it" if draft.told or edited else ""
    if not found:
        patches = counted(len(commits), "patch")
        say(f"{name} is what would be written on {base.source}, {patches} in all{kept}")
        return
    patches = counted(len({(one.patch, one.posted) for one in found}), "patch")
    say(f"{name} differs from what would be written on {base.source} in {patches}")
    raise Findings
