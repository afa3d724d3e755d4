# SPDX-License-Identifier: GPL-2.0-only
"""`python -m zpconvert`."""

from __future__ import annotations

from zpconvert.cli.main import main

if __name__ == "__main__":
    main()
