# SPDX-License-Identifier: GPL-2.0-only
"""The rules of `zpconvert check`, one a module."""

from __future__ import annotations

from zpconvert.check.model import Rule
from zpconvert.check.rules.allow import Allow
from zpconvert.check.rules.assertion import Assertion
from zpconvert.check.rules.comment import Comment
from zpconvert.check.rules.helper import HelperCall
from zpconvert.check.rules.member import OldMember
from zpconvert.check.rules.nested import Nested
from zpconvert.check.rules.raw_cast import RawCast
from zpconvert.check.rules.slot import NewSlot
from zpconvert.check.rules.unparsed import Unparsed
from zpconvert.check.rules.unused import UnusedHelper

#: All rules, in the order of their codes.
RULES: tuple[Rule, ...] = (
    NewSlot(),
    HelperCall(),
    RawCast(),
    OldMember(),
    Nested(),
    Comment(),
    UnusedHelper(),
    Assertion(),
    Allow(),
    Unparsed(),
)
BY_CODE = {rule.code: rule for rule in RULES}
