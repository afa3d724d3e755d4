# SPDX-License-Identifier: GPL-2.0-only
"""What `zpconvert validate --matrix quick` costs, with build directories that are prepared and
hold the openings of the sources, and what it costs when those have to be made.

The floor is the compilers' own time: each distinct preprocessed text of each cell, for each set
of flags that validating needs, compiled once by the compiler alone, as many at a time as there
are cores. What validating is for people who do without is `git rebase --exec "make X.o"` over
the same commits in the same configurations.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests.bench.rows import Row, cpu_seconds, program, quietly, seconds
from zpconvert.conversion.model import Conversion
from zpconvert.kernel import cells, kbuild, precompiled, replay
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.precompiled import Opening
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


@dataclass(frozen=True)
class Clock:
    """How long something took, and what of it the processor did for it, in seconds."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} ({self.cpu:.1f})"


def clocked(work: Callable[[], object]) -> Clock:
    spent: list[float] = []
    wall = seconds(lambda: spent.append(cpu_seconds(work)))
    return Clock(wall, spent[0])


def judged(argv: list[str]) -> None:
    """A part of a series can have findings: helpers whose users come later."""
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)


def recorded(tree: Path, conversion: Conversion, out: Path, cache: Path) -> list[Job]:
    """What validating compiles, each of it once."""
    jobs: list[Job] = []

    def compile(job: Job, opening: Opening | None) -> Compiled | Failed:
        jobs.append(job)
        return real(job, opening)

    real = precompiled.compile
    opened = open_tree(tree)
    subject = of_conversion(opened, commits.from_mails(out, opened), conversion)
    with mock.patch.object(precompiled, "compile", compile):
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
        words = replay.argv(job.build, command, scratch, (*job.flags, "-o", str(scratch / "x")))
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
    mails = sorted(map(str, out.glob("*.patch")))
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
    """Validating the commits, its floor, and the rebase, one after the other."""
    out, cache = place / "validated", place / "validate"
    quietly(program("series", conversion.directory, "--tree", tree, "-o", place / "whole"))
    out.mkdir()
    for mail in sorted((place / "whole").glob("*.patch"))[1:]:
        shutil.copy(mail, out)
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
    jobs: list[Job] = []
    first = clocked(lambda: jobs.extend(recorded(tree, conversion, out, cache / "zpconvert")))
    shutil.rmtree(cache / "zpconvert/compiled")
    floor = list(bare(jobs, place / "texts"))
    alone = clocked(lambda: side_by_side(lambda one: quietly(*one), floor, _CORES))
    argv = program("validate", out, "--tree", tree, "--conversion", conversion.directory)
    argv += ["--json", str(place / "report.json")]
    with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(cache)}):
        whole = clocked(lambda: judged(argv))
    by_hand = clocked(rebase(tree, builds, out, place))
    print(
        f"{len(list(out.iterdir()))} commits, seconds and seconds of the processor: "
        f"validate {whole}, before openings were made {first}, "
        f"git rebase --exec make {by_hand}, "
        f"the {len(floor)} distinct texts of its {len(jobs)} compilations alone {alone}"
    )
    return [
        Row("validate over floor", whole.wall / alone.wall, VALIDATE_OVER_FLOOR, "×"),
        Row("validate over rebase", whole.wall / by_hand.wall, VALIDATE_OVER_REBASE, "×"),
    ]
