# SPDX-License-Identifier: GPL-2.0-only
"""The bundled semantic patches are found in a checkout and after `pip install .`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from zpconvert.resources import semantic_patches_dir

ROOT = Path(__file__).parent.parent


def test_a_checkout_has_them_beside_the_package() -> None:
    assert semantic_patches_dir() == ROOT / "semantic_patches"
    assert (semantic_patches_dir() / "descriptors").is_dir()


def test_an_installed_package_has_them_inside(tmp_path: Path) -> None:
    """As pip lays it out, run from another directory."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        ["cp", "-r", ROOT / "zpconvert", ROOT / "semantic_patches", copy], check=True, timeout=60
    )
    site = tmp_path / "site"
    pip = ["pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, "-m", *pip, "--target", site, copy], check=True, timeout=120)
    found = subprocess.run(
        [sys.executable, "-c",
         "from zpconvert.resources import semantic_patches_dir as d; print(d())"],
        cwd=tmp_path, env={"PYTHONPATH": str(site)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    place = Path(found.stdout.strip())
    assert place == site / "zpconvert/semantic_patches"
    here = ROOT / "semantic_patches"
    bundled = {p.relative_to(here) for p in here.rglob("*") if p.suffix in (".toml", ".cocci")}
    assert bundled
    assert bundled <= {p.relative_to(place) for p in place.rglob("*")}
    data = {p.relative_to(ROOT) for p in (ROOT / "zpconvert").rglob("*.*")}
    data = {p for p in data if p.suffix in (".toml", ".css", ".html", ".typed")}
    assert len(data) > 3
    assert data <= {p.relative_to(site) for p in (site / "zpconvert").rglob("*")}
