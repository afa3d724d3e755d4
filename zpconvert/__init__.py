# SPDX-License-Identifier: GPL-2.0-only
"""A kernel tree in, a patch series out: a subsystem moves off its old page type."""

from __future__ import annotations
