# SPDX-License-Identifier: GPL-2.0-only
"""Arguments that several commands take, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from zpconvert.cli.talk import progress, status
from zpconvert.errors import UserError
from zpconvert.kernel.source import cache_home
from zpconvert.plural import counted

if TYPE_CHECKING:
    from zpconvert.conversion.model import Conversion
    from zpconvert.pipeline import Converted

Command = TypeVar("Command", bound=Callable[..., object])


Complete = Callable[
    [click.Context, click.Parameter, str], list["click.shell_completion.CompletionItem"]
]


def offer(names: Callable[[], Iterable[str]], path: str | None = None) -> Complete:
    """What a shell completes: one of `names` or, where `path` is `dir` or `file`, a path."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        # click's script for bash forgets what came before a path
        paths = [CompletionItem(incomplete, type=path)] if path is not None else []
        return [*paths, *(CompletionItem(n) for n in names() if n.startswith(incomplete))]

    return complete


def _conversions() -> Iterable[str]:
    from zpconvert.conversion.load import list_conversions

    return list_conversions()


#: For what takes a conversion's name or directory; for what takes a matrix.
offer_conversions = offer(_conversions, "dir")
offer_matrices = offer(lambda: ("quick", "full"), "file")


class _JsonFile(click.Path):
    """A file that is written whole, with what is printed too: it takes the place of one."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path = Path(str(value))
        special = path.absolute().parts[1:2] in (("dev",), ("proc",))
        if str(path) == "-" or special or (path.exists() and not path.is_file()):
            raise UserError(f"--json {path}", "no file that can be written", "name a file")
        # where a link leads, for what is written takes the place of a file
        path = path.resolve() if path.is_symlink() else path
        if not path.parent.is_dir():
            raise UserError(str(path), "no such directory", "create it, or name another file")
        return path


def json_option(text: str) -> Callable[[Command], Command]:
    """--json FILE. text: what help says of it."""
    return click.option("--json", "json_file", type=_JsonFile(), metavar="FILE", help=text)


def conversion_argument(command: Command) -> Command:
    """CONVERSION, a name or a directory."""
    return click.argument("conversion", shell_complete=offer_conversions)(command)


def step_argument(name: str) -> Callable[[Command], Command]:
    """A step of the conversion that an outer command has as its argument."""
    return click.argument(name, metavar="STEP", shell_complete=complete_step)


def complete_step(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """The ids of the steps of the conversion that was named before."""
    from click.shell_completion import CompletionItem

    from zpconvert.conversion.load import load

    outer = ctx.parent.params if ctx.parent else {}
    try:
        steps = load({**outer, **ctx.params}["conversion"]).steps
    except UserError:
        return []  # what is wrong with it is said when the command runs
    return [CompletionItem(s.id, help=s.subject) for s in steps if s.id.startswith(incomplete)]


def diff_option(command: Command) -> Command:
    """--diff, for what edits a conversion."""
    return click.option("--diff", is_flag=True, help="Show the change, and write nothing.")(command)


def tree_option(command: Command) -> Command:
    """--tree DIR, for what only reads it."""
    return _tree_option("it is only read")(command)


def written_tree_option(command: Command) -> Command:
    """--tree DIR, for what can write it."""
    return _tree_option("it is read, and written by --write and --branch alone")(command)


def _tree_option(use: str) -> Callable[[Command], Command]:
    return click.option(
        "--tree",
        type=click.Path(path_type=Path),
        required=True,
        metavar="DIR",
        help=f"Kernel source, a git work tree or a plain one; {use}.",
    )


def running_options(command: Command) -> Command:
    """--allow-scripts and --timeout, for what runs spatch."""
    command = click.option(
        "--allow-scripts",
        is_flag=True,
        help="Run the scripts inside the conversion's semantic patches.",
    )(command)
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=120.0,
        show_default=True,
        metavar="SECONDS",
        help="Limit for one run of spatch.",
    )(command)


@dataclass(frozen=True)
class Steps:
    """Which steps a series has. which: `written`, `auto`, None for what there is. lines: the
    most that a planned one changes, None for the planner's own limit."""

    which: str | None = None
    lines: int | None = None

    def limit(self, conversion: Conversion) -> int | None:
        """Lines for the planner, None for the steps that are written.

        Raises UserError where none are written but they are asked for.
        """
        from zpconvert.planner.automatic import LINES

        auto = self.which == "auto" or not conversion.steps
        if self.lines is not None and not auto:
            raise UserError("--max-lines", "limits planned steps only", "add --steps auto")
        if self.which == "written" and not conversion.steps:
            raise UserError(
                str(conversion.directory / "conversion.toml"),
                "has no steps",
                "add a [[step]], or pass --steps auto",
            )
        return (self.lines or LINES) if auto else None


def steps_options(command: Command) -> Command:
    """--steps and --max-lines, for what has a series."""
    command = click.option(
        "--max-lines",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --steps auto, the most lines that a patch changes.  [default: 60]",
    )(command)
    return click.option(
        "--steps",
        "which_steps",
        type=click.Choice(["written", "auto"]),
        help="The conversion's steps, or planned ones.  [default: written, where there are any]",
    )(command)


def computed(
    name: str, tree: Path, allow_scripts: bool, timeout: float, steps: Steps = Steps()
) -> tuple[Conversion, Converted]:
    """Load a conversion and compute its commits on a tree, with progress."""
    from zpconvert.conversion.load import load
    from zpconvert.pipeline import convert

    conversion = load(name)
    lines = steps.limit(conversion)
    with progress(f"converting {tree}") as tell:
        result = convert(
            tree,
            conversion,
            cache=cache_home(),
            allow_scripts=allow_scripts,
            timeout=timeout,
            lines=lines,
            tell=tell,
        )
    if result.planned and steps.which is None:
        status(f"{conversion.name} has no steps: {counted(len(result.states), 'step')} planned")
    return conversion, result
