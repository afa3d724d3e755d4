# SPDX-License-Identifier: GPL-2.0-only
"""The kernel as something to read and to build: sources, trees, kbuild."""

from __future__ import annotations
