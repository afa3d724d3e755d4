# SPDX-License-Identifier: GPL-2.0-only
"""What a series costs, as ratios in one run (`make bench`); exit 1 if a target is missed.

The floor is what nobody can do without: one spatch run of all rules over the file with every
slot flipped, and one `git format-patch` of the commits. Runs of floor and series alternate,
so that what else the machine does hits both; the medians of the pairs' ratios count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from tests.bench import checking, planning, validating
from tests.bench.rows import Row, program, quietly, seconds
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion
from zpconvert.csource.externals import externals_for
from zpconvert.git.model import Commit, Ident
from zpconvert.git.scratch import scratch_series
from zpconvert.kernel.source import cache_home, ensure
from zpconvert.kernel.tree import read_source
from zpconvert.pipeline import Converted, convert
from zpconvert.planner.named import plan_file
from zpconvert.rewrite import engine, rename
from zpconvert.rewrite.retype import Types
from zpconvert.rewrite.survey import survey
from zpconvert.smpl import model
from zpconvert.smpl.generate import generated_rules

#: The whole series, from start to exit with warm caches, over the floor.
SERIES_OVER_FLOOR = 3.0
#: Of the largest process that a series consists of.
PEAK_MB = 300.0
#: Seconds on an idle machine; what Python alone takes is shown beside it.
HELP_SECONDS = 0.15

#: Seconds between looks at the memory of the running processes.
_LOOK = 0.01


def flipped(tree: Path, conversion: Conversion) -> bytes:
    """The conversion's file with every slot of its steps flipped, before any rule."""
    (path,) = conversion.files
    source = read_source(tree, path)
    headers = externals_for(tree, path, source, cache_home())
    descriptor = conversion.descriptor
    members = frozenset(m.name for m in descriptor.members if m.name == m.over)
    surveyed = survey(source, headers, descriptor.old_type, members)
    plan = plan_file(path, surveyed, conversion.steps, conversion.border)
    names, _ = rename.names(surveyed, conversion.variables, conversion.functions, headers.known)
    types = Types(descriptor.replaces, descriptor.name, descriptor.to_old, descriptor.from_old)
    migration = engine.FileMigration(surveyed, types, names)
    pieces, refusals = migration.pieces(frozenset().union(*plan.flips))
    assert not refusals
    return migration.assemble(pieces, [piece.text for piece in pieces]).text


def rules(conversion: Conversion) -> str:
    """All rules of the conversion, in one semantic patch."""
    written = [model.read(path).text for path in conversion.smpl]
    return "\n".join([*written, generated_rules(conversion.descriptor)])


def series_and_floor(
    tree: Path, conversion: Conversion, result: Converted, place: Path, pairs: int
) -> Row:
    """Median of the pairs' ratios."""
    ident = Ident("A U Thor", "author@example.org", "1717243200 +0000")
    commits = [
        Commit(f"{s.step.subject}\n\n{s.step.body}\n", ident, s.files) for s in result.states
    ]
    (place / "all.cocci").write_text(rules(conversion))
    (place / "flipped.c").write_bytes(flipped(tree, conversion))
    spatch = ["spatch", "--sp-file", "all.cocci", "flipped.c", "--no-includes", "-o", "new.c"]
    whole = program("series", conversion.directory, "--tree", tree, "-o", place / "out")
    with scratch_series(result.base, commits) as scratch:
        format_patch = ["git", f"--git-dir={scratch.git_dir}", "format-patch", "--quiet"]
        format_patch += ["-o", str(place / "mails"), scratch.range]

        def floor() -> None:
            quietly(spatch, place)
            quietly(format_patch, place)

        quietly(whole)
        floor()
        ratios, floors, wholes = [], [], []
        for _ in range(pairs):
            floors.append(seconds(floor))
            wholes.append(seconds(lambda: quietly(whole)))
            ratios.append(wholes[-1] / floors[-1])
    print(f"floor {statistics.median(floors):.2f} s, series {statistics.median(wholes):.2f} s")
    return Row("series over floor", statistics.median(ratios), SERIES_OVER_FLOOR, "×")


def resident(group: int) -> float:
    """Resident MB of the largest process of a tree, from its root's process id."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    largest, waiting = 0.0, [group]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                largest = max(largest, int(line.split()[1]) / 1024)
    return largest


def peak(tree: Path, conversion: Conversion, place: Path) -> Row:
    """The largest process's high-water mark, seen while it runs, headers read afresh."""
    argv = program("series", conversion.directory, "--tree", tree, "-o", place / "out")
    env = {**os.environ, "XDG_CACHE_HOME": str(place / "cold")}
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        largest = 0.0
        ended = threading.Event()
        waiter = threading.Thread(target=lambda: (child.wait(), ended.set()))
        waiter.start()
        while not ended.wait(_LOOK):
            largest = max(largest, resident(child.pid))
        waiter.join()
    assert child.returncode == 0
    return Row("largest process", largest, PEAK_MB, "MB")


def help_time(rounds: int) -> Row:
    """The quickest of several runs: what the program needs when nothing disturbs it."""
    took = min(seconds(lambda: quietly(program("--help"))) for _ in range(rounds))
    alone = min(seconds(lambda: quietly([sys.executable, "-c", ""])) for _ in range(rounds))
    print(f"python alone {alone:.3f} s")
    return Row("zpconvert --help", took, HELP_SECONDS, "s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tree", type=Path, help="a kernel; Debian's if not given")
    parser.add_argument("--conversion", default="zsmalloc")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--only", choices=("check", "plan", "series", "validate"))
    options = parser.parse_args()
    tree = options.tree or ensure(tell=print).tree
    conversion = load(options.conversion)
    os.environ.setdefault("GIT_AUTHOR_NAME", "A U Thor")
    os.environ.setdefault("GIT_AUTHOR_EMAIL", "author@example.org")
    # the programs are measured as pip installs them, compiled
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="zpconvert-bench-") as name:
        place = Path(name)
        result = convert(tree, conversion, cache=cache_home())
        makers: dict[str, Callable[[], list[Row]]] = {
            "check": lambda: checking.rows(tree, result, place, options.pairs),
            "plan": lambda: [*planning.rows(tree, conversion, 3)],
            "series": lambda: [
                series_and_floor(tree, conversion, result, place, options.pairs),
                peak(tree, conversion, place),
                help_time(3 * options.pairs),
            ],
            "validate": lambda: validating.rows(tree, conversion, place),
        }
        rows = [row for name, make in makers.items() if options.only in (None, name)
                for row in make()]  # fmt: skip
    for row in rows:
        verdict = "ok" if row.good else "MISSED"
        value, target = f"{row.measured:.2f} {row.unit}", f"{row.target:g} {row.unit}"
        print(f"{row.what:22} {value:>10}  target {target:>8}  {verdict}")
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
