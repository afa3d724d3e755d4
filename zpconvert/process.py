# SPDX-License-Identifier: GPL-2.0-only
"""The one door to other programs: argument lists, a fixed locale, a time limit, no shell.

Nothing else in the package imports subprocess. A program that outlives its limit is killed
with its whole process group, so that a hanging child of a child goes with it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from zpconvert import ending
from zpconvert.errors import UserError

if TYPE_CHECKING:
    from concurrent.futures import Future

#: Messages are parsed, so every program speaks the same language everywhere.
LOCALE = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}

#: Seconds after which who waits looks up: a signal that comes in the instant before the system is
#: asked to wait does not end the waiting, and Python acts on it only after that.
_LOOK = 0.2

#: Whose thread this is: `crew`, a _Crew, in threads that work for one.
_here = threading.local()

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Completed:
    """What a program did: `stdout` and `stderr` are bytes, `code` is negative for a signal."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """stdout as text; bytes that are no UTF-8 become U+FFFD."""
        return self.stdout.decode("utf-8", "replace")


@dataclass(unsafe_hash=True)
class ProcessError(Exception):
    """A program that failed, was killed or ran out of time; prints itself whole.

    Not frozen, for the reason that UserError gives.
    """

    argv: tuple[str, ...]
    cwd: str
    code: int | None
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    timeout: float | None = None

    def __str__(self) -> str:
        if self.timeout is not None:
            end = f"killed after {self.timeout:g} s"
        elif self.code is not None and self.code < 0:
            end = f"killed by {signal.Signals(-self.code).name}"
        else:
            end = f"exit code {self.code}"
        said = (self.stderr or self.stdout).decode("utf-8", "replace").strip()
        return f"{' '.join(self.argv)} (in {self.cwd}): {end}" + (f"\n{said}" if said else "")


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: bytes = b"",
    timeout: float = 600.0,
    check: bool = True,
    bound: bool = False,
    locks: Sequence[int] = (),
) -> Completed:
    """Run a program to its end and return what it did.

    cwd: where it runs (the current directory if None); the caller's own never changes.
    env: changes to this process's environment, None removes; the locale is always fixed.
    timeout: seconds, after which the process group is killed.
    check: raise on a non-zero exit code. A timeout always raises.
    bound: killed when this process is, even by SIGKILL; its own children are not. Where there
    is no setpriv(1), of util-linux, it runs on.
    locks: descriptors of locked files that it and all that it starts keep locked while they run.

    Raises UserError when the program is not there, ProcessError when it fails, ending.Ended where
    `side_by_side` or `beside` has come to its end meanwhile.
    """
    words = tuple(str(a) for a in argv)
    place = str(cwd or Path.cwd())
    command = (*_bond(), *words) if bound else words
    crews = _Crew.here()
    # a signal that came between the program's start and the try would leave it running
    with ending.held() as release:
        _go_on()
        child = _started(command, cwd, _environment(env or {}), locks)
        for crew in crews:
            crew.running.add(child)
        try:
            release()
            stdout, stderr = _attended(child, stdin, timeout)
        except subprocess.TimeoutExpired:
            _kill_group(child)
            stdout, stderr = child.communicate()
            raise ProcessError(words, place, None, stdout, stderr, timeout) from None
        except BaseException:
            _kill_group(child)
            child.wait()
            raise
        finally:
            for crew in crews:
                crew.running.discard(child)
    if check and child.returncode != 0:
        raise ProcessError(words, place, child.returncode, stdout, stderr)
    return Completed(words, child.returncode, stdout, stderr)


def _attended(
    child: subprocess.Popen[bytes], stdin: bytes | None, timeout: float
) -> tuple[bytes, bytes]:
    """What a program says until its end. Raises TimeoutExpired after so many seconds."""
    until = time.monotonic() + timeout
    while True:
        left = until - time.monotonic()
        try:
            return child.communicate(stdin, timeout=min(left, _LOOK))
        except subprocess.TimeoutExpired:
            if left <= _LOOK:
                raise
            stdin = None


def _started(
    words: Sequence[str], cwd: Path | None, env: Mapping[str, str], locks: Sequence[int]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=locks,
        )
    except FileNotFoundError as error:
        if error.filename != words[0]:
            raise
        raise _not_run(words[0], error) from None
    except PermissionError as error:
        raise _not_run(words[0], error) from None


def attend(argv: Sequence[str | Path], *, timeout: float) -> int:
    """Run a program that talks to the person at the terminal; return its exit code.

    It has this process's stdin and stderr, and its stdout goes to stderr too. It stays in this
    session, so that it can ask for a password and that Ctrl-C reaches it. timeout: seconds.

    Raises UserError when the program is not there, ProcessError when it runs out of time.
    """
    words = tuple(str(a) for a in argv)
    try:
        return subprocess.run(
            words, env=_environment({}), stdout=2, timeout=timeout, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        raise ProcessError(words, str(Path.cwd()), None, b"", b"", timeout) from None
    except (FileNotFoundError, PermissionError) as error:
        raise _not_run(words[0], error) from None


def side_by_side(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> list[Result]:
    """The results of a function that runs programs, `workers` of them at a time, in order.

    When one of them raises, and those before it have their results, or when Ctrl-C comes,
    nothing more is started, the programs that are running are killed and the exception is
    raised: an interrupt reaches only the main thread, and none of the programs, which lead
    sessions of their own.
    """
    crew = _Crew(workers)
    try:
        # Ctrl-C can come here, too: the first program runs while the others are submitted
        results = [crew.submit(function, item) for item in items]
        return [result() for result in results]
    except BaseException:
        crew.end()
        raise
    finally:
        # Ctrl-C can come on the way to the end, too
        crew.end()


def beside(first: Callable[[], Result], second: Callable[[], Item]) -> tuple[Result, Item]:
    """The results of two functions that run programs, at the same time.

    The first runs in this thread, so that an interrupt reaches it. When it raises, the programs
    of both are killed; what the second raises is raised after the first.
    """
    crew = _Crew(1)
    try:
        other = crew.submit(second)
        return first(), other()
    except BaseException:
        crew.end()
        raise
    finally:
        crew.end()


class _Crew:
    """Threads that run programs and end together, and with those whose thread made them.

    running: the programs of its threads now, and of the crews that those made. over: nothing
    more is started.
    """

    def __init__(self, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # logging and all that: 5 ms

        self.running: set[subprocess.Popen[bytes]] = set()
        self.over = False
        self._line = (self, *_Crew.here())
        self._pool = ThreadPoolExecutor(max(1, workers), initializer=self._enter)

    @staticmethod
    def here() -> tuple[_Crew, ...]:
        """The crew of this thread and those above it."""
        crew: _Crew | None = getattr(_here, "crew", None)
        return () if crew is None else crew._line

    def submit(self, function: Callable[..., Result], *args: object) -> Callable[[], Result]:
        """Have a thread call a function; what this gives waits for the result, once.

        Of what the pool and its threads share there are locks that are taken in Python, where
        an interrupt leaves them locked for ever. So this thread is interrupted in none of that,
        and waits at a queue that is not written in Python.
        """
        done: SimpleQueue[Future[Result]] = SimpleQueue()

        def result() -> Result:
            while True:
                with contextlib.suppress(Empty):
                    return done.get(timeout=_LOOK).result()

        with ending.held():
            self._pool.submit(self._call, function, *args).add_done_callback(done.put)
        return result

    def end(self) -> None:
        """Start nothing more, and kill the programs that run until there is none."""
        empty: SimpleQueue[None] = SimpleQueue()

        def wait() -> None:
            self._pool.shutdown()
            empty.put(None)

        with ending.held() as release:
            self.over = True
            self._pool.shutdown(wait=False, cancel_futures=True)
            threading.Thread(target=wait).start()
            # who presses Ctrl-C again is heard
            release()
            while True:
                for child in self.running.copy():
                    _kill_group(child)
                with contextlib.suppress(Empty):
                    empty.get(timeout=0.01)
                    return

    def _enter(self) -> None:
        _here.crew = self

    def _call(self, function: Callable[..., Result], *args: object) -> Result:
        _go_on()
        return function(*args)


def _go_on() -> None:
    """Raise ending.Ended where this thread's crew, or one above it, has come to its end."""
    if any(crew.over for crew in _Crew.here()):
        raise ending.Ended


@functools.cache
def _bond() -> tuple[str, ...]:
    """What in front of a command has the kernel kill it when the thread that started it ends:
    that is the thread that waits for it."""
    import shutil

    program = shutil.which("setpriv")
    return (program, "--pdeathsig", "KILL") if program else ()


def _not_run(program: str, error: FileNotFoundError | PermissionError) -> UserError:
    """What is to be said of a program that could not be started."""
    if isinstance(error, PermissionError):
        return UserError(program, "cannot be executed", "check its permissions")
    todo = "install it ('zpconvert doctor' names the package)"
    return UserError(program, "no such program", todo)


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """This process's environment with the changes and the fixed locale."""
    merged = {**os.environ, **changes, **LOCALE}
    return {name: value for name, value in merged.items() if value is not None}


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and whatever it started; it leads its own session."""
    if child.poll() is None:
        # it can end between the two
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
