# SPDX-License-Identifier: GPL-2.0-only
"""Text that spatch cannot read, put into comments of equal length for the time of a run."""

from __future__ import annotations

import re

# spatch 1.1.1 skips a function with an attribute behind the name of a local; seen in 6.1's
# mm/, where a struct on the stack is aligned
_INSIDE = rb"[^()*]*"
for _ in range(4):
    _INSIDE = rb"(?:[^()*]|\(" + _INSIDE + rb"\))*"
_ATTRIBUTE = re.compile(rb"__attribute__(?P<open>[ \t]*\(\()(?P<inside>" + _INSIDE + rb")\)\)")
_MASKED = re.compile(rb"/\*attribute__(?P<open>[ \t]*\(\()(?P<inside>[^*]*)\*/")


def mask(source: bytes) -> bytes:
    """The text with every `__attribute__((…))` as a comment, nothing moved."""
    return _ATTRIBUTE.sub(rb"/*attribute__\g<open>\g<inside>*/", source)


def unmask(source: bytes) -> bytes:
    """The text with the attributes back."""
    return _MASKED.sub(rb"__attribute__\g<open>\g<inside>))", source)


def masked(source: bytes) -> int:
    """How many attributes are comments."""
    return len(_MASKED.findall(source))
