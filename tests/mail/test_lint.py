# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.mail.lint import lint

FUNCTIONS = {"obj_malloc", "zs_free", "lock_it", "trylock_it", "migrate"}


def rules(message: str) -> list[tuple[int, str]]:
    return [(f.line, f.rule) for f in lint(message, prefix="mm/a", functions=FUNCTIONS)]


def body(text: str) -> list[tuple[int, str]]:
    return rules(f"mm/a: subject\n\n{text}\n\nSigned-off-by: A <a@example.org>\n")


def test_a_good_message_has_no_findings() -> None:
    assert body("Let obj_malloc() and zs_free() do it.") == []


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("mm/b: subject\n\nBody.\n", [(1, "subject-prefix")]),
        ("mm/a: subject.\n\nBody.\n", [(1, "subject-dot")]),
        ("mm/a: " + "x" * 70 + "\n\nBody.\n", [(1, "subject-length")]),
        ("mm/a: subject\n", [(1, "body-missing")]),
        ("mm/a: subject\n\nSigned-off-by: A <a@example.org>\n", [(1, "body-missing")]),
        ("mm/a: subject\nBody.\n", [(2, "subject-blank")]),
        ("mm/a: subject\n\nBody.\n" + "word " * 15 + "x\n", [(4, "body-width")]),
    ],
)
def test_findings(message: str, found: list[tuple[int, str]]) -> None:
    assert rules(message) == found


def test_75_columns_are_allowed_and_words_that_cannot_break() -> None:
    assert body("x" * 37 + " " + "y" * 37) == []
    assert body("https://example.org/" + "x" * 90) == []


@pytest.mark.parametrize(
    "text",
    [
        "obj_malloc does it.",
        "It does (in obj_malloc) that.",
        "That is for obj_malloc.",
        "Both lock_it/trylock_it() do.",
        "It is zs_free's and obj_malloc()'s job.",
    ],
)
def test_function_names_need_parentheses(text: str) -> None:
    assert body(text) == [(3, "function-name")]


def test_each_name_of_a_pair_is_reported() -> None:
    assert body("In lock_it/trylock_it it is.") == [(3, "function-name")] * 2


@pytest.mark.parametrize(
    "text",
    [
        "A struct obj_malloc is something else.",
        "So is page->obj_malloc, a member.",
        "See mm/obj_malloc.c and Documentation/zs_free/index.rst.",
        "The `obj_malloc` and 'zs_free' here are quoted.",
        "\tobj_malloc in code",
        "To migrate is a word of English.",
        "my_obj_malloc and obj_malloc_more are others.",
    ],
)
def test_what_is_no_bare_function_name(text: str) -> None:
    assert body(text) == []
