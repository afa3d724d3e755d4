# SPDX-License-Identifier: GPL-2.0-only
"""A series of our own: 20 commits over one file of some length, and a header."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from zpconvert.git.diff import SeriesStat
from zpconvert.git.model import Commit, Ident
from zpconvert.mail.cover import Base, Cover, Letter, Measured, blurb
from zpconvert.mail.message import compose
from zpconvert.mail.record import Origin, SeriesOptions, StepRecord
from zpconvert.mail.series import write_series

IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")


def _git_conftest() -> str:
    path = Path(__file__).parent.parent / "git/conftest.py"
    spec = importlib.util.spec_from_file_location("git_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.HOSTILE)


@pytest.fixture
def hostile_config() -> None:
    """The same ~/.gitconfig that the git package is tested with."""
    home = Path(os.environ["HOME"])
    (home / ".gitconfig").write_text(_git_conftest())
    (home / "attributes").write_text("*.c -diff\n")


def _function(number: int) -> str:
    return f"static int f{number}(int a)\n{{\n\tint b = a;\n\n\treturn b + {number};\n}}\n\n"


def _base() -> dict[str, bytes]:
    return {"mm/a.c": "".join(_function(n) for n in range(400)).encode()}


def _commits(count: int) -> tuple[Commit, ...]:
    files = _base()
    commits = []
    for k in range(count):
        old = f"return b + {k * 15};".encode()
        files = {**files, "mm/a.c": files["mm/a.c"].replace(old, b"return g(b);")}
        if k >= 1:
            files["mm/g.h"] = b"/* SPDX-License-Identifier: GPL-2.0 */\n" + b"int g(int b);\n" * k
        message = compose(
            "mm/a", f"use g() in f{k * 15}()", f"Let f{k * 15}() call g().", (), IDENT, where="x"
        )
        commits.append(Commit(message, IDENT, files))
    return tuple(commits)


@dataclass(frozen=True)
class Sample:
    """A series and what write_series wants to know of it."""

    base: dict[str, bytes] = field(default_factory=_base)
    commits: tuple[Commit, ...] = field(default_factory=lambda: _commits(3))
    source: Base = field(default_factory=lambda: Base("v6.12", "0123456789" * 4))
    title: str = "mm/a: use g()"
    text: str = "What it is for."

    def letter(self, stat: SeriesStat, _: Path) -> Letter:
        measured = Measured(churn=stat.churn)
        return Letter(blurb(self.text, measured, self.source), measured)

    @property
    def origin(self) -> Origin:
        steps = tuple(StepRecord(f"s{n}", (f"f{n}()",)) for n in range(len(self.commits)))
        return Origin("zpconvert test", "a", self.source, steps)

    def write(self, out: Path, **options: object) -> list[Path]:
        chosen = SeriesOptions(**options)  # type: ignore[arg-type]
        cover = Cover(self.title, self.letter)
        return write_series(out, self.base, self.commits, chosen, cover, self.origin)


@pytest.fixture
def sample() -> Sample:
    """Three commits on a base from git."""
    return Sample()


@pytest.fixture
def samples() -> Callable[..., Sample]:
    """`samples(count, **fields)`: a series of that many commits."""

    def make(count: int = 3, **fields: object) -> Sample:
        return Sample(commits=_commits(count), **fields)  # type: ignore[arg-type]

    return make
