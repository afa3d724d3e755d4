# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.lint.model import Rule
from zpconvert.lint.run import rules


@pytest.fixture(scope="session")
def own_rules() -> list[Rule]:
    """Every rule but the one that runs spatch."""
    return [rule for rule in rules() if rule.code != "SP901"]
