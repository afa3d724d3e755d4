# SPDX-License-Identifier: GPL-2.0-only
"""Repositories as users have them, with the configuration that users have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

#: Settings seen in the wild; each changes what some git command prints or writes.
HOSTILE = """\
[core]
	abbrev = 7
	autocrlf = true
	quotePath = false
	commentChar = "%"
	pager = false
	attributesFile = ~/attributes
[color]
	ui = always
[diff]
	noprefix = true
	mnemonicPrefix = true
	context = 9
	algorithm = patience
	external = false
	renames = copies
[format]
	signature = hostile
	subjectPrefix = HOSTILE
	numbered = false
	coverLetter = false
	thread = deep
	attach = yes
	to = hostile@example.org
	headers = "X-Hostile: yes\\n"
	signOff = true
	useAutoBase = always
	outputDirectory = /nonexistent
	pretty = oneline
	notes = true
	encodeEmailHeaders = false
[commit]
	gpgSign = true
[i18n]
	commitEncoding = ISO-8859-1
	logOutputEncoding = ISO-8859-1
[init]
	defaultBranch = trunk
	templateDir = /nonexistent
[am]
	keepcr = true
	threeWay = true
[status]
	short = true
	branch = true
	showUntrackedFiles = all
[log]
	showSignature = true
	decorate = full
	date = relative
[safe]
	bareRepository = explicit
[apply]
	whitespace = fix
"""


@pytest.fixture
def hostile_config() -> None:
    """A ~/.gitconfig that breaks every program that trusts git's defaults."""
    home = Path(os.environ["HOME"])
    (home / ".gitconfig").write_text(HOSTILE)
    (home / "attributes").write_text("*.c -diff\n")


@pytest.fixture
def git() -> Callable[..., str]:
    """`git(cwd, *words)`: git as the user runs it; what it prints."""

    def run(cwd: Path, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=cwd, check=True, capture_output=True, text=True
        ).stdout

    return run


@pytest.fixture
def tree(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A git work tree with mm/a.c and an executable file, one commit, tagged v1.0."""
    top = tmp_path / "linux"
    (top / "mm").mkdir(parents=True)
    (top / "mm/a.c").write_bytes(b"int a;\n")
    (top / "run").write_bytes(b"#!/bin/sh\n")
    (top / "run").chmod(0o755)
    git(top, "init", "-q", "-b", "master")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "start")
    git(top, "tag", "v1.0")
    return top
