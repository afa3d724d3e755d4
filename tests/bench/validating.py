# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert validate --matrix quick` costs, with prepared build directories.

The floor is the compilers' own time: each distinct preprocessed text of each cell, for each set
of flags that validating needs, compiled once by the compiler alone, as many at a time as there
are cores. What validating is for people who do without is `git rebase --exec "make X.o"` over
the same commits in the same configurations.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from tests.bench.rows import Row, program, quietly, seconds
from zpconvert.conversion.model import Conversion
from zpconvert.kernel import cells, kbuild, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.kernel.source import cache_home
from zpconvert.kernel.tree import open_tree
from zpconvert.process import side_by_side
from zpconvert.validate import commits, run
from zpconvert.validate.subject import of_conversion

#: From start to exit, over the floor.
VALIDATE_OVER_FLOOR = 1.3
#: From start to exit, over the rebase: four times as fast.
VALIDATE_OVER_REBASE = 1 / 4

_CORES = os.cpu_count() or 1


def recorded(tree: Path, conversion: Conversion, out: Path, cache: Path) -> list[Job]:
    """What validating compiles, each of it once."""
    jobs: list[Job] = []

    def compile(*words: Any) -> Compiled | Failed:
        jobs.append(Job(*words))
        return real(*words)

    real = replay.compile
    opened = open_tree(tree)
    subject = of_conversion(opened, commits.from_mails(out, opened), conversion)
    with mock.patch.object(replay, "compile", compile):
        run.validate(
            subject, cells.matrix("quick"), cache=cache, workers=_CORES, tell=lambda text: None
        )
    return jobs


def bare(jobs: Sequence[Job], place: Path) -> Iterator[tuple[list[str], Path]]:
    """The compiler's words, and where it runs, for each distinct preprocessed text."""
    seen = set()
    for number, job in enumerate(jobs):
        scratch = place / str(number)
        for path, text in job.overlay.items():
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            (scratch / path).write_bytes(text)
        command = job.build.commands[job.obj]
        source = Path(command[-1]).relative_to(job.build.tree)
        include = ["-I", str(scratch / "include")] if (scratch / "include").is_dir() else []
        words = [
            command[0],
            *include,
            *command[1:-1],
            "-iquote",
            str(job.build.tree / source.parent),
        ]
        words += [*job.flags, str(scratch / source), "-o", str(scratch / "x")]
        quietly([*words, "-E", "-P"], job.build.path)
        digest = hashlib.sha256((scratch / "x").read_bytes()).digest()
        key = (job.build.path, job.flags, digest)
        if key not in seen:
            seen.add(key)
            yield words, job.build.path


def rebase(tree: Path, builds: Sequence[BuildDir], out: Path, place: Path) -> Callable[[], None]:
    """A repository with the series, in a tree that is linked but for the directories of the
    sources, and what builds each commit of it in each configuration."""
    top = place / "linux"
    top.mkdir()
    for entry in tree.iterdir():
        if entry.name != "mm":
            (top / entry.name).symlink_to(entry)
    shutil.copytree(tree / "mm", top / "mm")
    (top / ".gitignore").write_text("/*\n!/mm\n")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "mm"], ["commit", "-qm", "base"], ["tag", "base"]):
        quietly([*git, *words], top)
    mails = sorted(str(path) for path in out.glob("*.patch") if not path.name.startswith("0000"))
    quietly([*git, "am", "-q", *mails], top)
    makes = []
    for number, build in enumerate(builds):
        ours = place / f"build{number}"
        request = f"KCONFIG_ALLCONFIG={build.path / 'zpconvert.config'}"
        make = f"make -s -C {top} O={ours} ARCH={build.cell.arch} W=1"
        ours.mkdir()
        quietly(["sh", "-c", f"{request} {make} {build.cell.config}"])
        objects = " ".join(build.commands)
        quietly(["sh", "-c", f"{make} {objects}"])
        makes.append(f"{make} {objects}")
    every = [word for make in makes for word in ("--exec", make)]
    return lambda: quietly([*git, "rebase", "-q", "--force-rebase", *every, "base"], top)


def rows(tree: Path, conversion: Conversion, place: Path) -> list[Row]:
    """Validating, its floor, and the rebase, one after the other."""
    out, cache = place / "validated", place / "validate"
    quietly(program("series", conversion.directory, "--tree", tree, "-o", out))
    builds = [
        kbuild.prepare(
            tree,
            cell,
            fragment=conversion.kconfig_module if cell.module else conversion.kconfig,
            objects=[path[:-2] + ".o" for path in conversion.files],
            cache=cache_home(),
        )
        for cell in cells.matrix("quick")
    ]
    (cache / "zpconvert").mkdir(parents=True)
    (cache / "zpconvert/builds").symlink_to(cache_home() / "builds")
    jobs = recorded(tree, conversion, out, cache / "zpconvert")
    shutil.rmtree(cache / "zpconvert/compiled")
    floor = list(bare(jobs, place / "texts"))
    alone = seconds(lambda: side_by_side(lambda one: quietly(*one), floor, _CORES))
    argv = program("validate", out, "--tree", tree, "--conversion", conversion.directory)
    quiet = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    with mock.patch.dict(os.environ, quiet):
        whole = seconds(lambda: quietly(argv))
    by_hand = seconds(rebase(tree, builds, out, place))
    print(
        f"validate {whole:.1f} s, {len(jobs)} compilations, {len(floor)} of them distinct: "
        f"{alone:.1f} s; rebase {by_hand:.1f} s"
    )
    return [
        Row("validate over floor", whole / alone, VALIDATE_OVER_FLOOR, "×"),
        Row("validate over rebase", whole / by_hand, VALIDATE_OVER_REBASE, "×"),
    ]
