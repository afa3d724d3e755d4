# SPDX-License-Identifier: GPL-2.0-only
"""Which descriptor a file speaks of; the kernels we convert ourselves have no findings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from zpconvert.check.model import Finding
from zpconvert.check.trees import PatchedTree, WorkTree
from zpconvert.conversion.load import load
from zpconvert.inspection import Inspector
from zpconvert.kernel.source import cache_home
from zpconvert.pipeline import convert


def inspected(tree: Path, files: Mapping[str, bytes]) -> list[Finding]:
    """Check files as if a tree had them."""
    after = {tree / path: text for path, text in files.items()}
    inspector = Inspector(PatchedTree(after), [], show=lambda p: p.name, cache=cache_home)
    found = [f for path, text in after.items() for f in inspector.check(path, text).findings]
    return found + inspector.unused()


@pytest.fixture(scope="module")
def converted(kernel_612: Path) -> dict[str, bytes]:
    return convert(kernel_612, load("zsmalloc"), cache=cache_home()).tree


@pytest.mark.kernel
def test_our_own_last_tree_is_clean_on_6_12(kernel_612: Path, converted: dict[str, bytes]) -> None:
    assert set(converted) == {"mm/zsmalloc.c", "mm/zpdesc.h"}
    assert inspected(kernel_612, converted) == []
    assert inspected(kernel_612, {"mm/zsmalloc.c": converted["mm/zsmalloc.c"]}) == []


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["zsmalloc", "z3fold", "zbud"])
def test_our_own_last_tree_is_clean_on_6_1(name: str, kernel_61: Path) -> None:
    assert inspected(kernel_61, convert(kernel_61, load(name), cache=cache_home()).tree) == []


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("struct page *new;", "ZPC001"),
        ("unlock_page(zpdesc_page(zpdesc));", "ZPC002"),
        ("lock_page(zpdesc_page(zpdesc));", "ZPC002"),
        ("zpdesc = page_zpdesc(alloc_page(GFP_KERNEL));", "ZPC002"),
        ("zpdesc = (struct zpdesc *)alloc_page(GFP_KERNEL);", "ZPC003"),
        ("kunmap_local((struct page *)get_next_zpdesc(zpdesc));", "ZPC003"),
        ("zpdesc_page(zpdesc)->index = 0;", "ZPC004"),
        ("zpdesc = page_zpdesc(zpdesc_page(zpdesc));", "ZPC005"),
        ("/* page->private is not what it was */", "ZPC006"),
    ],
)
def test_what_comes_back_is_found(
    kernel_612: Path, converted: dict[str, bytes], statement: str, code: str
) -> None:
    """Among 2,200 lines, that one and no other; alloc_page() is known from the headers."""
    head = b"static void reset_zpdesc(struct zpdesc *zpdesc)\n{\n"
    text = converted["mm/zsmalloc.c"].replace(head, head + f"\t{statement}\n".encode())
    found = inspected(kernel_612, converted | {"mm/zsmalloc.c": text})
    assert [f.code for f in found] == [code]
    assert text.split(b"\n")[found[0].line - 1] == f"\t{statement}".encode()


@pytest.mark.kernel
def test_the_last_user_of_a_helper_goes(kernel_612: Path, converted: dict[str, bytes]) -> None:
    text = converted["mm/zsmalloc.c"].replace(b"zpdesc_wait_locked(", b"wait_for(")
    (found,) = inspected(kernel_612, converted | {"mm/zsmalloc.c": text})
    assert (found.path, found.code) == ("zpdesc.h", "ZPC007")
    assert "zpdesc_wait_locked()" in found.message


@pytest.mark.kernel
def test_a_member_without_its_assertion(kernel_612: Path, converted: dict[str, bytes]) -> None:
    header = converted["mm/zpdesc.h"].replace(b"\tatomic_t _refcount;\n", b"\tatomic_t _count;\n")
    found = inspected(kernel_612, converted | {"mm/zpdesc.h": header})
    assert [f.code for f in found] == ["ZPC008", "ZPC008"]


@pytest.mark.kernel
def test_unconverted_files_cost_nothing(kernel_612: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of mm/ is parsed: none includes the header."""
    from zpconvert.csource import unit

    def never(source: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(unit, "read", never)
    inspector = Inspector(WorkTree(), [], show=str, cache=lambda: None)
    files = list((kernel_612 / "mm").glob("*.[ch]"))
    assert len(files) > 100
    assert [f for p in files for f in inspector.check(p, p.read_bytes()).findings] == []


HEADER = b"""\
struct zpdesc { unsigned long flags; };
static_assert(offsetof(struct page, flags) == offsetof(struct zpdesc, flags));
static_assert(sizeof(struct zpdesc) <= sizeof(struct page));
#define zpdesc_page(z) ((struct page *)(z))
static inline void zpdesc_hold(struct zpdesc *z) { folio_get(zpdesc_folio(z)); }
static inline void zpdesc_mark(struct zpdesc *z) { mark_page(zpdesc_page(z)); }
"""
USE = b"#include %s\nstatic void use(struct zpdesc *z)\n{\n\tmark_page(zpdesc_page(z));\n}\n"


@pytest.mark.parametrize(
    ("header", "include"),
    [
        ("mm/zpdesc.h", b'"zpdesc.h"'),
        ("mm/sub/zpdesc.h", b'"sub/zpdesc.h"'),
        ("include/linux/zpdesc.h", b"<linux/zpdesc.h>"),
        ("mm/zpdesc.h", b'"../mm/zpdesc.h"'),
    ],
)
def test_the_header_that_the_file_includes(tmp_path: Path, header: str, include: bytes) -> None:
    (tmp_path / "include/linux").mkdir(parents=True)
    found = inspected(tmp_path, {header: HEADER, "mm/use.c": USE % include})
    assert "mark_page() on a zpdesc: it has zpdesc_mark()" in [f.message for f in found]


@pytest.mark.parametrize(
    "include", [b'"other.h"', b'"my_zpdesc.h"', b'"zpdesc.h.in"', b'"x"\n// #include "zpdesc.h"']
)
def test_files_that_include_something_else(tmp_path: Path, include: bytes) -> None:
    assert inspected(tmp_path, {"mm/use.c": USE % include}) == []


def test_another_header_of_that_name_is_not_ours(tmp_path: Path) -> None:
    """It defines no such struct, and ours is not in the tree: our own names hold."""
    files = {"mm/zpdesc.h": b"int x;\n", "mm/use.c": USE % b'"zpdesc.h"'}
    assert inspected(tmp_path, files) == []


def test_a_header_below_include_is_asked_for_no_users(tmp_path: Path) -> None:
    files = {"include/linux/zpdesc.h": HEADER, "mm/use.c": USE % b"<linux/zpdesc.h>"}
    (tmp_path / "include/linux").mkdir(parents=True)
    assert "ZPC007" not in [f.code for f in inspected(tmp_path, files)]


def test_a_conversion_of_one_s_own_comes_first() -> None:
    root = Path(__file__).parent.parent
    own = load(str(root / "fixtures/conversions/objpool"))
    text = b'#include "%s"\nstruct x {\n\t%s *p;\n};\n' % (
        Path(own.descriptor.header).name.encode(), own.descriptor.old_type.encode(),
    )  # fmt: skip
    path = Path("/nowhere/mm/x.c")
    inspector = Inspector(PatchedTree({}), [own], show=str, cache=lambda: None)
    assert [f.code for f in inspector.check(path, text).findings] == ["ZPC001"]
    assert (
        Inspector(PatchedTree({}), [], show=str, cache=lambda: None).check(path, text).findings
        == ()
    )


def test_every_bundled_descriptor_is_looked_for() -> None:
    """The quick look at the tables finds the headers that reading them would."""
    from zpconvert import inspection
    from zpconvert.conversion.descriptor import load_descriptor
    from zpconvert.resources import semantic_patches_dir

    tables = list((semantic_patches_dir() / "descriptors").glob("*.toml"))
    assert tables
    assert inspection._bundled_headers() == {Path(load_descriptor(t).header).name for t in tables}
