# SPDX-License-Identifier: GPL-2.0-only
"""What the headers of several files say together."""

from __future__ import annotations

from collections.abc import Iterable

from zpconvert.csource.externals import Externals, Macro, Signature


class Headers:
    """Functions and macros by name; where files disagree, the first that knows one counts."""

    def __init__(self, files: Iterable[Externals]) -> None:
        self._files = tuple(files)

    def function(self, name: str) -> Signature | None:
        """As `Externals.function`."""
        return next((f for one in self._files if (f := one.function(name)) is not None), None)

    def macro(self, name: str) -> tuple[Macro, ...]:
        """As `Externals.macro`."""
        return next((found for one in self._files if (found := one.macro(name))), ())

    def known(self, name: str) -> bool:
        """Whether any file's headers declare the name."""
        return any(one.known(name) for one in self._files)
