# SPDX-License-Identifier: GPL-2.0-only
"""Stale phrases, functions that lost their last user, the include."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from tests.rewrite.conftest import Convert
from zpconvert.rewrite.tidy import add_include, freshen, identifiers, unused


class Stale(NamedTuple):
    pattern: re.Pattern[str]
    to: str
    within: re.Pattern[str] | None = None


def test_phrases_change_in_comments_only() -> None:
    phrase = Stale(re.compile(r"page_lock"), "desc_lock")
    text = b'a(page_lock); /* page_lock */ say("page_lock"); // page_lock\n'
    assert freshen(text, [phrase]) == (
        b'a(page_lock); /* desc_lock */ say("page_lock"); // desc_lock\n'
    )


def test_a_phrase_can_ask_for_its_surroundings() -> None:
    phrase = Stale(re.compile(r"page"), "desc", re.compile("lock"))
    assert freshen(b"/* page */ /* lock page */", [phrase]) == b"/* page */ /* lock desc */"


def test_identifiers_are_those_of_code_and_directives() -> None:
    text = b'#define A b(c) /* d */\nint e = "f"; // g\n#if defined(H)\n'
    assert identifiers(text) == {"define", "A", "b", "c", "int", "e", "if", "defined", "H"}


def test_what_only_unused_functions_name_is_unused() -> None:
    defined = {"a": [0], "b": [1], "c": [2], "d": [3, 4]}
    texts = [{"a", "b"}, {"b", "c"}, {"c"}, {"d"}, {"d"}]
    assert unused(defined, texts, ["a", "b", "c"]) == {"a", "b", "c"}
    assert unused(defined, [*texts, {"b"}], ["a", "b", "c", "d"]) == {"a", "d"}


def test_a_function_that_was_unused_in_the_base_stays(convert: Convert) -> None:
    before = "static __maybe_unused void put(struct page *page)\n{\n\tput_page(page);\n}\n"
    result = convert(before, functions={"put": "put_desc"})
    assert result.text == before.replace("struct page", "struct desc").replace(
        "void put", "void put_desc"
    ).replace("(page);", "(desc_page(page));")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("int a;\n", '#include "x.h"\nint a;\n'),
        ("#include <a.h>\n\nint a;\n", '#include <a.h>\n\n#include "x.h"\n\nint a;\n'),
        (
            '#include <a.h>\n#ifdef B\n#include <b.h>\n#endif\n#include "c.h"\nint a;\n',
            '#include <a.h>\n#ifdef B\n#include <b.h>\n#endif\n#include "c.h"\n#include "x.h"\n'
            "int a;\n",
        ),
        ("#include <a.h>\n#ifdef B\n#include <b.h>\n#endif\n",
         '#include <a.h>\n\n#include "x.h"\n#ifdef B\n#include <b.h>\n#endif\n'),
        ('#include "x.h"\n', '#include "x.h"\n'),
    ],
)  # fmt: skip
def test_the_include_goes_after_the_last_that_is_unconditional(before: str, after: str) -> None:
    assert add_include(before.encode(), "x.h").decode() == after
