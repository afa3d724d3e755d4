# SPDX-License-Identifier: GPL-2.0-only
"""What can be told of the patches without compiling them: what a reviewer of the reference
series had to find by eye, and what the tree's own tools say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from zpconvert.git import model
from zpconvert.git.command import user_git
from zpconvert.git.diff import measure
from zpconvert.git.model import Ident
from zpconvert.kernel.tree import Tree
from zpconvert.mail import check
from zpconvert.mail.check import PatchFinding
from zpconvert.mail.lint import lint
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.scratch import scratch_directory
from zpconvert.validate.comments import comments, uncommented
from zpconvert.validate.commits import Commit, Series

Files = Mapping[str, bytes]

_HELPER = re.compile(r"(?ms)^static inline [^;{}#]*?\b(?P<name>\w+)\([^;{}]*\)\s*\{.*?^\}")
_STRUCT = re.compile(r"(?ms)^struct (?P<name>\w+) \{.*?^\};")
_FUNCTION = re.compile(r"(?m)^[A-Za-z_][^;{}#\n]*\b(?P<name>\w+)\([^;{}]*\)[^;{}]*\{")
#: A new file draws it whatever one does; MAINTAINERS is for people to decide on.
_ACCEPTED = {"FILE_PATH_CHANGES"}


@dataclass(frozen=True)
class Remark:
    """A finding in a patch: `path` and 1-based `line` (0 if none in particular)."""

    check: str
    commit: int
    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Tool:
    """A program that reads the mails, and what it says. reason: why it did not run, empty if
    it did."""

    name: str
    reason: str
    remarks: tuple[Remark, ...] = ()


def remarks(series: Series, tree: Tree, prefix: str | None) -> Iterator[Remark]:
    """All remarks on the patches of a series but those of other programs.

    prefix: what subjects begin with, `mm/slub`; None: what the touched files' history has.
    """
    yield from _messages(series, tree, prefix)
    before = series.base
    for commit in series.commits:
        yield from _headers(series.base, before, commit, series.commits[-1].files)
        before = commit.files
    if series.commits:
        yield from _stale(series.base, series.commits[-1])


def churn(series: Series) -> float:
    """Lines changed over the series, divided by the lines of the final diff."""
    nobody = Ident("zpconvert", "zpconvert@localhost", "0 +0000")
    commits = [
        # a file that is gone counts as one that is empty: its lines went
        model.Commit("commit\n", nobody, {path: c.files.get(path, b"") for path in c.touched})
        for c in series.commits
    ]
    return round(measure(series.base, commits).churn, 2)


def tools(series: Series, tree: Tree) -> list[Tool]:
    """checkpatch and codespell over the mails of a series, each on its own.

    No checkpatch is a remark too; codespell is optional.
    """
    if not series.mails:
        return [Tool(name, "there are no mails") for name in ("checkpatch", "codespell")]
    with scratch_directory() as place:
        mails = tuple(_plain(mail, place) for mail in series.mails)
        return _tools(replace(series, mails=mails), tree)


def _plain(mail: Path, place: Path) -> Path:
    """The mail, or a copy in `place` where its line ends are those of the wire: git am takes
    them for its own, checkpatch for the patch's."""
    text = mail.read_bytes()
    if not text.partition(b"\n")[0].endswith(b"\r"):
        return mail
    copy = place / mail.name
    copy.write_bytes(text.replace(b"\r\n", b"\n"))
    return copy


def _tools(series: Series, tree: Tree) -> list[Tool]:
    numbers = {mail.name: number for number, mail in enumerate(series.mails, 1)}
    found = _checkpatch(series, tree)
    if isinstance(found, NotAvailable):
        lacks = Remark("checkpatch", 0, "", 0, f"not run: {found.reason}")
        first = Tool("checkpatch", found.reason, (lacks,))
    else:
        first = Tool("checkpatch", "", tuple(_tool("checkpatch", numbers, f) for f in found))
    spelt = check.codespell(series.mails)
    if isinstance(spelt, NotAvailable):
        return [first, Tool("codespell", spelt.reason)]
    return [first, Tool("codespell", "", tuple(_tool("codespell", numbers, f) for f in spelt))]


def _checkpatch(series: Series, tree: Tree) -> list[PatchFinding] | NotAvailable:
    """What checkpatch says, less what the replaced lines drew already."""
    signed = all("Signed-off-by: " in commit.message for commit in series.commits)
    found = check.checkpatch(tree.path, series.mails, signed=signed)
    if isinstance(found, NotAvailable):
        return found
    blamed = {f.patch for f in found if f.level != "CHECK" and f.type not in _ACCEPTED}
    if not blamed:
        return []
    with scratch_directory() as place:
        turned = []
        for mail in (mail for mail in series.mails if mail.name in blamed):
            turned.append(place / mail.name)
            turned[-1].write_bytes(_reversed(mail.read_bytes()))
        old = check.checkpatch(tree.path, turned, signed=signed)
    if isinstance(old, NotAvailable):
        return old
    known = Counter((f.patch, f.type) for f in old)
    fresh = []
    for one in found:
        if one.level == "CHECK" or one.type in _ACCEPTED:
            continue
        if known[one.patch, one.type] > 0:
            known[one.patch, one.type] -= 1
            continue
        fresh.append(one)
    return fresh


def _tool(name: str, numbers: Mapping[str, int], one: PatchFinding) -> Remark:
    return Remark(name, numbers[one.patch], one.patch, one.line, f"{one.type}: {one.message}")


def _reversed(mail: bytes) -> bytes:
    """The mail with the removed lines added: what a tool says of it, it said of the old text."""
    lines = mail.split(b"\n")
    start = next((n for n, line in enumerate(lines) if line.startswith(b"diff --git ")), len(lines))
    swap = {b"+": b"-", b"-": b"+"}
    turned = []
    for line in lines[start:]:
        if line.startswith((b"+++ ", b"--- ", b"-- ")) or line[:1] not in swap:
            turned.append(re.sub(rb"^@@ -(\S+) \+(\S+) @@", rb"@@ -\2 +\1 @@", line))
        else:
            turned.append(swap[line[:1]] + line[1:])
    return b"\n".join((*lines[:start], *turned))


def _messages(series: Series, tree: Tree, prefix: str | None) -> Iterator[Remark]:
    names: set[str] = set()
    for state in series.states:
        names |= {name for path, text in state.items() if path[-2:] in (".c", ".h")
                  for name in _bodies(_FUNCTION, text)}  # fmt: skip
    for commit in series.commits:
        usual = prefix or _usual_prefix(tree, commit) or _own_prefix(commit)
        for fault in lint(commit.message, prefix=usual, functions=names):
            text = f"{fault.rule}: {fault.text}"
            yield Remark("message", commit.number, commit.name, fault.line, text)


def _own_prefix(commit: Commit) -> str:
    """The prefix that a commit's subject has itself, or else the name of a file that it touches."""
    prefix, colon, _ = commit.subject.partition(": ")
    if colon or not commit.touched:
        return prefix
    return PurePosixPath(min(commit.touched)).with_suffix("").as_posix()


def _usual_prefix(tree: Tree, commit: Commit) -> str | None:
    """What most of the last subjects about the commit's sources begin with; None if no two
    agree, or there is no history."""
    sources = [path for path in commit.touched if path.endswith(".c")]
    if not tree.is_git or not sources:
        return None
    log = user_git(tree.path, "log", "-30", "--format=%s", "--", *sources, check=False).text
    counted = Counter(s.partition(": ")[0] for s in log.splitlines() if ": " in s)
    common = counted.most_common(1)
    return common[0][0] if common and common[0][1] > 1 else None


def _headers(base: Files, before: Files, commit: Commit, final: Files) -> Iterator[Remark]:
    """Of headers that the series makes: helpers before their use, and what is edited later.

    Helpers come in families: one that waits for its use is fine beside one that does not.
    """
    now, last = _words(commit.files), _words(final)
    for path in commit.touched:
        if not path.endswith(".h") or path in base or path not in commit.files:
            continue
        old = _bodies(_HELPER, before.get(path, b""))
        new = {n: at for n, at in _bodies(_HELPER, commit.files[path]).items() if n not in old}
        family_used = any(now[name] > 1 for name in new)
        for name, (line, _) in new.items():
            if last[name] < 2 or not family_used:
                text = f"{name}() has no user" + (" in the whole series" * (last[name] < 2))
                yield Remark("unused-helper", commit.number, path, line, text)
        for kind, pattern in (("helper", _HELPER), ("struct", _STRUCT)):
            known = _bodies(pattern, before.get(path, b""))
            for name, (line, body) in _bodies(pattern, commit.files[path]).items():
                if name in known and known[name][1] != body:
                    text = f"{kind} {name} is edited after the commit that brought it"
                    yield Remark(f"{kind}-edited", commit.number, path, line, text)


def _words(files: Files) -> Counter[str]:
    """How often each word stands in the files, comments aside."""
    counted: Counter[str] = Counter()
    for text in files.values():
        code = uncommented(text).decode("utf-8", "replace")
        counted.update(re.findall(r"\b[A-Za-z_]\w*", code))
    return counted


def _stale(base: Files, last: Commit) -> Iterator[Remark]:
    """Comments of the last tree that name what the series took out of the code: functions,
    names with an underscore, for others are words of English too, and members after an arrow."""
    sources = {path: text for path, text in base.items() if path.endswith(".c")}
    functions = {name for text in sources.values() for name in _bodies(_FUNCTION, text)}
    names = {name for name in _words(sources) if "_" in name}
    gone = (functions | names) - _words(last.files).keys()
    members = _members(sources) - _members(last.files)
    for path, text in sorted(last.files.items()):
        for start, end in comments(text):
            for word in re.finditer(rb"(?P<arrow>->)?\b(?P<name>[A-Za-z_]\w*)", text[start:end]):
                name = word["name"].decode()
                if name in gone or (word["arrow"] and name in members):
                    line = text.count(b"\n", 0, start + word.start()) + 1
                    said = f"a comment speaks of {word[0].decode()}, which is gone"
                    yield Remark("stale", last.number, path, line, said)


def _members(files: Files) -> set[str]:
    """Names after an arrow in the code of the files."""
    return {
        name.decode()
        for text in files.values()
        for name in re.findall(rb"->\s*([A-Za-z_]\w*)", uncommented(text))
    }


def _bodies(pattern: re.Pattern[str], text: bytes) -> dict[str, tuple[int, str]]:
    """Name to (1-based line, text) of what a pattern finds."""
    source = text.decode("utf-8", "replace")
    return {
        found["name"]: (source.count("\n", 0, found.start()) + 1, found[0])
        for found in pattern.finditer(source)
    }
