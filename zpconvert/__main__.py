# SPDX-License-Identifier: GPL-2.0-only
"""The program: `zpconvert`, and `python -m zpconvert`."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script. Ctrl-C counts from the first import on."""
    try:
        from zpconvert.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("zpconvert: interrupted\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
