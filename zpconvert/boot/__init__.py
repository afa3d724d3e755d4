# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that run as ordinary processes: what they boot with, and what their console says."""
