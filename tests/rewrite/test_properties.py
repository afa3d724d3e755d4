# SPDX-License-Identifier: GPL-2.0-only
"""Properties of the engine over programs that hypothesis writes, and over the fixture tree."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.rewrite.conftest import HEADER, TYPES, closed, rendered, surveyed
from zpconvert.csource.externals import externals_for
from zpconvert.objcode.compare import compare
from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.process import run
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.slots import Slot
from zpconvert.rewrite.survey import Survey, survey
from zpconvert.rewrite.tidy import add_include

#: A compiler runs for each example: what fails is shown as it was found.
QUICK = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
#: Page-typed, number-typed expressions over the variables of PROGRAM's functions.
PAGES = st.recursive(
    st.sampled_from(
        ["a", "b", "c", "z->first", "v[0]", "*pp", "glob", "NULL", "alloc_page(n)", "mem_map"]
    ),
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("next({})".format, inner),
        st.builds("(n ? {} : {})".format, inner, inner),
        st.builds("(n++, {})".format, inner),
        st.builds("(b = {})".format, inner),
        st.builds("(z->first = {})".format, inner),
        st.builds("({{ struct page *t = {}; n++; t; }})".format, inner),
        st.builds("READ_ONCE({})".format, st.sampled_from(["z->first", "b", "v[n]"])),
        st.builds("(struct page *)(unsigned long){}".format, inner),
        st.builds("xchg(&z->first, {})".format, inner),
    ),
    max_leaves=5,
)
NUMBERS = st.one_of(
    st.just("n"),
    st.builds("page_to_nid({})".format, PAGES),
    st.builds("({} == {})".format, PAGES, PAGES),
    st.builds("!{}".format, PAGES),
    st.builds("({} && n)".format, PAGES),
    st.builds("(int)(long)page_address({})".format, PAGES),
    st.builds("(int)((unsigned long){} & 1)".format, PAGES),
    st.builds("take({}, n)".format, PAGES),
)
STATEMENTS = st.recursive(
    st.one_of(
        st.builds("{} = {};".format, st.sampled_from(["b", "c", "v[1]", "z->first", "*pp", "glob",
                                                      "z->deep[n]"]), PAGES),
        st.builds("n += {};".format, NUMBERS),
        st.builds("put_page({});".format, PAGES),
        st.builds("WRITE_ONCE(z->first, {});".format, PAGES),
        st.builds("{{ struct page *d = {}, *e = b; put_page(d ? d : e); }}".format, PAGES),
        st.builds("fill({}, n);".format, st.sampled_from(["v", "&b", "pp", "z->deep"])),
        st.builds("kfree({});".format, PAGES),
        st.builds("zs = (struct z){{ n, {} }};".format, PAGES),
        st.builds("return {};".format, NUMBERS),
    ),
    lambda inner: st.one_of(
        st.builds("if ({}) {{ {} }} else {{ {} }}".format, NUMBERS, inner, inner),
        st.builds("while ({}) {{ {} }}".format, NUMBERS, inner),
        st.builds("{{ struct page *b = a; {} {} }}".format, inner, inner),
        st.builds("list_for_each_entry(c, head, lru) {{ {} }}".format, inner),
    ),
    max_leaves=4,
)  # fmt: skip
PROGRAM = """\
struct z {{ int n; struct page *first, **deep; }};
static struct page *glob;
static int take(struct page *page, int n) {{ return page_to_nid(page) + n; }}
static struct page *next(struct page *page) {{ return page->index ? page : NULL; }}
static void fill(struct page **pages, int n) {{ while (n--) pages[n] = next(pages[0]); }}
int f(struct page *a, struct z *z, struct list_head *head, int n)
{{
	struct page *b = NULL, *c = a, *v[4] = {{ a, b }}, **pp = v;
	struct z zs = {{ .first = b }};

	fill(pp, n);
{body}
	return take(b, n) + take(c, zs.n);
}}
"""
PROGRAMS = st.lists(STATEMENTS, min_size=1, max_size=5).map(
    lambda lines: PROGRAM.format(body="\n".join(f"\t{line}" for line in lines))
)
WRAPPERS = """
struct desc { unsigned long flags; struct list_head lru; };
#define desc_page(x) (_Generic((x), \\
    const struct desc *: (const struct page *)(x), struct desc *: (struct page *)(x)))
#define page_desc(p) (_Generic((p), \\
    const struct page *: (const struct desc *)(p), struct page *: (struct desc *)(p)))
"""
GCC = ("gcc", "-std=gnu11", "-w", "-Werror=incompatible-pointer-types", "-Werror=int-conversion",
       "-Werror=discarded-qualifiers", "-x", "c")  # fmt: skip


def compiles(text: str) -> str:
    """What gcc says about a program, nothing if it is content (-w hides what -Werror= keeps)."""
    whole = HEADER.decode() + WRAPPERS + text
    argv = [a for a in GCC if a != "-w"]
    return run([*argv, "-fsyntax-only", "-"], stdin=whole.encode(), check=False).stderr.decode()


def subset(found: Survey, data: st.DataObject) -> frozenset[Slot]:
    ids = sorted(found.slots)
    return closed(found, data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else ())


@settings(QUICK, max_examples=25)
@given(PROGRAMS, st.data())
def test_any_slots_of_any_program_flipped_it_compiles(source: str, data: st.DataObject) -> None:
    found = surveyed(source)
    migration = FileMigration(found, TYPES, Names())
    assert rendered(migration, frozenset()) == (source, [])
    flipped = subset(found, data)
    text, refusals = rendered(migration, flipped)
    assert refusals == []
    assert compiles(text) == ""
    if any(not slot.fixed for slot in flipped):
        assert text != source


@settings(QUICK, max_examples=15)
@given(PROGRAMS, st.data())
def test_the_way_to_a_state_does_not_matter(source: str, data: st.DataObject) -> None:
    found = surveyed(source)
    names = Names({i: f"{s.name}_d" for i, s in found.slots.items() if s.kind != "result"},
                  {"take": "take_d", "next": "next_d"}, frozenset(("take", "next")))  # fmt: skip
    order = data.draw(st.permutations(sorted(found.slots)))
    migration, flipped = FileMigration(found, TYPES, names), frozenset[Slot]()
    for name in order:
        flipped |= closed(found, [name])
        walked = rendered(migration, flipped)
        assert walked[1] == []
    fresh = FileMigration(surveyed(source), TYPES, names)
    assert walked == rendered(fresh, closed(fresh.survey, None))
    assert compiles(walked[0]) == ""


@settings(QUICK, max_examples=25)
@given(PROGRAMS, st.data())
def test_with_names_and_shims_every_state_compiles(source: str, data: st.DataObject) -> None:
    found = surveyed(source)
    names = Names({i: f"{s.name}_d" for i, s in found.slots.items() if s.kind != "result"},
                  {"take": "take_d", "next": "next_d"}, frozenset(("take", "next")))  # fmt: skip
    text, refusals = rendered(FileMigration(found, TYPES, names), subset(found, data))
    assert refusals == []
    assert compiles(text.replace("__maybe_unused", "")) == ""


TREE = Path(__file__).resolve().parents[2] / "fixtures" / "tree"
FIXTURE_TYPES = Types("page", "xdesc", "xdesc_page", "page_xdesc")
XDESC = WRAPPERS.replace("desc", "xdesc").encode()


@cache
def fixture(name: str) -> tuple[FileMigration, bytes]:
    """A file of the fixture tree, and its object."""
    source = (TREE / name).read_bytes()
    found = survey(
        source, externals_for(TREE, name, source, None), "struct page", frozenset(("lru", "flags"))
    )
    return FileMigration(found, FIXTURE_TYPES, Names()), compiled(name, source)


def compiled(name: str, text: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "file.c").write_bytes(text)
        (place / "xdesc.h").write_bytes(XDESC)
        run(
            ["gcc", "-std=gnu11", "-O2", "-fno-strict-aliasing", *COMPARE_FLAGS,
             "-Werror=incompatible-pointer-types", "-DCONFIG_COMPACTION=1",
             "-I", TREE / "include", "-iquote", (TREE / name).parent, "-c", "file.c"],
            cwd=place,
        )  # fmt: skip
        return (place / "file.o").read_bytes()


@pytest.mark.parametrize("name", ["mm/objpool.c", "mm/buddy2.c"])
@settings(QUICK, max_examples=6)
@given(data=st.data())
def test_any_slots_of_the_fixture_flipped_its_object_code_stays(
    name: str, data: st.DataObject
) -> None:
    migration, base = fixture(name)
    pieces, refusals = migration.pieces(subset(migration.survey, data))
    assert refusals == []
    text = migration.assemble(pieces, [p.text for p in pieces]).text
    result = compare(base, compiled(name, add_include(text, "xdesc.h")))
    assert result.same, result


def test_all_slots_of_the_fixture_flipped_the_selftest_passes(tmp_path: Path) -> None:
    tree = shutil.copytree(TREE, tmp_path / "tree")
    before = run(["make", "-s", "-C", tree, f"O={tmp_path}/a", "check"], timeout=60).text
    for name in ("mm/objpool.c", "mm/buddy2.c"):
        migration, _ = fixture(name)
        pieces, _ = migration.pieces(closed(migration.survey, None))
        text = migration.assemble(pieces, [p.text for p in pieces]).text
        assert text != (TREE / name).read_bytes()
        (tree / name).write_bytes(add_include(text, "xdesc.h"))
    (tree / "mm/xdesc.h").write_bytes(XDESC)
    after = run(["make", "-s", "-C", tree, f"O={tmp_path}/b", "check"], timeout=60).text
    assert after == before
    assert "checksum" in after
