# SPDX-License-Identifier: GPL-2.0-only
"""Any text is checked: no crash, and mending comes to an end (the longer run: `make fuzz`)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.fuzz import check
from tests.fuzz.engine import Part


@settings(max_examples=150, deadline=None)
@given(text=check.sources)
def test_any_text(text: bytes) -> None:
    check.source(text)


@settings(max_examples=60, deadline=None)
@given(header=check.sources)
def test_any_header(header: bytes) -> None:
    check.header(header)


@settings(max_examples=60, deadline=None)
@given(header=check.sources, text=check.spoilt(check.EXAMPLES, check.soup))
def test_any_text_in_the_words_of_any_header(header: bytes, text: bytes) -> None:
    check.source_of(header, text)


@settings(max_examples=60, deadline=None)
@given(mail=check.mails)
def test_any_patch(mail: bytes) -> None:
    check.mail(mail)


@pytest.mark.parametrize("part", check.TARGET.parts, ids=lambda part: part.__name__)
def test_what_the_fuzzers_start_from_passes(part: Part) -> None:
    for text in check.TARGET.parts[part][1]:
        part(text)


@pytest.mark.parametrize(
    "text",
    [
        b"void f(struct desc *d) { g(" + b"(" * 5000 + b"desc_page(d)" + b")" * 5000 + b"); }\n",
        b"void f(struct page *p) { g(" + b"1+" * 5000 + b"1); }\n",
        b"void f(struct page *p) " + b"{" * 3000 + b"}" * 3000 + b"\n",
        b"void f(struct page *p) { g(" + b"(struct desc *)" * 2000 + b"p); }\n",
        b"void f(struct desc *d) { g(" + b"page_desc(desc_page(" * 70 + b"d" + b"))" * 70 + b"); }",
        b"struct page " + b"*" * 5000 + b"p;\n",
        b"struct { " * 1500 + b"struct page *p; " + b"};" * 1500,
        b"#if A\n" * 800 + b"struct page *p;\n" + b"#endif\n" * 800,
    ],
    ids=["parentheses", "sums", "blocks", "casts", "nested", "stars", "structs", "conditions"],
)
@pytest.mark.parametrize("part", [check.source, check.header])
def test_nested_without_end(text: bytes, part: Part) -> None:
    part(text)
