# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.smpl.masking import mask, masked, unmask


@pytest.mark.parametrize(
    "text",
    [
        b"struct s slots __attribute__((aligned(SLOTS_ALIGN)));",
        b"__attribute__ ((packed)) __attribute__((aligned(ALIGN(1, f(2)))))",
    ],
)
def test_an_attribute_becomes_a_comment_and_comes_back(text: bytes) -> None:
    hidden = mask(text)
    assert len(hidden) == len(text)
    assert b"__attribute__" not in hidden
    assert hidden.count(b"*/") == masked(hidden) == text.count(b"__attribute__")
    assert unmask(hidden) == text


def test_all_else_stays() -> None:
    text = b"/* a */ int attribute__((b)); /*attribute*/ f(__attribute__);"
    assert mask(text) == unmask(text) == text
