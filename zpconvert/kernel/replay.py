# SPDX-License-Identifier: GPL-2.0-only
"""Objects compiled by replaying the command that kbuild saved.

Replaying it on another text of the same source takes the compiler's time alone, a third of
what make takes, and neither the tree nor the build directory changes: the text comes from a
scratch directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zpconvert import space
from zpconvert.kernel import diagnostics
from zpconvert.kernel.diagnostics import Diagnostic
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.objcode import elf
from zpconvert.process import Completed, ProcessError, run
from zpconvert.scratch import scratch_directory

#: Seconds for one object.
COMPILE_TIMEOUT = 300.0
#: Off in the kernel's own builds but for W=2 (scripts/Makefile.extrawarn), for gcc is wrong now
#: and then. It is there where code is compared: a variable that has no value is to the compiler
#: whatever makes the code simple, and so it can be equal to what it was when it had one.
_UNINITIALIZED = "-Wmaybe-uninitialized"


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

    @property
    def error(self) -> Diagnostic:
        """The first error; where the compiler does not place it (line 0, no path), the first
        line that it says."""
        first = (one for one in self.diagnostics if one.kind != "warning")
        said = self.text.strip().partition("\n")[0]
        return next(first, Diagnostic("", 0, 0, "error", said))


@dataclass(frozen=True)
class Job:
    """One object to compile: `obj` as `mm/x.o`; `overlay` maps paths in the tree to texts
    that replace or add files there; `flags` come after kbuild's own."""

    build: BuildDir
    obj: str
    overlay: Mapping[str, bytes]
    flags: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The path of the object's source in the tree."""
        return str(Path(self.build.commands[self.obj][-1]).relative_to(self.build.tree))

    @property
    def checked(self) -> bool:
        """Whether the cell's checker reads the source, too. It does not where flags are added:
        those are for comparing."""
        return self.obj in self.build.checks and not self.flags

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the compiler is to warn of besides what kbuild asks it for."""
        cell = self.build.cell
        asked = cell.compare and cell.toolchain == "gcc" and not self.flags
        return (_UNINITIALIZED,) if asked else ()


def compile(job: Job) -> Compiled | Failed:
    """Compile one object of a prepared directory (at W=1 and with the job's warnings), its source
    and whatever else is in the job's overlay taken from there; then have the cell's checker read
    it.

    Raises ProcessError when the compiler is killed or runs out of time, OSError when the disk
    is full.
    """
    build = job.build
    with overlaid(job.overlay) as scratch:
        target = scratch / ".object.o"
        command = build.commands[job.obj]
        words = argv(build, command, scratch, (*job.flags, *job.warnings, "-o", str(target)))
        done = execute(build, words, scratch)
        said = _said(build, done, scratch)
        if done.code != 0:
            return Failed(said, diagnostics.parse(said))
        if job.checked:
            # sparse 0.6 has no -iquote
            words = argv(build, build.checks[job.obj], scratch, quoted="-I")
            checked = execute(build, words, scratch)
            said += _said(build, checked, scratch)
            if checked.code != 0:
                return Failed(said, diagnostics.parse(said))
        return compiled(target.read_bytes(), said)


def compiled(code: bytes, said: str) -> Compiled:
    """An object and what the compiler said."""
    return Compiled(code, said, diagnostics.parse(said), elf.size(code))


@contextmanager
def overlaid(overlay: Mapping[str, bytes]) -> Iterator[Path]:
    """A scratch directory that holds the texts of an overlay."""
    with scratch_directory() as scratch:
        for path, text in overlay.items():
            place = scratch / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with space.at(place):
                place.write_bytes(text)
        yield scratch


def argv(
    build: BuildDir,
    command: Sequence[str],
    scratch: Path,
    more: Sequence[str] = (),
    source: Path | None = None,
    *,
    quoted: str = "-iquote",
) -> list[str]:
    """A saved command, its source last, made to read the texts in `scratch` before the tree's.

    more: options after kbuild's own. source: to be compiled instead. quoted: the option for
    the directory that quoted includes are looked up in.
    """
    path = Path(command[-1]).relative_to(build.tree)
    own = scratch / path
    return [
        command[0],
        *_searched(build, command[1:-1], scratch),
        quoted,
        str(build.tree / path.parent),
        f"-fmacro-prefix-map={scratch}/=",
        *more,
        str(source or (own if own.exists() else build.tree / path)),
    ]


def _searched(build: BuildDir, words: Sequence[str], scratch: Path) -> Iterator[str]:
    """Words of a command, a directory of the tree that is searched for headers after that of
    the same path in `scratch`, so that a header there hides the tree's; one that is included by
    force is that in `scratch`, if there is one."""
    forced = False
    for word in words:
        option = "" if forced else "-I" * word.startswith("-I")
        place = Path(word.removeprefix(option))
        ours = scratch / place.relative_to(build.tree) if place.is_relative_to(build.tree) else None
        if option and ours is not None and ours.is_dir():
            yield f"-I{ours}"
        yield str(ours) if forced and ours is not None and ours.exists() else word
        forced = word == "-include"


def read(job: Job) -> tuple[frozenset[str], frozenset[str]] | None:
    """What a job is compiled of: paths that are read from its overlay, and those that are read
    from the tree. None if that is not known, because it does not compile.

    Raises ProcessError when the compiler is killed or runs out of time, OSError when the disk
    is full.
    """
    build = job.build
    with overlaid(job.overlay) as scratch:
        words = argv(build, build.commands[job.obj], scratch, (*job.flags, "-M"))
        done = execute(build, words, scratch)
    if done.code != 0:
        return None
    # a rule for make: the target, then what it is made of
    paths = [os.path.normpath(word) for word in done.text.replace("\\\n", " ").split()[1:]]
    return (_below(paths, scratch), _below(paths, build.tree))


def _below(paths: Sequence[str], place: Path) -> frozenset[str]:
    head = f"{place}/"
    return frozenset(path.removeprefix(head) for path in paths if path.startswith(head))


def execute(build: BuildDir, words: Sequence[str], scratch: Path) -> Completed:
    """Run a command of a build directory, whatever its exit code.

    scratch: where its temporary files go, which a compiler that is killed leaves.
    Raises ProcessError when it is killed or runs out of time, OSError when the disk is full.
    """
    environment = {"TMPDIR": str(scratch)}
    done = run(words, cwd=build.path, env=environment, timeout=COMPILE_TIMEOUT, check=False)
    failed = ProcessError(done.argv, str(build.path), done.code, done.stdout, done.stderr)
    if done.code != 0 and space.out_of_space(failed):
        raise space.met(failed, scratch)
    if done.code < 0:
        raise failed
    return done


def _said(build: BuildDir, done: Completed, scratch: Path) -> str:
    said = done.stderr.decode("utf-8", "replace")
    return said.replace(f"{scratch}/", "").replace(f"{build.tree}/", "")
