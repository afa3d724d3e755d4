# SPDX-License-Identifier: GPL-2.0-only
"""C sources as text with positions: masking, the syntax tree, declarations, headers."""
