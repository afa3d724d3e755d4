# SPDX-License-Identifier: GPL-2.0-only
"""The README's example of a conversion is the bundled one of zbud, but for its longer texts."""

from __future__ import annotations

import re
from pathlib import Path

from zpconvert.conversion.load import load

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_example_is_zbud_s_conversion(tmp_path: Path) -> None:
    text = README.read_text().partition("## Writing a conversion\n")[2].partition("\n## ")[0]
    tables = re.findall(r"(?ms)^```toml\n(.*?)^```$", text)
    (rules,) = re.findall(r"(?ms)^```\n(@.*?)^```$", text)
    place = tmp_path / "zbud"
    place.mkdir()
    (place / "conversion.toml").write_text("\n".join(tables))
    (place / "idioms.cocci").write_text(rules)
    shown, real = load(str(place)), load("zbud")
    assert rules in real.smpl[0].read_text()
    for name in ("descriptor", "files", "prefix", "kconfig", "variables", "border", "boot"):
        assert getattr(shown, name) == getattr(real, name), name
    assert shown.cover_title == real.cover_title
    assert len(shown.steps) == len(real.steps)
    for one, other in zip(shown.steps, real.steps, strict=True):
        for name in ("id", "subject", "slots", "helpers", "idioms", "stale", "trailers"):
            assert getattr(one, name) == getattr(other, name), (one.id, name)
