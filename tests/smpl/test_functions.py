# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from zpconvert.smpl.functions import Function, functions, hides_code, identifiers


def found(source: str) -> list[tuple[str, int, int]]:
    return [(each.name, each.first, each.last) for each in functions(source.encode())]


def test_definitions_and_nothing_else() -> None:
    source = """\
/* int comment(void) { } */
struct s { int (*call)(int); } __aligned(8);
static int forward(int a);
static struct s table[] = { { .call = one(1) }, };
#define MACRO(x) { x(); }
static struct s *one(int a)
{
	if (a) { return "}"; }
	return '}';
}
EXPORT_SYMBOL(one);
void two(void) {}
static int __attribute__((unused)) three(int a) __releases(x)
{
}
"""
    assert found(source) == [("one", 6, 10), ("two", 12, 12), ("three", 13, 15)]


def test_both_arms_of_an_if_are_entered_alike() -> None:
    source = """\
int f(int a)
{
#ifdef A
	if (a) {
#else
	if (!a) {
#endif
		return 1;
	}
	return 0;
}
#ifdef B
int g(void)
{
}
#else
int g(int b)
{
}
#endif
int h(void) { }
"""
    assert found(source) == [("f", 1, 11), ("g", 13, 15), ("g", 17, 19), ("h", 21, 21)]


def test_a_function_that_no_parser_takes_is_still_found() -> None:
    assert functions(b"int f(void)\n{\n\tfor_each(x) ) {\n\t}\n}\nint g(void)\n{\n}\n") == [
        Function("f", 1, 5),
        Function("g", 6, 8),
    ]


def test_identifiers_leave_out_comments_and_literals() -> None:
    source = b"#define A b\n/* c */ d(\"e\", 'f'); // g\nh->i = 0x1f;"
    assert identifiers(source) == {"define", "A", "b", "d", "h", "i"}


def test_code_that_spatch_may_pass_over() -> None:
    assert hides_code(b"int f(void)\n{\n#ifdef A\n\tg();\n#endif\n}\n")
    assert hides_code(b"int f(void)\n{\n\tMACRO(g(); h());\n}\n")
    assert not hides_code(b"int f(void)\n{\n\tfor (a = g(); a; a++) { h(a); }\n}\n")
