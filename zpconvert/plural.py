# SPDX-License-Identifier: GPL-2.0-only
"""Numbers of things, as messages name them."""

from __future__ import annotations

#: Endings after which the plural has an e of its own.
_HISSING = ("ch", "s", "sh", "x")


def counted(number: int, noun: str) -> str:
    """`1 patch`, `2 patches`, `0 findings`; noun: in the singular, with a regular plural."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith(_HISSING) else 's'}"
