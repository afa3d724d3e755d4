# SPDX-License-Identifier: GPL-2.0-only
"""The header of a descriptor: its text, and which helpers are in it."""
