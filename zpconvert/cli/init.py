# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert init`: a conversion directory drafted from the files themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.options import json_option, tree_option
from zpconvert.cli.talk import progress, say
from zpconvert.errors import UserError
from zpconvert.kernel.source import cache_home
from zpconvert.kernel.write import write_files
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.drafting import Made


def _complete_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """C files and directories of the tree, as far as --tree was given."""
    from click.shell_completion import CompletionItem

    tree = Path(ctx.params.get("tree") or ".")
    found = sorted((tree / incomplete).parent.glob(f"{Path(incomplete + 'x').name[:-1]}*"))
    return [
        CompletionItem(str(path.relative_to(tree)) + ("/" if path.is_dir() else ""))
        for path in found
        if path.is_dir() or path.suffix == ".c"
    ]


def _complete_descriptor(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Descriptors that are there to be shared."""
    from click.shell_completion import CompletionItem

    from zpconvert.init.write import DESCRIPTORS
    from zpconvert.resources import semantic_patches_dir

    beside = Path(ctx.params.get("target") or ".").parent
    names = {
        path.stem
        for place in (beside, semantic_patches_dir())
        for path in (place / DESCRIPTORS).glob("*.toml")
    }
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


@click.command("init")
@click.argument("target", type=click.Path(path_type=Path), metavar="NAME")
@tree_option
@click.option(
    "--file",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    shell_complete=_complete_file,
    help="A C file to convert, as a path in the tree; repeatable.",
)
@click.option(
    "--descriptor",
    required=True,
    metavar="NAME",
    shell_complete=_complete_descriptor,
    help="The new descriptor, or one that is bundled or beside the directory, to be shared.",
)
@json_option("Write all that was found there, too.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Limit for one run of spatch.",
)
def command(
    target: Path,
    tree: Path,
    files: tuple[str, ...],
    descriptor: str,
    json_file: Path | None,
    timeout: float,
) -> None:
    """Draft a conversion of FILEs in the new directory NAME, and print the paths made.

    Looks at what the files do with struct page and writes conversion.toml, idioms.cocci, the
    descriptor (in descriptors/ beside NAME) and QUESTIONS.md: what a person has to decide, with
    places. The draft has converted the tree once before it is put in place.

    \b
    Examples:
      zpconvert init my/balloon --tree ~/linux --file mm/balloon_compaction.c \\
        --descriptor bdesc
      zpconvert convert my/balloon --tree ~/linux --diff
      zpconvert rules test my/balloon
    """
    from zpconvert.drafting import make
    from zpconvert.init.report import as_json

    _check_words(target, files, descriptor)
    with progress(f"looking at {', '.join(files)}") as tell:
        made = make(target, tree, files, descriptor, cache=cache_home(), timeout=timeout, tell=tell)
    paths = [str(path) for path in made.paths]
    for path in paths:
        click.echo(path)
    if json_file is not None:
        record = json.dumps(as_json(made.draft, made.questions, paths), indent=2)
        write_files(json_file.parent, {json_file.name: f"{record}\n".encode()})
    _summary(target, tree, made)


def _check_words(target: Path, files: Sequence[str], descriptor: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", target.name):
        raise UserError(str(target), "no name for a conversion", "use letters, digits, - and _")
    if not re.fullmatch(r"[A-Za-z_]\w*", descriptor):
        raise UserError(
            "--descriptor", f"'{descriptor}' is no C identifier", "give a bare name, as xdesc"
        )
    for file in files:
        if file.startswith("/") or ".." in Path(file).parts or not file.endswith(".c"):
            raise UserError(
                "--file", f"'{file}' is no C file of the tree", "give its path inside the tree"
            )
        if files.count(file) > 1:
            raise UserError("--file", f"'{file}' is named twice", "name it once")


def _summary(target: Path, tree: Path, made: Made) -> None:
    """What a person wants to know at the end, on stderr."""
    draft, result = made.draft, made.result
    slots = [slot for file in draft.seen for slot in file.slots]
    kept = [slot for slot in slots if slot.border]
    flips = counted(len(slots) - len(kept), "slot")
    say(f"\n{flips} to flip, {len(kept)} to stay struct page")
    parts = {"member": draft.members, "helper": draft.helpers, "idiom": draft.idioms}
    say(", ".join(counted(len(those), noun) for noun, those in parts.items()))
    patches = counted(len(result.states), "patch")
    say(f"{patches}, {counted(result.functions, 'function')} changed")
    say(f"{counted(len(made.questions), 'question')}: read {target}/QUESTIONS.md")
    say(f"\nnext: zpconvert convert {target} --tree {tree} --diff")
