# SPDX-License-Identifier: GPL-2.0-only
"""The header is held to a page of our own with the traits of the kernel's, by gcc."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zpconvert.conversion.descriptor import load_descriptor
from zpconvert.conversion.model import Descriptor, Helper, Member
from zpconvert.csource.structs import read_struct
from zpconvert.errors import UserError
from zpconvert.header.generate import header_text
from zpconvert.process import run
from zpconvert.resources import semantic_patches_dir

PAGE = b"""\
struct page {
	unsigned long flags;
	union {
		struct {
			union {
				struct list_head lru;
				struct {
					void *__filler;
					unsigned int mlock_count;
				};
			};
			struct address_space *mapping;
			union {
				pgoff_t index;
				unsigned long share;
			};
			unsigned long private;
		};
		struct {
			unsigned long pp_magic;
			struct page_pool *pp;
		};
		struct rcu_head rcu_head;
	};
	union {
		unsigned int page_type;
		atomic_t _mapcount;
	};
	atomic_t _refcount;
#ifdef CONFIG_MEMCG
	unsigned long memcg_data;
#elif defined(CONFIG_SLAB_OBJ_EXT)
	unsigned long _unused_slab_obj_exts;
#endif
#if defined(WANT_PAGE_VIRTUAL)
	void *virtual;
#endif
	int last_cpupid;
};
"""
OLD = read_struct(PAGE, "page", "page.h")

#: What the kernel's headers give to a descriptor's header.
KERNEL = b"""\
#include <stddef.h>
#include <stdbool.h>
#define static_assert(expr) _Static_assert(expr, #expr)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
typedef unsigned long pgoff_t;
typedef struct { int counter; } atomic_t;
struct list_head { struct list_head *next, *prev; };
struct rcu_head { void *next; void (*func)(struct rcu_head *); };
struct folio { unsigned long flags; };
struct some_quite_long_name;
void folio_lock(struct folio *folio);
void folio_unlock(struct folio *folio);
bool folio_trylock(struct folio *folio);
struct page *pfn_to_page(unsigned long pfn);
"""
CONFIGS = (
    (),
    ("-DCONFIG_MEMCG",),
    ("-DCONFIG_SLAB_OBJ_EXT", "-DWANT_PAGE_VIRTUAL"),
    ("-m32",),
    ("-m32", "-DCONFIG_MEMCG", "-DWANT_PAGE_VIRTUAL"),
)

LOCK = Helper(
    "desc_lock",
    "lock",
    "void desc_lock(struct desc *desc)",
    "lock_page(desc)",
    ("folio_lock(desc_folio(desc));",),
    "Lock a desc.",
    include=("linux/pagemap.h",),
)
UNLOCK = replace(
    LOCK,
    name="desc_unlock",
    proto="void desc_unlock(struct desc *desc)",
    body=("folio_unlock(desc_folio(desc));",),
)
PFN = Helper(
    "pfn_desc",
    "pfn",
    "struct desc *pfn_desc(unsigned long pfn, const struct some_quite_long_name *unused)",
    "pfn_to_page(pfn)",
    ("(void)unused;", "return page_desc(pfn_to_page(pfn));"),
    "Find it.\n@pfn: The number.\n@unused: Nothing.\n\nReturn: the desc.",
)
TRYLOCK = replace(
    LOCK,
    name="desc_trylock",
    proto="bool desc_trylock(struct desc *desc)",
    body=("if (!desc)", "\treturn false;", "", "return folio_trylock(desc_folio(desc));"),
)
HELPERS = (LOCK, PFN, UNLOCK, TRYLOCK)


def member(name: str, ctype: str, over: str) -> Member:
    return Member(name, ctype, over, f"The {name}.")


MEMBERS = (
    member("flags", "unsigned long", "flags"),
    member("list", "struct list_head", "lru"),
    member("next", "struct desc *", "index"),
    member("handle", "unsigned long", "index"),
    member("owner", "struct owner *", "private"),
    member("offset", "unsigned int", "page_type"),
    member("_refcount", "atomic_t", "_refcount"),
)


def descriptor(*members: Member) -> Descriptor:
    """A descriptor with these members, or the usual ones."""
    return Descriptor(
        name="desc",
        replaces="page",
        header="mm/desc.h",
        to_old="desc_page",
        from_old="page_desc",
        to_folio="desc_folio",
        intro="What it is.",
        doc="A descriptor.",
        casts="Why both.",
        includes=("linux/types.h",),
        members=members or MEMBERS,
        helpers=HELPERS,
        deprecated=(),
        path=Path("descriptors/desc.toml"),
    )


def compiler_says(header: bytes, *options: str, then: bytes = b"") -> str:
    """What gcc complains about in the header, included twice after the page; '' if nothing."""
    lines = header.splitlines(keepends=True)
    text = b"".join(line for line in lines if not line.startswith(b"#include"))
    argv = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-ffreestanding"]
    argv += ["-fsyntax-only", *options, "-xc", "-"]
    done = run(argv, stdin=KERNEL + PAGE + text + text + then, check=False)
    assert (done.code == 0) == (not done.stderr)
    return done.stderr.decode()


def struct_of(header: bytes) -> str:
    text = header.decode()
    start = text.index("struct desc {")
    return text[start : text.index("\n};", start) + 3]


@pytest.mark.parametrize("options", CONFIGS, ids=" ".join)
def test_it_compiles_where_members_are_missing_and_where_not(options: tuple[str, ...]) -> None:
    assert compiler_says(header_text(descriptor(), OLD, HELPERS), *options) == ""


def test_the_struct_mirrors_the_page() -> None:
    assert struct_of(header_text(descriptor(), OLD, ())) == (
        "struct desc {\n"
        "\tunsigned long flags;\n"
        "\tstruct list_head list;\n"
        "\tstruct address_space *__page_mapping;\n"
        "\tunion {\n"
        "\t\tstruct desc *next;\n"
        "\t\tunsigned long handle;\n"
        "\t};\n"
        "\tstruct owner *owner;\n"
        "\tunsigned int offset;\n"
        "\tatomic_t _refcount;\n"
        "};"
    )


def test_a_member_under_an_ifdef_and_its_assertion_stand_under_the_same() -> None:
    """The reference series broke i386: memcg_data is not there without CONFIG_MEMCG."""
    members = (
        member("owner", "struct owner *", "memcg_data"),
        member("exts", "unsigned long", "_unused_slab_obj_exts"),
    )
    header = header_text(descriptor(*members), OLD, ())
    assert struct_of(header).endswith(
        "#ifdef CONFIG_MEMCG\n"
        "\tstruct owner *owner;\n"
        "#endif\n"
        "#if !defined(CONFIG_MEMCG) && defined(CONFIG_SLAB_OBJ_EXT)\n"
        "\tunsigned long exts;\n"
        "#endif\n"
        "};"
    )
    assert b"#ifdef CONFIG_MEMCG\nDESC_MATCH_SCALAR(memcg_data, owner);\n#endif\n" in header
    for options in CONFIGS:
        assert compiler_says(header, *options) == ""


def test_memcg_data_stays_clear() -> None:
    header = header_text(descriptor(), OLD, ())
    grown = header.replace(b"\tatomic_t _refcount;\n", b"\tatomic_t _refcount;\n\tlong more;\n")
    assert grown != header
    assert "memcg_data" in compiler_says(grown, "-DCONFIG_MEMCG")
    assert compiler_says(grown) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\tunsigned long flags;\n\tstruct list_head", "\tstruct list_head"),  # all move
        ("\tstruct owner *owner;", "\tint owner, pad;"),  # another size
        ("\tunsigned int offset;", "\tatomic_t offset;"),  # another class
        ("\tatomic_t _refcount;", "\tint _refcount;"),
        ("\tstruct list_head list;", "\tvoid *list[2];"),  # same size and place
        ("\tstruct owner *owner;", "\tstruct { long l; } owner;"),  # no scalar over one
        ("\tatomic_t _refcount;", "\tatomic_t _refcount;\n\tlong more[9];"),  # too large
    ],
)
def test_the_assertions_catch_a_struct_edited_by_hand(old: str, new: str) -> None:
    header = header_text(descriptor(), OLD, ())
    edited = header.replace(old.encode(), new.encode())
    assert edited != header
    assert compiler_says(edited)


def test_the_scalar_assertion_rejects_an_int_over_an_atomic() -> None:
    """Same offset, same size: the reference series' v2 could not see this one."""
    members = (member("next", "struct desc *", "index"), member("offset", "int", "page_type"))
    header = header_text(descriptor(*members), OLD, ())
    edited = header.replace(b"SCALAR(page_type, offset)", b"SCALAR(_mapcount, offset)")
    assert edited != header
    assert compiler_says(header) == ""
    assert "wrong type argument to unary exclamation mark" in compiler_says(edited)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (member("offset", "unsigned int", "_mapcount"), "'unsigned int' does not fit its type 'a"),
        (member("owner", "int", "private"), "'int' does not fit its type 'unsigned long'"),
        (member("list", "struct desc *", "lru"), "does not fit its type 'struct list_head'"),
        (member("owner", "long", "privat"), "struct page has no such member"),
    ],
)
def test_a_member_that_does_not_fit_is_refused(wrong: Member, message: str) -> None:
    with pytest.raises(UserError) as caught:
        header_text(descriptor(wrong), OLD, ())
    assert caught.value.where == "descriptors/desc.toml"
    assert f"member '{wrong.name}' cannot lie over '{wrong.over}'" in caught.value.what
    assert message in caught.value.what


OVERLAYABLE = [m for m in OLD.members() if m.name != "__filler"]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(range(len(OVERLAYABLE))), min_size=1), st.sampled_from(CONFIGS))
def test_any_choice_of_page_members_can_be_overlaid(
    chosen: set[int], options: tuple[str, ...]
) -> None:
    members = [
        member(f"m_{OVERLAYABLE[i].name}", OVERLAYABLE[i].ctype, OVERLAYABLE[i].name)
        for i in sorted(chosen)
    ]
    header = header_text(descriptor(*members), OLD, ())
    assert compiler_says(header, *options) == ""


def test_casts_keep_const_and_refuse_other_types() -> None:
    header = header_text(descriptor(), OLD, ())
    keeps = b"""
const struct page *a(const struct desc *d);
const struct page *a(const struct desc *d) { return desc_page(d); }
struct desc *b(struct page *p);
struct desc *b(struct page *p) { return page_desc(p); }
"""
    assert compiler_says(header, then=keeps) == ""
    drops = b"struct page *c(const struct desc *d) { return desc_page(d); }\n"
    assert "discards" in compiler_says(header, "-Wno-unused", then=drops)
    other = b"struct page *e(struct page *p) { return desc_page(p); }\n"
    assert "_Generic" in compiler_says(header, then=other)


def test_what_helpers_are_in_changes_nothing_else() -> None:
    """Members and helper bodies that later patches rewrote were found in review."""
    none = header_text(descriptor(), OLD, ()).decode()
    some = header_text(descriptor(), OLD, (LOCK,)).decode()
    every = header_text(descriptor(), OLD, HELPERS).decode()
    lines = iter(some.splitlines())
    assert all(line in lines for line in none.splitlines())
    lines = iter(every.splitlines())
    assert all(line in lines for line in some.splitlines())
    assert "linux/pagemap.h" not in none


def test_families_stand_together_in_the_descriptors_order() -> None:
    text = header_text(descriptor(), OLD, (PFN, TRYLOCK, UNLOCK, LOCK)).decode()
    found = re.findall(r"^static inline .*?(\w+)\(", text, re.MULTILINE)
    assert found == ["desc_lock", "desc_unlock", "desc_trylock", "pfn_desc"]


def test_a_helper_is_documented_wrapped_and_indented() -> None:
    text = header_text(descriptor(), OLD, (PFN, TRYLOCK)).decode()
    assert (
        "/**\n"
        " * pfn_desc() - Find it.\n"
        " * @pfn: The number.\n"
        " * @unused: Nothing.\n"
        " *\n"
        " * Return: the desc.\n"
        " */\n"
        "static inline struct desc *pfn_desc(unsigned long pfn,\n"
        "\t\t\t\t    const struct some_quite_long_name *unused)\n"
        "{\n" in text
    )
    assert "{\n\tif (!desc)\n\t\treturn false;\n\n\treturn folio_trylock(" in text
    assert max(len(line.expandtabs(8)) for line in text.splitlines()) <= 80


def test_a_parameter_without_documentation_is_refused() -> None:
    bare = replace(PFN, doc="Find it.")
    with pytest.raises(UserError, match="'pfn_desc' does not document its parameter 'pfn'"):
        header_text(replace(descriptor(), helpers=(bare,)), OLD, (bare,))


@pytest.mark.kernel
@pytest.mark.parametrize("tree", ["kernel_612", "kernel_61"])
def test_the_bundled_header_passes_the_trees_own_checks(
    tree: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root: Path = request.getfixturevalue(tree)
    zpdesc = load_descriptor(semantic_patches_dir() / "descriptors/zpdesc.toml")
    old = read_struct((root / "include/linux/mm_types.h").read_bytes(), "page", "mm_types.h")
    for number, helpers in enumerate(((), zpdesc.helpers)):
        file = tmp_path / f"zpdesc{number}.h"
        file.write_bytes(header_text(zpdesc, old, helpers))
        script = root / "scripts/checkpatch.pl"
        argv = ["perl", script, f"--root={root}", "--strict", "--terse", "-f", file]
        # It leaves a cache of identifiers in the directory it runs in.
        said = run(argv, cwd=tmp_path, check=False).text
        assert "total: 0 errors, 0 warnings" in said
        known = "Macro argument reuse|Avoid CamelCase"
        assert not [line for line in said.splitlines() if ": CHECK:" in line
                    and not re.search(known, line)]  # fmt: skip
        done = run(["perl", root / "scripts/kernel-doc", "-none", file])
        assert (done.stdout, done.stderr) == (b"", b"")
