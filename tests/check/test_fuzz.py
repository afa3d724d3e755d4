# SPDX-License-Identifier: GPL-2.0-only
"""Any text is checked: no crash, and mending comes to an end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zpconvert.check import formats, run, sample
from zpconvert.check.rules import RULES
from zpconvert.check.subject import Subject
from zpconvert.check.vocabulary import vocabulary

WORDS = r"""
struct page struct desc desc_page( page_desc( desc_folio( -> index private next handle
lock_page( folio_lock( unlock_page( pfn_to_page( page_to_pfn( ( ) { } [ ] ; , * & = ? : # "
static inline void int long return if for typedef union 0 1 p d x // /* */ . ...
zpconvert: allow ZPC001 ZPC002 reason define ifdef endif include MATCH( static_assert(
offsetof( sizeof( typeof( _Generic( const
"""
CASTS = [b"(struct page *)", b"(struct desc *)", b"\n", b"\\\n", b"\r\n", b"\xff", b"\0"]
PIECES = [*(word.encode() for word in WORDS.split()), *CASTS]
EXAMPLES = [e.encode() for r in RULES for e in (*r.VALID, *r.INVALID)] + [sample.HEADER]

soup = st.lists(st.sampled_from(PIECES), max_size=60).map(b" ".join)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """An example with a piece of it replaced."""
    text = draw(st.sampled_from(EXAMPLES))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 30)))
    return text[:start] + draw(soup) + text[end:]


def examine(make: run.Make, text: bytes) -> None:
    found = run.findings(make, text)
    lines = text.count(b"\n") + 1
    for finding in found:
        assert 1 <= finding.line <= finding.last <= lines
        assert finding.column >= 1
    assert formats.sarif(found, {f.path: text for f in found}, "0.1.0")
    mended, _ = run.mended(make, text)
    assert run.mended(make, mended) == (mended, 0)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(soup, spoilt(), st.binary(max_size=200)), header=st.booleans())
def test_any_text(text: bytes, header: bool) -> None:
    examine(lambda source: sample.subject(source, header=header), text)


@settings(max_examples=60, deadline=None)
@given(header=st.one_of(soup, spoilt()), text=spoilt())
def test_any_header(header: bytes, text: bytes) -> None:
    words = vocabulary(sample.DESCRIPTOR, header)
    examine(lambda source: Subject("x.c", source, words), text)


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
@pytest.mark.parametrize("header", [False, True])
def test_nested_without_end(text: bytes, header: bool) -> None:
    examine(lambda source: sample.subject(source, header=header), text)
