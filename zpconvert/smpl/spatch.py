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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.process import ProcessError, run
from zpconvert.scratch import scratch_directory
from zpconvert.smpl.faults import Position, nothing_applies, read_fault
from zpconvert.smpl.functions import Function, functions
from zpconvert.smpl.trust import concern, without_options

#: The first release whose messages `_outcome` was checked against.
OLDEST = (1, 1)

_SOURCE = "source.c"
_RULES = "rules.cocci"
#: Calls nested deeper than this are a rule that feeds itself.
_DEEPEST = 8
_END = b"\nint zpconvert_end_of_source;\n"
_PROBE = "@zpconvert_{0}@\nsymbol zpconvert_{0}_probe;\n@@\nzpconvert_{0}_probe\n\n"
_PROBE_LINES = _PROBE.count("\n")
#: Without the diff a run takes half the time: spatch parses both texts again for it.
_OPTIONS = ("--no-includes", "--no-show-diff", "--in-place", "--show-trying", "--verbose-parsing")
_TRIED = re.compile(r"^ +trying function: (\w+): (\S+):(\d+)$", re.MULTILINE)
#: 1.3 puts the place before it.
_PASSED = re.compile(rb"^(?:\S+:\d+: )?passed:(.*)", re.MULTILINE)
_MATCH = "     found match in "
_PASS_END = "trying variable zpconvert_end_of_source:"
_UNPARSED = re.compile(
    r'parse error \n = File "[^"\n]*source\.c", line (\d+), column \d+.*\n  around = \'(.*)\','
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
    """A function that spatch did not take up; `line` is its first, 1-based.

    at: the line where parsing stopped, if it was that, and `near` the token.
    """

    name: str
    line: int
    at: int | None = None
    near: str = ""

    @property
    def why(self) -> str:
        """The reason; lines are counted from the function's first, as 1."""
        if self.at is None:
            return "spatch finds no control flow for it"
        return f"it does not parse at its line {self.at - self.line + 1}, near '{self.near}'"


@dataclass(frozen=True)
class Outcome:
    """What one run did. `text` is the whole new text (the old one where nothing changed).

    nested: an error because two matches of one rule overlap (see `run_to_rest`).
    matched: for each time that spatch went through the text with a rule, in order, whether
    the rule matched. A rule that depends on others can be left out, or come several times.
    """

    kind: Kind
    text: bytes
    skipped: tuple[Skipped, ...] = ()
    message: str = ""
    position: Position | None = None
    nested: bool = False
    matched: tuple[bool, ...] = field(default=(), compare=False)


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
    trusted: bool = False,
    where: str = "semantic patch",
) -> Outcome:
    """Run one semantic patch over one C text.

    defines: virtual rules that hold (`-D`). timeout: seconds. options: more spatch options;
    those in the patch itself do not count. trusted: its scripts may run. where: its file.
    Raises UserError when spatch is not there, and for a patch that might run a program, or
    read a file, and is not trusted.
    """
    rules = cocci.read_bytes() if isinstance(cocci, Path) else cocci
    text, before = _with_probes(rules.decode("utf-8", "surrogateescape"))
    probed = without_options(text.encode("utf-8", "surrogateescape"))
    if not trusted and (found := concern(probed)) is not None:
        raise found.error(where)
    argv = ["spatch", "--sp-file", _RULES, _SOURCE, *_OPTIONS, *options]
    for name in defines:
        argv += ["-D", name]
    with scratch_directory() as place:
        (place / _RULES).write_bytes(probed)
        (place / _SOURCE).write_bytes(source + _END)
        try:
            done = run(argv, cwd=place, env={"TMPDIR": str(place)}, timeout=timeout, check=False)
        except ProcessError as error:
            return Outcome(Kind.TIMEOUT, source, message=str(error).splitlines()[0])
        said = done.stderr.decode("utf-8", "replace")
        new = (place / _SOURCE).read_bytes()
    if nothing_applies(said):
        return Outcome(Kind.UNCHANGED, source, message="no rule applies")
    if done.code != 0:
        text = rules.decode("utf-8", "replace")
        fault = read_fault(said, done.code, text, before, _PROBE_LINES)
        return Outcome(Kind.ERROR, source, (), fault.message, fault.position, fault.nested)
    return _outcome(source, new, said)


def run_to_rest(
    cocci: bytes,
    source: bytes,
    *,
    timeout: float,
    trusted: bool = False,
    where: str = "semantic patch",
) -> Outcome:
    """`run_spatch`, outermost match first where matches of one rule nest in each other.

    spatch refuses to change `f(f(x))` by a rule about `f(e)`; told to leave nested matches
    alone it takes the outer one, and the inner one in the next run. Rules that find
    something to change in what they wrote never come to rest: that is an error.
    """
    done = run_spatch(cocci, source, timeout=timeout, trusted=trusted, where=where)
    if not done.nested:
        return done
    text = source
    for _ in range(_DEEPEST):
        done = run_spatch(
            cocci,
            text,
            timeout=timeout,
            options=["--disallow-nested-exps"],
            trusted=trusted,
            where=where,
        )
        if done.kind is Kind.UNCHANGED:
            return Outcome(Kind.PATCHED, text)
        if done.kind is not Kind.PATCHED:
            return done
        text = done.text
    return Outcome(Kind.ERROR, source, message=f"the rules still find work after {_DEEPEST} runs")


def passed_over(source: bytes, *, timeout: float) -> bytes:
    """The code that spatch leaves out where it parses a function all the same.

    Arms of an `#if` that do not parse along with the other arm, `#if 0`, statements in macro
    arguments; only `--parse-c` tells. Raises UserError when spatch cannot say.
    """
    with scratch_directory() as place:
        (place / _SOURCE).write_bytes(source)
        try:
            done = run(
                ["spatch", "--parse-c", _SOURCE],
                cwd=place,
                env={"TMPDIR": str(place)},
                timeout=timeout,
            )
        except ProcessError as error:
            what = str(error).splitlines()[0]
            raise UserError("spatch", what, "try again on an idle machine") from error
    return b"\n".join(_PASSED.findall(done.stdout + done.stderr))


def _with_probes(rules: str) -> tuple[str, int]:
    """The patch between its two probes, and how many lines stand before the first."""
    first = re.search(r"^@", rules, re.MULTILINE)
    if first is None:
        return rules, rules.count("\n") + 1
    start = first.start()
    tail = "" if rules.endswith("\n") else "\n"
    whole = rules[:start] + _PROBE.format("before") + rules[start:] + tail
    return whole + "\n" + _PROBE.format("after"), rules.count("\n", 0, start)


def _outcome(source: bytes, new: bytes, said: str) -> Outcome:
    """The outcome of a run that exited 0: every function accounted for, or skipped."""
    if f"Skipping: {_SOURCE}" in said:
        return Outcome(Kind.UNCHANGED, source)
    if not new.endswith(_END):
        return Outcome(Kind.ERROR, source, message="spatch changed the end of the text")
    text = new[: -len(_END)]
    skipped = _skipped(source, text, said)
    matched = tuple(_MATCH in one for one in said.split(_PASS_END)[1:-2])
    if skipped:
        names = ", ".join(f"{one.name}() at line {one.line}" for one in skipped)
        return Outcome(Kind.SKIPPED, text, skipped, f"spatch skipped {names}")
    kind = Kind.UNCHANGED if text == source else Kind.PATCHED
    return Outcome(kind, text, matched=matched)


def _skipped(source: bytes, text: bytes, said: str) -> tuple[Skipped, ...]:
    """The functions that were not taken up by the first probe, or not by the last."""
    passes = said.split(_PASS_END)
    first = {int(line) for _, name, line in _TRIED.findall(passes[0]) if name == _SOURCE}
    errors = [(int(line), near) for line, near in _UNPARSED.findall(said)]
    skipped = [
        _explained(each, errors)
        for each in functions(source)
        if not any(each.first <= line <= each.last for line in first)
    ]
    if not skipped and len(passes) > 2:
        began, ended = (_TRIED.findall(one) for one in (passes[0], passes[-2]))
        if len(ended) < len(began):
            kept = {name for name, _, _ in ended}
            lost = [one for one in functions(text) if one.name not in kept]
            skipped = [Skipped(one.name, one.first) for one in lost]
    return tuple(skipped)


def _explained(function: Function, errors: list[tuple[int, str]]) -> Skipped:
    for line, near in errors:
        if function.first <= line <= function.last:
            return Skipped(function.name, function.first, line, near)
    return Skipped(function.name, function.first)
