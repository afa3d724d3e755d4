# SPDX-License-Identifier: GPL-2.0-only
"""So many at a time, and who is urgent before who is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A semaphore with two ranks."""

    def __init__(self, number: int) -> None:
        """number: how many may be at it at a time."""
        self._free, self._urgent = number, 0
        self._changed = threading.Condition()

    @property
    def urgent(self) -> int:
        """How many that are urgent wait."""
        return self._urgent

    @contextmanager
    def turn(self, *, urgent: bool) -> Iterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        with self._changed:
            self._urgent += urgent
            try:
                self._changed.wait_for(lambda: self._free and (urgent or not self._urgent))
            finally:
                # Ctrl-C can come here, too
                self._urgent -= urgent
                self._changed.notify_all()
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()
