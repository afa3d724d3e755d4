# SPDX-License-Identifier: GPL-2.0-only
"""An address as a To or Cc header takes it, told before a mail server has to."""

from __future__ import annotations

import re
from email.utils import getaddresses

from zpconvert.errors import UserError

#: `local@domain` of dot-atoms (RFC 5322, 3.4.1), letters beyond ASCII included (RFC 6532).
_SPEC = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@\w[\w-]*(?:\.\w[\w-]*)*")


def check(option: str, value: str) -> None:
    """Raise UserError, naming `option`, unless `value` is one address with or without a name.

    A comma in a name needs quotes: without them it begins another address.
    """
    found = getaddresses([value])
    spec = found[0][1] if len(found) == 1 else ""
    text = value.strip()
    whole = text == spec or (text.endswith(f"<{spec}>") and text.count("<") == 1)
    if "\n" in value or not _SPEC.fullmatch(spec) or not whole:
        raise UserError(
            option, f"{value!r} is not an address", "write user@host, or 'Name <user@host>'"
        )
