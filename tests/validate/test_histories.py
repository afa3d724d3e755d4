# SPDX-License-Identifier: GPL-2.0-only
"""Histories whose last commit makes a function another one, in ways that hide it: it is seen
with the built objects given, without them, and when the commit is compared alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.validate.noting import Noting
from tests.validate.small import MATRIX, commit, repository
from tests.validate.test_small_tree import SOURCE as SMALL
from tests.validate.test_small_tree import subject
from zpconvert.kernel import cells
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.validate import run
from zpconvert.validate.cases import Compared, Target
from zpconvert.validate.equality import Comparer

OBJECT, SOURCE = "mm/zbud.o", "mm/zbud.c"
INCLUDES = b"#include <linux/kernel.h>\n#include <linux/percpu.h>\n"

HELP = b"static inline int zp_help(int x)\n{\n\treturn x + 7;\n}\n"
MACRO = b"#define zp_m(x) ((x) + 7)\n"


def function(name: bytes, body: bytes) -> bytes:
    return b"int %b(int x);\nint %b(int x)\n{\n\t%b\n}\n" % (name, name, body)


OTHER = function(b"zp_other", b"return x * 5;")
USES = function(b"zp_f", b"return zp_help(x) * 2;") + OTHER
USES_MACRO = function(b"zp_f", b"return zp_m(x) * 2;") + OTHER
#: What changes the helper, and what changes another function's text and not its code.
REAL = (b"return x + 7;", b"return x + 8;")
MERE = (b"return x * 5;", b"return 5 * x;")
#: A helper that a macro of the tree makes the name of: __pcpu_size_call_return().
PASTED = b"".join(b"#define zp_hidden%d(x) (x)\n" % n for n in (1, 2, 8)) + HELP.replace(
    b"zp_help", b"zp_hidden4"
)
FINDS = b"return __pcpu_size_call_return(zp_hidden, x) * 2;"

STATICS = b"static int zp_a = 5;\nstatic int zp_b = 6;\n"
WARNS = function(b"zp_warns", b"WARN_ON(x == 4);\n\treturn x;")
#: In one section with whatever else has a value.
PUBLIC = b"int zp_public = 3;\nint zp_none;\n"


def pasted(direct: bytes) -> bytes:
    """Where one function uses the helper so; `direct` is what another does."""
    finds = function(b"zp_finds", FINDS)
    return PASTED + finds + function(b"zp_direct", direct) + OTHER


Edits = list[tuple[bytes, bytes]]
Text = bytes | Mapping[str, bytes]


class Three:
    """The verdicts that fell short of the last commit, by name, and all names."""

    def __init__(self, found: list[list[Compared]], same: list[int]) -> None:
        self.same = same
        self.built, self.plain, self.alone = (
            {r.name: str(r.verdict) for r in rows if r.verdict.fell_short} for rows in found
        )
        self.names = [{r.name for r in rows} for rows in found]

    def see_the_same(self) -> None:
        assert self.alone
        assert self.built == self.plain == self.alone


@pytest.fixture
def last(
    build_612: Callable[[str], BuildDir], kernel_612: Path, tmp_path: Path
) -> Callable[..., Three]:
    """What is found in the last commit of a history."""

    def found(*texts: Text) -> Three:
        build = build_612("compaction")
        states = [{SOURCE: one} if isinstance(one, bytes) else dict(one) for one in texts]
        for state in states:
            state[SOURCE] = INCLUDES + state[SOURCE]
        builder = Noting(tmp_path / "0")
        made = builder.results([Job(build, OBJECT, state) for state in states], "building")
        assert all(isinstance(one, Compiled) for one in made)
        built = {("compaction", OBJECT, n): one for n, one in enumerate(made)}
        numbers = list(range(1, len(states)))
        same = [n for n in numbers if made[n].obj == made[n - 1].obj]  # type: ignore[union-attr]
        target = Target(build, OBJECT, tuple(states))
        rows = []
        # each with a cache of its own, for rows are remembered
        for at, (given, asked) in enumerate(((built, numbers), ({}, numbers), ({}, numbers[-1:]))):
            comparer = Comparer(Noting(tmp_path / str(at)), kernel_612, built=given)
            rows.append([r for r in comparer.compare([target], asked) if r.commit == numbers[-1]])
        return Three(rows, same)

    return found


def history(base: bytes, *commits: Edits) -> list[bytes]:
    """The base, a commit that is compiled whole, the commits."""
    texts = [base, base + b"int zp_first(void);\n"]
    for edits in commits:
        text = texts[-1]
        for old, new in edits:
            assert text.count(old) == 1
            text = text.replace(old, new)
        texts.append(text)
    return texts


INLINE_F = b"static inline int zp_f(int x)\n{\n\treturn zp_help(x) * 2;\n}\n"
TABLE = b"int (*zp_table)(int) = zp_f;\n"
SWITCHED = b"""\
int zp_f(int x);
int zp_f(int x)
{
#if ZP_ON
	return zp_help(x) * 2;
#else
	return (x+7) * 2;
#endif
}
"""
LOW = b"""\
#define ZP_LOW static __always_inline
ZP_LOW int zp_low(int x)
{
	return (x + 7) + 1;
}
"""
CHOICE = b"#define ZP_ON 0\n#if ZP_ON\n#define zp_m zp_help\n#else\n#define zp_m zp_aid\n#endif\n"

#: The object of commit 2 is built to the same bytes; the last commit changes a helper.
KEPT = {
    # no function's own text begins to use the helper
    "macro_begins_to_use_a_helper": history(
        MACRO + HELP + USES_MACRO, [(b"((x) + 7)", b"zp_help(x)")], [REAL]
    ),
    "macro_begins_to_use_a_helper_that_is_new": history(
        MACRO + USES_MACRO, [(MACRO, b"#define zp_m(x) zp_help(x)\n" + HELP)], [REAL]
    ),
    "macro_becomes_a_helper_and_a_declaration_comes": history(
        b"#define zp_help(x) ((x) + 7)\n" + USES,
        [(b"#define zp_help(x) ((x) + 7)\n", b"struct zp_s;\n" + HELP)],
        [REAL],
    ),
    "define_is_set": history(
        b"#define ZP_ON 0\n" + HELP + SWITCHED + OTHER, [(b"ZP_ON 0", b"ZP_ON 1")], [REAL]
    ),
    "define_chooses_another_helper": history(
        CHOICE + HELP + HELP.replace(b"help", b"aid").replace(b"x + 7", b"7 + x") + USES_MACRO,
        [(b"ZP_ON 0", b"ZP_ON 1")],
        [REAL],
    ),
    "macro_in_a_helper_begins_to_use_another": history(
        MACRO
        + HELP
        + b"static inline int zp_mid(int x)\n{\n\treturn zp_m(x) ^ 3;\n}\n"
        + function(b"zp_f", b"return zp_mid(x) * 2;")
        + OTHER,
        [(b"((x) + 7)", b"zp_help(x)")],
        [REAL, MERE],
    ),
    "two_unchanged_in_a_row": history(
        MACRO + HELP + USES_MACRO, [(b"((x) + 7)", b"zp_help(x)")], [MERE], [REAL]
    ),
    # what is always inline by another word is in no object
    "user_is_inline_by_another_word": history(
        HELP + LOW + function(b"zp_f", b"return zp_low(x) * 2;") + OTHER,
        [(b"(x + 7) + 1", b"zp_help(x) + 1")],
        [REAL, MERE],
    ),
    # inline before, and not after
    "user_in_a_table_is_not_inline_any_more": history(
        HELP + INLINE_F + TABLE + OTHER, [(b"static inline int zp_f", b"static int zp_f")], [REAL]
    ),
    "global_user_is_not_inline_any_more": history(
        HELP
        + b"int zp_f(int x);\ninline int zp_f(int x)\n{\n\treturn zp_help(x) * 2;\n}\n"
        + OTHER,
        [(b"\ninline int zp_f", b"\nint zp_f")],
        [REAL],
    ),
    # used by a pasted name from now on
    "pasted_use_comes_with_a_declaration": history(
        PASTED + function(b"zp_finds", b"return (7 + x) * 2;") + OTHER,
        [
            (b"return (7 + x) * 2;", FINDS),
            (b"#define zp_hidden1", b"struct zp_s;\n#define zp_hidden1"),
        ],
        [REAL, MERE],
    ),
}
IN_HEADER = {
    # as a series does it that brings a header of its own
    "macro_of_a_new_header_becomes_a_helper": (
        b"#define zp_help(x) ((x) + 7)\n", HELP, HELP.replace(b"+ 7", b"+ 8"), USES,
    ),
    "macro_of_a_new_header_begins_to_use_a_helper": (
        MACRO,
        HELP + b"#define zp_m(x) zp_help(x)\n",
        HELP.replace(b"+ 7", b"+ 8") + b"#define zp_m(x) zp_help(x)\n",
        USES_MACRO,
    ),
}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.parametrize("name", KEPT)
def test_helper_is_changed_after_an_unchanged_object(last: Callable[..., Three], name: str) -> None:
    texts = KEPT[name]
    found = last(*texts)
    assert 2 in found.same
    assert len(texts) - 1 not in found.same
    found.see_the_same()


@pytest.mark.kernel
@pytest.mark.parametrize("name", IN_HEADER)
def test_helper_in_a_header_of_the_series(last: Callable[..., Three], name: str) -> None:
    first, second, third, code = IN_HEADER[name]
    text = b'#include "zp.h"\n' + code
    found = last(first + code, *({SOURCE: text, "mm/zp.h": one} for one in (first, second, third)))
    assert found.same == [1, 2]
    found.see_the_same()


def switching(cases: bytes, beside: bytes = b"") -> bytes:
    """A switch that gcc makes a table of, and no table at -O1."""
    return (
        beside
        + b"static int zp_class(int x)\n{\n\tswitch (x) {\n"
        + cases
        + b"\tdefault: return -1;\n\t}\n}\n"
        + function(b"zp_f", b'pr_info("class %d\\n", zp_class(x));\n\treturn x;')
        + OTHER
    )


NUMBERS = b"".join(b"\tcase %d: return %d;\n" % one for one in enumerate((11, 29, 3, 170, 5)))
STRINGS = (
    b"const char *zp_name(int x);\nconst char *zp_name(int x)\n{\n\tswitch (x) {\n"
    + b"".join(
        b'\tcase %d: return "%b";\n' % one
        for one in enumerate((b"one", b"two", b"three", b"four", b"five"))
    )
    + b'\tdefault: return "none";\n\t}\n}\n'
)
RODATA = b"const int zp_const[] = { 4, 2 };\n"

#: What one stage shows and another hides; helpers that a macro of the tree makes the name of.
HIDDEN = {
    # folded into the code in the plain stage and not in the flattened one
    "value_of_a_static_variable": history(
        b"static int zp_v = 5;\n" + function(b"zp_f", b"return zp_v + x;") + OTHER,
        [(b"zp_v = 5", b"zp_v = 6")],
    ),
    "value_of_a_static_variable_of_a_function": history(
        function(b"zp_f", b"static int k = 5;\n\n\treturn k + x;") + OTHER, [(b"k = 5", b"k = 6")]
    ),
    "static_variable_that_gets_a_value": history(
        b"static int zp_v;\n" + function(b"zp_f", b"return zp_v + x;") + OTHER,
        [(b"zp_v;\nint", b"zp_v = 1;\nint")],
    ),
    "static_pointer_to_another_function": history(
        function(b"zp_g", b"return x + 1;")
        + function(b"zp_h", b"return x + 2;")
        + b"static int (*zp_p)(int) = zp_g;\n"
        + function(b"zp_f", b"return zp_p(x) * 2;"),
        [(b"zp_p)(int) = zp_g", b"zp_p)(int) = zp_h")],
    ),
    "member_of_a_static_struct": history(
        b"static struct { int a, b; } zp_v = { .a = 3, .b = 4 };\n"
        + function(b"zp_f", b"return zp_v.a * x;")
        + OTHER,
        [(b".a = 3", b".a = 4")],
    ),
    "value_beside_other_data": history(
        PUBLIC + b"static int zp_v = 5;\n" + function(b"zp_f", b"return zp_v + x;") + OTHER,
        [(b"zp_v = 5", b"zp_v = 6")],
    ),
    "pointer_beside_other_data": history(
        PUBLIC
        + function(b"zp_g", b"return x + 1;")
        + function(b"zp_h", b"return x + 2;")
        + b"static int (*zp_p)(int) = zp_g;\n"
        + function(b"zp_f", b"return zp_p(x) * 2;"),
        [(b"zp_p)(int) = zp_g", b"zp_p)(int) = zp_h")],
    ),
    "pointer_to_a_table_that_is_other": history(
        PUBLIC
        + b"static int zp_t[] = { 1, 2 };\nstatic int *zp_p = zp_t;\n"
        + function(b"zp_f", b"return zp_p[x & 1];")
        + OTHER,
        [(b"{ 1, 2 }", b"{ 1, 3 }")],
    ),
    "variables_that_swap_place_and_value": history(
        b"int zp_a = 5;\nint zp_b = 6;\n" + function(b"zp_f", b"return zp_a + x;") + OTHER,
        [(b"int zp_a = 5;\nint zp_b = 6;\n", b"int zp_b = 5;\nint zp_a = 6;\n")],
    ),
    # gcc's own table, data in one stage and code in another
    "value_in_a_switch": history(switching(NUMBERS), [(b"return 170", b"return 171")]),
    "value_in_a_switch_beside_other_data": history(
        switching(NUMBERS, RODATA), [(b"return 170", b"return 171")]
    ),
    "string_in_a_switch": history(STRINGS + OTHER, [(b'"three"', b'"threeX"')]),
    "strings_that_swap_in_a_switch": history(
        RODATA + STRINGS + OTHER,
        [(b'0: return "one"', b'0: return "two"'), (b'1: return "two"', b'1: return "one"')],
    ),
    # a macro that a macro of the tree uses
    "format_of_messages": history(
        HELP
        + b'#undef pr_fmt\n#define pr_fmt(fmt) "zp %d: " fmt, zp_help(1)\n'
        + function(b"zp_finds", b'pr_err("hey\\n");\n\treturn x;')
        + function(b"zp_direct", b"return zp_help(0) - zp_help(0);")
        + OTHER,
        [REAL, MERE],
    ),
    "pasted_use_beside_another": history(
        pasted(b"return zp_hidden4(0) - zp_hidden4(0);"),
        [REAL],
    ),
    "pasted_use_where_another_is_guessed": history(
        b"enum { zp_ = 3 };\n"
        + PASTED
        + function(b"zp_finds", b"int zp_hidden = x + 1;\n\n\t" + FINDS.replace(b"2", b"zp_hidden"))
        + function(b"zp_cast", b"return x + abs(zp_);")
        + OTHER,
        [REAL],
    ),
    "pasted_use_beside_the_name_in_a_string": history(
        pasted(b'pr_err("zp_hidden4 says no\\n");\n\treturn 0;'),
        [REAL],
    ),
    "last_use_by_name_goes_pasted_use_stays": history(
        pasted(b"return zp_hidden4(x) * 3;"),
        [(b"return zp_hidden4(x) * 3;", b"return (x + 7) * 3;")],
        [REAL, MERE],
    ),
    "pasted_use_comes": history(
        PASTED + function(b"zp_finds", b"return (7 + x) * 2;") + OTHER,
        [(b"return (7 + x) * 2;", FINDS)],
        [REAL, MERE],
    ),
}


@pytest.mark.kernel
def test_a_shim_of_what_is_other_is_not_to_blame(last: Callable[..., Three]) -> None:
    aid = function(b"zp_aid", b"return x + 7;")
    found = last(*history(aid + function(b"zp_f", b"return zp_aid(x);") + OTHER, [REAL]))
    found.see_the_same()
    assert list(found.plain) == ["zp_aid"]


@pytest.mark.kernel
@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden(last: Callable[..., Three], name: str) -> None:
    texts = HIDDEN[name]
    found = last(*texts)
    assert len(texts) - 1 not in found.same
    found.see_the_same()


KNOWS = b"""\
static inline int zp_knows(int x)
{
	if (__builtin_constant_p(x))
		return x + 1;
	return x * 2;
}
"""
KNOWS += function(b"zp_f", b"return zp_knows(5) + x;") + OTHER
CALLED = b"""\
void zp_record(unsigned long);
static noinline void zp_track(void)
{
	zp_record(_RET_IP_);
}
"""
CALLED += function(b"zp_f", b"zp_track();\n\treturn x;") + OTHER
CONSTANT = (b"return x + 1;", b"return x + 9;")
KNOWS_MACRO = b"#define ZP_BIG 10\n" + KNOWS.replace(b"return x + 1;", b"return ZP_BIG;")
KNOWS_ENUM = KNOWS_MACRO.replace(b"#define ZP_BIG 10", b"enum { ZP_BIG = 10 };")
KNOWS_ASKED = b"#define ZP_KNOWN(x) __builtin_constant_p(x)\n"
KNOWS_ASKED += KNOWS.replace(b"if (__builtin_constant_p(x))", b"if (ZP_KNOWN(x))")
KNOWS_LIST = KNOWS_MACRO.replace(b"#define ZP_BIG 10", b"enum {\n\tZP_SMALL,\n\tZP_BIG,\n};")
TWICE = (b"10", b"20")
ONE_MORE = (b"\tZP_SMALL,\n", b"\tZP_SMALL,\n\tZP_MIDDLE,\n")
#: What is asked about is named by who calls, and its size by its type.
SIZED = b"""\
struct zp_t { char buf[4]; long rest; };
static inline long zp_room(const char *at)
{
	return __builtin_object_size(at, 1);
}
long zp_fits(struct zp_t *t);
long zp_fits(struct zp_t *t)
{
	return zp_room(t->buf) + 1;
}
"""
SIZED += OTHER
WIDER = (b"char buf[4]; long rest;", b"char buf[8]; long rest;")
#: A function that is another one as a part of another function only.
ASKING = {
    "constant": history(KNOWS, [CONSTANT]),
    "constant_of_a_macro": history(KNOWS_MACRO, [TWICE]),
    "constant_of_a_type": history(KNOWS_ENUM, [TWICE]),
    "constant_of_a_list": history(KNOWS_LIST, [ONE_MORE]),
    "size_of_a_member": history(SIZED, [WIDER]),
    "constant_asked_by_a_macro": history(KNOWS_ASKED, [CONSTANT]),
    "constant_without_a_word": history(KNOWS.replace(b"inline ", b""), [CONSTANT]),
    "constant_and_a_declaration": history(KNOWS, [CONSTANT, (b"int zp_first", b"int zp_1st")]),
    "return_address": history(CALLED, [(b"static noinline void", b"static void")]),
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", ASKING)
def test_what_asks_where_it_is_called(last: Callable[..., Three], name: str) -> None:
    texts = ASKING[name]
    found = last(*texts)
    assert len(texts) - 1 not in found.same
    for verdicts in (found.built, found.plain, found.alone):
        assert verdicts.keys() & {"zp_f", "zp_knows", "zp_room", "zp_track"}


@pytest.mark.kernel
def test_what_asks_and_is_not_edited_is_as_equal_as_others(last: Callable[..., Three]) -> None:
    found = last(*history(KNOWS, [MERE]), KNOWS.replace(*MERE) + b"struct zp_s;\n")
    assert found.alone == found.plain == found.built == {}


DEAD = b"""\
static int __maybe_unused zp_dead(int x)
{
	static const int t[] = { 4, 7, 9, 2 };
	pr_warn_once("dead\\n");
	return t[x & 3];
}
"""
#: What is in no object of the kernel, and in those of the later stages.
INNOCENT = {
    "dead_function_comes": history(
        MACRO + USES_MACRO + WARNS,
        [(MACRO, MACRO + HELP), (b"return zp_m(x)", b"return zp_help(x)"),
         (b"int zp_other(int x);", DEAD + b"int zp_other(int x);")],
    ),
    "dead_function_goes": history(
        MACRO + DEAD + USES_MACRO + WARNS,
        [(MACRO, MACRO + HELP), (b"return zp_m(x)", b"return zp_help(x)"), (DEAD, b"")],
    ),
    "statics_swap_places": history(
        MACRO + STATICS + function(b"zp_f", b"return zp_m(x) + zp_a + zp_b * x;") + WARNS,
        [(MACRO, MACRO + HELP), (b"return zp_m(x)", b"return zp_help(x)"),
         (STATICS, b"static int zp_b = 6;\nstatic int zp_a = 5;\n")],
    ),
}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.parametrize("name", INNOCENT)
def test_no_alarm(last: Callable[..., Three], name: str) -> None:
    """The line of a warning makes the built objects other ones."""
    found = last(*INNOCENT[name])
    assert found.same == [1]
    assert found.alone == found.plain == found.built == {}


STATIC = b"static int zp_st(int x)\n{\n\treturn x + 7;\n}\n"
VISIBLE = STATIC + b"int zp_vis(int x);\nint zp_vis(int x)\n{\n\treturn zp_st(x);\n}\n"
#: Rows only, no verdict: what is compared as a whole has other names.
NAMES = {
    "phantom_functions_where_a_condition_is_off": history(
        b"#define ZP_X\n" + HELP + USES,
        [(b"#define ZP_X\n", b"#ifdef ZP_OFF\n" + VISIBLE + b"#endif\n")],
        [MERE],
    ),
    "lost_row_of_a_visible_function_in_another_style": history(
        HELP + USES, [(b"int zp_f(int x)\n{", b"int zp_f(int x) {")]
    ),
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", NAMES)
def test_names_of_rows(last: Callable[..., Three], name: str) -> None:
    found = last(*NAMES[name])
    assert found.names[1] == found.names[2]
    assert found.names[0] == found.names[2]


METER = """\
import os, sys
before, after = map(os.path.getsize, sys.argv[1:])
print("add/remove: 0/0 grow/shrink: 0/0 up/down: 0/0 (0)")
print(f"Total: Before={before}, After={after}, chg 0%")
"""


def test_bloat_is_that_of_the_cell_that_it_names(small_tree: Path, tmp_path: Path) -> None:
    (small_tree / "scripts").mkdir()
    (small_tree / "scripts/bloat-o-meter").write_text(METER)
    # the fixture's make does not see that a directory is configured anew
    makefile = (small_tree / "Makefile").read_text()
    (small_tree / "Makefile").write_text(makefile.replace("$(if $(filter 2,$(C)),FORCE)", "FORCE"))
    tree = repository(small_tree)
    text = (tree / SMALL).read_bytes()
    big = b"#ifndef CONFIG_MEMCG\nint big[1000] = { 1 };\n#endif\n"
    commit(tree, {SMALL: text + big}, "start")
    commit(tree, {SMALL: text + big + b"int more = 1;\n"}, "a")
    (tmp_path / "cells.toml").write_text(MATRIX)
    small = cells.read(tmp_path / "cells.toml")["small"]
    other = replace(small, name="other", kconfig=("CONFIG_COMPACTION=y",))
    one = subject(tree, 1)
    found = {}
    for asked in ((small,), (small, other)):
        made = run.validate(one, asked, cache=tmp_path / "c", workers=2, tell=lambda text: None)
        assert {row.state for row in made.cells} == {"ran"}
        found[len(asked)] = [row for row in made.bloat if row.cell == "small"]
    assert found[1] == found[2]
    assert found[2]


@pytest.mark.kernel
def test_a_parent_that_kbuild_does_not_compile_is_nothing_to_compare_with(
    build_612: Callable[[str], BuildDir], kernel_612: Path, tmp_path: Path
) -> None:
    """With the flags for comparing, which silence the compiler, it does compile."""
    build = build_612("compaction")
    good = INCLUDES + HELP + USES
    bad = good.replace(b"return zp_help", b"retrun (zp_help").replace(b"(x) * 2", b"(x) * 2)")
    states = [{SOURCE: text} for text in (good, bad, good)]
    builder = Noting(tmp_path)
    made = builder.results([Job(build, OBJECT, state) for state in states], "building")
    built = {("compaction", OBJECT, n): one for n, one in enumerate(made)}
    target = Target(build, OBJECT, tuple(states))
    rows = Comparer(builder, kernel_612, built=built).compare([target], [1, 2])
    mended = [(r.name, str(r.verdict), r.how.partition(":")[0]) for r in rows if r.commit == 2]
    assert mended == [("*", "unknown", "the parent does not compile")]
