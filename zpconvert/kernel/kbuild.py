# SPDX-License-Identifier: GPL-2.0-only
"""Build directories prepared once per cell, and objects compiled by replaying kbuild's command.

kbuild saves the command of every object in `.X.o.cmd`. Replaying it on another text of the
same source takes the compiler's time alone, a third of what make takes, and neither the tree
nor the build directory changes: the text comes from a scratch directory.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.kernel import diagnostics, elf
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.cleanview import buildable
from zpconvert.kernel.diagnostics import Diagnostic
from zpconvert.process import ProcessError, run, side_by_side

#: Seconds for one make; a slow machine takes a minute.
MAKE_TIMEOUT = 1800.0
#: Seconds for one object.
COMPILE_TIMEOUT = 300.0

#: What a make of ours must not inherit from a make that called us.
_NO_OUTER_MAKE = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KBUILD_OUTPUT"))

_STAMP = "zpconvert.json"
_PROGRAMS = ("make", "gcc", "flex", "bison", "bc", "perl")


@dataclass(frozen=True)
class BuildDir:
    """A prepared build directory.

    path: the directory; tree: the sources as its commands spell them; cell: what it is
    configured for; compiler: first line of `gcc --version`; commands: object to compiler
    command (no output option, the source last); inputs: a digest of what the tree gave to it.
    """

    path: Path
    tree: Path
    cell: Cell
    compiler: str
    commands: Mapping[str, tuple[str, ...]]
    inputs: str


@dataclass(frozen=True)
class Compiled:
    """An object: its bytes, what the compiler said (paths relative to the tree), its size."""

    obj: bytes
    text: str
    diagnostics: tuple[Diagnostic, ...]
    size: elf.Size


@dataclass(frozen=True)
class Failed:
    """No object, and why."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Job:
    """One object to compile: `obj` as `mm/x.o`; `overlay` maps paths in the tree to texts
    that replace or add files there; `flags` come after kbuild's own."""

    build: BuildDir
    obj: str
    overlay: Mapping[str, bytes]
    flags: tuple[str, ...] = ()


def prepare(
    tree: Path,
    cell: Cell,
    *,
    fragment: Sequence[str],
    objects: Sequence[str],
    cache: Path,
    tell: Callable[[str], None] = lambda message: None,
) -> BuildDir:
    """The build directory of a cell, made ready if it is not: configured, prepared, `objects`
    built once at W=1.

    tree: a kernel's sources, read only. fragment: the subsystem's own kconfig lines, over the
    cell's. objects: as `mm/x.o`. cache: zpconvert's cache directory.

    Raises UserError when an option does not take effect in this tree, a program is missing or
    the kernel's own build fails.
    """
    for program in (*_PROGRAMS, *missing(cell)):
        if shutil.which(program) is None:
            raise UserError(program, "no such program", "run 'zpconvert doctor --install'")
    tree = tree.resolve()
    compiler = run([cell.compiler, "--version"]).text.partition("\n")[0]
    request = (*cell.kconfig, *fragment)
    asked = (str(tree), cell.arch, cell.config, request, compiler)
    key = hashlib.sha256(repr(asked).encode()).hexdigest()[:12]
    builds = cache / "builds"
    path = builds / f"{tree.name}-{cell.name}-{key}"
    builds.mkdir(parents=True, exist_ok=True)
    with (builds / f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        source = buildable(tree, builds / f"{path.name}.source")
        known = _read_stamp(path)
        if not all(obj in known for obj in objects) or not _current(path, source, known):
            tell(f"preparing a kernel build: {cell.name}")
            _seed(path, builds, tree)
            make = _Make(source, path, _variables(cell))
            known = _build(make, cell.config, request, sorted({*known, *objects}))
        commands = {obj: known[obj] for obj in objects}
        inputs = _inputs_digest(path, source, commands)
    return BuildDir(path, source, cell, compiler, commands, inputs)


def missing(cell: Cell) -> tuple[str, ...]:
    """The programs of a cell's toolchain that this machine lacks."""
    return () if shutil.which(cell.compiler) else (cell.compiler,)


def _variables(cell: Cell) -> tuple[str, ...]:
    if cell.toolchain == "clang":
        return (f"ARCH={cell.arch}", "CC=clang")
    return (f"ARCH={cell.arch}", f"CROSS_COMPILE={cell.cross}")


def compile(
    build: BuildDir, obj: str, overlay: Mapping[str, bytes], extra_flags: Sequence[str] = ()
) -> Compiled | Failed:
    """Compile one object of a prepared directory (at W=1), its source and whatever else is in
    `overlay` (path in the tree to text) taken from there."""
    command = build.commands[obj]
    source = Path(command[-1]).relative_to(build.tree)
    with tempfile.TemporaryDirectory(prefix="zpconvert-") as name:
        scratch = Path(name)
        for path, text in overlay.items():
            place = scratch / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        own = scratch / source
        include = scratch / "include"
        argv = [
            command[0],
            # before kbuild's own, so that a header of the overlay hides the tree's
            *(["-I", str(include)] if include.is_dir() else []),
            *command[1:-1],
            "-iquote",
            str(build.tree / source.parent),
            f"-fmacro-prefix-map={scratch}/=",
            *extra_flags,
            "-o",
            str(scratch / ".object.o"),
            str(own if own.exists() else build.tree / source),
        ]
        done = run(argv, cwd=build.path, timeout=COMPILE_TIMEOUT, check=False)
        said = done.stderr.decode("utf-8", "replace")
        said = said.replace(f"{scratch}/", "").replace(f"{build.tree}/", "")
        found = diagnostics.parse(said)
        if done.code < 0:
            raise ProcessError(done.argv, str(build.path), done.code, done.stdout, done.stderr)
        if done.code != 0:
            return Failed(said, found)
        code = (scratch / ".object.o").read_bytes()
    return Compiled(code, said, found, elf.size(code))


def compile_many(jobs: Iterable[Job], workers: int) -> list[Compiled | Failed]:
    """Compile all jobs with `workers` compilers at a time; results in the jobs' order."""
    return side_by_side(lambda j: compile(j.build, j.obj, j.overlay, j.flags), jobs, workers)


@dataclass(frozen=True)
class _Make:
    """kbuild of `source` in `path`."""

    source: Path
    path: Path
    variables: tuple[str, ...]

    def __call__(self, *words: str, env: Mapping[str, str] | None = None) -> None:
        out = f"O={self.path}"
        argv = ["make", "-s", "-C", str(self.source), out, *self.variables, *words]
        try:
            run(argv, env={**_NO_OUTER_MAKE, **(env or {})}, timeout=MAKE_TIMEOUT)
        except ProcessError as error:
            log = self.path / "zpconvert.log"
            log.write_text(f"{error}\n")
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            first = next((line for line in said if "rror" in line or "not found" in line), "")
            raise UserError(
                str(log),
                f"the kernel's own build failed ({first.strip() or 'no message'})",
                "read the log, and run 'zpconvert doctor' for missing programs",
            ) from error


def _build(
    make: _Make, config: str, request: Sequence[str], objects: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Configure, prepare and build; then stamp the directory with the saved commands."""
    stamp = make.path / _STAMP
    stamp.unlink(missing_ok=True)
    wanted = make.path / "zpconvert.config"
    wanted.write_text("".join(f"{line}\n" for line in request))
    make(config, env={"KCONFIG_ALLCONFIG": str(wanted)})
    _check_config(make, request)
    make("-j2", "W=1", *objects)
    commands = {obj: _saved_command(make.path, obj) for obj in objects}
    text = json.dumps(
        {"inputs": _inputs_digest(make.path, make.source, objects), "commands": commands}
    )
    unfinished = make.path / f"{_STAMP}.new"
    unfinished.write_text(text)
    unfinished.rename(stamp)
    return commands


def _check_config(make: _Make, request: Sequence[str]) -> None:
    """kconfig drops in silence what a dependency forbids or the tree does not know."""
    config = set((make.path / ".config").read_text().splitlines())
    names = {line.partition("=")[0] for line in config}
    for line in dict.fromkeys(request):
        name, _, value = line.partition("=")
        if name in names if value == "n" else line not in config:
            raise UserError(
                str(make.source), f"{line} has no effect in this kernel", "drop it, or what bars it"
            )


def _saved_command(path: Path, obj: str) -> tuple[str, ...]:
    """The compiler's own command for an object, without what comes after it (objtool)."""
    line = _saved(path, obj).read_text().partition("\n")[0]
    command = line.partition(":=")[2].replace("$(pound)", "#").replace("$$", "$")
    words = []
    for word in shlex.split(command):
        if word in (";", "&&"):
            break
        if not word.startswith("-Wp,-MMD"):
            words.append(word)
    at = words.index("-o")
    return (*words[:at], *words[at + 2 :])


def _saved(path: Path, obj: str) -> Path:
    """kbuild's record of how it built an object."""
    return (path / obj).with_name(f".{Path(obj).name}.cmd")


def _read_stamp(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        commands = json.loads((path / _STAMP).read_text())["commands"]
    except FileNotFoundError:
        return {}
    return {obj: tuple(words) for obj, words in commands.items()}


def _current(path: Path, source: Path, commands: Mapping[str, tuple[str, ...]]) -> bool:
    stamp = json.loads((path / _STAMP).read_text()) if commands else {}
    return bool(stamp) and stamp["inputs"] == _inputs_digest(path, source, commands)


def _inputs_digest(path: Path, source: Path, objects: Iterable[str]) -> str:
    """Time and size of every file of the tree that configuring and compiling read, but for the
    objects' own sources, whose text comes with each compilation."""
    # strings, not Paths: there are 2,500, and this runs before every series
    config = (path / "include/config/auto.conf.cmd").read_text()
    files = {f"{source}/{name}" for name in re.findall(r"(?m)^\t([^\s$]+Kconfig\S*) ", config)}
    files.add(f"{source}/Makefile")
    for obj in objects:
        text = _saved(path, obj).read_text()
        files.update(re.findall(rf"(?m)^  ({re.escape(str(source))}/\S+)", text))
    seen = hashlib.sha256()
    for file in sorted(files):
        try:
            stat = os.stat(file)  # noqa: PTH116
            seen.update(f"{file} {stat.st_mtime_ns} {stat.st_size}\n".encode())
        except FileNotFoundError:
            seen.update(f"{file} gone\n".encode())
    return seen.hexdigest()


def _seed(path: Path, builds: Path, tree: Path) -> None:
    """Start from a prepared directory of the same tree: its host programs are built already."""
    if path.exists():
        return
    for other in sorted(builds.glob(f"{tree.name}-*/{_STAMP}")):
        link = other.parent / "source"
        if link.is_symlink() and link.resolve() == tree:
            unfinished = path.with_name(f"{path.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(other.parent, unfinished, symlinks=True)
            (unfinished / _STAMP).unlink(missing_ok=True)
            unfinished.rename(path)
            return
    path.mkdir()
