# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with a semantic patch, before anyone runs it."""
