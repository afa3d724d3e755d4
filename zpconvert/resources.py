# SPDX-License-Identifier: GPL-2.0-only
"""Where the data that comes with the package is, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path


def semantic_patches_dir() -> Path:
    """The directory of bundled conversions: one directory each, and `descriptors/`.

    `pip install .` puts it inside the package (see package_dir in setup.cfg); in a checkout
    and in an editable install it lies beside the package.
    """
    package = Path(__file__).resolve().parent
    installed = package / "semantic_patches"
    return installed if installed.is_dir() else package.parent / "semantic_patches"
