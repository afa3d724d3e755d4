# SPDX-License-Identifier: GPL-2.0-only
"""What a user can mend: where it is, what is wrong, what to do about it.

Everything else that goes wrong is a bug of ours and is left to propagate; the command line
turns it into a log file and one line (`zpconvert.cli.boundary`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(unsafe_hash=True)
class UserError(Exception):
    """One line for the user, and exit code 2.

    Not frozen, though never changed: contextlib assigns `__traceback__` when an exception
    passes through a `@contextmanager`, and a frozen one dies there (FrozenInstanceError).

    where: a path, `path:line` (1-based), `path:line:col`, an option or a program.
    what:  the fault, without a full stop.
    todo:  what to do about it, imperative, without a full stop.
    """

    where: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.todo}"
