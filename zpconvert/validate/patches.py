# SPDX-License-Identifier: GPL-2.0-only
"""What can be told of the patches without compiling them."""

from __future__ import annotations

from collections.abc import Sequence

from zpconvert.kernel.tree import Tree
from zpconvert.validate.commits import Series
from zpconvert.validate.report import Finding


def mail_findings(series: Series, tree: Tree, only: Sequence[int]) -> list[Finding]:
    """Findings in the mails of a series; `only` as in `run.Subject`."""
    return []
