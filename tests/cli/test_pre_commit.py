# SPDX-License-Identifier: GPL-2.0-only
"""The hooks as the real pre-commit installs and runs them, from a checkout of this project.

pre-commit builds an environment with pip. That is done here without the network: the packages
that zpconvert needs are this environment's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """\
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: zpconvert-check
      - id: zpconvert-lint
"""
HEADER = b"""\
struct zpdesc { unsigned long flags; };
static_assert(offsetof(struct page, flags) == offsetof(struct zpdesc, flags));
static_assert(sizeof(struct zpdesc) <= sizeof(struct page));
#define zpdesc_page(z) ((struct page *)(z))
"""
CLEAN = b'#include "zpdesc.h"\nstatic int users(struct zpdesc *zpdesc);\n'
SLOT = b'#include "zpdesc.h"\nstruct holder {\n\tstruct page *page;\n};\n'
COCCI = b"@r@\nexpression e;\n@@\n- f(e)\n+ g(e)\n"
BROKEN = b"@r@\nexpression e;\n@@\n- f(x)\n+ g(undeclared, e)\n@@\n"


def run(place: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    site = sysconfig.get_paths()["purelib"]
    env = {
        **os.environ,
        "PRE_COMMIT_HOME": str(place.parent / "cache"),
        "PRE_COMMIT_COLOR": "never",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": site,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.run(
        [*map(str, words)], cwd=place, env=env, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip


def committed(place: Path) -> str:
    """A repository of what is in a directory; the hash of its commit."""
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        done = run(place, "git", *words)
        assert done.returncode == 0, done.stderr
    return run(place, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """This project as it is on disk, in a repository that pre-commit can clone."""
    copy = tmp_path_factory.mktemp("project")
    for name in (".pre-commit-hooks.yaml", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, copy)
    for name in ("zpconvert", "semantic_patches"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    return copy, committed(copy)


@pytest.mark.timeout(300)
def test_commits_are_blocked_and_passed(tmp_path: Path, project: tuple[Path, str]) -> None:
    work = tmp_path / "linux"
    (work / "mm").mkdir(parents=True)
    (work / ".pre-commit-config.yaml").write_text(CONFIG.format(repo=project[0], rev=project[1]))
    (work / "mm/zpdesc.h").write_bytes(HEADER)
    (work / "mm/use.c").write_bytes(CLEAN)
    (work / "ok.cocci").write_bytes(COCCI)
    committed(work)
    installed = run(work, "pre-commit", "install")
    assert installed.returncode == 0, installed.stderr

    (work / "mm/use.c").write_bytes(SLOT)
    (work / "bad.cocci").write_bytes(BROKEN)
    run(work, "git", "add", "-A")
    blocked = run(work, "git", "commit", "-m", "no")
    said = blocked.stdout + blocked.stderr
    assert blocked.returncode == 1, said
    assert "mm/use.c:3:15: ZPC001 field 'page' is a struct page" in said
    assert said.count("Failed") == 2
    assert "bad.cocci" in said

    (work / "mm/use.c").write_bytes(CLEAN + b"static int more;\n")
    (work / "bad.cocci").write_bytes(COCCI)
    run(work, "git", "add", "-A")
    passed = run(work, "git", "commit", "-m", "yes")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert (passed.stdout + passed.stderr).count("Passed") == 2
