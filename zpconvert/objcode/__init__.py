# SPDX-License-Identifier: GPL-2.0-only
"""Object code: ELF objects read, and compared function by function."""

from __future__ import annotations
