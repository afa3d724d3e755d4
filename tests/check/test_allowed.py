# SPDX-License-Identifier: GPL-2.0-only
"""What an allow comment silences, and what it does not."""

from __future__ import annotations

import pytest

from zpconvert.check import run, sample

SLOT = "static void use(void)\n{\n\tstruct page *p;%s\n\ta(p);\n\tb(p);\n}\n"


def codes(text: str) -> list[str]:
    return [f.code for f in run.findings(sample.subject, text.encode())]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", ["ZPC001"]),
        (" // zpconvert: allow ZPC001 hardware gives us pages", []),
        (" /* zpconvert: allow ZPC001 hardware gives us pages */", []),
        (" /* zpconvert: allow ZPC003,ZPC001 both are meant */", []),
        (" // zpconvert:allow ZPC001: because", []),
        (" // zpconvert: allow ZPC003 another rule", ["ZPC001"]),
        (" // zpconvert: allow ZPC001", ["ZPC001", "ZPC009"]),
        (" // zpconvert: allow ZPC001 -", ["ZPC001", "ZPC009"]),
        (" // zpconvert: allow", ["ZPC001", "ZPC009"]),
        (" // zpconvert: allow slots of any kind", ["ZPC001", "ZPC009"]),
        ('\n\tsay("// zpconvert: allow ZPC001");', ["ZPC001"]),
        ("\n\t// zpconvert: allow ZPC001 it is on another line", ["ZPC001"]),
    ],
)
def test_on_its_line_with_a_code_and_a_reason(comment: str, expected: list[str]) -> None:
    assert codes(SLOT % comment) == expected


def test_what_is_silenced_is_not_mended() -> None:
    text = (
        b"static void use(struct desc *d)\n{\n"
        b"\tlock_page(desc_page(d)); // zpconvert: allow ZPC002 the old call is under test\n}\n"
    )
    assert run.mended(sample.subject, text) == (text, 0)
