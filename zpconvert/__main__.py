# SPDX-License-Identifier: GPL-2.0-only
"""The program: `zpconvert`, and `python -m zpconvert`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """The console script. Ctrl-C counts from the first import on, and so does SIGTERM: what is
    running is ended, and scratch directories are removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from zpconvert.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("zpconvert: interrupted\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
