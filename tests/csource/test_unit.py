# SPDX-License-Identifier: GPL-2.0-only
"""A file as declared things."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.unit import BODY, read, read_body

SOURCE = b"""\
#define ONE 1
#define ADD(a, b...) \\
	((a) + (b))
typedef struct page *table_t;
struct s {
	int n, *p;
	struct { long inner; };
	union { struct in { char c; } named; short v[3]; };
	int (*call)(int);
#ifdef X
	struct page *page;
#endif
};
static int count, *counts[2] = { 0 };
static int once(void);
#ifdef X
static int once(void) { return 1; }
#else
int once(void) { return 2; }
#endif
"""


def test_what_a_file_declares() -> None:
    unit = read(SOURCE)
    assert unit.typedefs == {"table_t": CType("struct page", 1)}
    assert set(unit.globals) == {"count", "counts"}
    assert {n: f.ctype for n, f in unit.structs["struct s"].items()} == {
        "n": CType("int"),
        "p": CType("int", 1),
        "inner": CType("long"),
        "named": CType("struct in"),
        "v": CType("short", 1),
        "call": None,
        "page": CType("struct page", 1),
    }
    assert unit.structs["struct in"]["c"].ctype == CType("char")


def test_a_function_in_both_arms_is_one_function() -> None:
    once = read(SOURCE).functions["once"]
    assert (once.static, len(once.declarations), len(once.definitions)) == (True, 3, 2)


def test_macros_with_where_their_bodies_stand() -> None:
    unit = read(SOURCE)
    (one,), (add,) = unit.macros["ONE"], unit.macros["ADD"]
    assert (one.params, one.body) == (None, b"1")
    assert add.params is not None
    assert SOURCE[add.at :].startswith(add.body)
    assert add.body == b"((a) + (b))"


def test_positions_are_lines_and_columns_from_1() -> None:
    unit = read(SOURCE)
    assert unit.position(0) == (1, 1)
    assert unit.position(SOURCE.index(b"typedef")) == (4, 1)
    assert unit.position(SOURCE.index(b"*table_t")) == (4, 21)


def test_a_body_is_read_as_a_function_or_not_at_all() -> None:
    unit, block = read_body(b"a = b")
    assert block is not None
    first = block.named_children[0]
    assert unit.text(first) == "a = b\n;"
    assert first.start_byte == len(BODY)
    assert read_body(b"if (x) {")[1] is None
    assert read_body(b"} void g(void) {")[1] is None
