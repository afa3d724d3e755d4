# SPDX-License-Identifier: GPL-2.0-only
"""What was recorded about a series, as a page to read."""
