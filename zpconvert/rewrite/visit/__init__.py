# SPDX-License-Identifier: GPL-2.0-only
"""From syntax to sites: a visitor follows the old struct's pointers through every expression."""
