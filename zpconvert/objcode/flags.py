# SPDX-License-Identifier: GPL-2.0-only
"""How both sides of a comparison are compiled."""

from __future__ import annotations

#: With these the compiler's choices inside one function do not depend on another's
#: (measured: 173 of 173 functions identical after a pure change of types, 39 of 53 without).
NO_INLINE_FLAGS = (
    "-fno-inline",
    "-fno-inline-functions-called-once",
    "-fno-ipa-sra",
    "-fno-ipa-cp",
    "-fno-ipa-icf",
    "-fno-ipa-ra",
)

#: What both sides of a comparison are compiled with. A section for each function: the
#: assembler resolves calls within one section to distances, which change when a neighbour
#: grows. No frames, and calls at a function's end as jumps, so that a shim is nothing but a
#: jump. No padding between blocks: where gcc 12 puts it hangs on its guesses of what is likely
#: (seen on i386, nothing but a nop was other). No unwind tables: they say of a function's code
#: what the code says. A fixed __LINE__: WARN_ON and its like put it into code and tables, and a
#: changed declaration may add a line. -w: gcc warns about the redefinition.
COMPARE_FLAGS = (
    *NO_INLINE_FLAGS,
    "-ffunction-sections",
    "-fomit-frame-pointer",
    "-foptimize-sibling-calls",
    "-fno-align-jumps",
    "-fno-align-labels",
    "-fno-align-loops",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-D__LINE__=1",
    "-w",
)
