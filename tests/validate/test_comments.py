# SPDX-License-Identifier: GPL-2.0-only
"""Comments are found wherever they stand, and what a string holds is none."""

from __future__ import annotations

import pytest

from zpconvert.validate.comments import uncommented


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"a /* b */ c\n", b"a   c\n"),
        (b"a /* b\n c */ d\n", b"a\n d\n"),
        (b"a // b\nc\n", b"a\nc\n"),
        (b'"/* no */" // yes\n', b'"/* no */"\n'),
        (b"'\"' /* x */ '\\''\n", b"'\"'   '\\''\n"),
        (b"#define A 1 /* one\n two */\n", b"#define A 1\n\n"),
        (b"#error don't /* x */ stop\n", b"#error don't   stop\n"),
        (b'"\\"/*" + 1 /* */;\n', b'"\\"/*" + 1  ;\n'),
        (b"# include <a//b.h> // c\n", b"# include <a//b.h>\n"),
        (b"#include_next <a/*b.h> /* */\n", b"#include_next <a/*b.h>\n"),
        (b'LR"x(" // )" )x" // y\n', b'LR"x(" // )" )x"\n'),
        (b'BAR"(" // )"\n', b'BAR"("\n'),
    ],
)
def test_comments_leave_only_their_line_ends(text: bytes, code: bytes) -> None:
    assert uncommented(text) == code
    assert text.count(b"\n") == code.count(b"\n")
