# SPDX-License-Identifier: GPL-2.0-only
"""Named git verbs, and git objects written from bytes."""
