# SPDX-License-Identifier: GPL-2.0-only
"""The program: `zpconvert`, and `python -m zpconvert`."""

from __future__ import annotations

import sys

from zpconvert import ending


def main() -> None:
    """The console script. Signals count from the first import on."""
    ending.listen()
    try:
        from zpconvert.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write(f"zpconvert: {ending.said()}\n")
        sys.exit(ending.code())
    run()


if __name__ == "__main__":
    main()
