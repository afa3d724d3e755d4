# SPDX-License-Identifier: GPL-2.0-only
"""A view of a tree that was built in place, in which kbuild accepts to build elsewhere."""

from __future__ import annotations

from pathlib import Path


def buildable(tree: Path, place: Path) -> Path:
    """The tree itself if kbuild takes it with `O=`, else a farm of links at `place`.

    kbuild refuses a tree that holds `.config`, `include/config` or
    `arch/*/include/generated` ("The source tree is not clean", outputmakefile in the top
    Makefile). The farm links everything but those, so the user need not run mrproper.
    """
    built = {tree / ".config", tree / "include/config", *tree.glob("arch/*/include/generated")}
    if not any(path.exists() for path in built):
        return tree
    _link(tree, place, built | {tree / ".git", tree / "include/generated"})
    return place


def _link(source: Path, target: Path, left_out: set[Path]) -> None:
    """Link the entries of `source`, going into those directories that hold one left out.

    Links that are there stay, for another process may be compiling through them.
    """
    target.mkdir(exist_ok=True)
    for entry in source.iterdir():
        link = target / entry.name
        if entry in left_out:
            continue
        if any(entry in path.parents for path in left_out):
            _link(entry, link, left_out)
        elif not link.is_symlink():
            link.symlink_to(entry)
    for link in target.iterdir():
        if not link.exists():
            link.unlink()
