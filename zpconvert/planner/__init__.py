# SPDX-License-Identifier: GPL-2.0-only
"""Which step flips what: as a written plan names it, or planned from the file alone."""
