# SPDX-License-Identifier: GPL-2.0-only
"""One run of spatch over one file, and what came of it.

spatch exits 0 when it skips a function that it cannot parse, or whose control flow it cannot
build, and says nothing. `--show-trying` makes it name every function that it does take up, on
every rule (spatch 1.1.1 and 1.3). A rule that never matches is put in front of the others and
one behind them, so that every function is taken up before and after the patch proper; a
function of the text that is not in those lists was skipped.
"""

from __future__ import annotations

import enum
import functools
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.process import ProcessError, run
from zpconvert.smpl.functions import Function, functions

#: The first release whose messages `_outcome` was checked against.
OLDEST = (1, 1)

_SOURCE = "source.c"
_RULES = "rules.cocci"
_RESULT = "result.c"
_END = b"\nint zpconvert_end_of_source;\n"
_PROBE = "@zpconvert_{0}@\nsymbol zpconvert_{0}_probe;\n@@\nzpconvert_{0}_probe\n\n"
_PROBE_LINES = _PROBE.count("\n")
#: Without the diff a run takes half the time: spatch parses both texts again for it.
_OPTIONS = ("--no-includes", "--no-show-diff", "--show-trying", "--verbose-parsing")
_TRIED = re.compile(r"^ +trying function: (\w+): (\S+):(\d+)$", re.MULTILINE)
_PASS_END = "trying variable zpconvert_end_of_source:"
_UNPARSED = re.compile(
    r'parse error \n = File "[^"\n]*source\.c", line (\d+), column \d+.*\n  around = \'(.*)\','
)
_FAULT = re.compile(
    r"(?:^(?P<what>[^\n]*)\n)?  ?(?:File )\"[^\"\n]*rules\.cocci\", line (?P<line>\d+), "
    r"column (?P<column>\d+)|^File \"[^\"\n]*rules\.cocci\", line (?P<line2>\d+), "
    r"column (?P<column2>\d+)",
    re.MULTILINE,
)
_FAULT_LINE = re.compile(
    r"^(?!warning)(?P<what>.*?)(?: starting)?(?: on|:)? line (?P<line>\d+)", re.MULTILINE
)


class Kind(enum.Enum):
    """What came of a run, best first."""

    PATCHED = "patched"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped function"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True)
class Skipped:
    """A function that spatch did not take up; `line` is its first, 1-based."""

    name: str
    line: int
    why: str


@dataclass(frozen=True)
class Position:
    """A place in a .cocci: 1-based line, 0-based column as spatch counts, the line's text."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.text}"


@dataclass(frozen=True)
class Outcome:
    """What one run did. `text` is the whole new text (the old one where nothing changed)."""

    kind: Kind
    text: bytes
    skipped: tuple[Skipped, ...] = ()
    message: str = ""
    position: Position | None = None


def version() -> tuple[int, ...]:
    """The release of the spatch on PATH, as (1, 1, 1).

    Raises UserError when there is none, or it is older than `OLDEST`.
    """
    path = shutil.which("spatch")
    if path is None:
        raise UserError(
            "spatch", "no such program", "install it ('zpconvert doctor' names the package)"
        )
    return _version(path, Path(path).stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _version(path: str, _changed: int) -> tuple[int, ...]:
    try:
        said = run([path, "--version"], timeout=30).text
    except ProcessError as error:
        raise UserError(path, "cannot say its version", "reinstall coccinelle") from error
    found = re.search(r"version (\d+(?:\.\d+)*)", said)
    release = tuple(int(part) for part in found.group(1).split(".")) if found else (0,)
    if release < OLDEST:
        raise UserError(
            path,
            f"version {'.'.join(map(str, release))} is too old",
            "install 1.1 or later ('zpconvert doctor' names the package)",
        )
    return release


def run_spatch(
    cocci: bytes | Path,
    source: bytes,
    *,
    defines: Sequence[str] = (),
    timeout: float,
    options: Sequence[str] = (),
) -> Outcome:
    """Run one semantic patch over one C text.

    defines: virtual rules that hold (`-D`). timeout: seconds. options: more spatch options.
    Raises UserError when spatch is not there.
    """
    rules = cocci.read_bytes() if isinstance(cocci, Path) else cocci
    probed, before = _with_probes(rules.decode("utf-8", "surrogateescape"))
    argv = ["spatch", "--sp-file", _RULES, _SOURCE, "-o", _RESULT, *_OPTIONS, *options]
    for name in defines:
        argv += ["-D", name]
    with tempfile.TemporaryDirectory(prefix="zpconvert-spatch-") as place:
        room = Path(place)
        (room / _RULES).write_text(probed, "utf-8", "surrogateescape")
        (room / _SOURCE).write_bytes(source + _END)
        try:
            done = run(argv, cwd=room, env={"TMPDIR": place}, timeout=timeout, check=False)
        except ProcessError as error:
            return Outcome(Kind.TIMEOUT, source, message=str(error).splitlines()[0])
        said = done.stderr.decode("utf-8", "replace")
        if done.code != 0:
            return _failure(source, rules, before, done.code, said)
        result = room / _RESULT
        new = result.read_bytes() if result.exists() else source + _END
    return _outcome(source, new, said)


def passed_over(source: bytes, *, timeout: float) -> bytes:
    """The code that spatch leaves out where it parses a function all the same.

    Arms of an `#if` that do not parse along with the other arm, `#if 0`, statements in macro
    arguments; only `--parse-c` tells. Raises UserError when spatch cannot say.
    """
    with tempfile.TemporaryDirectory(prefix="zpconvert-spatch-") as place:
        (Path(place) / _SOURCE).write_bytes(source)
        try:
            done = run(
                ["spatch", "--parse-c", _SOURCE],
                cwd=Path(place),
                env={"TMPDIR": place},
                timeout=timeout,
            )
        except ProcessError as error:
            what = str(error).splitlines()[0]
            raise UserError("spatch", what, "try again on an idle machine") from error
    lines = (done.stdout + done.stderr).splitlines()
    return b"\n".join(line[7:] for line in lines if line.startswith(b"passed:"))


def _with_probes(rules: str) -> tuple[str, int]:
    """The patch between its two probes, and how many lines stand before the first."""
    first = re.search(r"^@", rules, re.MULTILINE)
    if first is None:
        return rules, rules.count("\n") + 1
    start = first.start()
    tail = "" if rules.endswith("\n") else "\n"
    whole = rules[:start] + _PROBE.format("before") + rules[start:] + tail
    return whole + "\n" + _PROBE.format("after"), rules.count("\n", 0, start)


def _failure(source: bytes, rules: bytes, before: int, code: int, said: str) -> Outcome:
    """The outcome of a run that did not end well."""
    lines = [line for line in said.splitlines() if not line.startswith("init_defs_builtins")]
    if code < 0:
        end = f"killed by signal {-code}"
        return Outcome(Kind.ERROR, source, message=f"spatch was {end}")
    found = _FAULT.search(said)
    if found is not None:
        line = int(found["line"] or found["line2"])
        column = int(found["column"] or found["column2"])
        what = (found["what"] or "parse error").strip().rstrip(":")
    else:
        simple = _FAULT_LINE.search(said)
        if simple is None:
            message = next((line for line in reversed(lines) if line.strip()), f"exit code {code}")
            return Outcome(Kind.ERROR, source, message=message.strip())
        line, column, what = int(simple["line"]), 0, simple["what"].strip()
    text = rules.decode("utf-8", "replace").splitlines()
    if line > before:
        line = max(before + 1, line - _PROBE_LINES)
    line = max(1, min(line, len(text)))
    shown = text[line - 1] if text else ""
    return Outcome(Kind.ERROR, source, (), what, Position(line, column, shown))


def _outcome(source: bytes, new: bytes, said: str) -> Outcome:
    """The outcome of a run that exited 0: every function accounted for, or skipped."""
    if f"Skipping: {_SOURCE}" in said:
        return Outcome(Kind.UNCHANGED, source)
    if not new.endswith(_END):
        return Outcome(Kind.ERROR, source, message="spatch changed the end of the text")
    text = new[: -len(_END)]
    skipped = _skipped(source, text, said)
    if skipped:
        names = ", ".join(f"{one.name}() at line {one.line}" for one in skipped)
        return Outcome(Kind.SKIPPED, text, skipped, f"spatch skipped {names}")
    return Outcome(Kind.UNCHANGED if text == source else Kind.PATCHED, text)


def _skipped(source: bytes, text: bytes, said: str) -> tuple[Skipped, ...]:
    """The functions that were not taken up by the first probe, or not by the last."""
    passes = said.split(_PASS_END)
    first = {int(line) for _, name, line in _TRIED.findall(passes[0]) if name == _SOURCE}
    errors = [(int(line), near) for line, near in _UNPARSED.findall(said)]
    skipped = [
        Skipped(each.name, each.first, _why(each, errors))
        for each in functions(source)
        if not any(each.first <= line <= each.last for line in first)
    ]
    if not skipped and len(passes) > 2:
        began = [name for name, _, _ in _TRIED.findall(passes[0])]
        ended = [name for name, _, _ in _TRIED.findall(passes[-2])]
        if len(ended) < len(began):
            lost = [one for one in functions(text) if one.name not in ended]
            skipped = [
                Skipped(one.name, one.first, "no longer parses after a rule") for one in lost
            ]
    return tuple(skipped)


def _why(function: Function, errors: list[tuple[int, str]]) -> str:
    for line, near in errors:
        if function.first <= line <= function.last:
            return f"does not parse at line {line}, near '{near}'"
    return "spatch finds no control flow for it"
