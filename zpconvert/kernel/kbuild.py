# SPDX-License-Identifier: GPL-2.0-only
"""Build directories prepared once per cell: configured, verified, each object built once.

kbuild saves the command of every object in `.X.o.cmd`; `zpconvert.kernel.replay` runs it again
on other texts of the same source.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from zpconvert import space
from zpconvert.errors import UserError
from zpconvert.kernel import digests, kconfig
from zpconvert.kernel.buildcache import STAMP, locked, prune, seed, used
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.cleanview import buildable
from zpconvert.process import Completed, ProcessError, run
from zpconvert.scratch import scratch_directory

#: Seconds for one make; a slow machine takes a minute.
MAKE_TIMEOUT = 1800.0
#: What a make of ours must not inherit from a make that called us.
_NO_OUTER_MAKE = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KBUILD_OUTPUT"))

#: gcc writes a file of dependencies, which compiling elsewhere must not.
_DEPENDENCIES = "-Wp,-MMD"
#: What marks a checker's words among all that make says.
_CHECK = "zpconvert-check "
_PROGRAMS = ("make", "gcc", "flex", "bison", "bc", "perl")


class Unconfigured(UserError):
    """A setting that this tree does not take, or an object that no setting brings in."""


@dataclass(frozen=True)
class BuildDir:
    """A prepared build directory.

    path: the directory; tree: the sources as its commands spell them; cell: what it is
    configured for; compiler: first line of `gcc --version`; commands: object to compiler
    command (no output option, the source last); inputs: a digest of what the tree gave to it;
    checks: object to the command of the cell's checker, the source last.
    """

    path: Path
    tree: Path
    cell: Cell
    compiler: str
    commands: Mapping[str, tuple[str, ...]]
    inputs: str
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def prepare(
    tree: Path,
    cell: Cell,
    *,
    fragment: Sequence[str],
    objects: Sequence[str],
    perhaps: Sequence[str] = (),
    cache: Path,
    tell: Callable[[str], None] = lambda message: None,
) -> BuildDir:
    """The build directory of a cell, made ready if it is not: configured, prepared, `objects`
    built once at W=1.

    tree: a kernel's sources, read only. fragment: the subsystem's own kconfig lines, over the
    cell's. objects: as `mm/x.o`. perhaps: those that this configuration may not have; they are
    in `commands` if it has. cache: zpconvert's cache directory.

    Raises UserError when an option does not take effect in this tree, a program is missing or
    the kernel's own build fails; OSError when the disk is full.
    """
    for program in (*_PROGRAMS, *missing(cell)):
        if shutil.which(program) is None:
            raise UserError(program, "no such program", "run 'zpconvert doctor --install'")
    tree = tree.resolve()
    compiler = run([cell.compiler, "--version"]).text.partition("\n")[0]
    request = (*cell.kconfig, *fragment)
    asked = (str(tree), cell.arch, cell.config, request, compiler, cell.checker)
    key = hashlib.sha256(repr(asked).encode()).hexdigest()[:12]
    builds = cache / "builds"
    path = builds / f"{tree.name}-{cell.name}-{key}"
    builds.mkdir(parents=True, exist_ok=True)
    with space.at(path), locked(builds, path.name) as lock:
        source = buildable(tree, builds / f"{path.name}.source")
        stamp = _Stamp.read(path)
        asked_for = {*objects, *perhaps}
        fresh = stamp.inputs and stamp.inputs == _inputs_digest(path, source, stamp)
        if not fresh or not asked_for <= stamp.asked:
            tell(f"preparing a kernel build: {cell.name}")
            seed(path, builds, tree, cell.arch)
            make = Make(source, path, variables(cell), lock)
            stamp = _build(make, cell, request, objects, sorted(asked_for | stamp.asked))
        used(path)
    prune(builds)
    for obj in sorted(set(objects) - stamp.commands.keys()):
        raise Unconfigured(obj, f"not in the configuration of {cell.name}", "add its setting")
    every = {obj for obj in asked_for if obj in stamp.commands}
    commands = {obj: stamp.commands[obj] for obj in sorted(every)}
    checks = {obj: words for obj, words in stamp.checks.items() if obj in every}
    inputs = _inputs_digest(path, source, replace(stamp, commands=commands))
    return BuildDir(path, source, cell, compiler, commands, inputs, checks)


def missing(cell: Cell) -> tuple[str, ...]:
    """The programs of a cell's toolchain that this machine lacks."""
    programs = (cell.compiler, *([cell.checker] if cell.checker else []))
    return tuple(program for program in programs if shutil.which(program) is None)


@dataclass(frozen=True)
class _Stamp:
    """What a prepared directory is ready for, kept in it. asked: objects that were asked for;
    commands, checks: of those that its configuration has."""

    arch: str = ""
    inputs: str = ""
    asked: frozenset[str] = frozenset()
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> _Stamp:
        try:
            said = json.loads((path / STAMP).read_text())
        except FileNotFoundError:
            return cls()
        if "asked" not in said:  # an older zpconvert's
            return cls()
        commands, checks = ({obj: tuple(words) for obj, words in said[name].items()}
                            for name in ("commands", "checks"))  # fmt: skip
        return cls(said["arch"], said["inputs"], frozenset(said["asked"]), commands, checks)

    def write(self, path: Path) -> None:
        unfinished = path / f"{STAMP}.new"
        unfinished.write_text(json.dumps(asdict(self) | {"asked": sorted(self.asked)}))
        unfinished.rename(path / STAMP)


def variables(cell: Cell) -> tuple[str, ...]:
    if cell.toolchain == "clang":
        return (f"ARCH={cell.arch}", "CC=clang")
    return (f"ARCH={cell.arch}", f"CROSS_COMPILE={cell.cross}")


@dataclass(frozen=True)
class Make:
    """kbuild of `source` in `path`. lock: the descriptor of that directory's lock; compilers that
    outlive a run that is killed hold it to their end, lest the next run meet them there."""

    source: Path
    path: Path
    variables: tuple[str, ...]
    lock: int

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, check: bool = True
    ) -> Completed:
        out = f"O={self.path}"
        argv = ["make", "-s", "-C", str(self.source), out, *self.variables, *words]
        environment = {**_NO_OUTER_MAKE, **(env or {})}
        try:
            # a compiler that is killed leaves its temporary files
            with scratch_directory() as scratch:
                environment["TMPDIR"] = str(scratch)
                done = run(
                    argv,
                    env=environment,
                    timeout=MAKE_TIMEOUT,
                    check=False,
                    bound=True,
                    locks=(self.lock,),
                )
        except ProcessError as error:
            raise self._told(error) from error
        failed = ProcessError(done.argv, str(self.path), done.code, done.stdout, done.stderr)
        if done.code != 0 and (check or space.out_of_space(failed)):
            raise self._told(failed) from failed
        return done

    def _told(self, failed: ProcessError) -> Exception:
        """What is to be raised for a make that failed or ran out of time: that the disk is full,
        or the line that says most of what is in the log that this writes."""
        if space.out_of_space(failed):
            return space.met(failed, self.path)
        log = self.path / "zpconvert.log"
        log.write_text(f"{failed}\n")
        said = failed.stderr.decode("utf-8", "replace").strip().splitlines()
        # make's own come from the inside to the outside
        marks = ("rror", "not found", "*** ")
        first = next((line for line in said if any(mark in line for mark in marks)), "")
        first = first.strip() or f"{failed}".partition(": ")[2].partition("\n")[0]
        todo = "read the log, and run 'zpconvert doctor' for missing programs"
        if not (self.source / "arch").is_dir():
            todo = "give a whole tree: this one has no arch/"
        return UserError(str(log), f"the kernel's own build failed ({first})", todo)


def _build(
    make: Make, cell: Cell, request: Sequence[str], needed: Sequence[str], objects: Sequence[str]
) -> _Stamp:
    """Configure, prepare and build; then stamp the directory with the saved commands."""
    (make.path / STAMP).unlink(missing_ok=True)
    wanted = make.path / "zpconvert.config"
    wanted.write_text("".join(f"{line}\n" for line in request))
    make(cell.config, env={"KCONFIG_ALLCONFIG": str(wanted)})
    _check_config(make, cell.arch, request)
    others = [obj for obj in objects if obj not in needed]
    for obj in others:
        # that of another configuration, if the directory was copied
        _saved(make.path, obj).unlink(missing_ok=True)
    workers = f"-j{os.cpu_count() or 1}"
    make(workers, "W=1", *needed)
    if others:
        # kbuild has no rule for what its configuration leaves out
        make(workers, "-k", "W=1", *others, check=False)
    commands = {o: _saved_command(make.path, o) for o in objects if _saved(make.path, o).exists()}
    checks = _checks(make, commands) if cell.checker else {}
    stamp = _Stamp(cell.arch, "", frozenset(objects), commands, checks)
    stamp = replace(stamp, inputs=_inputs_digest(make.path, make.source, stamp))
    stamp.write(make.path)
    return stamp


def settings(path: Path) -> dict[str, str]:
    """The options that are set in a build directory, `CONFIG_X` to its value."""
    lines = [line for line in (path / ".config").read_text().splitlines() if line[:1] != "#"]
    return {name: value for name, _, value in (line.partition("=") for line in lines) if name}


def _check_config(make: Make, arch: str, request: Sequence[str]) -> None:
    """kconfig drops in silence what a dependency forbids or the tree does not know."""
    config = settings(make.path)
    wanted: dict[str, str] = {}
    for line in dict.fromkeys(request):
        name, _, value = line.partition("=")
        if wanted.setdefault(name, line) != line:
            raise Unconfigured(
                str(make.source), f"{wanted[name]} and {line} are both asked for", "drop one"
            )
    for line in wanted.values():
        name, _, value = line.partition("=")
        if name in config if value == "n" else config.get(name) != value:
            options = {name.removeprefix("CONFIG_"): value for name, value in config.items()}
            why = kconfig.why_unset(make.source, arch, options, line)
            raise Unconfigured(
                str(make.source),
                f"{line} has no effect in this kernel{': ' * bool(why)}{why}",
                "add what it depends on, or drop it, or what bars it",
            )


def _saved_command(path: Path, obj: str) -> tuple[str, ...]:
    """The compiler's own command for an object, without what comes after it (objtool)."""
    line = _saved(path, obj).read_text().partition("\n")[0]
    command = line.partition(":=")[2].replace("$(pound)", "#").replace("$$", "$")
    words = []
    for word in shlex.split(command):
        if word in (";", "&&"):
            break
        if not word.startswith(_DEPENDENCIES):
            words.append(word)
    at = words.index("-o")
    return (*words[:at], *words[at + 2 :])


def _checks(make: Make, commands: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What kbuild would run its checker with, by object: C=2 checks every source, and a
    "checker" that prints its words is as good as another."""
    said = make("W=1", "C=2", f"CHECK=printf '{_CHECK}%s\\n'", *commands).text
    by_source = {words[-1]: obj for obj, words in commands.items()}
    found: dict[str, tuple[str, ...]] = {}
    words: list[str] = []
    for line in said.splitlines():
        if not line.startswith(_CHECK):
            continue
        word = line.removeprefix(_CHECK)
        if word in by_source:
            found[by_source[word]] = ("sparse", *words, word)
        if not word.startswith(_DEPENDENCIES):
            words.append(word)
        if word.endswith(".c") and not word.startswith("-"):
            words = []
    return found


def _saved(path: Path, obj: str) -> Path:
    """kbuild's record of how it built an object."""
    return (path / obj).with_name(f".{Path(obj).name}.cmd")


def _inputs_digest(path: Path, source: Path, stamp: _Stamp) -> str:
    """A digest of every file of the tree that configuring and compiling read, but for the
    objects' own sources, whose text comes with each compilation; empty where nothing was built."""
    if not stamp.commands:
        return ""
    # strings, not Paths: there are 2,500, and this runs before every series
    config = (path / "include/config/auto.conf.cmd").read_text()
    files = {f"{source}/{name}" for name in re.findall(r"(?m)^\t([^\s$]+Kconfig\S*) ", config)}
    files.add(f"{source}/Makefile")
    for obj in stamp.commands:
        text = _saved(path, obj).read_text()
        files.update(re.findall(rf"(?m)^  ({re.escape(str(source))}/\S+)", text))
    return digests.digest(files, path)
