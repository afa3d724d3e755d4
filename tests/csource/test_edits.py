# SPDX-License-Identifier: GPL-2.0-only
"""What an edit can change is told from the texts, or not at all."""

from __future__ import annotations

import pytest

from zpconvert.csource.edits import Edit, asking, differing, edit

TEXT = b"""\
#include <linux/mm.h>
#define SUM(a) (plus(a) + 1)
#define MAKE(a) made_##a(1)
struct one {
	int first;
};
static int seen = 3;
static inline int plus(int x)
{
	return x + 1;
}

static inline int twice(int x)
{
	return plus(x) + plus(x);
}

static int uses(int x)
{
	return twice(x);
}

#ifdef CONFIG_NUMA
static int sums(int x)
{
	return SUM(x);
}
#endif

static int makes(void)
{
	return MAKE(it);
}

int alone(struct one *p)
	__must_hold(p)
{
	int *at = &p->first;

	*at = seen;
	return *at;
}

static const struct ops {
	int (*run)(struct one *p);
} all = {
	.run = alone,
};
EXPORT_SYMBOL(alone);
"""


def changed(old: bytes, new: bytes, text: bytes = TEXT) -> Edit | None:
    assert text.count(old) == 1
    return edit({"mm/x.c": text}, {"mm/x.c": text.replace(old, new)})


def touched(old: bytes, new: bytes, text: bytes = TEXT) -> set[str] | None:
    found = changed(old, new, text)
    return None if found is None else set(found.touched)


def test_a_body_is_its_function_s_alone() -> None:
    assert touched(b"*at = seen;", b"*at = seen + 1;") == {"alone"}


def test_the_same_text_is_no_edit() -> None:
    assert touched(b"*at = seen;", b"*at = seen;") == set()


def test_empty_lines_are_no_edit() -> None:
    assert touched(b"static int seen", b"\n\nstatic int seen") == set()


def test_an_inline_function_is_part_of_what_names_it() -> None:
    """Through another one and through a macro, and whatever a macro puts together may be it."""
    everything = {"plus", "twice", "uses", "sums", "makes"}
    assert touched(b"return x + 1;", b"return x + 2;") == everything


def test_a_macro_of_the_kernel_puts_names_together() -> None:
    """Whatever else names the function, and through whichever macro."""
    text = (
        b"#define CALL(x) CONCATENATE(pl, x)\n"
        b"static inline int plus(int x)\n{\n\treturn x > 5;\n}\n"
        b"int sees(void)\n{\n\treturn plus(3);\n}\n"
        b"int finds(int x)\n{\n\treturn CALL(us)(x);\n}\n"
        b"int other(int x)\n{\n\treturn __PASTE(pl, us)(x);\n}\n"
    )
    assert touched(b"x > 5", b"x > 6", text) == {"plus", "sees", "finds", "other"}


def test_a_declaration_is_what_callers_are_compiled_with() -> None:
    assert touched(b"static int makes(void)", b"static unsigned int makes(void)") == {"makes"}
    assert touched(b"static int uses(int x)", b"static int uses(long x)") == {"uses", "makes"}
    more = TEXT + b"int calls(int x)\n{\n\treturn uses(x);\n}\n"
    assert touched(b"static int uses(int x)", b"static int uses(long x)", more) == {
        "uses",
        "calls",
        "makes",
    }


def test_who_names_whom() -> None:
    found = changed(b"return x + 1;", b"return x + 2;")
    assert found is not None
    assert found.users_after["plus"] == {"twice", "sums"}
    assert found.users_before["twice"] == {"uses"}
    assert found.users_after["uses"] == set()
    assert found.inline == {"plus", "twice"}
    assert found.short == {"plus", "twice", "uses", "sums", "makes"}


def test_functions_come_and_go() -> None:
    found = changed(
        b"static int makes(void)\n{\n\treturn MAKE(it);\n}",
        b"static int fresh(int x)\n{\n\treturn uses(x);\n}",
    )
    assert found is not None
    assert found.touched == {"makes", "fresh"}
    assert found.before - found.after == {"makes"}
    assert found.after - found.before == {"fresh"}
    assert found.users_after["uses"] == {"fresh"}
    assert found.users_before["uses"] == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"int first;", b"long first;"),
        (b"seen = 3", b"seen = 4"),
        (b"<linux/mm.h>", b"<linux/fs.h>"),
        (b"(plus(a) + 1)", b"(plus(a) + 2)"),
        (b"#ifdef", b"#ifndef"),
        (b".run = alone,", b".run = makes,"),
        (b"EXPORT_SYMBOL(alone);", b"EXPORT_SYMBOL_GPL(alone);"),
        (b"static int seen", b"int later(void);\nstatic int seen"),
    ],
    ids=["struct", "variable", "include", "macro", "condition", "table", "export", "declaration"],
)
def test_what_is_no_function_can_change_any(old: bytes, new: bytes) -> None:
    assert changed(old, new) is None


def test_files_that_come_or_go_can_change_any() -> None:
    assert edit({"mm/x.c": TEXT}, {"mm/x.c": TEXT, "mm/x.h": b""}) is None


def test_a_function_that_the_rest_is_made_of() -> None:
    """A table holds its address, and a macro may have made a function of it: the declaration
    was another's business too."""
    assert changed(b"int alone(struct one *p)", b"long alone(struct one *p)") is None
    makes = TEXT + b"DEFINE_FREE(one, struct one *, plus(1))\n"
    assert touched(b"return x + 1;", b"return x + 2;", makes) is None
    assert touched(b"*at = seen;", b"*at = 0;", makes) == {"alone"}


def test_moving_within_a_condition_is_no_edit() -> None:
    """The compiler sees a function in the order of the text; its code has a section to itself."""
    uses = b"static int uses(int x)\n{\n\treturn twice(x);\n}\n"
    moved = TEXT.replace(uses, b"").replace(
        b"static inline int twice", uses + b"\nstatic inline int twice"
    )
    found = edit({"mm/x.c": TEXT}, {"mm/x.c": moved})
    assert found is not None
    assert found.touched == set()


def test_moving_into_a_condition_is_one() -> None:
    uses = b"static int uses(int x)\n{\n\treturn twice(x);\n}\n"
    moved = TEXT.replace(uses, b"").replace(b"static int sums", uses + b"\nstatic int sums")
    found = edit({"mm/x.c": TEXT}, {"mm/x.c": moved})
    assert found is not None
    assert found.touched == {"uses"}


def test_moving_past_a_declaration_is_one() -> None:
    """What it uses may be known to the compiler, or not yet."""
    uses = b"int uses(void)\n{\n\treturn __same_type(all, int[5]);\n}\n"
    known, declared = b"extern int all[];\n", b"int all[10];\n"
    found = edit({"x.c": known + uses + declared}, {"x.c": known + declared + uses})
    assert found is not None
    assert found.touched == {"uses"}


def test_one_of_two_definitions() -> None:
    text = (
        b"#ifdef A\nint f(void)\n{\n\treturn 1;\n}\n#else\nint f(void)\n{\n\treturn 2;\n}\n#endif\n"
    )
    assert touched(b"return 2;", b"return 3;", text) == {"f"}


def test_definitions_change_places() -> None:
    """Each is what the other was."""
    one, two = b"int f(void)\n{\n\treturn 1;\n}\n", b"int f(void)\n{\n\treturn 2;\n}\n"
    texts = (b"#ifdef A\n" + x + b"#else\n" + y + b"#endif\n" for x, y in ((one, two), (two, one)))
    before, after = ({"x.c": text} for text in texts)
    found = edit(before, after)
    assert found is not None
    assert found.touched == {"f"}


def test_an_inline_function_of_a_header() -> None:
    header = b"static inline int plus(int x)\n{\n\treturn x + 1;\n}\n"
    source = (
        b'#include "x.h"\nint f(void)\n{\n\treturn plus(1);\n}\nint g(void)\n{\n\treturn 1;\n}\n'
    )
    found = edit(
        {"mm/x.h": header, "mm/x.c": source},
        {"mm/x.h": header.replace(b"+ 1", b"+ 2"), "mm/x.c": source},
    )
    assert found is not None
    assert found.touched == {"plus", "f"}


def test_a_header_that_others_include() -> None:
    """What they make of an inline function is not seen; a body of the source is its own."""
    header = b"static inline int plus(int x)\n{\n\treturn x + 1;\n}\n"
    source = b"int f(void)\n{\n\treturn 1;\n}\n"
    old = {"mm/x.h": header, "mm/x.c": source}
    assert edit(old, {**old, "mm/x.h": header.replace(b"+ 1", b"+ 2")}, {"mm/x.h"}) is None
    found = edit(old, {**old, "mm/x.c": source.replace(b"1", b"2")}, {"mm/x.h"})
    assert found is not None
    assert found.touched == {"f"}


def test_what_is_included_later_may_name_what_comes_before() -> None:
    text = TEXT.replace(
        b"int alone(struct one *p)\n", b'#include "t.h"\nint alone(struct one *p)\n'
    )
    assert touched(b"return x + 1;", b"return x + 2;", text) is None
    assert touched(b"*at = seen;", b"*at = 0;", text) == {"alone"}


@pytest.mark.parametrize("name", [b"class_one_constructor", b"__free_one"])
def test_what_is_called_by_a_part_of_its_name(name: bytes) -> None:
    text = TEXT.replace(b"static inline int plus(", b"static inline int %b(" % name)
    assert touched(b"return x + 1;", b"return x + 2;", text) is None


def test_a_semicolon_after_a_body_ends_it() -> None:
    text = b"int f(void)\n{\n\treturn 1;\n};\nstatic int k = 2;\nint g(void) {\n\treturn k;\n}\n"
    assert touched(b"k = 2", b"k = 3", text) is None
    assert touched(b"return 1;", b"return 3;", text) == {"f"}


def test_a_macro_goes_on_in_the_next_line() -> None:
    text = TEXT.replace(b"#define SUM(a)", b"#define \\\n SUM(a)")
    assert touched(b"return x + 1;", b"return x + 2;", text) == touched(
        b"return x + 1;", b"return x + 2;"
    )


def test_a_function_that_a_macro_names() -> None:
    """Its name is another one."""
    text = TEXT.replace(b"static inline int plus(", b"#define plus other\nstatic inline int plus(")
    assert touched(b"return x + 1;", b"return x + 2;", text) is None
    assert touched(b"*at = seen;", b"*at = 0;", text) == {"alone"}


def test_a_declaration_is_made_of_another() -> None:
    """What calls the latter passes another type."""
    more = (
        b"static char one(void)\n{\n\treturn 0;\n}\n"
        b"int two(typeof(one()) x)\n{\n\treturn x == 5;\n}\n"
        b"int three(int x)\n{\n\treturn two(x);\n}\n"
    )
    changes = touched(b"static char one", b"static signed char one", more)
    assert changes == {"one", "two", "three"}


def test_what_moves_before_an_include() -> None:
    """The file may name it there: conditions can have chosen another function before."""
    first = b"static inline int f(void)\n{\n\treturn 1;\n}\n"
    text = b'#include "a.h"\n%b' % first
    assert edit({"x.c": text}, {"x.c": b'%b#include "a.h"\n' % first}) is None


@pytest.mark.parametrize(
    "text",
    [
        b"int f(void)\n{\n#define ONE 1\n\treturn ONE;\n}\nint g(void)\n{\n\treturn ONE;\n}\n",
        b"int f(void)\n{\n#ifdef A\n\treturn 1;\n}\n#else\n\treturn 2;\n}\n#endif\n",
        b"static DEFINE_IT(f, x)\n{\n\treturn 1;\n}\n",
        b"make_one(f)\n{\n\treturn 1;\n}\n",
        b"static struct one f __aligned(8) =\n{\n\t1,\n}\n;",
        b"struct f\n{\n\tint return1;\n}\n;",
        b"int f(void)\n{\n\treturn 1;\n{\n}\n}\n",
        b"int f(void) {\n\treturn 1;\n}\n",
        b"int f(void)\n{\n}  static int k = 1;\nint g(void) {\n\treturn k;\n}\n",
        b"static inline get(one)\n{\n\treturn 1;\n}\n",
        b"static inline get(int, x)\n{\n\treturn 1;\n}\n",
        b"static inline int __attribute__((const)) f(int x)\n{\n\treturn 1;\n}\n",
        b'static inline int __section("a") __f(int x)\n{\n\treturn 1;\n}\n',
        b"make(a1)\nint f(void)\n{\n}\n",
        b"struct s { int a1; }; int f(void)\n{\n}\n",
        b"static noinline\n\nint f(void)\n{\n\treturn 1;\n}\n",
        b"#ifdef A\nstatic\n#endif\nint f(void)\n{\n\treturn 1;\n}\n",
        b"int f(void)\n{\n\textern int g(void) __pure;\n\treturn 1;\n}\n",
    ],
    ids=[
        "define",
        "halves",
        "capitals",
        "macro",
        "table",
        "struct",
        "inner",
        "style",
        "end",
        "argument",
        "arguments",
        "attribute",
        "section",
        "before",
        "line",
        "gap",
        "condition",
        "extern",
    ],
)
def test_what_is_not_taken_apart_is_the_rest(text: bytes) -> None:
    """It may be more than a function."""
    assert edit({"x.c": text}, {"x.c": text.replace(b"1", b"7")}) is None
    assert edit({"x.c": text}, {"x.c": text}) is not None


def test_the_edited_inline_functions_that_a_function_is_made_of() -> None:
    found = differing({"a.c": TEXT}, {"a.c": TEXT.replace(b"x + 1", b"x + 2")})
    assert found.parts("uses") == ["plus"]  # through twice()
    assert found.parts("sums") == ["plus"]
    assert found.parts("plus") == found.parts("alone") == []
    found = differing({"a.c": TEXT}, {"a.c": TEXT.replace(b"*at = seen", b"*at = 1")})
    assert found.parts("uses") == []


ASKER = b"static inline int f(int n)\n{\n\treturn __builtin_constant_p(n) ? V : n;\n}\n"


@pytest.mark.parametrize(
    ("before", "after", "doubted"),
    [
        (b"", b"struct s;\n", False),
        (b"", b"int g(int n,\n      int m);\nstatic char *h(void);\n", False),
        (b"#define V 1\n", b"#define V 2\n", True),
        (b"DEFINE_V(v, 1);\n", b"DEFINE_V(v, 2);\n", True),
        (b"static DEFINE_V(v, 1);\n", b"static DEFINE_V(v, 2);\n", True),
        (b"enum { V };\n", b"enum { U, V };\n", True),
        (b"typedef char t(int);\n", b"typedef long t(int);\n", True),
    ],
)
def test_what_asks_is_doubted_when_more_than_a_declaration_differs(
    before: bytes, after: bytes, doubted: bool
) -> None:
    texts = ({"a.c": head + ASKER} for head in (before, after))
    assert (asking(*texts) == {"f"}) is doubted
