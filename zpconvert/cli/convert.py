# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert convert`: the converted tree, as a diff, in place, or on a branch."""

from __future__ import annotations

from pathlib import Path

import click

from zpconvert.cli.options import (
    Steps,
    computed,
    conversion_argument,
    running_options,
    steps_options,
    written_tree_option,
)
from zpconvert.cli.talk import say, say_absent, show_code
from zpconvert.errors import UserError
from zpconvert.plural import counted


@click.command("convert")
@conversion_argument
@written_tree_option
@click.option(
    "--upto",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the first N patches of the series.",
)
@click.option("--diff", is_flag=True, help="Print the change as a diff.")
@click.option("--write", is_flag=True, help="Change the files of the tree.")
@click.option("--branch", metavar="NAME", help="Make a branch of the series, a commit a patch.")
@click.option("--signoff", is_flag=True, help="Sign the commits of --branch off.")
@steps_options
@running_options
def command(
    conversion: str,
    tree: Path,
    upto: int | None,
    diff: bool,
    write: bool,
    branch: str | None,
    signoff: bool,
    which_steps: str | None,
    max_lines: int | None,
    allow_scripts: bool,
    timeout: float,
) -> None:
    """Convert a tree. One of --diff, --write and --branch says where the result goes; --write
    prints the diff, too, with --diff.

    \b
    Examples:
      zpconvert convert NAME --tree ~/linux --diff
      zpconvert convert NAME --tree ~/linux --branch b4/v1 --signoff
      zpconvert convert NAME --tree ~/linux --upto 3 --write
      zpconvert convert NAME --tree ~/linux --branch planned --steps auto
    """
    if (diff or write) == (branch is not None):
        raise click.UsageError("pass one of --diff, --write and --branch")
    if signoff and branch is None:
        raise click.UsageError("--signoff goes with --branch")
    if branch is not None:
        _check_branch(tree, branch)
    found, result = computed(
        conversion, tree, allow_scripts, timeout, Steps(which_steps, max_lines)
    )
    if upto is not None and upto > len(result.states):
        raise UserError(
            "--upto", f"{upto} is more than {counted(len(result.states), 'patch')}", "take less"
        )
    say_absent(result)
    from zpconvert import posting

    files = posting.files_upto(result, upto)
    if write:
        from zpconvert.kernel.write import write_files

        write_files(tree, {p: t for p, t in files.items() if result.base.get(p) != t})
        say(f"wrote {', '.join(sorted(files))} in {tree}")
    if branch is not None:
        from zpconvert.git import fastimport, repo

        made = posting.commits(found, result, repo.author_ident(tree), signoff)[:upto]
        hashes = fastimport.create_branch(tree, branch, made, parent=repo.head(tree))
        say(f"{branch}: {counted(len(hashes), 'commit')} on {repo.head(tree)[:12]}")
    if diff:
        from zpconvert.git.diff import diff_files

        show_code(diff_files(result.base, files).decode("utf-8", "surrogateescape"), "diff")


def _check_branch(tree: Path, branch: str) -> None:
    """What would stop the branch is said before the work."""
    from zpconvert.git import fastimport, repo
    from zpconvert.kernel.tree import open_tree

    if not repo.is_worktree(open_tree(tree).path):
        raise UserError(str(tree), "no git work tree", "use --diff or --write")
    repo.author_ident(tree)
    fastimport.check_branch(tree, branch)
