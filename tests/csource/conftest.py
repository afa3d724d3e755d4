# SPDX-License-Identifier: GPL-2.0-only
"""What headers say that are texts, not files of a tree."""

from __future__ import annotations

from collections.abc import Iterable

from zpconvert.csource.externals import Externals
from zpconvert.csource.header_scan import scan_header
from zpconvert.csource.header_tables import merge


def externals_from_texts(texts: Iterable[bytes]) -> Externals:
    """Externals of headers given as bytes, their includes not followed."""
    tables = merge(scan_header(text) for text in texts)
    return Externals(lambda name: getattr(tables, name))
