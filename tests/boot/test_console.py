# SPDX-License-Identifier: GPL-2.0-only
"""Everything that a kernel says when it is unwell is a fault, and nothing else is."""

from __future__ import annotations

import re

import pytest

from zpconvert.boot.console import Fault, read
from zpconvert.conversion.complaint import KnownComplaint
from zpconvert.kernel.cells import built_in

GOOD = """\
Kernel command line: con=null LOADS=zram
Checking that ptrace can change system call numbers...OK
Memory: 212952K/262144K available
**   This kernel was built with CONFIG_DEBUG and NO_BUG_HERE   **
zram: Added device: zram0
Run /init as init process
zpconvert: begin zram
zpconvert: counter pages_compacted 12
zpconvert: counter pgmigrate_success 3
zpconvert: end zram
zpconvert: counter pgmigrate_success 4
zpconvert: finished
reboot: Power down
"""


def test_a_good_run_has_no_fault() -> None:
    console = read(GOOD)
    assert console.finished
    assert console.faults == ()
    assert console.counters == {"pages_compacted": 12, "pgmigrate_success": 7}
    assert console.excerpt == ()


@pytest.mark.parametrize(
    "line",
    [
        "BUG: KASAN: use-after-free in pool_free+0x12/0x30",
        "BUG: Bad page state in process init  pfn:3a94e",
        "BUG: failure at mm/pool.c:142/pool_free()!",
        "BUG: sleeping function called from invalid context at mm/pool.c:1",
        "kernel BUG at mm/pool.c:12!",
        "WARNING: CPU: 0 PID: 1 at mm/pool.c:471 pool_move+0x77b/0x980",
        "WARNING: possible circular locking dependency detected",
        "WARNING: bad unlock balance detected!",
        "INFO: task init:23 blocked for more than 60 seconds.",
        "INFO: possible recursive locking detected",
        "Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x601a8ab1",
        "general protection fault, probably for non-canonical address 0x1: 0000 [#1]",
        "pagealloc: memory corruption",
        "list_del corruption. next->prev should be 1, but was 2",
        "rcu: INFO: rcu_sched self-detected stall on CPU",
        "Memory cgroup out of memory: Killed process 25 (init) total-vm:17532kB",
        "Out of memory: Killed process 25 (init)",
        "[   12.345678] WARNING: CPU: 0 PID: 1 at mm/pool.c:471 pool_move+0x77b/0x980",
    ],
)
def test_a_complaint_is_a_fault(line: str) -> None:
    text = GOOD.replace("zpconvert: begin zram\n", f"zpconvert: begin zram\n{line}\nmore of it\n")
    console = read(text)
    assert [(fault.line, fault.text) for fault in console.faults] == [(8, line)]
    assert line in console.excerpt
    assert "more of it" in console.excerpt


def test_a_bad_address_is_said_with_its_function() -> None:
    line = "Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x601a8ab1"
    trace = "Stack:\n 601c5f10 9fd8bc00\nCall Trace:\n [<601c5f10>] ? pool_free+0x6a0/0x1310\n"
    (fault,) = read(f"{line}\n{trace} [<603981f0>] ? other+0xa0/0xf0\n").faults
    assert fault.text == f"{line} (in pool_free)"


RCU = """\
WARNING: suspicious RCU usage
6.1.0 #1 Not tainted
-----------------------------
lib/tree.c:860 suspicious rcu_dereference_check() usage!
Call Trace:
 [<60029c80>] ? walk+0x0/0x50
 [<6002080c>] ? flush_all+0x6c/0xa0
"""


def test_what_lockdep_says_of_rcu_has_its_place_and_its_trace() -> None:
    first, second = read(RCU + RCU.replace("860", "816").replace("walk", "find")).faults
    assert first.text == "WARNING: suspicious RCU usage (lib/tree.c:860)"
    assert first.trace == ("walk", "flush_all")
    assert second.text == "WARNING: suspicious RCU usage (lib/tree.c:816)"
    assert second.trace == ("find", "flush_all")


def test_a_known_complaint_is_told_by_its_line_and_its_trace() -> None:
    (fault,) = read(RCU).faults

    def made(text: str, trace: str) -> bool:
        known = KnownComplaint(re.compile(text), re.compile(trace), "so it is")
        return known.is_made(fault.text, fault.trace)

    assert made(r"RCU usage .*lib/tree\.c", "^flush_all$")
    assert not made("BUG", "^flush_all$")
    assert not made("RCU usage", "^flush$")


def test_the_cells_own_complaint_is_known() -> None:
    """Only with the function in its trace that is to blame."""
    (known,) = built_in()["boot-lockdep"].complaints
    text = RCU.replace("lib/tree.c", "lib/maple_tree.c")
    (other,) = read(text).faults
    (fault,) = read(text.replace("flush_all", "force_flush_all")).faults
    assert known.is_made(fault.text, fault.trace)
    assert not known.is_made(other.text, other.trace)


def test_what_a_load_finds_is_a_fault() -> None:
    console = read("zpconvert: fail zram: page 12 differs at byte 8 after migration\n")
    assert [fault.text for fault in console.faults] == [
        "zram: page 12 differs at byte 8 after migration"
    ]
    assert not console.finished


def test_a_run_that_stops_shows_its_last_lines() -> None:
    console = read("first\nzpconvert: begin zram\nlast\n")
    assert not console.finished
    assert console.excerpt == ("first", "zpconvert: begin zram", "last")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("WARNING: mm/pool.c:47 move+0x77b/0x980", "WARNING: mm/pool.c:52 move+0x7/0x9", True),
        ("WARNING: mm/pool.c:47 move+0x77b/0x980", "WARNING: mm/pool.c:47 free+0x7/0x9", False),
        ("INFO: task a:1 blocked for more", "INFO: task b:2 blocked for more", True),
        ("BUG: spinlock trylock failure on UP on CPU#0, init/26",
         "BUG: spinlock trylock failure on UP on CPU#0, kworker/u4:1/13", True),
        ("BUG: Bad page state  pfn:3a94e", "BUG: Bad page state  pfn:33ae0", True),
        ("BUG: KASAN: use-after-free in get_page_of+0x1/0x2",
         "BUG: KASAN: use-after-free in get_desc_of+0x1/0x2", True),
    ],
)  # fmt: skip
def test_the_same_fault_in_another_kernel(one: str, other: str, same: bool) -> None:
    def renamed(name: str) -> str:
        return {"get_page_of": "get_desc_of"}.get(name, name)

    assert Fault(3, one).same_as(Fault(9, other), renamed) is same
