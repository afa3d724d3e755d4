# SPDX-License-Identifier: GPL-2.0-only
"""git, run on the user's repository or sealed off from the user altogether.

The user's repository keeps its own configuration but for what would change output we read
or write into the tree. A scratch repository is ours: no configuration, attribute file or
variable of the user reaches it, so the same input gives the same bytes on every machine.
"""

from __future__ import annotations

from pathlib import Path

from zpconvert.process import Completed, run

#: Variables with which a hook or a wrapper points git at another repository or at other
#: output (`git rev-parse --local-env-vars`, and those that git-diff(1) reads).
_LEAKS: dict[str, str | None] = dict.fromkeys(
    (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_REPLACE_REF_BASE",
        "GIT_DIFF_OPTS",
        "GIT_EXTERNAL_DIFF",
    )
)

_SEALED: dict[str, str | None] = {
    **_LEAKS,
    "GIT_CONFIG": None,
    "GIT_CONFIG_GLOBAL": None,
    "GIT_CONFIG_SYSTEM": None,
    "GIT_CONFIG_PARAMETERS": None,
    "GIT_CONFIG_COUNT": None,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_DEFAULT_HASH": None,
    "GIT_TEMPLATE_DIR": None,
}

#: On the user's repository: plain output, and no helper that writes or asks.
_PLAIN = ("--no-pager", "--no-optional-locks", "-c", "color.ui=false", "-c", "core.abbrev=12")


def user_git(
    tree: Path, *words: str | Path, stdin: bytes = b"", check: bool = True, timeout: float = 120.0
) -> Completed:
    """Run git in the user's `tree`, under the user's configuration.

    Raises UserError when git is missing, ProcessError when it fails (unless not `check`).
    """
    argv = ["git", *_PLAIN, *words]
    return run(argv, cwd=tree, env=_LEAKS, stdin=stdin, check=check, timeout=timeout)


def sealed_git(
    place: Path,
    *words: str | Path,
    stdin: bytes = b"",
    env: dict[str, str] | None = None,
    timeout: float = 120.0,
) -> Completed:
    """Run git with `place` as working directory and as HOME; `env` adds to the sealed
    environment. Raises UserError when git is missing, ProcessError when it fails."""
    sealed = {**_SEALED, "HOME": str(place), "XDG_CONFIG_HOME": str(place), **(env or {})}
    return run(["git", "--no-pager", *words], cwd=place, env=sealed, stdin=stdin, timeout=timeout)
