# SPDX-License-Identifier: GPL-2.0-only
"""What others will run on the mails: checkpatch, codespell, git am."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zpconvert.git.command import sealed_git
from zpconvert.git.scratch import scratch_worktree
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.process import Completed, ProcessError, run
from zpconvert.scratch import scratch_directory

#: --no-tree: with a tree, the script writes a cache of names (.checkpatch-camelcase.*)
#: into it. Its own directory is where it finds spelling.txt and the like.
_CHECKPATCH = (
    "--strict",
    "--no-tree",
    "--show-types",
    "--terse",
    "--no-summary",
    "--color=never",
)

_CHECKED = re.compile(
    r"(?P<patch>.*?):(?P<line>\d+): (?P<level>ERROR|WARNING|CHECK):(?P<type>\w+): (?P<message>.*)"
)
_SPELT = re.compile(r"(?P<patch>.*?):(?P<line>\d+): (?P<message>.* ==> .*)")


@dataclass(frozen=True)
class PatchFinding:
    """A finding in a mail: `level` is ERROR, WARNING or CHECK, `type` checkpatch's own name
    or SPELLING, `line` 1-based within the file `patch`."""

    patch: str
    line: int
    level: str
    type: str
    message: str


def checkpatch(
    tree: Path, patches: Sequence[Path], *, signed: bool
) -> tuple[PatchFinding, ...] | NotAvailable:
    """The tree's own `checkpatch.pl --strict` over `patches`.

    signed: whether they are signed off; an unsigned series is not blamed for that.
    Nothing is written to `tree`, and no .checkpatch.conf is read. Raises ProcessError when
    the script breaks.
    """
    script = tree / "scripts/checkpatch.pl"
    if not script.is_file():
        return NotAvailable(f"{tree} has no scripts/checkpatch.pl")
    if shutil.which("perl") is None:
        return NotAvailable("perl is not installed")
    words = [*_CHECKPATCH, *([] if signed else ["--no-signoff"])]
    with scratch_directory() as place:
        done = run(
            ["perl", script.resolve(), *words, *(patch.resolve() for patch in patches)],
            cwd=place,
            env={"HOME": str(place), "GIT_DIR": None},
            timeout=300,
            check=False,
        )
    findings = tuple(_findings(done.text))
    if done.code not in (0, 1) or (done.code == 1 and not findings):
        raise _broken(done)
    return findings


def codespell(patches: Sequence[Path]) -> tuple[PatchFinding, ...] | NotAvailable:
    """Misspelt words in the messages and the added lines of `patches`."""
    if shutil.which("codespell") is None:
        return NotAvailable("codespell is not installed")
    with scratch_directory() as place:
        for patch in patches:
            text = patch.read_text("utf-8", "replace")
            (place / patch.name).write_text("\n".join(_own_lines(text)) + "\n")
        # Run where no setup.cfg or .codespellrc is, and without the user's.
        done = run(
            ["codespell", "--disable-colors", *(patch.name for patch in patches)],
            cwd=place,
            env={"HOME": str(place)},
            timeout=120,
            check=False,
        )
    found = [_SPELT.fullmatch(line) for line in done.text.splitlines()]
    findings = tuple(
        PatchFinding(one["patch"], int(one["line"]), "WARNING", "SPELLING", one["message"])
        for one in found
        if one
    )
    if done.code != 0 and not findings:
        raise _broken(done)
    return findings


def am_roundtrip(base_files: Mapping[str, bytes], patches: Sequence[Path]) -> dict[str, bytes]:
    """The files after a real `git am` of `patches` onto `base_files`, in a scratch
    repository. Raises ProcessError, with git's words, when a patch does not apply."""
    with scratch_worktree(base_files) as tree:
        committer = {
            "GIT_COMMITTER_NAME": "zpconvert",
            "GIT_COMMITTER_EMAIL": "zpconvert@localhost",
        }
        paths = [patch.resolve() for patch in patches]
        sealed_git(tree, "am", "--quiet", *paths, env=committer)
        files = (path for path in tree.rglob("*") if path.is_file())
        return {
            str(path.relative_to(tree)): path.read_bytes()
            for path in files
            if path.relative_to(tree).parts[0] != ".git"
        }


def _findings(text: str) -> Iterator[PatchFinding]:
    for line in text.splitlines():
        one = _CHECKED.fullmatch(line)
        if one:
            yield PatchFinding(
                Path(one["patch"]).name, int(one["line"]), one["level"], one["type"], one["message"]
            )


def _own_lines(mail: str) -> Iterator[str]:
    """The mail with what is not ours blanked, so that line numbers stay: context and
    removed lines, and the mail's headers but for the subject."""
    part = "header"
    for line in mail.split("\n"):
        if part == "header":
            yield line if line.startswith("Subject:") else ""
            part = "message" if not line else part
        elif part == "message":
            part = "diff" if line.startswith("diff --git ") else part
            yield "" if part == "diff" else line
        else:
            yield line[1:] if line.startswith("+") and not line.startswith("+++ ") else ""


def _broken(done: Completed) -> ProcessError:
    return ProcessError(done.argv, "a temporary directory", done.code, done.stdout, done.stderr)
