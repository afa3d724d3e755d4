# SPDX-License-Identifier: GPL-2.0-only
"""Columns: what was aligned stays aligned, what grew past 100 columns is broken."""

from __future__ import annotations

import pytest

from zpconvert.rewrite.layout import LIMIT, settle, width


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [
        (
            "static struct page *get(struct page *page,\n\t\t\tint n)\n",
            "static struct zpdesc *get(struct zpdesc *zpdesc,\n\t\t\tint n)\n",
            "static struct zpdesc *get(struct zpdesc *zpdesc,\n\t\t\t  int n)\n",
        ),
        (
            "\tcall(page,\n\t     other(a,\n\t\t   b));\n",
            "\tcall(zpdesc,\n\t     longer_other(a,\n\t\t   b));\n",
            "\tcall(zpdesc,\n\t     longer_other(a,\n\t\t\t  b));\n",
        ),
        (
            "\tx = f(page,\n\t\tfour tabs kept);\n",
            "\tx = ff(page,\n\t\tfour tabs kept);\n",
            "\tx = ff(page,\n\t\tfour tabs kept);\n",
        ),
        ('\tsay("(", page,\n\t    b);\n', '\ttell("(", page,\n\t    b);\n',
         '\ttell("(", page,\n\t     b);\n'),
        ("\tif (a)\n\t\tb(page);\n", "\tif (aa)\n\t\tb(desc);\n", "\tif (aa)\n\t\tb(desc);\n"),
    ],
    ids=["a signature", "nested calls", "not aligned before", "a string", "no parenthesis"],
)  # fmt: skip
def test_a_continuation_keeps_to_its_parenthesis(base: str, new: str, expected: str) -> None:
    assert settle(base.encode(), new.encode()).decode() == expected


def test_a_statement_that_spatch_moved_goes_back() -> None:
    base = "\tif (a)\n\t\tpage->index = *b;\n\telse\n\t\tpage->index = 0;\n"
    moved = "\tif (a)\n\t\tz->handle = *b;\n\telse\n\tz->handle = 0;\n"
    good = "\tif (a)\n\t\tz->handle = *b;\n\telse\n\t\tz->handle = 0;\n"
    assert settle(base.encode(), moved.encode()).decode() == good


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [
        ("\treturn (unsigned long)a(page);\n", "\treturn (unsigned long) b(desc);\n",
         "\treturn (unsigned long)b(desc);\n"),
        ("\tx = (void *)a(p) + (char *) b;\n", "\tx = (void *) c(d) + (char *) b;\n",
         "\tx = (void *)c(d) + (char *) b;\n"),
        ("\tif (page) a(page);\n", "\tif (page) b(page);\n", "\tif (page) b(page);\n"),
    ],
    ids=["a word", "only one of two", "no cast"],
)  # fmt: skip
def test_a_cast_stays_close_to_its_operand(base: str, new: str, expected: str) -> None:
    assert settle(base.encode(), new.encode()).decode() == expected


def test_only_lines_that_changed_are_broken() -> None:
    long = "\tint x = " + " + ".join(["something"] * 12) + ";\n"
    assert settle((long + "\ta();\n").encode(), (long + "\tb();\n").encode()).decode() == (
        long + "\tb();\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "\tresult = function_of_some(" + ", ".join(["argument"] * 10) + ");",
        "\tif (" + " && ".join(["a_condition(x)"] * 7) + ")",
        "\tstruct xdesc *" + ", *".join(["a_variable"] * 9) + ";",
        "\t\t\tvalue = outer(inner(" + ", ".join(["argument"] * 8) + "), last);",
    ],
)
def test_a_line_past_the_limit_is_broken_and_says_the_same(line: str) -> None:
    assert width(line) > LIMIT
    out = settle(b"\n", line.encode()).decode()
    assert all(width(part) <= LIMIT for part in out.split("\n"))
    assert "".join(out.split()) == "".join(line.split())
    assert len(out.split("\n")) > 1


def test_a_long_line_without_a_place_to_break_stays() -> None:
    line = "\t" + "x" * 120 + ";"
    assert settle(b"", line.encode()).decode() == line


def test_bytes_that_are_not_utf8_pass_through() -> None:
    assert settle(b"\t/* \xe9 */ a;\n", b"\t/* \xe9 */ b;\n") == b"\t/* \xe9 */ b;\n"


def test_equal_texts_are_not_looked_at() -> None:
    text = b"anything " * 30
    assert settle(text, text) is text
