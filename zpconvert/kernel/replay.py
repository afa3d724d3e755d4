# SPDX-License-Identifier: GPL-2.0-only
"""Objects compiled by replaying the command that kbuild saved.

Replaying it on another text of the same source takes the compiler's time alone, a third of
what make takes, and neither the tree nor the build directory changes: the text comes from a
scratch directory.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.kernel import diagnostics, elf
from zpconvert.kernel.diagnostics import Diagnostic
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.process import Completed, ProcessError, run

#: Seconds for one object.
COMPILE_TIMEOUT = 300.0


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


def compile(
    build: BuildDir, obj: str, overlay: Mapping[str, bytes], extra_flags: Sequence[str] = ()
) -> Compiled | Failed:
    """Compile one object of a prepared directory (at W=1), its source and whatever else is in
    `overlay` (path in the tree to text) taken from there; then have the cell's checker read it,
    unless flags are added: those are for comparing.

    Raises ProcessError when the compiler is killed or runs out of time, OSError when the disk
    is full.
    """
    with tempfile.TemporaryDirectory(prefix="zpconvert-") as name:
        scratch = Path(name)
        for path, text in overlay.items():
            place = scratch / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        target = scratch / ".object.o"
        more = [f"-fmacro-prefix-map={scratch}/=", *extra_flags, "-o", str(target)]
        done = _run(build, build.commands[obj], scratch, "-iquote", more)
        said = _said(build, done, scratch)
        if done.code != 0 and "No space left on device" in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(scratch))
        if done.code != 0:
            return Failed(said, diagnostics.parse(said))
        if obj in build.checks and not extra_flags:
            # sparse 0.6 has no -iquote
            checked = _run(build, build.checks[obj], scratch, "-I", [])
            said += _said(build, checked, scratch)
            if checked.code != 0:
                return Failed(said, diagnostics.parse(said))
        code = target.read_bytes()
    return Compiled(code, said, diagnostics.parse(said), elf.size(code))


def _run(
    build: BuildDir, command: Sequence[str], scratch: Path, quoted: str, more: Sequence[str]
) -> Completed:
    """A saved command on the texts in `scratch`. quoted: the option for the directory that
    quoted includes are looked up in; more: options after kbuild's own."""
    source = Path(command[-1]).relative_to(build.tree)
    own, include = scratch / source, scratch / "include"
    argv = [
        command[0],
        # before kbuild's own, so that a header of the overlay hides the tree's
        *(["-I", str(include)] if include.is_dir() else []),
        *command[1:-1],
        quoted,
        str(build.tree / source.parent),
        *more,
        str(own if own.exists() else build.tree / source),
    ]
    done = run(argv, cwd=build.path, timeout=COMPILE_TIMEOUT, check=False)
    if done.code < 0:
        raise ProcessError(done.argv, str(build.path), done.code, done.stdout, done.stderr)
    return done


def _said(build: BuildDir, done: Completed, scratch: Path) -> str:
    said = done.stderr.decode("utf-8", "replace")
    return said.replace(f"{scratch}/", "").replace(f"{build.tree}/", "")
