# SPDX-License-Identifier: GPL-2.0-only
"""What a place in a section is taken for: a string, a label of one, a variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.objcode.test_compare import I386, build
from zpconvert.objcode import x86
from zpconvert.objcode.compare import compare

WIDE = """\
extern int take(const void *text);
int f(void) { return take(%s"SecureBoot"); }
int g(void) { return take(%s"Other"); }
"""
#: As EXPORT_SYMBOL_NS() of 6.1 has it.
EXPORT = r"""
int f(int x) { return x * 3; }
asm(".section \"__ksymtab_strings\",\"aMS\",%progbits,1\n"
    "__kstrtab_f: .asciz \"f\"\n__kstrtabns_f: .asciz \"ZPA\"\n.previous\n"
    ".section \"___ksymtab+f\",\"a\"\n.balign 4\n__ksymtab_f: .long f - .\n"
    ".long __kstrtab_f - .\n.long __kstrtabns_f - .\n.previous\n");
"""
LABEL = r"""
int f(int x) { return x * 3; }
asm(".section zp_strings,\"aMS\",%progbits,1\nzp_label: .asciz \"one\"\n.previous\n");
"""
STATICS = """\
static {type} a = 1;
static {type} b = 1;
static {type} c = 1;
void f(void) {{ {store}; }}
void set(int x, int y, int z) {{ a = x; b = y; c = z; }}
long get(void) {{ return a * 7 + b * 5 + c; }}
"""


#: Where data begins in a section, arm's assembler says so with such a symbol.
MARKED = r"""
int f(void) {{ int at; asm("mov $.Lone, %0" : "=r" (at)); return at; }}
asm(".section .rodata.str1.1,\"aMS\",%progbits,1\n\"$d\":\n.Lone: .asciz \"{}\"\n.previous\n");
"""


@pytest.mark.parametrize("prefix", ["L", "u", "U"])
@pytest.mark.parametrize("flags", [(), I386])
def test_wide_strings_are_compared_to_their_end(
    tmp_path: Path, prefix: str, flags: tuple[str, ...]
) -> None:
    text = WIDE % (prefix, prefix)
    before = build(tmp_path, text, *flags)
    after = build(tmp_path, text.replace("SecureBoot", "SetupMode"), *flags)
    assert compare(before, before).same
    assert compare(before, after).different == ("f",)


@pytest.mark.parametrize("flags", [(), I386])
def test_what_the_label_of_a_string_names_is_compared(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    before = build(tmp_path, EXPORT, *flags)
    assert compare(before, before).same
    assert not compare(before, build(tmp_path, EXPORT.replace("ZPA", "ZPB"), *flags)).same


def test_a_string_that_is_only_labelled_is_compared(tmp_path: Path) -> None:
    before = build(tmp_path, LABEL)
    assert compare(before, before).same
    after = build(tmp_path, LABEL.replace("one", "two"))
    assert compare(before, after).different == ("[zp_strings]",)
    visible = LABEL.replace("zp_label:", ".globl zp_label\\nzp_label:")
    before = build(tmp_path, visible)
    after = build(tmp_path, visible.replace("one", "two"))
    assert compare(before, after).different == ("[zp_strings]",)


@pytest.mark.parametrize("flags", [(), I386])
@pytest.mark.parametrize("kind", ["int", "long", "char", "short"])
@pytest.mark.parametrize("store", ["{} = 5", "{} += 5", "{} += 500", "{} <<= 3"])
def test_a_variable_before_an_immediate_is_named(
    tmp_path: Path, flags: tuple[str, ...], kind: str, store: str
) -> None:
    """Two declarations swap places, and the store goes to where it went."""
    text = STATICS.format(type=kind, store=store.format("b"))
    swapped = text.replace(f"static {kind} a", "@").replace(f"static {kind} b", f"static {kind} a")
    swapped = swapped.replace("@", f"static {kind} b")
    other = swapped.replace(store.format("b"), store.format("a"))
    before = build(tmp_path, text, *flags)
    assert "f" in compare(before, build(tmp_path, other, *flags)).different
    if kind != "short":
        assert "f" in compare(before, build(tmp_path, swapped, *flags)).equal


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("c705", {4}), ("48c705", {4}), ("66c705", {2, 4}), ("c605", {1}), ("6644690d", {2, 4}),
        ("833d", {1}), ("66f0810d", {2, 4}), ("f605", {1}), ("f61d", {0}), ("f71d", {0}),
        ("d125", {0}), ("480fba2d", {1}), ("0fb605", {0}), ("f00fc105", {0, 1}), ("0f85", {0}),
        ("e8", {0}), ("ff15", {0}), ("4889c548c705", {4}), ("4883c40848c705", {4}),
        ("660f7005", {1}), ("62f2e5488325", {0, 1}), ("", {0}),
    ],
)  # fmt: skip
def test_bytes_after_a_distance(code: str, after: set[int]) -> None:
    text = bytes.fromhex(code)
    assert x86.after_distance(text + bytes(8), len(text)) == after


def test_what_the_assembler_marks_has_no_name(tmp_path: Path) -> None:
    """The string is compared where it is used, and not once more under the mark's name."""
    before = build(tmp_path, MARKED.format("one"))
    assert compare(before, before).same
    assert compare(before, build(tmp_path, MARKED.format("two"))).different == ("f",)
