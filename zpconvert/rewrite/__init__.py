# SPDX-License-Identifier: GPL-2.0-only
"""The engine: one file at any state of its migration, bytes in and bytes out."""
