# SPDX-License-Identifier: GPL-2.0-only
"""The machines that objects are for, as ELF numbers them (EM_386 and so on)."""

from __future__ import annotations

I386, S390, ARM, X86_64, ARM64, RISCV = 3, 22, 40, 62, 183, 243
