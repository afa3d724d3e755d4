# SPDX-License-Identifier: GPL-2.0-only
"""Signals that end a run: Ctrl-C, and those that a machine sends, end it in the same way.

Each becomes an exception in the main thread, so that programs are ended and scratch directories
removed on the way out. The first import of a run: it is there before anything else can be
interrupted.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: Ctrl-C; a CI job that is cancelled, and `timeout`; a terminal that is closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Seconds in which further signals are part of the same end: `timeout` sends its own twice, a
#: closed terminal's comes from the shell and from the kernel. Later ones count again.
_ONE_END = 2.0

#: The first signal that came, and when, in seconds of the monotonic clock.
_first: tuple[int, float] | None = None

#: Whether a signal has to wait, and the one that does.
_waits = False
_waiting: int | None = None


class Ended(KeyboardInterrupt):
    """A signal came. Not KeyboardInterrupt itself: after one that passes through exec() of a text
    (dataclasses), CPython ends by SIGINT, whatever exit code it is given."""


def listen() -> None:
    """Have signals end this run. One that is ignored already stays so: `nohup`, a shell's
    background job."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


@contextmanager
def held() -> Iterator[Callable[[], None]]:
    """Signals wait until the function that this gives is called, or else to the end: the first
    of them is raised there. In other threads nothing has to wait: signals come in the main one."""
    global _waits
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    _waits = True
    try:
        yield _release
    finally:
        _release()


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


def _release() -> None:
    global _waits, _waiting
    number, _waits, _waiting = _waiting, False, None
    if number is not None:
        _end(number, None)


def _end(number: int, frame: FrameType | None) -> None:
    global _first, _waiting
    if _waits:
        _waiting = _waiting or number
        return
    now = time.monotonic()
    if _first is not None and now - _first[1] < _ONE_END:
        return
    _first = _first or (number, now)
    raise Ended
