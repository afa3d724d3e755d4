# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of headers between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.csource import header_cache


def test_an_interrupt_right_after_a_file_is_in_place_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        replace(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        header_cache.write(tmp_path, "scan", "key", b"payload")
