# SPDX-License-Identifier: GPL-2.0-only
"""What must hold for `zpconvert check` whatever it reads, and texts to try it on.

`python -m tests.fuzz.check hypothesis|atheris SECONDS` looks for a text that breaks it.
"""

from __future__ import annotations

import contextlib
import sys

from hypothesis import strategies as st

from tests.fuzz.engine import Target, main

with Target.instrumented():
    from zpconvert.check import formats, patch, run, sample
    from zpconvert.check.rules import RULES
    from zpconvert.check.subject import Subject
    from zpconvert.check.vocabulary import vocabulary
    from zpconvert.errors import UserError

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

#: A patch of several hunks and its tree.
BASE = b"".join(b"line %d\n" % n for n in range(1, 13))
PATCH = b"""\
From: A U Thor <author@example.org>
Subject: [PATCH] x

---
diff --git a/mm/a.c b/mm/a.c
index 1234567..89abcde 100644
--- a/mm/a.c
+++ b/mm/a.c
@@ -1,3 +1,4 @@
 line 1
+new
 line 2
 line 3
@@ -9,4 +10,3 @@ f()
 line 9
-line 10
 line 11
 line 12
\\ No newline at end of file
--
2.39
"""
PATCH_WORDS = b"""\
@@ -1 +1 @@|@@ -0,0 +1,2 @@|--- a/mm/a.c|+++ b/mm/a.c|--- /dev/null|+++ /dev/null|\\ No newline|
rename from mm/a.c|rename to mm/b.c|Content-Transfer-Encoding: base64|+|-| |-line 1|"b/\\303.c"|
new file mode 100644|deleted file mode 100644|GIT binary patch|index 0000000..1234567 100644
"""
PATCH_PIECES = [*PATCH_WORDS.replace(b"|\n", b"|").strip().split(b"|"), b"\n", b"\r\n", b"\xff"]

soup = st.lists(st.sampled_from(PIECES), max_size=60).map(b" ".join)
patches = st.lists(st.sampled_from(PATCH_PIECES) | st.just(PATCH), max_size=20).map(b"\n".join)


@st.composite
def spoilt(draw: st.DrawFn, texts: list[bytes], junk: st.SearchStrategy[bytes]) -> bytes:
    """A text with a piece of it replaced."""
    text = draw(st.sampled_from(texts))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 30)))
    return text[:start] + draw(junk) + text[end:]


sources = st.one_of(soup, spoilt(EXAMPLES, soup), st.binary(max_size=200))
mails = st.one_of(patches, spoilt([PATCH], patches), st.binary(max_size=200))


def examine(make: run.Make, text: bytes) -> None:
    """Findings lie in the text, every format takes them, and mending comes to an end."""
    found = run.findings(make, text)
    lines = text.count(b"\n") + 1
    for finding in found:
        assert 1 <= finding.line <= finding.last <= lines
        assert finding.column >= 1
    assert formats.sarif(found, {f.path: text for f in found}, "0.1.0")
    mended, _ = run.mended(make, text)
    assert run.mended(make, mended) == (mended, 0)


def source(text: bytes) -> None:
    """A C file that uses the descriptor."""
    examine(sample.subject, text)


def source_of(header: bytes, text: bytes) -> None:
    """A C file in the words of a header."""
    words = vocabulary(sample.DESCRIPTOR, header)
    examine(lambda text: Subject("x.c", text, words), text)


def header(text: bytes) -> None:
    """The descriptor's header, under check and as the words of another file; or it is refused."""
    examine(lambda text: sample.subject(text, header=True), text)
    with contextlib.suppress(UserError):
        source_of(text, EXAMPLES[0])


def mail(text: bytes) -> None:
    """A patch: applied, or refused in one line."""
    with contextlib.suppress(UserError):
        assert all(blob for _, blob in patch.origins(text, "mail"))
        for file in patch.apply(text, "mail", {"mm/a.c": BASE}.get).values():
            assert not file.added or max(file.added) <= file.text.count(b"\n") + 1


TARGET = Target(
    "check",
    {
        source: (sources, EXAMPLES, PIECES),
        header: (sources, [sample.HEADER], PIECES),
        mail: (mails, [PATCH], PATCH_PIECES),
    },
)

if __name__ == "__main__":
    sys.exit(main(TARGET))
