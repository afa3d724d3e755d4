# SPDX-License-Identifier: GPL-2.0-only
"""Convert drifted files and say how many came out right: `make drift COUNT=300`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import FRAGMENT, OBJECTS
from tests.drift.compiler import SOURCE, Compiler
from tests.drift.generate import drifted
from tests.drift.judge import Verdict, judge
from zpconvert.conversion.load import load
from zpconvert.kernel import kbuild, source
from zpconvert.kernel.cells import CELLS

KERNELS = {"6.1": "linux-source-6.1", "6.12": "linux-source-6.12"}


@contextmanager
def overlaid(tree: Path, text: str) -> Iterator[Path]:
    """A tree that is `tree` by links, but for the drifted file."""
    with tempfile.TemporaryDirectory(prefix="zpconvert-drift-") as name:
        place = Path(name)
        for entry in tree.iterdir():
            if entry.name != "mm":
                (place / entry.name).symlink_to(entry)
        (place / "mm").mkdir()
        for entry in (tree / "mm").iterdir():
            if entry.name != Path(SOURCE).name:
                (place / "mm" / entry.name).symlink_to(entry)
        (place / SOURCE).write_text(text)
        yield place


class Bench:
    """The kernels at hand with a compiler each."""

    def __init__(self, scratch: Path) -> None:
        self.trees = {base: source.ensure(name).tree for base, name in KERNELS.items()}
        self.texts = {base: (tree / SOURCE).read_text() for base, tree in self.trees.items()}
        self.conversion, self.cache = load("zsmalloc"), source.cache_home()
        self.compilers = {}
        for base, tree in self.trees.items():
            build = kbuild.prepare(
                tree, CELLS["compaction"], fragment=FRAGMENT, objects=OBJECTS, cache=self.cache
            )
            place = Path(tempfile.mkdtemp(dir=scratch))
            self.compilers[base] = Compiler(build, self.texts[base], place)

    def judge(self, number: int, objects: bool = True) -> Verdict | None:
        """The verdict on the drifted file of this number; None if nothing drifted."""
        one = drifted(number, self.texts)
        if not one.kinds:
            return None
        with overlaid(self.trees[one.base], one.text) as tree:
            return judge(one, tree, self.conversion, self.compilers[one.base], self.cache, objects)


_BENCH: list[Bench] = []


def _judge(number: int, scratch: str) -> Verdict | None:
    """In a worker process, which makes its bench once."""
    if not _BENCH:
        _BENCH.append(Bench(Path(scratch)))
    return _BENCH[0].judge(number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    verdicts: list[Verdict] = []
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="zpconvert-drift-") as scratch,
        ProcessPoolExecutor(wanted.jobs) as pool,
    ):
        numbers = range(wanted.first, wanted.first + wanted.count)
        for verdict in pool.map(_judge, numbers, [scratch] * wanted.count):
            if verdict is not None:
                verdicts.append(verdict)
                _tell(verdict)
    _summary(verdicts)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return 1 if any(v.wrong for v in verdicts) else 0


def _tell(verdict: Verdict) -> None:
    for text in verdict.wrong:
        print(f"WRONG {verdict.drifted}: {text}", flush=True)
    if verdict.refusal:
        print(f"REFUSED {verdict.drifted}: {verdict.refusal}", flush=True)


def _summary(verdicts: list[Verdict]) -> None:
    leftover: Counter[str] = Counter()
    files: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    steps = [step.id for step in load("zsmalloc").steps]
    for verdict in verdicts:
        leftover += verdict.leftover
        files.update(verdict.leftover.keys())
        if not verdict.refusal:
            missing.update(set(steps) - set(verdict.steps))
    converted = sum(v.converted for v in verdicts)
    wrong = sum(bool(v.wrong) for v in verdicts)
    total = len(verdicts) or 1
    print(f"files {len(verdicts)}, converted {converted} ({100 * converted / total:.1f} %), "
          f"refused {sum(bool(v.refusal) for v in verdicts)}, wrong {wrong}")  # fmt: skip
    print(f"steps that fell away: {dict(missing.most_common())}")
    print("casts left, by what takes them (uses, files):")
    for name, count in leftover.most_common():
        print(f"  {name:28} {count:6} {files[name]:5}")


if __name__ == "__main__":
    sys.exit(main())
