# SPDX-License-Identifier: GPL-2.0-only
"""Semantic patches: the .cocci file as a model, generated rules, and runs of spatch."""
