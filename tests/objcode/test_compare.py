# SPDX-License-Identifier: GPL-2.0-only
"""Function by function comparison: on small objects of our own, and on the kernel's."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compiled import compile_many
from zpconvert.kernel import kbuild, replay
from zpconvert.objcode.compare import compare, contents
from zpconvert.objcode.elf import ElfError, size
from zpconvert.objcode.flags import COMPARE_FLAGS

AS_KBUILD = ("-fno-pie", "-mcmodel=kernel", "-fno-asynchronous-unwind-tables")
SOURCE = """
extern int say(const char *text, int line);
struct ops { int (*run)(int); };
static int counter, other;
static int add(int a) { counter += a; return counter; }
int twice(int a) { return add(a) + add(a); }
int told(int a) { return say("one", 1) + say("two", 2) + a; }
int last(int a) { other = a; return __LINE__ - __LINE__ + a; }
const struct ops table = { .run = add };
"""


def build(tmp_path: Path, source: str, *flags: str) -> bytes:
    (tmp_path / "a.c").write_text(source)
    subprocess.run(
        ["gcc", "-O2", *AS_KBUILD, *COMPARE_FLAGS, *flags, "-c", "a.c"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    return (tmp_path / "a.o").read_bytes()


def test_the_same_text_is_equal(tmp_path: Path) -> None:
    result = compare(build(tmp_path, SOURCE), build(tmp_path, "\n\n" + SOURCE))
    assert result.same
    assert {"add", "twice", "told", "last"} <= set(result.equal)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("add(a) + add(a)", "add(a) - add(a)", "twice"),
        ('say("two", 2)', 'say("too", 2)', "told"),
        ('say("two", 2)', 'say("two", 3)', "told"),
        ("other = a", "counter = a", "last"),
        ("counter += a", "counter += a + 70000", "add"),
        (".run = add", ".run = twice", "[.rodata]"),
    ],
)
def test_a_change_is_seen_where_it_is(tmp_path: Path, old: str, new: str, name: str) -> None:
    assert old in SOURCE
    result = compare(build(tmp_path, SOURCE), build(tmp_path, SOURCE.replace(old, new)))
    assert result.different == (name,)
    assert not result.missing
    assert not result.added
    assert not result.same


def test_a_new_string_moves_no_other_function(tmp_path: Path) -> None:
    """Strings are compared by content: a changed one shifts all that follow it."""
    after = SOURCE.replace('say("one"', 'say("a much longer one"')
    result = compare(build(tmp_path, SOURCE), build(tmp_path, after))
    assert result.different == ("told",)


def test_renamed_functions_are_the_same_contents(tmp_path: Path) -> None:
    before, after = build(tmp_path, SOURCE), build(tmp_path, SOURCE.replace("add(", "put(").replace(
        "= add", "= put"))  # fmt: skip
    assert compare(before, after, {"add": "put"}).same
    plain = compare(before, after)
    assert plain.missing == ("add",)
    assert plain.added == ("put",)
    assert set(plain.different) == {"twice", "[.rodata]"}


def test_swapped_callees_of_one_shape_differ(tmp_path: Path) -> None:
    """Same bytes, other relocations."""
    text = "extern int f(int), g(int);\nint a(int x) { return f(x) + 1; }\n"
    before, after = build(tmp_path, text), build(tmp_path, text.replace("f(x)", "g(x)"))
    assert contents(before)["a"].data == contents(after)["a"].data
    assert compare(before, after).different == ("a",)


def test_functions_of_one_section_know_their_neighbours(tmp_path: Path) -> None:
    """Where the assembler resolved a call within a section, equal bytes can mean another
    function; a section named in the source is not split by -ffunction-sections."""
    head = '#define S __attribute__((section(".init.text"), noinline))\n'
    one = head + "S static int f(int x) { return x + 1; }\nS int c(int x) { return f(x) * 2; }\n"
    two = head + "S static int g(int x) { return x + 1; }\nS int c(int x) { return g(x) * 2; }\n"
    before, after = build(tmp_path, one), build(tmp_path, two)
    assert contents(before)["c"].data == contents(after)["c"].data
    assert "c" in compare(before, after).different
    assert compare(before, after, {"f": "g"}).same


def test_what_cannot_be_read_is_never_equal(tmp_path: Path) -> None:
    good = build(tmp_path, SOURCE)
    assert compare(good, good).same
    for bad in (b"", b"\x7fELF", b"no object", good[: len(good) // 2], good[:64], b"\0" * 4096):
        with pytest.raises(ElfError):
            contents(bad)
        with pytest.raises(ElfError):
            compare(bad, bad)
    with pytest.raises(ElfError, match="no functions"):
        contents(build(tmp_path, "int x = 3;"))


def test_a_damaged_object_is_read_or_refused(tmp_path: Path) -> None:
    good = build(tmp_path, SWITCH)
    refused = 0
    for at, value in itertools.product(range(len(good)), (0, 1, 255)):
        try:
            contents(good[:at] + bytes((value,)) + good[at + 1 :])
        except ElfError:
            refused += 1
    assert refused > 100


#: i386 keeps addends in the code (REL), as does arm.
I386 = ("-m32", "-mcmodel=32", "-mregparm=3", "-ffreestanding")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("other = a", "other = a + 0", None),
        ("add(a) + add(a)", "add(a) - add(a)", "twice"),
        ('say("two", 2)', 'say("too", 2)', "told"),
        ("other = a", "counter = a", "last"),
        (".run = add", ".run = twice", "[.rodata]"),
        ('say("one"', 'say("a much longer one"', "told"),
    ],
)
def test_addends_in_the_code_are_read(tmp_path: Path, old: str, new: str, name: str | None) -> None:
    before = build(tmp_path, SOURCE, *I386)
    # what stands before the others moves the addends of all of them
    after = 'const char *first(void) { return "first"; }\n' + SOURCE
    result = compare(before, build(tmp_path, after.replace(old, new), *I386))
    assert result.different == ((name,) if name else ())
    assert result.missing == ()
    assert set(result.added) == {"first"}


def test_an_offset_within_a_variable_is_part_of_the_reference(tmp_path: Path) -> None:
    text = (
        "static int all[9];\nint f(int x) { all[2] = x; return x; }\nint *g(void) { return all; }\n"
    )
    before, after = (build(tmp_path, t, *I386) for t in (text, text.replace("all[2]", "all[3]")))
    assert compare(before, before).same
    assert compare(before, after).different == ("f",)


def test_a_kind_of_relocation_that_is_not_known_is_refused(tmp_path: Path) -> None:
    blob = build(tmp_path, "extern __thread int x;\nint f(void) { return x; }\n", *I386)
    assert size(blob).text > 0
    with pytest.raises(ElfError, match="not known"):
        contents(blob)


def test_size_is_that_of_the_program_size(tmp_path: Path) -> None:
    blob = build(tmp_path, SOURCE)
    said = subprocess.run(
        ["size", "a.o"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.splitlines()[1]
    mine = size(blob)
    assert [int(word) for word in said.split()[:3]] == [mine.text, mine.data, mine.bss]


CASES = "".join(f"case {n}: case {n + 6}: go({n * n}); go(7); break;" for n in range(6))
SWITCH = "void go(int);\nint f(int x) { switch (x) {" + CASES + "}\nreturn 0; }\n"
#: Cases whose code lies in f.cold, the first of them at its beginning.
COLD = SWITCH.replace("go(0);", "rare(0);").replace("go(4);", "rare(4);")
COLD = "__attribute__((cold)) void rare(int);\n" + COLD
#: A table with places of f and f.cold, as a switch has.
MIXED = """__attribute__((cold)) void rare(int);
int f(int x) { asm goto("1: .section own,\\"a\\"\\n.quad %l0\\n.quad %l1\\n.previous"
    :::: hot, cold); return x; cold: rare(1); return 2; hot: return 1; }
"""
CALLED = "".join(f"int f{n}(int x) {{ return x * {n + 3}; }}\n" for n in range(4))
ARRAY = "".join(f"f{n % 4}, " for n in range(24))
LOCAL = (
    "int call(int (**t)(int));\n"
    + CALLED
    + "int all(void) { return call((int (*[])(int)){ "
    + ARRAY
    + "}); }\n"
)
INITCALL = 'asm(".section .initcall1.init, \\"a\\"\\n.long f%d - .\\n.previous\\n");\n'
CONSTRUCTOR = "static void __attribute__((constructor)) %s(void) { n = n * 2 + %d; }\n"
BUILT = "int n;\n" + CONSTRUCTOR % ("one", 1) + CONSTRUCTOR % ("two", 2)


@pytest.mark.parametrize(
    ("text", "edits", "flags", "name"),
    [
        (SWITCH, ["case 7:|case @:", "case 8:|case 7:", "case @:|case 8:"], I386, "f"),
        (COLD, ["case 0:|case @:", "case 1:|case 0:", "case @:|case 1:"], I386, "f"),
        (MIXED, ["%l1|%l@", "%l0|%l1", "%l@|%l0"], (), "f"),
        (LOCAL, ["f2, f3|f3, f2"], ("-mno-sse",), "[.rodata]"),
        (CALLED + INITCALL % 1 + INITCALL % 2, ["f1 -|f@ -", "f2 -|f1 -", "f@ -|f2 -"], (),
         "[.initcall1.init]"),
        (BUILT, ["one(void) { n = n * 2 + 1|new(void) { n = n * 2 + 2",
                 "two(void) { n = n * 2 + 2|one(void) { n = n * 2 + 1", "new|two"], (),
         "[.init_array]"),
    ],
)  # fmt: skip
def test_the_order_of_a_table_counts(
    tmp_path: Path, text: str, edits: list[str], flags: tuple[str, ...], name: str
) -> None:
    after = text
    for edit in edits:
        old, _, new = edit.partition("|")
        assert old in after
        after = after.replace(old, new, 1)
    before = build(tmp_path, text, *flags)
    assert compare(before, before).same
    assert name in compare(before, build(tmp_path, after, *flags)).different


def test_a_new_constructor_is_seen(tmp_path: Path) -> None:
    text = "int n;\nint f(void) { return n; }\n"
    found = compare(build(tmp_path, text), build(tmp_path, text + CONSTRUCTOR % ("one", 1)))
    assert "[.init_array]" in found.added


EXCEPT = """
int f(int x)
{
    asm goto("1: nop\\n.pushsection __jump_table, \\"a\\"\\n"
         ".long 1b - ., %l[a] - .\\n.quad one - .\\n.popsection" : : : : a, b);
    asm goto("1: nop\\n.pushsection __jump_table, \\"a\\"\\n"
         ".long 1b - ., %l[b] - .\\n.quad two - .\\n.popsection" : : : : a, b);
    return x;
a:
    return 3;
b:
    return x * 7;
}
"""


def test_both_places_of_an_entry_belong_together(tmp_path: Path) -> None:
    after = EXCEPT.replace("%l[a] - .\\n.quad one", "%l[@] - .\\n.quad @")
    after = after.replace("%l[b] - .\\n.quad two", "%l[a] - .\\n.quad one")
    after = after.replace("%l[@] - .\\n.quad @", "%l[b] - .\\n.quad two")
    assert after != EXCEPT
    before = build(tmp_path, EXCEPT)
    assert compare(before, before).same
    assert compare(before, build(tmp_path, after)).different == ("f",)


ONE = "int f(int x) { return x * 3; }\n"
ASSEMBLED = 'asm(".text\\n.globl g\\ng: movl $1, %eax\\nret\\n");\n'
PLACES = """asm(".section .rodata\\n.globl la\\n.globl lb\\nla: .long 1\\nlb: .long 2\\n.text\\n");
extern const int la, lb;
int g(int x) { return la * 3 + lb + x; }
"""
UNDEFINED = "extern int W v;\nint *g(void) { return &v; }\n"
#: What a switch jumps to, by names that others may use.
LABELLED = """int g(int x) { asm goto("1: .section own,\\"a\\"\\n.globl t1\\n"
    "t1: .long %l0\\nt2: .long %l1\\n.previous" :::: a, b); return x; a: return 1; b: return 2; }
"""
TWO_BSS = "char one[64], two[64];\nint g(int x) { one[x] = 1; return two[x]; }\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "name"),
    [
        (ASSEMBLED, "$1", "$3", "[.text]"),
        (PLACES, "la: .long 1\\nlb:", "lb: .long 1\\nla:", "[.rodata]"),
        (TWO_BSS, "one[64], two[64]", "one[96], two[32]", "[.bss]"),
        ("int g(void);\nint W g(void) { return 3; }\n", "W", "__attribute__((weak))", "g"),
        ("int W v = 3;\n", "W", "__attribute__((weak))", "[.data]"),
        (UNDEFINED, "W", "__attribute__((weak))", "g"),
        ("int W g(void) { return 3; }\n", "W", '__attribute__((visibility("hidden")))', "g"),
        ("char W v[64] = {1};\n", "W", "__attribute__((aligned(64)))", "[.data]"),
        ("int W v[4];\n", "v[4]", "v[8]", "[COMMON]"),
        (LABELLED, "t1: .long %l0\\nt2:", "t2: .long %l0\\nt1:", "[own]"),
        ('int p, q;\nextern int v __attribute__((alias("p")));\n', '"p"', '"q"', "[.bss]"),
        ('static const int v __attribute__((section("own"), used)) = 4;\n', "const", "", "[own]"),
    ],
)
def test_what_a_symbol_or_a_section_is_counts(
    tmp_path: Path, text: str, old: str, new: str, name: str
) -> None:
    assert old in text
    text = text.replace("int W v[4]", "int __attribute__((common)) v[4]")
    plain = (ONE + text).replace("W ", "")
    before = build(tmp_path, plain if old == "W" else ONE + text)
    assert compare(before, before).same
    assert compare(before, build(tmp_path, (ONE + text).replace(old, new))).different == (name,)


OTHER_TEXT = '__attribute__((section(".{0}.text"))) int {0}(int x) {{ return x * 3; }}\n'
RESOLVED = 'static void *pick(void) { return one; }\nint g(int) __attribute__((ifunc("pick")));\n'


def test_a_section_is_not_named_after_its_function_by_chance(tmp_path: Path) -> None:
    before, after = (build(tmp_path, OTHER_TEXT.format(name)) for name in ("init", "exit"))
    assert compare(before, after, {"init": "exit"}).different == ("exit",)


def test_a_function_chosen_when_loaded_is_refused(tmp_path: Path) -> None:
    text = ONE.replace("int f", "int one") + RESOLVED
    with pytest.raises(ElfError, match="g is a function that is chosen when it is loaded"):
        contents(build(tmp_path, text))


@pytest.mark.parametrize("names", [("altinstr_replacement", "altinstr_aux"), ("text.f", "text.h")])
def test_code_that_jumps_in_a_circle_is_read(tmp_path: Path, names: tuple[str, str]) -> None:
    there, back = names
    text = (
        f'asm(".section .{there},\\"ax\\"\\n.La: nop\\njmp .Lb\\n'
        f'.section .{back},\\"ax\\"\\n.Lb: nop\\njmp .La\\n.text");\n'
        'void f(void) { asm volatile("jmp .La"); }\nvoid h(void) {}\n'
    )
    before = build(tmp_path, text)
    assert compare(before, before).same
    assert not compare(before, build(tmp_path, text.replace(".Lb: nop", ".Lb: cli"))).same


def test_padding_between_functions_is_no_code(tmp_path: Path) -> None:
    head = '#define S __attribute__((section(".init.text"), noinline))\n'
    text = head + "S int a(int x) { return x + 1; }\nS int b(int x) { return x * 70000; }\n"
    assert not [name for name in contents(build(tmp_path, text)) if "text" in name]


@pytest.mark.kernel
def test_the_kernels_own_object(
    build_612: Callable[[str], kbuild.BuildDir], kernel_612: Path
) -> None:
    """Twice the same text, then one operator changed in one function."""
    cell, name = build_612("compaction"), "mm/zsmalloc.c"
    text = (kernel_612 / name).read_bytes()
    operator = b"zspage->inuse += val"
    assert text.count(operator) == 1
    changed = text.replace(operator, b"zspage->inuse -= val")
    texts = [text, b"\n" * 3 + text, changed]
    jobs = [replay.Job(cell, "mm/zsmalloc.o", {name: one}, COMPARE_FLAGS) for one in texts]
    built = compile_many(jobs, workers=2)
    objects = [one.obj for one in built if isinstance(one, replay.Compiled)]
    assert len(objects) == 3
    names = contents(objects[0])
    assert len([name for name in names if name[0] != "["]) > 150
    assert len([name for name in names if name[0] == "["]) > 5
    assert compare(objects[0], objects[1]).same
    result = compare(objects[0], objects[2])
    assert result.different == ("mod_zspage_inuse",)
    assert not result.missing
    assert not result.added


def assembled(place: Path, text: str) -> bytes:
    (place / "a.S").write_text(text)
    subprocess.run(["gcc", "-c", "a.S", "-o", "a.o"], cwd=place, check=True)
    return (place / "a.o").read_bytes()


def test_a_place_between_two_functions_is_where_one_begins(tmp_path: Path) -> None:
    """Initcalls of functions that follow each other without a gap are no table of a switch."""
    text = '.section .init.text,"ax"\n'
    for name in ("aa", "bb", "cc"):
        text += f".type {name},@function\n{name}: call e_{name}\n ret\n.size {name},.-{name}\n"
    text += '.section .initcall6.init,"a"\n.long %s-.\n.long %s-.\n'
    before, after = (assembled(tmp_path, text % two) for two in (("bb", "cc"), ("cc", "bb")))
    assert compare(before, after).different == ("[.initcall6.init]",)


def test_a_renamed_neighbour_is_one(tmp_path: Path) -> None:
    text = '.section .init.text,"ax"\n.type zz,@function\nzz: call ext\n.size zz,.-zz\n'
    text += "lab: nop\n ret\n.type aa,@function\naa: call zz\n ret\n.size aa,.-aa\n"
    before, after = assembled(tmp_path, text), assembled(tmp_path, text.replace("zz", "yy"))
    assert compare(before, after, {"zz": "yy"}).same
