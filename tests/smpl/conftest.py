# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FakeSpatch = Callable[[str], Path]


@pytest.fixture
def fake_spatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSpatch:
    """Put a shell script on PATH in spatch's stead; it gets spatch's arguments."""

    def make(script: str, version: str = "1.1.1") -> Path:
        room = tmp_path / "bin"
        room.mkdir(exist_ok=True)
        program = room / "spatch"
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo "spatch version {version}"; '
            f"exit 0; fi\n{script}\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{room}:/usr/bin:/bin")
        return program

    return make
