# SPDX-License-Identifier: GPL-2.0-only
"""What sources begin with, their block of includes, compiled once for all that begin so.

A kernel source is a few thousand lines below some hundred thousand of headers, and the commits
of a series leave most of those alone. gcc keeps them, parsed, in a precompiled header (Using
GCC, "Using Precompiled Headers"). One is used only where it cannot be seen in the result: the
first source was compiled with it and without it to the same bytes and without a word, and a
compilation that has something to say is done again without it.

One thing gcc does not keep: that a global register variable (x86's current_stack_pointer)
takes a register from the others. The scheduler then moves instructions across it, unless each
such register is declared once more.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zpconvert import space
from zpconvert.kernel import replay
from zpconvert.kernel.replay import Compiled, Failed, Job, overlaid
from zpconvert.process import ProcessError
from zpconvert.scratch import scratch_directory

#: So many compilations are worth one more to make an opening for them.
WORTHWHILE = 5
#: Bytes of openings that are kept from run to run; each takes some 40 MB.
KEPT = 800_000_000

#: A precompiled header next to the header that it stands for.
_HEADER, _PARSED = "opening.h", "opening.h.gch"
#: The names of the files that one was made from; what is declared once more after it.
_READS, _AGAIN = "reads", "again.c"

#: White space, a comment or a directive that declares nothing.
_LEADING = re.compile(
    rb"""[ \t\r\n]+ | /\*.*?\*/ | //[^\n]*\n
    | \#[ \t]*(?P<word>include|define|undef|if|ifdef|ifndef|elif|else|endif)\b
      (?:\\\n | /\*.*?\*/ | [^\n])*\n""",
    re.DOTALL | re.VERBOSE,
)
#: What changes the depth of a preprocessed text, and a declaration with a register.
_REGISTER = re.compile(
    rb"""[{}] | "(?:\\.|[^"\\])*"
    | \bregister\b[^;{}()]*\b(?:asm|__asm__)\s*\((?P<name>[^)]*)\)\s*;""",
    re.VERBOSE,
)
_INCLUDED = re.compile(rb'["<](?:[^">/]*/)*([^">/]+)[">]')


@dataclass(frozen=True)
class Opening:
    """A precompiled header.

    place: the directory that holds it. directives: what a source has to begin with; its
    comments do not matter. texts: of the files that stand before the tree's, those that it was
    made with, by path. names: of all files that it consists of, without directories.
    """

    place: Path
    directives: tuple[bytes, ...]
    texts: Mapping[str, bytes]
    names: frozenset[str]

    def end(self, job: Job) -> int:
        """Where in the job's source, in bytes, what comes after it begins; 0 if the source, or
        what else stands before the tree's files, does not fit."""
        first = leading(job.overlay[job.source])[: len(self.directives)]
        others = {path: text for path, text in job.overlay.items() if path != job.source}
        fits = self.directives == tuple(one.text for one in first) and all(
            others.get(path) == self.texts.get(path)
            for path in others.keys() | self.texts.keys()
            if PurePosixPath(path).name in self.names
        )
        return first[-1].end if fits else 0


def compile(job: Job, opening: Opening | None) -> Compiled | Failed:
    """Like `replay.compile`, its opening not parsed again if there is one that fits."""
    if opening is not None and (end := opening.end(job)):
        quick = _compile(job, opening.place, end)
        if quick is not None:
            return quick
    return replay.compile(job)


def alike(jobs: Mapping[str, Job]) -> list[dict[str, Job]]:
    """Those of some named jobs that may have openings, in groups that may have one in common."""
    groups: dict[tuple[object, ...], dict[str, Job]] = {}
    for name, job in jobs.items():
        if _eligible(job):
            groups.setdefault(_group(job), {})[name] = job
    return list(groups.values())


@dataclass(frozen=True)
class Made:
    """The opening of a group of jobs, None if there is none or it is not worth making one; what
    the first of the jobs compiles to, if it had to be compiled for that."""

    opening: Opening | None = None
    first: Compiled | Failed | None = None


@dataclass(frozen=True)
class Directive:
    """A preprocessor directive at the top of a source. end: where the next line begins, in
    bytes; closed: no condition is open after it."""

    text: bytes
    word: bytes
    end: int
    closed: bool

    @property
    def included(self) -> str | None:
        """The name of the header that it includes, without directories; empty if it is not
        spelt out, None if it includes none."""
        if self.word != b"include":
            return None
        name = _INCLUDED.search(self.text)
        return name[1].decode("utf-8", "replace") if name else ""


def leading(text: bytes) -> list[Directive]:
    """The directives that a source begins with, before anything is declared."""
    found = []
    depth = at = 0
    while token := _LEADING.match(text, at):
        at, word = token.end(), token["word"]
        if word is None:
            continue
        depth += word.startswith(b"if")
        depth -= word == b"endif"
        found.append(Directive(token[0], word, at, not depth))
    return found


def _eligible(job: Job) -> bool:
    """Whether gcc compiles it, and nothing else reads it."""
    forced = {str(job.build.tree / path) for path in job.overlay}.intersection(
        job.build.commands[job.obj][:-1]
    )
    fits = job.source in job.overlay and not forced
    return job.build.cell.toolchain == "gcc" and not job.checked and fits


def _group(job: Job) -> tuple[object, ...]:
    """What jobs have in common that may have an opening in common."""
    home = str(PurePosixPath(job.source).parent)
    headers = sorted(
        (path, hashlib.sha256(text).digest())
        for path, text in job.overlay.items()
        if str(PurePosixPath(path).parent) != home
    )
    return (job.build.path, job.build.inputs, job.obj, _parsing(job), tuple(headers))


def _parsing(job: Job) -> tuple[str, ...]:
    """The job's flags that decide what the headers are to the compiler; what is optimised, and
    how, comes after parsing."""
    return tuple(flag for flag in job.flags if not flag.startswith(("-f", "-O")))


def opening(jobs: Sequence[Job], place: Path) -> Made:
    """The opening of jobs of one group: kept, or made and tried.

    place: the directory where they are kept. Raises OSError when the disk is full.
    """
    job = jobs[0]
    directives = _shared(jobs)
    if not directives:
        return Made()
    said = (job.build.commands[job.obj], _group(job), directives)
    kept = place / hashlib.sha256(repr(said).encode()).hexdigest()[:24]
    first: Compiled | Failed | None = None
    if not kept.exists():
        if len(jobs) < WORTHWHILE:
            return Made()
        try:
            first = _make(job, directives, kept)
        except ProcessError:
            # whoever compiles the job meets it again, and says so
            return Made()
    try:
        os.utime(kept)
        names = frozenset((kept / _READS).read_text().splitlines())
    except FileNotFoundError:
        return Made(None, first)
    texts = {
        path: text
        for path, text in job.overlay.items()
        if path != job.source and PurePosixPath(path).name in names
    }
    return Made(Opening(kept, directives, texts, names), first)


def _shared(jobs: Sequence[Job]) -> tuple[bytes, ...]:
    """What the sources of all jobs begin with, up to the last include that is of the tree's."""
    own = {PurePosixPath(path).name for job in jobs for path in job.overlay} - _forced(jobs[0])
    found: list[bytes] = []
    end = 0
    for alike in zip(*(leading(job.overlay[job.source]) for job in jobs), strict=False):
        one = alike[0]
        if len({other.text for other in alike}) > 1 or one.included in own | {""}:
            break
        found.append(one.text)
        if one.closed:
            end = len(found)
    return tuple(found[:end])


def _forced(job: Job) -> frozenset[str]:
    """Names of the headers that the job's own flags include."""
    flags = job.flags
    return frozenset(
        PurePosixPath(path).name for flag, path in itertools.pairwise(flags) if flag == "-include"
    )


def _make(job: Job, directives: tuple[bytes, ...], kept: Path) -> Compiled | Failed:
    """Precompile an opening and try it on a job; what is not fit is kept as an empty directory,
    so that it is not tried again. A job that warns or fails shows nothing about it.

    Returns what the job compiles to.
    """
    plain = replay.compile(job)
    if not isinstance(plain, Compiled) or plain.text:
        return plain
    kept.parent.mkdir(parents=True, exist_ok=True)
    with space.at(kept.parent), scratch_directory(kept.parent) as place:
        made = place / "made"
        made.mkdir()
        names = _precompile(job, directives, made)
        end = leading(job.overlay[job.source])[len(directives) - 1].end
        if names is None or _compile(job, made, end) != plain:
            shutil.rmtree(made)
            made.mkdir()
        else:
            (made / _READS).write_text("".join(f"{one}\n" for one in sorted(names)))
        try:
            made.rename(kept)
        except OSError as error:
            # another run was quicker
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    return plain


def _precompile(job: Job, directives: tuple[bytes, ...], made: Path) -> frozenset[str] | None:
    """Write an opening; return the names of the files that it consists of, None if the
    compiler had something to say."""
    header, depends = made / _HEADER, made / "depends"
    with overlaid(job.overlay) as scratch:
        command, included = _without_includes(job)
        lines = [f'#include "{path}"\n'.encode() for path in included]
        header.write_bytes(b"".join([*lines, *directives]))
        more = ("-x", "c-header", f"-Wp,-MD,{depends}", "-o", str(made / _PARSED))
        words = replay.argv(job.build, command, scratch, more, header)
        done = replay.execute(job.build, words, scratch)
        if done.code != 0 or done.stderr:
            return None
        words = replay.argv(job.build, command, scratch, ("-E", "-P"), header)
        text = replay.execute(job.build, words, scratch).stdout
        (made / _AGAIN).write_bytes(registers(text))
    read = depends.read_text().replace("\\\n", " ").split()[1:]
    depends.unlink()
    return frozenset(PurePosixPath(path).name for path in read) - {_HEADER}


def registers(text: bytes) -> bytes:
    """The global register variables of a preprocessed text, declared under other names."""
    depth, found = 0, []
    for token in _REGISTER.finditer(text):
        depth += (token[0] == b"{") - (token[0] == b"}")
        if token["name"] and not depth:
            found.append(token["name"])
    return b" ".join(
        b"register unsigned long zpconvert_register_%d asm(%b);" % one
        for one in enumerate(dict.fromkeys(found))
    )


def _compile(job: Job, opening: Path, end: int) -> Compiled | None:
    """Compile the source from `end` on, after an opening; None if the compiler failed or said
    something, or another run has removed the opening."""
    try:
        again = (opening / _AGAIN).read_bytes()
    except FileNotFoundError:
        return None
    with overlaid(job.overlay) as scratch:
        command, _ = _without_includes(job)
        source, whole = scratch / job.source, job.overlay[job.source]
        line = whole.count(b"\n", 0, end) + 1
        mark = b'\n#line %d "%b"\n' % (line, bytes(source))
        source.write_bytes(again + mark + whole[end:])
        target = scratch / ".object.o"
        more = (*job.warnings, "-o", str(target))
        words = replay.argv(job.build, command, scratch, more, source)
        # gcc takes it only if nothing was read before it
        words[1:1] = ["-include", str(opening / _HEADER)]
        done = replay.execute(job.build, words, scratch)
        if done.code != 0 or done.stderr:
            return None
        return replay.compiled(target.read_bytes(), "")


def _without_includes(job: Job) -> tuple[list[str], list[str]]:
    """The job's command, its own flags among the words, and the paths that it -includes."""
    command = job.build.commands[job.obj]
    words: list[str] = []
    included: list[str] = []
    rest: Iterator[str] = iter((*command[:-1], *job.flags))
    for word in rest:
        if word == "-include":
            included.append(next(rest))
        else:
            words.append(word)
    return [*words, command[-1]], included
