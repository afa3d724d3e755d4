# SPDX-License-Identifier: GPL-2.0-only
"""A conversion read from TOML into frozen values."""
