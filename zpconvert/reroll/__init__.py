# SPDX-License-Identifier: GPL-2.0-only
"""The next revision of a series: what was posted, what changed since, what is carried over."""
