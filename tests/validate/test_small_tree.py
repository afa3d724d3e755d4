# SPDX-License-Identifier: GPL-2.0-only
"""Whatever a commit touches is compiled, or it is said that it was not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.kernel import cells, kbuild
from zpconvert.kernel.cells import Cell
from zpconvert.kernel.tree import open_tree
from zpconvert.validate import commits, report, run
from zpconvert.validate.includers import includers
from zpconvert.validate.report import Report
from zpconvert.validate.subject import Subject
from zpconvert.validate.verdict import Verdict

from .small import MATRIX, commit, git, repository

SOURCE = "mm/objpool.c"
FRAGMENT = ("CONFIG_OBJPOOL=y", "CONFIG_BUDDY2=y")


@pytest.fixture
def tree(small_tree: Path) -> Path:
    return repository(small_tree)


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    (tmp_path / "cells.toml").write_text(MATRIX)
    return cells.read(tmp_path / "cells.toml")["small"]


def subject(tree: Path, number: int) -> Subject:
    """The last commits; the work tree is at their base, which builds."""
    git(tree, "checkout", "-q", f"main~{number}")
    opened = open_tree(tree)
    return Subject(opened, commits.from_range(opened, f"main~{number}..main"), FRAGMENT)


def validated(one: Subject, cell: Cell, cache: Path) -> Report:
    return run.validate(one, [cell], cache=cache, workers=2, tell=lambda text: None)


def test_a_header_s_users_are_built_and_compared(tree: Path, cell: Cell, tmp_path: Path) -> None:
    """migrate.h is included by three sources, none of which the commit touches."""
    header = "include/linux/gfp.h"
    text = (tree / header).read_bytes()
    end = text.rindex(b"#endif")
    commit(tree, {header: text[:end] + b"void undeclared(void) {}\n" + text[end:]}, "gfp: more")
    found = validated(subject(tree, 1), cell, tmp_path / "cache")
    users = [path[:-2] + ".o" for path in includers(tree, header)]
    assert {"mm/objpool.o", "mm/page_alloc.o"} <= set(users)
    assert set(found.objects) == set(users)
    assert found.uncovered == ()
    builds = {f.text.partition(":")[0] for f in found.findings if f.check == "build"}
    assert builds == {f"{obj} does not build" for obj in users}
    assert {f.path for f in found.findings if f.check == "build"} == {header}


def test_what_is_not_compiled_is_in_the_report(tree: Path, cell: Cell, tmp_path: Path) -> None:
    makefile, kconfig = (tree / "mm/Makefile").read_bytes(), (tree / "mm/Kconfig").read_bytes()
    source = (tree / SOURCE).read_bytes()
    commit(tree, {"mm/Makefile": makefile + b"# more\n", "mm/Kconfig": kconfig + b"# more\n"}, "a")
    commit(tree, {"notes.txt": b"words\n", SOURCE: source + b"/* more */\n"}, "b")
    commit(tree, {"mm/lonely.h": b"int lonely;\n"}, "c")
    found = validated(subject(tree, 3), cell, tmp_path / "cache")
    assert [(row.commit, row.path, row.reason) for row in found.uncovered] == [
        (1, "mm/Kconfig", "every cell is configured and built as the tree has it"),
        (1, "mm/Makefile", "every cell is configured and built as the tree has it"),
        (2, "notes.txt", "is not compiled"),
        (3, "mm/lonely.h", "no source of the series includes it"),
    ]
    assert [f for f in found.findings if f.check in ("build", "equality")] == []
    assert len(json.loads(report.dump(found))["uncovered"]) == 4


def test_a_header_that_no_built_source_includes(tree: Path, cell: Cell, tmp_path: Path) -> None:
    """objpool.o includes nothing of its own that buddy2.o does not: CONFIG_BUDDY2 is off."""
    header, source = "include/linux/buddy2.h", (tree / SOURCE).read_bytes()
    text = (tree / header).read_bytes()
    commit(tree, {header: text + b"\n", SOURCE: source + b"\n"}, "a")
    one = replace(subject(tree, 1), fragment=("CONFIG_OBJPOOL=y",))
    found = validated(one, cell, tmp_path / "cache")
    (row,) = found.uncovered
    assert row.path == header
    assert row.reason == "no cell builds what includes it"
    assert found.objects == ("mm/objpool.o",)


def test_lines_that_no_cell_compiles(tree: Path, cell: Cell, tmp_path: Path) -> None:
    source = (tree / SOURCE).read_bytes()
    last = source.count(b"\n")
    hidden = b"#ifdef CONFIG_NOWHERE\nint hidden;\n#else\nint seen;\n#endif\n"
    commit(tree, {SOURCE: source + hidden}, "a")
    commit(tree, {SOURCE: source + hidden.replace(b"seen", b"shown")}, "b")
    commit(tree, {SOURCE: source + hidden.replace(b"int seen;\n", b"")}, "c")
    commit(tree, {SOURCE: source + b"/* more */\n"}, "d")
    found = validated(subject(tree, 4), cell, tmp_path / "cache")
    what = "compiled only with CONFIG_NOWHERE: no cell is so"
    assert [(row.commit, row.path, row.reason) for row in found.uncovered] == [
        (1, SOURCE, f"line {last + 2} is {what}"),
        (4, SOURCE, f"what is gone is {what}"),
    ]


def test_assembler_is_compiled_and_compared(tree: Path, cell: Cell, tmp_path: Path) -> None:
    source = "mm/stub.S"
    text = b'.text\n.globl f\n.type f, @function\nf:\n#include "one.h"\n\tret\n.size f, . - f\n'
    rule = (
        "\n$(O)/mm/stub.o: mm/stub.S\n\t@mkdir -p $(@D)\n"
        "\t$(CC) -D__ASSEMBLY__ -c -o $@ $(CURDIR)/$<\n"
        "\t@echo 'savedcmd_x := $(CC) -D__ASSEMBLY__ -c -o $@ $(CURDIR)/$<' > $(@D)/.$(@F).cmd\n"
        "mm/stub.o: %.o: $(O)/%.o ;\n"
    )
    makefile = (tree / "Makefile").read_text() + rule
    commit(tree, {source: text, "mm/one.h": b"nop\n", "Makefile": makefile.encode()}, "start")
    commit(tree, {source: text.replace(b"ret", b"ret /* more */")}, "a")
    commit(tree, {source: text.replace(b"ret", b"nop\n\tret")}, "b")
    commit(tree, {source: text.replace(b"ret", b"none\n\tret")}, "c")
    found = validated(subject(tree, 3), cell, tmp_path / "cache")
    assert found.objects == ("mm/stub.o",)
    assert [(f.commit, f.check, f.path) for f in found.findings if f.check != "message"] == [
        (3, "build", source),
        (2, "equality", source),
    ]
    assert {row.commit: row.verdict for row in found.compared} == {
        2: Verdict.DIFFERENT,
        3: Verdict.UNKNOWN,
    }


def test_other_code_is_said_beside_a_build_that_fails(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    """What is compiled to be compared has another __LINE__, and no warnings."""
    text = (tree / SOURCE).read_bytes()
    function = b"int more(void);\nint more(void)\n{\n\treturn 1;\n}\n"
    commit(tree, {SOURCE: text + function}, "a")
    other = function.replace(b"1", b"2") + b'_Static_assert(__LINE__ == 1, "no");\n'
    commit(tree, {SOURCE: text + other}, "b")
    found = validated(subject(tree, 1), cell, tmp_path / "cache")
    said = [f.check for f in found.findings if f.check != "message"]
    assert said == ["build", "equality"]
    assert any(row.name == "more" and row.verdict is Verdict.DIFFERENT for row in found.compared)


def test_rows_03_and_04_a_warning_is_its_commit_s_also_if_a_later_one_mends_it(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    makefile, text = (tree / "Makefile").read_bytes(), (tree / SOURCE).read_bytes()
    commit(tree, {"Makefile": makefile.replace(b" -Werror", b"")}, "start")
    warns = b"static int never_read;\n"
    commit(tree, {SOURCE: text + warns}, "a")
    commit(tree, {SOURCE: b"\n" + text + warns}, "b")
    commit(tree, {SOURCE: text + b"\n"}, "c")
    found = validated(subject(tree, 3), cell, tmp_path / "cache")
    (warning,) = [f for f in found.findings if f.check == "warning"]
    assert (warning.commit, warning.path, warning.cell) == (1, SOURCE, "small")
    assert warning.line == text.count(b"\n") + 1
    assert "never_read" in warning.text
    assert "--commit 1 --cell small" in warning.reproduce
    assert not found.good


def test_sparse_reads_each_source(tree: Path, cell: Cell, tmp_path: Path) -> None:
    text = (tree / SOURCE).read_bytes()
    more = b"int *none(void);\nint *none(void) { return %s; }\n"
    commit(tree, {SOURCE: text + more % b"NULL"}, "a")
    commit(tree, {SOURCE: text + more % b"0"}, "b")
    one = subject(tree, 2)
    silent = validated(one, cell, tmp_path / "cache")
    assert [f for f in silent.findings if f.check in ("build", "warning")] == []
    found = validated(one, replace(cell, name="sparse", checker="sparse"), tmp_path / "cache")
    (warning,) = [f for f in found.findings if f.check == "warning"]
    assert (warning.commit, warning.cell, warning.path) == (2, "sparse", SOURCE)
    assert warning.line == text.count(b"\n") + 2
    assert warning.text == "Using plain integer as NULL pointer"


def test_a_declared_change_is_no_finding_and_one_that_is_none_is(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    text = (tree / SOURCE).read_bytes() + b"int last(void);\nint last(void) { return 1; }\n"
    commit(tree, {SOURCE: text}, "start")
    commit(tree, {SOURCE: text.replace(b"return 1;", b"return 2;")}, "mm/objpool: two")
    commit(tree, {SOURCE: text.replace(b"return 1;", b"return 3;")}, "mm/objpool: three")
    one = subject(tree, 2)
    one = replace(one, declared={"mm/objpool: two": {"last": "two is enough", "other": "so"}})
    found = validated(one, cell, tmp_path / "cache")
    rows = [(row.commit, row.name, row.verdict, row.how) for row in found.compared]
    assert rows == [
        (1, "last", Verdict.DECLARED, "two is enough"),
        (2, "last", Verdict.DIFFERENT, "other code"),
    ]
    assert found.functions["declared"] == 1
    said = [(f.check, f.commit, f.text.partition(" ")[0]) for f in found.findings]
    assert ("declared", 1, "other()") in said
    assert ("equality", 2, "last:") in said
    assert ("equality", 1, "last:") not in said


def test_a_setting_that_no_cell_can_have_is_one_finding(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    commit(tree, {SOURCE: (tree / SOURCE).read_bytes() + b"int more;\n"}, "a")
    one = replace(subject(tree, 1), fragment=("CONFIG_NO_SUCH_THING=y",))
    two = [cell, replace(cell, name="other", compare=True)]
    found = run.validate(one, two, cache=tmp_path / "cache", workers=2, tell=lambda text: None)
    (said,) = [f for f in found.findings if f.check != "message"]
    assert (said.check, said.cell) == ("prepare", "")
    assert "CONFIG_NO_SUCH_THING=y has no effect" in said.text
    assert said.text.endswith(" (cells small, other)")
    todo = ": try --conversion NAME, or --kconfig CONFIG_NO_SUCH_THING=y"
    todo += " with a --kconfig for each that is not set"
    assert f"{todo} (cells" in said.text
    assert "--cell" not in said.reproduce
    found = run.validate(one, two[1:], cache=tmp_path / "cache", workers=2, tell=lambda text: None)
    assert [f.cell for f in found.findings if f.check != "message"] == ["other"]


def test_only_what_a_conversion_can_bring_is_said_to_be_in_one(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    commit(tree, {SOURCE: (tree / SOURCE).read_bytes() + b"int more;\n"}, "a")
    one, none = subject(tree, 1), ("CONFIG_NO_SUCH_THING=y",)
    for tried, where in (
        (replace(one, fragment=none, conversion="its"), cell),
        (one, replace(cell, kconfig=none)),
    ):
        found = validated(tried, where, tmp_path / "cache")
        (said,) = [f.text for f in found.findings if f.check == "prepare"]
        assert "CONFIG_NO_SUCH_THING=y has no effect" in said
        assert "--conversion" not in said


def test_what_shows_a_finding_again_looks_at_the_commits_that_were_looked_at(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    for more in (b"int one;\n", b"int two;\n"):
        commit(tree, {SOURCE: (tree / SOURCE).read_bytes() + more}, "a")
    one = replace(subject(tree, 2), fragment=("CONFIG_NO_SUCH_THING=y",), only=(2,))
    found = validated(one, cell, tmp_path / "cache")
    (said,) = [f for f in found.findings if f.check == "prepare"]
    assert said.reproduce.endswith(" --commit 2 --cell small")


def test_a_function_that_is_not_edited_names_the_inline_one_that_is(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    text = (tree / SOURCE).read_bytes()
    text += (
        b"#ifndef __always_inline\n#define __always_inline inline __attribute__((always_inline))\n"
    )
    text += b"#endif\nstatic __always_inline int part(void)\n{\n\treturn 1;\n}\n\n"
    text += b"int all(void);\nint all(void)\n{\n\treturn part() * 3;\n}\n"
    commit(tree, {SOURCE: text}, "a")
    commit(tree, {SOURCE: text.replace(b"return 1;", b"return 2;")}, "b")
    found = validated(subject(tree, 1), cell, tmp_path / "cache")
    said = [f.text for f in found.findings if f.check == "equality"]
    assert "all: different: other code; it is made of part(), edited here" in said


def test_progress_names_the_cells(tree: Path, cell: Cell, tmp_path: Path) -> None:
    """They are compiled in two goes: one counted from the beginning after the other."""
    commit(tree, {SOURCE: (tree / SOURCE).read_bytes() + b"int more;\n"}, "a")
    cells = [cell, *(replace(cell, name=f"cell-{n}", compare=False) for n in range(5))]
    said: list[str] = []
    one = subject(tree, 1)
    run.validate(one, cells, cache=tmp_path / "cache", workers=2, tell=said.append)
    parts = {part.partition(": ")[0] for text in said for part in text.split("; ")}
    assert {
        "compiling in small",
        "compiling in cell-0, cell-1, cell-2 and 2 more",
    } == {part for part in parts if part.startswith("compiling")}


def test_a_requested_option_that_is_not_set_fails_the_cell(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    """Each way in which kconfig drops a request: not known, off, or on though asked off."""
    (tree / "mm/Kconfig").write_text((tree / "mm/Kconfig").read_text() + "\n")
    for setting in ("CONFIG_HIGHMEM64G=y", "CONFIG_OBJPOOL=m", "CONFIG_FORCED=n"):
        makefile = (tree / "Makefile").read_text()
        if "FORCED" in setting and "FORCED" not in makefile:
            forced = makefile.replace(
                "$(O)/.config || :", "$(O)/.config; echo CONFIG_FORCED=y >> $(O)/.config"
            )
            (tree / "Makefile").write_text(forced)
        with pytest.raises(UserError, match=f"{setting} has no effect in this kernel"):
            kbuild.prepare(
                tree, replace(cell, kconfig=(setting,)), fragment=(), objects=("mm/objpool.o",),
                cache=tmp_path / "cache",
            )  # fmt: skip


def test_what_no_compiler_reads_changes_no_object(tree: Path, cell: Cell, tmp_path: Path) -> None:
    """Each function of each object was compared once more, and counted."""
    commit(tree, {SOURCE: (tree / SOURCE).read_bytes() + b"int more;\n"}, "a")
    (tree / "Documentation").mkdir(exist_ok=True)
    texts = {"Makefile": (tree / "Makefile").read_bytes() + b"# more\n", "MAINTAINERS": b"x\n"}
    commit(tree, {**texts, "Documentation/pool.rst": b"Pool\n"}, "b")
    found = run.validate(
        replace(subject(tree, 2), only=(2,)), [replace(cell, compare=True)],
        cache=tmp_path / "cache", workers=2, tell=lambda text: None,
    )  # fmt: skip
    assert sum(found.functions.values()) == 0
    assert {left.path for left in found.uncovered} == {*texts, "Documentation/pool.rst"}


#: A helper that the compiler makes a part of its caller, and one for another configuration.
CHUNKS = b"""
#ifdef CONFIG_NO_SUCH_THING
static int b2_helper(int x) { return 0; }
#else
static int b2_helper(int x)
{
	int sum = 0;

	while (x > 3)
		sum += x--;
	return sum;
}
#endif
int b2_user(int x);
int b2_user(int x)
{
	return b2_helper(x) * 5;
}
"""


def test_a_finding_has_the_line_that_is_other_and_a_listing(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    """Of what is inlined, too; not that of what stands for it elsewhere."""
    path = "mm/buddy2.c"
    text = (tree / path).read_bytes() + CHUNKS
    commit(tree, {path: text}, "buddy2: a helper")
    after = text.replace(b"while (x > 3)", b"while (x >= 3)")
    commit(tree, {path: after}, "buddy2: tidy it")
    found = validated(subject(tree, 1), cell, tmp_path / "cache")
    (one,) = [f for f in found.findings if f.check == "equality"]
    assert one.text == "b2_helper: different: other code"
    assert after.splitlines()[one.line - 1].strip() == b"while (x >= 3)"
    (row,) = [row for row in found.compared if row.verdict is Verdict.DIFFERENT]
    assert row.listing is not None
    assert row.listing.before != row.listing.after


def test_what_comes_after_a_commit_that_does_not_build_is_not_shown_to_be_equal(
    tree: Path, cell: Cell, tmp_path: Path
) -> None:
    text = (tree / SOURCE).read_bytes()
    commit(tree, {SOURCE: text + b"broken\n"}, "objpool: break it")
    commit(tree, {SOURCE: text + b"int objpool_more;\n"}, "objpool: mend it")
    found = validated(subject(tree, 2), cell, tmp_path / "cache")
    said = [(f.commit, f.check) for f in found.findings if f.check in ("build", "equality")]
    assert said == [(1, "build"), (2, "equality")]
    (text_of_it,) = [f.text for f in found.findings if f.check == "equality"]
    assert text_of_it.startswith("*: unknown: the parent does not compile: mm/objpool.c:")
