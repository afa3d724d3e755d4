# SPDX-License-Identifier: GPL-2.0-only
"""Signals that end a run: Ctrl-C, and those that a machine sends, end it in the same way.

Each becomes an exception in the main thread, so that programs are ended and scratch directories
removed on the way out. The first import of a run: it is there before anything else can be
interrupted.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

#: Ctrl-C; a CI job that is cancelled, and `timeout`; a terminal that is closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Seconds in which further signals are part of the same end: `timeout` sends its own twice, a
#: closed terminal's comes from the shell and from the kernel. Later ones count again.
_ONE_END = 2.0

#: The first signal that came, and when, in seconds of the monotonic clock.
_first: tuple[int, float] | None = None


class Ended(KeyboardInterrupt):
    """A signal came. Not KeyboardInterrupt itself: after one that passes through exec() of a text
    (dataclasses), CPython ends by SIGINT, whatever exit code it is given."""


def listen() -> None:
    """Have signals end this run. One that is ignored already stays so: `nohup`, a shell's
    background job."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def settled() -> None:
    """The outcome is there: no signal turns it into another one while the interpreter ends."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def code() -> int:
    """The exit code of a run that was ended, as shells have it: 128 and the signal's number."""
    return 128 + (_first[0] if _first else signal.SIGINT)


def asked() -> bool:
    """Whether a signal has asked this run to end."""
    return _first is not None


def said() -> str:
    """Why the run ended, in words."""
    number = code() - 128
    return "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"


def _end(number: int, frame: FrameType | None) -> None:
    global _first
    now = time.monotonic()
    if _first is not None and now - _first[1] < _ONE_END:
        return
    _first = _first or (number, now)
    raise Ended
