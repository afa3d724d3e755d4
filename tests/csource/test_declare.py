# SPDX-License-Identifier: GPL-2.0-only
"""Declarators, however they are written."""

from __future__ import annotations

import pytest

from zpconvert.csource.ctype import CType
from zpconvert.csource.declare import declarators, specifier, storage
from zpconvert.csource.parse import descend, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int a;", [("a", 0, False, False)]),
        ("int *a, b, **c = 0;", [("a", 1, False, False), ("b", 0, False, False),
                                 ("c", 2, False, False)]),
        ("int a[2][3], *b[4];", [("a", 2, False, False), ("b", 2, False, False)]),
        ("int (*a)[3];", [("a", 2, False, False)]),
        ("int *f(int x);", [("f", 1, True, False)]),
        ("int *(*f)(int x);", [("f", 2, True, True)]),
        ("int (*f[3])(void);", [("f", 2, True, True)]),
        ("const struct s *const p;", [("p", 1, False, False)]),
    ],
)  # fmt: skip
def test_what_declarators_name(text: str, expected: list[tuple[str, int, bool, bool]]) -> None:
    source = text.encode()
    (node,) = descend(parse(source), "declaration")
    found = [
        (
            source[d.name.start_byte : d.name.end_byte].decode() if d.name else "",
            d.depth,
            d.parameters is not None,
            d.called,
        )
        for d in declarators(node)
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("static const struct page *p;", "struct page"),
        ("extern unsigned long x;", "unsigned long"),
        ("union u { int a; } x;", "union u"),
        ("pte_t x;", "pte_t"),
    ],
)
def test_what_a_specifier_spells(text: str, expected: str) -> None:
    (node, *_) = descend(parse(text.encode()), "declaration")
    assert specifier(node, text.encode(), {}) == CType(expected)


def test_a_masked_type_is_what_it_stood_for() -> None:
    source = b"_ypeof_x_ y;"
    (node,) = descend(parse(source), "declaration")
    assert specifier(node, source, {0: "struct page *"}) == CType("struct page", 1)


def test_storage_classes() -> None:
    source = b"static inline int f(void) { return 0; }"
    (node,) = descend(parse(source), "function_definition")
    assert storage(node, source) == {b"static", b"inline"}
