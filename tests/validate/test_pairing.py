# SPDX-License-Identifier: GPL-2.0-only
"""Functions of two objects paired, on small objects of our own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from zpconvert.objcode.compare import contents
from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.validate.pairing import Pairing, pair

AS_KBUILD = ("-fno-pie", "-mcmodel=kernel", "-mpreferred-stack-boundary=3")
AS_KBUILD += ("-fno-asynchronous-unwind-tables",)
BEFORE = """
extern int work(int);
static int first_page(int a) { return work(a) + 1; }
static int next_page(int a) { return work(a) * 3; }
int user(int a) { return first_page(a) + next_page(a); }
int other(int a) { return next_page(a); }
"""
#: first_page() renamed; next_page() stays as a shim, and other() goes past it.
AFTER = """
extern int work(int);
static int first_desc(int a) { return work(a) + 1; }
static int next_desc(int a) { return work(a) * 3; }
static int next_page(int a) { return next_desc(a); }
int user(int a) { return first_desc(a) + next_page(a); }
int other(int a) { return next_desc(a) - 0; }
"""


def build(tmp_path: Path, source: str) -> bytes:
    (tmp_path / "a.c").write_text(source)
    subprocess.run(
        ["gcc", "-O2", *AS_KBUILD, *COMPARE_FLAGS, "-c", "a.c"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    return (tmp_path / "a.o").read_bytes()


def paired(tmp_path: Path, before: str, after: str, **hints: str) -> Pairing:
    return pair(contents(build(tmp_path, before)), contents(build(tmp_path, after)), hints)


def test_renames_are_learnt_and_shims_seen_through(tmp_path: Path) -> None:
    found = paired(tmp_path, BEFORE, AFTER)
    assert found.other == frozenset()
    assert (found.gone, found.new) == (frozenset(), frozenset())
    assert {("first_page", "first_desc"), ("next_page", "next_desc"), ("user", "user")} < found.same


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("return next_desc(a); }\nint", "return next_desc(a + 1); }\nint", "next_page"),
        ("first_desc(a) + next_page(a)", "first_desc(a) + first_desc(a)", "user"),
        ("next_desc(a) - 0", "first_desc(a) - 0", "other"),
    ],
)
def test_what_is_no_shim_or_no_rename_differs(
    tmp_path: Path, old: str, new: str, differs: str
) -> None:
    assert AFTER.count(old) == 1
    found = paired(tmp_path, BEFORE, AFTER.replace(old, new))
    assert differs in {now for _, now in found.other}


def test_a_function_renamed_and_changed_is_not_paired_without_a_hint(tmp_path: Path) -> None:
    after = AFTER.replace("work(a) + 1", "work(a) + 2")
    found = paired(tmp_path, BEFORE, after)
    assert (found.gone, found.new) == ({"first_page"}, {"first_desc"})
    assert "user" in {now for _, now in found.other}
    found = paired(tmp_path, BEFORE, after, first_page="first_desc")
    assert found.other == {("first_page", "first_desc")}


def test_functions_that_others_can_call_are_known(tmp_path: Path) -> None:
    other = "int other(int a) { return next_page(a); }"
    found = paired(tmp_path, BEFORE, BEFORE.replace(other, ""))
    assert found.gone == {"other"}
    assert found.visible == {"user", "other"}


def test_two_shims_in_a_circle_end(tmp_path: Path) -> None:
    circle = "int b(int);\nint a(int x) { return b(x); }\nint b(int x) { return a(x); }\n"
    found = paired(tmp_path, circle, circle)
    assert found.other == frozenset()


def test_a_weak_shim_is_not_seen_through(tmp_path: Path) -> None:
    """It may be another object's in the kernel that is linked."""
    text = """
int real(int), shim(int);
int %s shim(int x) { return real(x); }
int user(int x) { return shim(x) + 1; }
"""
    for what, differs in (("", set()), ("__attribute__((weak))", {"user"})):
        before = text % what
        found = paired(tmp_path, before, before.replace("shim(x) + 1", "real(x) + 1"))
        assert {now for _, now in found.other} == differs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("static int a, b;", "int a, b;"),
        ("static int a, b;", "static int b, a;"),
        ("int h(", "static __attribute__((used)) int h("),
    ],
)
def test_what_does_not_count_is_equal(tmp_path: Path, old: str, new: str) -> None:
    """Whether others see a symbol is for pairing to say; where in .bss a variable lies is not
    of account."""
    text = "static int a, b;\nint g(int x) { a += x; return b++; }\nint h(void) { return 2; }\n"
    assert old in text
    assert not paired(tmp_path, text, text.replace(old, new)).other


#: A table of its own functions, a counter within a function, two of one content.
STATICS = """
struct ops { int (*run)(void); struct ops *next; };
static int count, limit;
static int run(void) { static int calls = 4; return ++calls + count + limit * 2; }
static struct ops page_ops = { run, &page_ops };
void *user(int x) { count = x; limit = x + 1; return &page_ops; }
"""


@pytest.mark.parametrize(
    "renames",
    [
        {"page_ops": "desc_ops"},
        {"calls": "runs"},
        {"count": "counted", "limit": "limited"},
        {"page_ops": "desc_ops", "run": "run_desc", "calls": "runs"},
    ],
)
def test_renamed_static_variables_are_the_same(tmp_path: Path, renames: dict[str, str]) -> None:
    after = STATICS
    for was, now in renames.items():
        after = re.sub(rf"\b{was}\b", now, after)
    found = paired(tmp_path, STATICS, after)
    assert (found.other, found.gone, found.new) == (frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("calls = 4; return ++calls", "runs = 5; return ++runs", "[.data]"),
        ("calls = 4; return ++calls", "runs = 4; return ++limit", "run"),
        ("static int calls = 4; return ++calls", "int calls = 4; return ++count", "run"),
        ("static struct ops page_ops = { run, &page_ops };\nvoid *user(int x) { count = x; limit ="
         " x + 1; return &page_ops",
         "struct ops desc_ops = { run, &desc_ops };\nvoid *user(int x) { count = x; limit ="
         " x + 1; return &desc_ops", "user"),
    ],
)  # fmt: skip
def test_another_variable_is_no_rename(tmp_path: Path, old: str, new: str, differs: str) -> None:
    assert STATICS.count(old) == 1
    found = paired(tmp_path, STATICS, STATICS.replace(old, new))
    assert differs in {now for _, now in found.other}


ONE = "int one(int x) { return x * 3; }\n"
HOOK = "void __attribute__((weak)) hook(void) {}\nvoid user(void) { hook(); }\n"
SHIM = "int work(int);\nint g(int x) { return work(x) * 5; }\nint f(int x) { return g(x); }\n"
INIT = '__attribute__((section(".init.text"))) int f'
ADDRESS = SHIM + "int user(int (*run)(int)) { return run == f; }\n"
#: A name and what is called so: extern in the first object, the object's own in the second.
EXTERN = """
int b(int), work(int);
static int a(int x) { return work(x) + 7; }
int f(int x) { return a(x) * 2; }
int g(int x) { return b(x) * 3; }
"""
OWN = EXTERN.replace("int b(int), ", "int ").replace("a(int x)", "b(int x)").replace("a(x)", "b(x)")
COUNTERS = """
int work(int);
int g(int v) { return work(v) * 2; }
int f(void) { static int work; return work++; }
"""
LIMIT = "extern int lim;\nint g(void) { return lim; }\n"
LIMIT += "int f(void) { static int lim; return lim++; }\n"
STUB = "int b(int);\nint f(int x) { return b(x); }\n"
THROUGH = "int b(int);\nstatic int f(int x) { return b(x); }\nint o(int x) { return f(x) + 1; }\n"
#: Code that no symbol names, and what it calls.
PATCHED = """
int b(void);
int f(void)
{
    asm volatile(".section .altinstr_replacement,\\"ax\\"\\n.La: call %P0\\n.previous\\n"
                 "jmp .La" : : "i" (b));
    return 1;
}
"""
OWN_SECTION = 'static int v __attribute__((section("own1"))) = 4;\nint f(void) { return v++; }\n'
WEAK = "void __attribute__((weak)) w(void);\nvoid f(void) { w(); }\n"


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        (COUNTERS, COUNTERS.replace("work", "boom"), "g"),
        (STUB, STUB.replace("int b(int);", "static int b(int x) { return x - 38; }"), "f"),
        (THROUGH, THROUGH.replace("int b(int);\nstatic int f(int x) { return b(x); }",
                                  "static int b(int x) { return x + 7; }").replace("f(x)", "b(x)"),
         "o"),
        (PATCHED, PATCHED.replace("int b(void);", "static int b(void) { return 7; }"), "f"),
        (LIMIT, LIMIT.replace("lim", "max"), "g"),
        (HOOK, HOOK.replace("hook(); }", "}"), "user"),
        (EXTERN, OWN, "g"),
        (SHIM, SHIM.replace("int f", INIT), "f"),
        (SHIM.replace("int g", INIT.replace("int f", "int g")), SHIM, "g"),
        (ADDRESS, ADDRESS.replace("run == f", "run == g"), "user"),
        (SHIM + "int (*run)(int) = f;\n", SHIM + "int (*run)(int) = g;\n", "[.data]"),
        (WEAK + ONE, WEAK.replace("__attribute__((weak)) ", "") + ONE, "f"),
        ('asm(".section .altinstr_replacement,\\"ax\\"\\n.La: call x\\n.text"); static int y;\n'
         'int f(void) { asm volatile("jmp .La"); return y++; }',
         'asm(".section .altinstr_replacement,\\"ax\\"\\n.La: call x\\n.text"); static int x;\n'
         'int f(void) { asm volatile("jmp .La"); return x++; }', "f"),
    ],
)  # fmt: skip
def test_what_a_name_stood_for_is_no_other_thing(
    tmp_path: Path, before: str, after: str, differs: str
) -> None:
    assert before != after
    assert not paired(tmp_path, before, before).other
    assert differs in {now for _, now in paired(tmp_path, before, after).other}


def test_a_hint_onto_what_another_has_is_none(tmp_path: Path) -> None:
    found = paired(tmp_path, EXTERN, OWN, a="b")
    assert "g" in {now for _, now in found.other}


def test_what_is_known_of_more_is_no_reason_to_rename_what_another_has(tmp_path: Path) -> None:
    known = paired(tmp_path, "static int a; int f(void) { return a++; }",
                   "static int b; int f(void) { return b++; }")  # fmt: skip
    assert known.renames == {"a": "b"}
    text = "static int a; extern int b; int f(void) { return a++; } int g(void) { return b; }"
    after = text.replace("extern int b; ", "").replace("a;", "b;").replace("a++", "b++")
    found = pair(contents(build(tmp_path, text)), contents(build(tmp_path, after)), {}, known)
    assert "g" in {now for _, now in found.other}


def test_statics_of_one_content_are_renamed_as_they_lie(tmp_path: Path) -> None:
    text = (
        "static int {}, {}; int f(int x) {{ return {} += x; }} int g(int x) {{ return {} -= x; }}"
    )
    before, after = (text.format(*two, *two) for two in (("first", "second"), ("old", "new")))
    found = paired(tmp_path, before, after)
    assert found.renames == {"first": "old", "second": "new"}
    assert not found.other


#: A function is converted; its old name stays, and is used.
CONVERTED = """
int work(int), reg(int (*)(int));
int do_page(int x) { return work(x) * 5; }
int user(int x) { return do_page(x) + 1; }
int (*const ops)(int) = do_page;
int setup(void) { return reg(do_page) + 2; }
"""


def test_a_shim_whose_address_is_used_is_no_change(tmp_path: Path) -> None:
    new = "static int do_desc(int x) { return work(x) * 5; }\n"
    new += "int do_page(int x) { return do_desc(x); }"
    after = CONVERTED.replace("int do_page(int x) { return work(x) * 5; }", new)
    after = after.replace("return do_page(x) + 1", "return do_desc(x) + 1")
    found = paired(tmp_path, CONVERTED, after)
    assert (found.other, found.gone, found.new) == (frozenset(), frozenset(), frozenset())
    assert ("do_page", "do_desc") in found.same


@pytest.mark.parametrize(
    ("attribute", "seen_through"),
    [
        ('section(".text.unlikely.g")', True),
        ('section(".text..own")', False),
        ('section(".sched.text")', False),
    ],
)
def test_a_shim_goes_with_its_target(tmp_path: Path, attribute: str, seen_through: bool) -> None:
    """What is likely or not is in .text all the same."""
    text = f"int work(int);\n__attribute__(({attribute})) int g(int x) {{ return work(x) * 5; }}\n"
    text += "int f(int x) { return g(x); }\nint user(int x) { return f(x) + 1; }\n"
    found = paired(tmp_path, text, text.replace("return f(x) + 1", "return g(x) + 1"))
    assert (("user", "user") in found.same) is seen_through


def test_a_section_is_not_renamed(tmp_path: Path) -> None:
    found = paired(tmp_path, OWN_SECTION, OWN_SECTION.replace("own1", "own2"))
    assert (found.gone, found.new) == ({"[own1]"}, {"[own2]"})
