# SPDX-License-Identifier: GPL-2.0-only
"""A pre-commit hook of ours in a repository, beside the one that is there already."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.git.command import user_git

_MARK = "# zpconvert hook"
_KEPT = "pre-commit.before-zpconvert"
_SCRIPT = """\
#!/bin/sh
{mark}: 'zpconvert hook remove' takes it out again.
# A hook that was here before runs first, and stops the commit if it fails.
kept=$(dirname "$0")/{kept}
if [ -x "$kept" ]; then
	"$kept" "$@" || exit
fi
exec {command}
"""


def install(place: Path, command: Sequence[str]) -> tuple[Path, bool]:
    """Install a pre-commit hook that runs `command`; a hook that is there is kept and run first.

    place: a directory of the repository. Gives the hook's path and whether one was kept.
    Installed twice, it is brought up to date. Raises UserError outside of a repository, and
    where the hooks directory is shared with other repositories.
    """
    hook, kept = _paths(place)
    try:
        hook.parent.mkdir(parents=True, exist_ok=True)
        foreign = _exists(hook) and not _ours(hook)
        if foreign and _exists(kept):
            raise UserError(
                str(kept), "is in the way of the hook that is there", "move one of them away"
            )
        new = hook.with_name("pre-commit.zpconvert-new")
        words = " ".join(map(shlex.quote, command))
        new.write_text(_SCRIPT.format(mark=_MARK, kept=_KEPT, command=words))
        new.chmod(0o755)
        if foreign:
            hook.rename(kept)
        new.replace(hook)
    except OSError as error:
        raise _unwritable(hook, error) from None
    return hook, _exists(kept)


def remove(place: Path) -> tuple[Path, bool] | None:
    """Remove our hook; the one that was there before is put back. As `install` otherwise; None
    where there is no hook.

    Raises UserError where the hook is not ours.
    """
    hook, kept = _paths(place)
    if not _exists(hook):
        return None
    if not _ours(hook):
        raise UserError(str(hook), "is not zpconvert's", "take it out by hand")
    try:
        if _exists(kept):
            kept.replace(hook)
            return hook, True
        hook.unlink()
    except OSError as error:
        raise _unwritable(hook, error) from None
    return hook, False


def _paths(place: Path) -> tuple[Path, Path]:
    """The pre-commit hook of a repository, and where one that was there before is kept."""
    asked = user_git(
        place, "rev-parse", "--git-common-dir", "--show-toplevel", "--git-path", "hooks",
        check=False,
    )  # fmt: skip
    if asked.code != 0:
        raise UserError(str(place), "no git work tree", "run this inside a repository")
    common, top, hooks = (Path(os.path.normpath(place / p)) for p in asked.text.splitlines())
    real = hooks.resolve()
    if not any(real.is_relative_to(own.resolve()) for own in (common, top)):
        raise UserError(
            str(hooks),
            "is outside of this repository (core.hooksPath), and others may use it",
            "set core.hooksPath in this repository, or call 'zpconvert check --staged' there",
        )
    return hooks / "pre-commit", hooks / _KEPT


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _ours(hook: Path) -> bool:
    try:
        return _MARK.encode() in hook.read_bytes()
    except OSError:
        return False


def _unwritable(hook: Path, error: OSError) -> UserError:
    return UserError(str(hook), f"cannot be written: {error.strerror}", "check its permissions")
