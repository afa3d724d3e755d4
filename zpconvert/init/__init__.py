# SPDX-License-Identifier: GPL-2.0-only
"""A conversion from nothing: C files looked at, a conversion directory that converts them."""
