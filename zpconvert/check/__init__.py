# SPDX-License-Identifier: GPL-2.0-only
"""Keeping a converted file converted: what `zpconvert check` looks for, and its mending."""
