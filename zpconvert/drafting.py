# SPDX-License-Identifier: GPL-2.0-only
"""A conversion directory from nothing: drafted, tried on the tree, and put in place whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.conversion.load import load
from zpconvert.errors import UserError
from zpconvert.init import cocci, documents, report, write
from zpconvert.init.draft import Draft, draft
from zpconvert.init.model import Question
from zpconvert.init.questions import questions
from zpconvert.kernel.tree import open_tree, read_source
from zpconvert.pipeline import Converted, convert
from zpconvert.resources import semantic_patches_dir


@dataclass(frozen=True)
class Made:
    """What was made. paths: of the files, as they are now. result: of the draft on its tree."""

    draft: Draft
    questions: tuple[Question, ...]
    paths: tuple[Path, ...]
    result: Converted


def make(
    target: Path,
    tree: Path,
    files: Sequence[str],
    descriptor: str,
    *,
    cache: Path | None,
    timeout: float = 120.0,
    tell: Callable[[str], None] = lambda text: None,
) -> Made:
    """Draft a conversion of some files into the directory `target`, which must not be there.

    tree: a kernel's source tree, only read. files: paths in it. descriptor: the name of a new
    one, or of one that is bundled or in descriptors/ beside `target`. cache: where what headers
    say is kept between runs. timeout: seconds that one spatch run may take.

    Raises UserError for whatever the user can mend; then nothing was written.
    """
    place, text = _existing(target, descriptor)
    write.check_target(target, None if text else place)
    open_tree(tree)
    sources = {file: read_source(tree, file) for file in files}
    found = load_descriptor(place) if text else descriptor
    offered = [
        one
        for path in sorted((semantic_patches_dir() / write.DESCRIPTORS).glob("*.toml"))
        for one in load_descriptor(path).assumptions
    ]
    drafted = draft(tree, target.name, sources, found, cache, tell, offered=offered)
    asked = questions(drafted, sources)
    written = _documents(drafted, asked)
    own = text or documents.descriptor_toml(drafted)
    with write.staged(target, written, (place, own)) as made:
        try:
            result = convert(tree, load(str(made)), cache=cache, timeout=timeout, tell=tell)
        except UserError as error:
            raise told(error, target, made) from None
    paths = [*(target / name for name in written), *([] if text else [place])]
    return Made(drafted, asked, tuple(paths), result)


def _existing(target: Path, descriptor: str) -> tuple[Path, bytes]:
    """Where the descriptor is, or will be, and its text if it is there."""
    beside = target.parent / write.DESCRIPTORS / f"{descriptor}.toml"
    for path in (beside, semantic_patches_dir() / write.DESCRIPTORS / beside.name):
        if path.is_file():
            return path, path.read_bytes()
    return beside, b""


def _documents(drafted: Draft, asked: Sequence[Question]) -> dict[str, bytes]:
    """Files of the directory by name."""
    made = {"conversion.toml": documents.conversion_toml(drafted)}
    if drafted.idioms:
        made[documents.IDIOMS] = cocci.idioms_cocci(drafted)
    made["QUESTIONS.md"] = report.questions_md(drafted, asked)
    return made


def told(error: UserError, target: Path, made: Path) -> UserError:
    """An error of the trial; one that is about the draft, which is gone by now, is a bug of it."""
    if str(made.parent) not in error.where:
        return error
    where = Path(error.where).name
    return UserError(
        str(target),
        f"the draft does not convert the tree ({where}: {error.what})",
        "report it as a bug, with the files",
    )
