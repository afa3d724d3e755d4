# SPDX-License-Identifier: GPL-2.0-only
"""Masking: kernel C parses, no byte moves, and what was masked is remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.csource.mask import comments, mask, tokens
from zpconvert.csource.parse import errors, parse


@pytest.mark.parametrize(
    "source",
    [
        "static int __init f(void) { return 0; }",
        "static __always_inline int f(int a __maybe_unused) { return a; }",
        "void f(void) __must_hold(&x) __releases(y) { }",
        "struct s { int a; } __packed __aligned(8);",
        "void f(void) { list_for_each_entry(p, &head, lru) { g(p); } }",
        "void f(void) { for_each_thing(p) g(p); }",
        "void f(void) { hlist_for_each(p, h)\n\tif (p) g(p); }",
        "static DEFINE_PER_CPU(struct area, areas);",
        "void f(void) { p = container_of(x, struct s, member); }",
        "void f(void) { p = kmalloc(sizeof(struct s), 1); q = list_entry(a, const struct s, b); }",
        "void f(void) { typeof(*p) x = *p; __typeof__(x) *y = &x; }",
        "int f(int a) { switch (a) { case 1 ... 3: return 1; default: return 2; } }",
        "void f(void) { x = (typeof(x) __force)y; }",
        "long f(void) { return va_arg(ap, unsigned long) + READ_ONCE(x); }",
    ],
)
def test_kernel_c_parses_and_keeps_its_places(source: str) -> None:
    raw = source.encode()
    masked = mask(raw)
    assert list(errors(parse(masked.text))) == []
    assert len(masked.text) == len(raw)
    assert [i for i, b in enumerate(masked.text) if b == 10] == [
        i for i, b in enumerate(raw) if b == 10
    ]


def test_plain_c_is_left_alone() -> None:
    source = b"struct s { int a; };\nint f(struct s *s) { return s->a ? s->a + 1 : sizeof(*s); }\n"
    masked = mask(source)
    assert masked.text == source
    assert (masked.types, masked.iterators) == ({}, {})


def test_types_and_loops_are_remembered_where_they_stood() -> None:
    source = b"void f(void) { list_for_each_entry(p, h, l) { x = list_entry(p, struct s *, m); } }"
    masked = mask(source)
    assert masked.iterators == {source.index(b"list_for"): "list_for_each_entry"}
    assert masked.types == {source.index(b"struct s"): "struct s *"}


def test_tokens_leave_out_comments_and_directives_indented_ones_too() -> None:
    source = b'#define A b\n  # ifdef C\nint d; /* e */ // f\n\t#endif\nL"g" u8"h" \'i\' 0x1e+2 ...'
    assert [t.text.decode() for t in tokens(source)] == [
        "int", "d", ";", 'L"g"', 'u8"h"', "'i'", "0x1e+2", "...",
    ]  # fmt: skip
    assert [source[a:b] for a, b in comments(source)] == [b"/* e */", b"// f"]
    assert mask(source).comments == tuple(comments(source))


@given(st.text("(){},;#\"'\\/* \n\tabL_0.-=&", max_size=60))
def test_any_text_is_masked_without_moving_a_byte(text: str) -> None:
    raw = text.encode()
    masked = mask(raw)
    assert len(masked.text) == len(raw)
    for token in masked.tokens:
        assert raw[token.start : token.end] == token.text
