# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert init`: a conversion directory drafted from the files themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zpconvert.cli.options import tree_option
from zpconvert.cli.talk import progress, say
from zpconvert.errors import UserError
from zpconvert.kernel.source import cache_home

if TYPE_CHECKING:
    from zpconvert.init.draft import Draft
    from zpconvert.init.model import Question
    from zpconvert.pipeline import Converted


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
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write all that was found there, too.",
)
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
      zpconvert init my/balloon --tree ~/linux --file mm/balloon_compaction.c --descriptor bdesc
      zpconvert convert my/balloon --tree ~/linux --diff
      zpconvert rules test my/balloon
    """
    from zpconvert.init import write
    from zpconvert.init.questions import questions
    from zpconvert.init.report import as_json

    _check_words(target, files, descriptor)
    place, text = _existing(target, descriptor)
    write.check_target(target, None if text else place)
    if json_file is not None and not json_file.parent.is_dir():
        raise UserError(str(json_file), "no such directory", "create it, or name another file")
    with progress(f"looking at {', '.join(files)}") as tell:
        sources, draft = _drafted(
            target.name, tree, files, descriptor, place if text else None, tell
        )
        asked = questions(draft, sources)
        written = _documents(draft, asked)
        own = text or written.pop(write.DESCRIPTORS)
        with write.staged(target, written, (place, own)) as made:
            try:
                result = _tried(made, tree, timeout, tell)
            except UserError as error:
                raise _told(error, target, made) from None
    paths = [str(target / name) for name in written] + ([] if text else [str(place)])
    for path in paths:
        click.echo(path)
    if json_file is not None:
        record = json.dumps(as_json(draft, asked, paths), indent=2)
        json_file.write_text(record + "\n")
    _summary(target, tree, draft, asked, result)


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


def _existing(target: Path, descriptor: str) -> tuple[Path, bytes]:
    """Where the descriptor is, or will be, and its text if it is there."""
    from zpconvert.init.write import DESCRIPTORS
    from zpconvert.resources import semantic_patches_dir

    beside = target.parent / DESCRIPTORS / f"{descriptor}.toml"
    for path in (beside, semantic_patches_dir() / DESCRIPTORS / beside.name):
        if path.is_file():
            return path, path.read_bytes()
    return beside, b""


def _drafted(
    name: str,
    tree: Path,
    files: Sequence[str],
    descriptor: str,
    shared: Path | None,
    tell: Callable[[str], None],
) -> tuple[dict[str, bytes], Draft]:
    from zpconvert.conversion.descriptor import load_descriptor
    from zpconvert.init.draft import draft
    from zpconvert.init.write import DESCRIPTORS
    from zpconvert.kernel.tree import open_tree, read_source
    from zpconvert.resources import semantic_patches_dir

    open_tree(tree)
    sources = {file: read_source(tree, file) for file in files}
    found = load_descriptor(shared) if shared is not None else descriptor
    bundled = sorted((semantic_patches_dir() / DESCRIPTORS).glob("*.toml"))
    offered = [one for path in bundled for one in load_descriptor(path).assumptions]
    return sources, draft(tree, name, sources, found, cache_home(), tell, offered=offered)


def _documents(draft: Draft, asked: Sequence[Question]) -> dict[str, bytes]:
    """Files of the directory; the descriptor, if there is a new one, under `descriptors`."""
    from zpconvert.init import cocci, documents, report, write

    made = {"conversion.toml": documents.conversion_toml(draft)}
    if draft.idioms:
        made[documents.IDIOMS] = cocci.idioms_cocci(draft)
    made["QUESTIONS.md"] = report.questions_md(draft, asked)
    if draft.shared is None:
        made[write.DESCRIPTORS] = documents.descriptor_toml(draft)
    return made


def _tried(made: Path, tree: Path, timeout: float, tell: Callable[[str], None]) -> Converted:
    """The draft's result on the tree that it was drafted from."""
    from zpconvert.conversion.load import load
    from zpconvert.pipeline import convert

    conversion = load(str(made))
    return convert(tree, conversion, cache=cache_home(), timeout=timeout, tell=tell)


def _told(error: UserError, target: Path, made: Path) -> UserError:
    """An error of the trial; one that is about the draft, which is gone by now, is a bug of it."""
    if str(made.parent) not in error.where:
        return error
    where = Path(error.where).name
    return UserError(
        str(target),
        f"the draft does not convert the tree ({where}: {error.what})",
        "report it as a bug, with the files",
    )


def _summary(
    target: Path, tree: Path, draft: Draft, asked: Sequence[Question], result: Converted
) -> None:
    slots = [slot for file in draft.seen for slot in file.slots]
    kept = [slot for slot in slots if slot.border]
    say(f"\n{len(slots) - len(kept)} slots flip, {len(kept)} stay struct page")
    say(f"{len(draft.members)} members, {len(draft.helpers)} helpers, {len(draft.idioms)} idioms")
    say(f"{len(result.states)} patches, {result.functions} functions changed")
    say(f"{len(asked)} questions: read {target}/QUESTIONS.md")
    say(f"\nnext: zpconvert convert {target} --tree {tree} --diff")
