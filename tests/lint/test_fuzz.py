# SPDX-License-Identifier: GPL-2.0-only
"""No text stops the linter, and what it mends stays mended (the longer run: `make fuzz`).

Texts that did stop it, found here and by atheris, are examples below.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz import lint
from tests.fuzz.engine import Part
from zpconvert.lint.run import lint as find
from zpconvert.lint.run import rule


@given(lint.texts)
@settings(max_examples=120, deadline=None)
# a form feed in a comment is no line's end to spatch, and is blank in what is masked
@example("@a@\n@@\n- f() // x\x0cy\n")
def test_any_text(text: str) -> None:
    lint.whole(text.encode())


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
@example("¹")
def test_any_script(body: str) -> None:
    lint.body(body.encode())


@given(lint.texts)
@settings(max_examples=12, deadline=None)
def test_any_text_is_shown_to_spatch(text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last for one in find(text, lint.PATH, [rule("SP901")]))


@pytest.mark.parametrize("part", lint.TARGET.parts, ids=lambda part: part.__name__)
def test_what_the_fuzzers_start_from_passes(part: Part) -> None:
    for text in lint.TARGET.parts[part][1]:
        part(text)
