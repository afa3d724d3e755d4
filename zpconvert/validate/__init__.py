# SPDX-License-Identifier: GPL-2.0-only
"""Every commit of a series proven: it builds, warns of nothing new, and changes no function."""
