# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.git.diff import diff_files
from zpconvert.git.hunks import Place, placed, read_hunks

BEFORE = b"""\
#define LIMIT 3
struct pool {
\tint n;
};

/* About one. */
static int one(int a)
{
out:
\treturn a;
}

static struct page *two(struct page *page)
{
\treturn page;
}
"""


def changed(*pairs: tuple[bytes, bytes]) -> list[tuple[str, str]]:
    """(place, changed line) of a diff that makes these replacements."""
    after = BEFORE
    for old, new in pairs:
        assert old in after
        after = after.replace(old, new)
    (file,) = read_hunks(diff_files({"a.c": BEFORE}, {"a.c": after}))
    return [(place.name, line) for place, line in placed(file) if line[0] in "+-"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"LIMIT 3", b"LIMIT 4", "LIMIT"),
        (b"int n;", b"long n;", "struct pool"),
        (b"About one", b"On one", "one"),
        (b"\treturn a;", b"\treturn a + 1;", "one"),
        (b"int one(int a)", b"int one(long a)", "one"),
        (b"return page;", b"return NULL;", "two"),
    ],
    ids=["macro", "struct", "comment before", "after a label", "signature", "last"],
)
def test_where_a_change_stands(old: bytes, new: bytes, place: str) -> None:
    assert [name for name, _ in changed((old, new))] == [place, place]


def test_a_new_name_counts_for_both_sides() -> None:
    found = changed(
        (b"struct page *two(struct page *page)", b"struct zdesc *zwei(struct zdesc *z)")
    )
    assert [name for name, _ in found] == ["zwei", "zwei"]


def test_prototypes_side_by_side_are_told_apart() -> None:
    before = b"int a(int x);\nint b(int x);\n"
    (file,) = read_hunks(diff_files({"a.c": before}, {"a.c": before.replace(b"int x", b"long x")}))
    assert [(p.name, line[0]) for p, line in placed(file)] == [
        ("a", "-"),
        ("b", "-"),
        ("a", "+"),
        ("b", "+"),
    ]


def test_a_file_that_comes_and_one_that_is_there() -> None:
    diff = diff_files({"a.c": b"int a;\n"}, {"a.c": b"int b;", "b.h": b"int c;\n"})
    old, new = read_hunks(diff + b"-- \n2.39.5\n\n_______\nlist mailing list\n")
    assert (old.path, old.created, new.path, new.created) == ("a.c", False, "b.h", True)
    assert old.blob is not None
    assert diff.count(old.blob.encode()) == 1
    assert new.blob is None
    assert old.hunks[0].lines == ("-int a;", "+int b;", "\\ No newline at end of file")
    assert list(placed(new)) == [(Place("b.h", ""), "+int c;")]


def test_what_is_no_diff() -> None:
    assert read_hunks(b"Hello,\n") == ()
    with pytest.raises(ValueError, match="not a unified diff"):
        read_hunks(b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n!\n")


def test_empty_lines_after_a_hunk_and_in_one() -> None:
    """A mailer takes blanks at line ends; b4 leaves an empty line before the signature."""
    diff = b"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+b\n\n c\n\n-- \n2.39.5\n"
    (file,) = read_hunks(diff)
    assert file.hunks[0].lines == ("-a", "+b", " ", " c")
