# SPDX-License-Identifier: GPL-2.0-only
"""Functions are left out of a text, and what cannot be left out stays."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.csource.bodies import inline_functions, without_bodies

TEXT = b"""\
struct pool { int size; };
#define BRACE {
static struct pool pools[] = { { 1 }, { 2 } };
static inline int twice(int a)
{
	return a * 2;
}
static __attribute__((noinline)) int first(int a)
{
	const char *said = "}";

	return said[0] + a;
}
int second(struct pool *pool) { return first(pool->size) + '{'; }
static int setup(void)
{
	return second(pools);
}
#ifdef A
static int either(void) { return 1; }
#else
static int either(void) { return 2; }
#endif
late_initcall(setup);
EXPORT_SYMBOL(second);
int third(void) { return either() + twice(3); }
"""
#: What may be left out.
CAN = {"first", "second", "third"}


@given(st.sets(st.sampled_from(["twice", "first", "second", "setup", "either", "third", "none"])))
def test_only_what_is_asked_for_and_can_be(names: set[str]) -> None:
    found = without_bodies(TEXT, names)
    assert found.count(b"\n") == TEXT.count(b"\n")
    bodies = {"first": b"said[0]", "second": b"pool->size", "third": b"either() +"}
    assert {n for n, body in bodies.items() if body not in found} == names & CAN
    for kept in (b"return a * 2;", b"return second(pools);", b"return 1;", b"return 2;", b"{ 1 }"):
        assert kept in found


def test_what_is_left_compiles(tmp_path: Path) -> None:
    macros = b"#define late_initcall(f) int (*entry)(void) = f\n#define EXPORT_SYMBOL(f)\n"
    source = tmp_path / "a.c"
    source.write_bytes(macros + without_bodies(TEXT, CAN))
    subprocess.run(["gcc", "-fsyntax-only", "-w", source], check=True, timeout=60)


@pytest.mark.parametrize("text", [b"int f(void) { return 1; } }\n", b"int f(void) { {\n"])
def test_braces_that_do_not_match(text: bytes) -> None:
    assert without_bodies(text, {"f"}) == text


@pytest.mark.parametrize(
    "says",
    [
        b"\n#define ONE 1\n",
        b"\n%:undef ONE\n",
        b"\n#un\\\ndef ONE\n",
        b"\n#if A\n",
        b"\n#endif\n#if A\n",
        b"\n#else\n",
        b'\n#pragma pop_macro("ONE")\n',
        b'_Pragma("pop_macro(\\"ONE\\")")',
        b'\n#line 1 "b.c"\n',
        b"extern int g(void);",
        b"int g(void) __attribute_const__;",
        b'asm(".set one, 1");',
    ],
)
def test_what_says_something_of_others_stays(says: bytes) -> None:
    text = b"int f(void) {%b return 1; }\n" % says
    assert without_bodies(text, {"f"}) == text


@pytest.mark.parametrize("says", [b"\n#ifdef A\n#elif B\n#else\n#endif\n", b'"#define";'])
def test_what_ends_with_its_body_goes(says: bytes) -> None:
    text = b"int f(void) {%b return 1; }\n" % says
    assert b"return" not in without_bodies(text, {"f"})


@given(st.binary(max_size=200), st.sets(st.text("abf", max_size=2)))
def test_any_bytes_keep_their_lines(text: bytes, names: set[str]) -> None:
    assert without_bodies(text, names).count(b"\n") == text.count(b"\n")


def test_inline_functions() -> None:
    text = b"""\
static inline struct page *get(int a) { return 0; }
static __always_inline void
put(void) { }
noinline int other(void) { return 0; }
"""
    assert inline_functions(text) == {"get", "put"}
