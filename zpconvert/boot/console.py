# SPDX-License-Identifier: GPL-2.0-only
"""What a booted kernel said: the loads' own lines, and what the kernel says when it is unwell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

#: Lines of the loads start with it (zpconvert/boot/loads/load.h).
OWN = "zpconvert: "

#: How the kernel's complaints begin: oops.c, report.c of KASAN, lockdep.c, hung_task.c,
#: page_poison.c, tree_stall.h, panic.c. What kills a load for want of memory is one, too: such
#: a run has shown nothing.
_COMPLAINT = re.compile(
    r"(?<![A-Za-z_])(?:BUG|WARNING|kernel BUG|Oops|general protection fault|Kernel panic|UBSAN"
    r"|pagealloc|list_(?:add|del) corruption|Out of memory|Memory cgroup out of memory"
    r"|INFO: task \S+ blocked|INFO: possible|rcu: INFO: \S+ (?:self-)?detected)\b"
)
_BLOCKED = re.compile(r"INFO: task (?P<task>\S+) (?=blocked)")
#: Who was running (spin_dump() of kernel/locking/spinlock_debug.c).
_RUNNING = re.compile(r"(?<= on CPU#)\d+, \S+/\d+")
#: What differs between two runs of the same kernel, or between two kernels that are alike.
_VARYING = re.compile(r"\+0x\w+/0x\w+|\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]+\b|\d+")
#: A bad address is said without the function; the trace below has it first.
_BAD_ADDRESS = "Kernel mode fault"
_TRACED = re.compile(r"^ *\[<[0-9a-f]+>\] (?:\? )?(\w+)\+0x")
#: What lockdep says of RCU has the place three lines on (lockdep_rcu_suspicious()).
_SUSPICIOUS = re.compile(r"(\S+\.[ch]:\d+) suspicious ")
#: Lines below a complaint in which its trace is looked for.
_BELOW = 100
#: Lines of a console that are kept from the first fault on.
_KEPT = 80


@dataclass(frozen=True)
class Fault:
    """Something that went wrong in a run. line: 1-based, in the console's text; 0 for what it
    does not say. text: the line itself. trace: names of the functions below it."""

    line: int
    text: str
    trace: tuple[str, ...] = ()

    def same_as(self, other: Fault, renamed: Callable[[str], str] = str) -> bool:
        """It is the same in another kernel, where names may have changed."""
        return _essence(self.text, renamed) == _essence(other.text, renamed)


@dataclass(frozen=True)
class Console:
    """A console, read. finished: the loads came to their end. counters: what they counted.
    excerpt: the lines around the first fault, or the last ones of a run that did not finish."""

    finished: bool
    faults: tuple[Fault, ...]
    counters: Mapping[str, int]
    excerpt: tuple[str, ...]


def read(text: str, known: Callable[[Fault], bool] = lambda fault: False) -> Console:
    """Read a console. A number that several loads count is their sum. known: whether a fault is
    none; the excerpt begins with the first that is one."""
    faults: list[Fault] = []
    counters: dict[str, int] = {}
    finished = False
    lines = [line.rstrip() for line in text.splitlines()]
    for number, line in enumerate(lines, 1):
        _, own, said = line.partition(OWN)
        if own:
            word, _, rest = said.partition(" ")
            if word == "fail":
                faults.append(Fault(number, rest))
            elif word == "counter":
                name, _, value = rest.partition(" ")
                counters[name] = counters.get(name, 0) + int(value)
            finished = finished or word == "finished"
        elif _COMPLAINT.search(line):
            below = _below(lines[number : number + _BELOW])
            text = line.strip() + _more(line, below)
            faults.append(Fault(number, text, tuple(_functions(below))))
    real = [fault for fault in faults if not known(fault)]
    return Console(finished, tuple(faults), counters, _excerpt(lines, real, finished))


def _below(lines: list[str]) -> list[str]:
    """The lines that belong to a complaint: those before the next one."""
    ends = (i for i, line in enumerate(lines) if OWN in line or _COMPLAINT.search(line))
    return lines[: next(ends, len(lines))]


def _more(line: str, below: list[str]) -> str:
    """What the line of a complaint lacks, and those below it have."""
    if _BAD_ADDRESS in line:
        return next((f" (in {name})" for name in _functions(below)), "")
    if "suspicious" in line:
        return next((f" ({found[1]})" for found in map(_SUSPICIOUS.match, below) if found), "")
    return ""


def _functions(below: list[str]) -> Iterator[str]:
    """The functions of the first trace."""
    traced = itertools.dropwhile(lambda found: found is None, map(_TRACED.match, below))
    return (found[1] for found in itertools.takewhile(bool, traced) if found)


def _excerpt(lines: list[str], faults: list[Fault], finished: bool) -> tuple[str, ...]:
    if faults:
        start = max(0, faults[0].line - 3)
        return tuple(lines[start : start + _KEPT])
    return () if finished else tuple(lines[-_KEPT:])


def _essence(text: str, renamed: Callable[[str], str]) -> str:
    text = _RUNNING.sub("", _BLOCKED.sub("INFO: task ", text))
    text = _VARYING.sub("#", text)
    return re.sub(r"[A-Za-z_]\w*", lambda word: renamed(word[0]), text)
