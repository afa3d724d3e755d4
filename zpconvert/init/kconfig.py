# SPDX-License-Identifier: GPL-2.0-only
"""The settings that build a file, guessed from the Makefiles and the Kconfig above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

_RULE = re.compile(
    r"^(?P<target>[\w.-]+)-(?P<when>y|objs|\$\(CONFIG_(?P<option>\w+)\))\s*[+:]?=(?P<words>.*)$",
    re.MULTILINE,
)
_CONFIG = re.compile(r"^(?:menu)?config\s+(\w+)\s*$")
_MOST = 40


@dataclass(frozen=True)
class Guess:
    """settings: `CONFIG_X=y` lines. hidden: options among them that no person can set, each with
    those that select it. unread: dependencies that are more than a list of options, as the tree
    has them."""

    settings: tuple[str, ...]
    hidden: tuple[tuple[str, tuple[str, ...]], ...]
    unread: tuple[str, ...]


def guess(tree: Path, files: tuple[str, ...]) -> Guess:
    """The settings that the Makefiles ask for, and what those options depend on."""
    options: list[str] = []
    for file in files:
        options += _options(tree, PurePosixPath(file))
    book = _Kconfig(tree, files)
    hidden, unread = [], []
    for option in options:
        entry = book.entries.get(option)
        if entry is None or len(options) > _MOST:
            continue
        if not entry.prompt:
            hidden.append(option)
        for text in entry.depends:
            words = [word.strip() for word in text.split("&&")]
            options += [w for w in words if re.fullmatch(r"\w+", w) and w not in options]
            unread += [f"{option}: {w}" for w in words if not re.fullmatch(r"\w+", w)]
    settings = tuple(f"CONFIG_{option}=y" for option in dict.fromkeys(options))
    return Guess(settings, tuple(_selected(tree, hidden).items()), tuple(dict.fromkeys(unread)))


def _selected(tree: Path, hidden: list[str]) -> dict[str, tuple[str, ...]]:
    """Which options of the whole tree select others, by the ones that are selected."""
    found: dict[str, list[str]] = {option: [] for option in hidden}
    for path in sorted(tree.rglob("Kconfig*")) if hidden else ():
        option = ""
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            opened = _CONFIG.match(line)
            option = opened[1] if opened is not None else option
            selects = re.match(r"\s+select\s+(\w+)", line)
            if selects is not None and selects[1] in found:
                found[selects[1]].append(option)
    return {option: tuple(dict.fromkeys(by)) for option, by in found.items()}


def _options(tree: Path, file: PurePosixPath) -> Iterator[str]:
    """The options of a file, then those of the directories that it is in."""
    yield from _of_object(_makefile(tree, file.parent), file.stem + ".o", set())
    directory = file.parent
    while directory.parent != directory and str(directory.parent) != ".":
        name = f"{directory.name}/"
        yield from _of_object(_makefile(tree, directory.parent), name, set())
        directory = directory.parent


def _makefile(tree: Path, directory: PurePosixPath) -> str:
    for name in ("Kbuild", "Makefile"):
        path = tree / directory / name
        if path.is_file():
            return path.read_text(errors="replace").replace("\\\n", " ")
    return ""


def _of_object(text: str, name: str, seen: set[str]) -> Iterator[str]:
    """The options under which a Makefile builds an object or goes into a directory."""
    if name in seen:
        return
    seen.add(name)
    for rule in _RULE.finditer(text):
        if name in rule["words"].split():
            if rule["option"]:
                yield rule["option"]
            if rule["target"] not in ("obj", "lib"):
                yield from _of_object(text, f"{rule['target']}.o", seen)


@dataclass
class _Entry:
    """One option: whether a person can set it, and what it depends on."""

    prompt: bool
    depends: list[str]


class _Kconfig:
    """The Kconfig files of the directories above some files."""

    def __init__(self, tree: Path, files: tuple[str, ...]) -> None:
        self._paths = list(
            dict.fromkeys(
                tree / directory / "Kconfig"
                for file in files
                for directory in PurePosixPath(file).parents
            )
        )

    @cached_property
    def entries(self) -> dict[str, _Entry]:
        """The options that these files define."""
        found: dict[str, _Entry] = {}
        for path in self._paths:
            if path.is_file():
                _read(path.read_text(errors="replace").replace("\\\n", " "), found)
        return found


def _read(text: str, found: dict[str, _Entry]) -> None:
    """Options with what they depend on, the `if`s around them included."""
    around: list[str] = []
    entry: _Entry | None = None
    helping = False
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if line[:1] not in (" ", "\t", ""):
            helping, entry = False, None
            opened = _CONFIG.match(line)
            if opened is not None:
                entry = found.setdefault(opened[1], _Entry(False, []))
                entry.depends += around
            elif word == "if":
                around.append(rest.strip())
            elif word == "endif" and around:
                around.pop()
        elif word in ("help", "---help---"):
            helping = True
        elif entry is not None and not helping:
            if word in ("bool", "tristate", "prompt") and '"' in rest:
                entry.prompt = True
            elif word == "depends":
                entry.depends.append(rest.removeprefix("on ").strip())
