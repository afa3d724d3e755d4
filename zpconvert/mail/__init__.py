# SPDX-License-Identifier: GPL-2.0-only
"""Commit messages, the cover letter, and the series as mails."""
