# SPDX-License-Identifier: GPL-2.0-only
"""The command line: one verb a module, one error boundary; the only home of click and rich."""

from __future__ import annotations
