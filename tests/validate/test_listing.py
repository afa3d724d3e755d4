# SPDX-License-Identifier: GPL-2.0-only
"""Listings come from the objects' own objdump, or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.validate.listing import listings, variables


def compiled(place: Path, text: str) -> bytes:
    (place / "a.c").write_text(text)
    subprocess.run(["gcc", "-O2", "-fno-pie", *COMPARE_FLAGS, "-c", "a.c"], cwd=place, check=True)
    return (place / "a.o").read_bytes()


@pytest.fixture
def blob(tmp_path: Path) -> bytes:
    return compiled(tmp_path, "int one(void) { return 1; }\nint two(void) { return 2; }\n")


def test_both_sides(blob: bytes) -> None:
    found = listings("objdump", blob, "one", blob, "two", {})
    assert found is not None
    assert any("$0x1" in line for line in found.before)
    assert any("$0x2" in line for line in found.after)


def test_what_objdump_cannot_read_has_no_listing(blob: bytes) -> None:
    assert listings("objdump", blob, "one", b"another machine's", "one", {}) is None


def test_without_the_toolchains_objdump_there_is_no_listing(blob: bytes) -> None:
    assert listings("no-such-linux-gnu-objdump", blob, "one", blob, "two", {}) is None


#: A function with a string, and an entry in a table about it; two variables.
TEXT = """\
int say(const char *, const char *);
int one(void)
{
    asm volatile("7: .pushsection __bugs,\\"a\\"; .quad 7b; .long 12; .popsection");
    return say("a %s\\n", "b") + 1;
}
int first = 1;
const char *second = "c";
"""


@pytest.mark.parametrize(
    ("was", "now", "lines"),
    [("a %s", "A %s", ("'a %s\\n'", "'A %s\\n'")), ("12", "13", ("0c 00 00 00", "0d 00 00 00"))],
)
def test_what_differs_is_in_the_listing(
    was: str, now: str, lines: tuple[str, str], tmp_path: Path
) -> None:
    """Although the instructions do not."""
    before, after = (compiled(tmp_path, TEXT.replace(was, text)) for text in (was, now))
    found = listings("objdump", before, "one", after, "one", {})
    assert found is not None
    (pair,) = [two for two in zip(found.before, found.after, strict=True) if two[0] != two[1]]
    assert all(line in shown for line, shown in zip(lines, pair, strict=True))


def test_what_differs_in_a_table_is_seen_of_a_long_function_too(tmp_path: Path) -> None:
    long = TEXT.replace('say("a %s', 'say("a", "c") + ' * 300 + 'say("a %s')
    before, after = (compiled(tmp_path, long.replace("12", text)) for text in ("12", "13"))
    found = listings("objdump", before, "one", after, "one", {})
    assert found is not None
    assert found.before != found.after


def test_a_function_that_is_not_there_has_no_listing(blob: bytes) -> None:
    assert listings("objdump", blob, "one", blob, "three", {}) is None


def test_data_is_listed_by_its_variables_that_differ(tmp_path: Path) -> None:
    long = TEXT + "int table[20] = {[11] = 1};\n"
    before = compiled(tmp_path, long)
    after = compiled(
        tmp_path,
        long.replace('"c"', '"d"').replace("first", "other").replace("= 1}", "= 2}"),
    )
    found = listings("no-objdump", before, "[.data]", after, "[.data]", {"first": "other"})
    assert found is not None
    assert variables(found) == ["second", "table"]
    differ = [two for two in zip(found.before, found.after, strict=True) if two[0] != two[1]]
    assert [before.partition(": ")[0] for before, _ in differ] == ["second+0x0", "table+0x20"]
    assert differ[0][0].endswith(" +0x0='c'")
    assert differ[0][1].endswith(" +0x0='d'")
    other = listings("no-objdump", before, "[.data]", after, "[.data]", {})
    assert other is not None
    assert variables(other) == ["first", "other", "second", "table"]
    assert listings("no-objdump", before, "[.bss]", after, "[.bss]", {}) is None
    assert listings("no-objdump", before, "[.data]", b"no object", "[.data]", {}) is None


def test_data_without_names_is_listed(tmp_path: Path) -> None:
    """What an array of a function begins with."""
    text = "int use(int *);\nint one(void) { int a[] = {1, 2, 3, 4, 5, 6, 7, 8}; return use(a); }\n"
    before, after = (compiled(tmp_path, text.replace("7", new)) for new in ("7", "9"))
    for section in ("[.rodata]", "[.rodata.cst16]", "[.rodata.cst32]"):
        found = listings("no-objdump", before, section, after, section, {})
        if found is not None and found.before != found.after:
            break
    assert found is not None
    assert found.before != found.after
    assert variables(found) == []


def test_where_a_function_is_and_who_sees_it_is_listed(tmp_path: Path) -> None:
    text = 'static __attribute__((section(".init.text"))) int one(void) { return 1; }\n'
    use = "int (*f)(void) = one;\n"
    before = compiled(tmp_path, text + use)
    after = compiled(tmp_path, text.replace("static ", "").replace("init", "exit") + use)
    found = listings("objdump", before, "one", after, "one", {})
    assert found is not None
    assert (found.before[0], found.after[0]) == (
        "in .init.text, static",
        "in .exit.text, seen by other objects",
    )
    assert found.before[1:] == found.after[1:]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("int v = 3", "int __attribute__((weak)) v = 3", "v+0x0: weak 03 00"),
        ("int v = 3", 'int __attribute__((visibility("hidden"))) v = 3', "v+0x0: hidden 03 00"),
        ("int v = 3", "int v __attribute__((aligned(64))) = 3", "aligned to 64 bytes"),
    ],
)
def test_what_a_variable_is_besides_its_bytes_is_listed(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    text = "int v = 3;\nint one(void) { return v; }\n"
    before, after = (compiled(tmp_path, text.replace(old, now)) for now in (old, new))
    found = listings("no-objdump", before, "[.data]", after, "[.data]", {})
    assert found is not None
    assert told in "\n".join(found.after)
    assert told not in "\n".join(found.before)


def test_a_label_is_listed_as_one(tmp_path: Path) -> None:
    text = 'asm(".data\\n.globl la\\n.long %s\\nla: .long 2\\n.text"); int one(void) { return 1; }'
    before, after = (compiled(tmp_path, text % longs) for longs in ("1", "1, 2"))
    found = listings("no-objdump", before, "[.data]", after, "[.data]", {})
    assert found is not None
    assert (found.before[1], found.after[1]) == ("la+0x0: a label at 0x4", "la+0x0: a label at 0x8")
