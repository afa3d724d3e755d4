# SPDX-License-Identifier: GPL-2.0-only
"""Compilations, each done once: results are kept by the content of all that goes into them.

What goes in: the build directory's own inputs (its stamp), the command, the flags and the
texts, comments blanked, for they are not the compiler's business but for the lines they take.
Of those that come to the same preprocessed text, one is compiled.
A killed run continues where it was, and two runs side by side share what they find.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zpconvert import space
from zpconvert.kernel import diagnostics, keep, precompiled, replay
from zpconvert.kernel.precompiled import Opening
from zpconvert.kernel.replay import Compiled, Failed, Job
from zpconvert.objcode import elf
from zpconvert.process import ProcessError, side_by_side
from zpconvert.scratch import put
from zpconvert.validate import preprocessed
from zpconvert.validate.comments import uncommented
from zpconvert.validate.turns import Turns

#: Number of this way to compile; results kept by another are not taken.
_COMPILING = 2
#: Bytes of results that are kept; the oldest go first.
KEPT = 400_000_000


@dataclass(frozen=True)
class Unfinished:
    """A compiler that was killed or ran out of time: whether the text compiles is not known."""

    text: str


Result = Compiled | Failed | Unfinished


@dataclass
class Tally:
    """What a run cost: results that came from the cache, compilers run and their seconds,
    summed over all of them."""

    cached: int = 0
    compiled: int = 0
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Builder:
    """Compiles jobs with a number of compilers at a time, whoever asks for them."""

    def __init__(
        self,
        cache: Path,
        workers: int,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """cache: zpconvert's cache directory. tell: is told how far it is."""
        self.cache, self.place = cache, cache / "compiled"
        self.openings = cache / "builds/.openings"
        self.workers, self.tell = workers, tell
        self.tally = Tally()
        self._compilers = Turns(workers)
        self._far: dict[str, str] = {}
        self.place.mkdir(parents=True, exist_ok=True)
        keep.newest(self.place.glob("*/*"), KEPT)
        keep.newest(self.openings.glob("*"), precompiled.KEPT)

    def results(self, jobs: Sequence[Job], what: str, *, urgent: bool = False) -> list[Result]:
        """The result of each job; jobs with the same key are compiled once. urgent: before
        those that others ask for.

        A compiler that is killed or hangs gives Unfinished, and is not remembered. Ctrl-C
        ends the compilers that run.
        """
        keys = [key(job) for job in jobs]
        distinct = dict(zip(keys, jobs, strict=True))
        todo = {name: job for name, job in distinct.items() if not self._path(name).exists()}
        same = self._same(todo, urgent)
        todo = {name: job for name, job in todo.items() if name not in same}
        opened, done = self._openings(todo, urgent)

        def one(item: tuple[str, Job]) -> None:
            done[item[0]] = self._result(*item, opened.get(item[0]), urgent)
            with self.tally.lock:
                self._far[what] = f"{what}: {len(done)} of {len(distinct) - len(same)}"
                far = "; ".join(self._far.values())
            self.tell(far)

        rest = [item for item in distinct.items() if item[0] not in done.keys() | same.keys()]
        # one of those that are urgent has to wait at any time, to be the next
        side_by_side(one, rest, self.workers * (2 if urgent else 1))
        for name, first in same.items():
            done[name] = result = done[first]
            if not isinstance(result, Unfinished):
                self.remember(name, _packed(result))
        with self.tally.lock:
            self._far.pop(what, None)
        return [done[k] for k in keys]

    def reads(self, jobs: Sequence[Job]) -> list[tuple[frozenset[str], frozenset[str]]]:
        """What each job is compiled of, of its overlay and of the tree; nothing where that is
        not known, because it does not compile."""

        def one(job: Job) -> tuple[frozenset[str], frozenset[str]]:
            name = hashlib.sha256(f"reads {key(job)}".encode()).hexdigest()
            kept = self.recall(name)
            if kept is None:
                with self._compilers.turn(urgent=False):
                    try:
                        found = replay.read(job) or (frozenset(), frozenset())
                    except ProcessError:
                        # whoever compiles it says so
                        return frozenset(), frozenset()
                kept = json.dumps(
                    [sorted(found[0]), sorted(found[1] & job.overlay.keys())]
                ).encode()
                self.remember(name, kept)
            ours, trees = json.loads(kept)
            return frozenset(ours), frozenset(trees)

        return side_by_side(one, jobs, self.workers)

    def recall(self, name: str) -> bytes | None:
        """What was remembered under a digest; None if nothing was."""
        path = self._path(name)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        os.utime(path)
        return text

    def remember(self, name: str, text: bytes) -> None:
        """Keep something that was worked out, under a digest of all that it depends on."""
        path = self._path(name)
        path.parent.mkdir(exist_ok=True)
        with space.at(self.cache):
            put(path, text, self.cache)

    def _same(self, jobs: Mapping[str, Job], urgent: bool) -> dict[str, str]:
        """The keys of jobs that come to the preprocessed text of an earlier one, to its key."""

        def digest(item: tuple[str, Job]) -> str | None:
            with self._compilers.turn(urgent=urgent):
                return preprocessed.preprocessed(item[1])

        groups = preprocessed.alike(jobs)
        every = [item for group in groups for item in group.items()]
        digests = zip(every, side_by_side(digest, every, self.workers), strict=True)
        texts = {name: text for (name, _), text in digests if text is not None}
        same: dict[str, str] = {}
        for group in groups:
            first: dict[str, str] = {}
            for name in group:
                if name in texts and (known := first.setdefault(texts[name], name)) != name:
                    same[name] = known
        return same

    def _openings(
        self, jobs: Mapping[str, Job], urgent: bool
    ) -> tuple[dict[str, Opening], dict[str, Result]]:
        """The openings of jobs, by the jobs' keys, and the results of those that were compiled
        on the way."""
        opened: dict[str, Opening] = {}
        done: dict[str, Result] = {}

        def one(alike: Mapping[str, Job]) -> None:
            name, *_ = alike
            with self._compilers.turn(urgent=urgent):
                began = time.monotonic()
                made = precompiled.opening(list(alike.values()), self.openings)
                if made.first is not None:
                    self._keep(name, made.first, began)
                    done[name] = made.first
            if made.opening is not None:
                opened.update(dict.fromkeys(alike, made.opening))

        side_by_side(one, precompiled.alike(jobs), self.workers)
        return opened, done

    def _path(self, name: str) -> Path:
        return self.place / name[:2] / name

    def _result(self, name: str, job: Job, opening: Opening | None, urgent: bool) -> Result:
        path = self._path(name)
        known = _read(path)
        if known is not None:
            with self.tally.lock:
                self.tally.cached += 1
            return known
        with self._compilers.turn(urgent=urgent):
            began = time.monotonic()
            try:
                result = precompiled.compile(job, opening)
            except ProcessError as error:
                return Unfinished(str(error).partition("\n")[0])
        self._keep(name, result, began)
        return result

    def _keep(self, name: str, result: Compiled | Failed, began: float) -> None:
        """Remember what a compiler made."""
        with self.tally.lock:
            self.tally.compiled += 1
            self.tally.seconds += time.monotonic() - began
        self.remember(name, _packed(result))


def key(job: Job) -> str:
    """What the result of a job depends on, as a digest."""
    seen = hashlib.sha256()
    command, flags = job.build.commands[job.obj], job.flags or job.warnings
    for part in (_COMPILING, job.build.path, job.build.inputs, command, flags):
        seen.update(repr(part).encode() + b"\0")
    for path in sorted(job.overlay):
        seen.update(path.encode() + b"\0" + _digest(job.overlay[path]))
    return seen.hexdigest()


@functools.lru_cache(maxsize=4096)
def _digest(text: bytes) -> bytes:
    return hashlib.sha256(uncommented(text)).digest()


def _read(path: Path) -> Compiled | Failed | None:
    """A kept result: a line of JSON, then the object, compressed; None if it is not there."""
    try:
        head, _, body = zlib.decompress(path.read_bytes()).partition(b"\n")
        said = json.loads(head)
    except FileNotFoundError:
        return None
    except (zlib.error, ValueError):
        path.unlink(missing_ok=True)
        return None
    os.utime(path)
    found = diagnostics.parse(said["text"])
    if not said["good"]:
        return Failed(said["text"], found)
    return Compiled(body, said["text"], found, elf.size(body))


def _packed(result: Compiled | Failed) -> bytes:
    """What `_read` takes apart."""
    good = isinstance(result, Compiled)
    head: Mapping[str, object] = {"good": good, "text": result.text}
    body = result.obj if isinstance(result, Compiled) else b""
    return zlib.compress(json.dumps(head).encode() + b"\n" + body, 1)
