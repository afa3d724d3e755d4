# SPDX-License-Identifier: GPL-2.0-only
"""What the drafted helpers take for granted, in the form in which `validate` builds it in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from zpconvert.conversion.model import Assumption
from zpconvert.init.model import Proposed

#: Assumptions of bundled descriptors by name, and why a draft makes them. How they are built in
#: is about the page API and holds for any descriptor; why they hold is each descriptor's own.
_ORDER, _DEVICE, _TEXT = "order-0", "no-device-memory", "assertion-text"


def assumed(helpers: Sequence[Proposed], offered: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """The assumptions of a draft with these helpers, as far as they are offered."""
    folio = [one for one in helpers if one.new != one.old]
    reasons = {}
    if folio:
        listed = ", ".join(f"{one.new}()" for one in folio)
        reasons[_ORDER] = (
            "Nothing in the files says that a page may be compound. A draft's assumption, made "
            f"for {listed}; check it.\n"
        )
    if any(one.new == "folio_put" for one in folio):
        reasons[_DEVICE] = (
            "put_page() also looks for device memory, folio_put() does not. A draft's "
            "assumption; check it.\n"
        )
    found = {one.name: one for one in offered}
    reasons |= {_TEXT: found[_TEXT].reason} if _TEXT in found else {}
    return tuple(
        dataclasses.replace(found[name], reason=reason)
        for name, reason in reasons.items()
        if name in found
    )
