# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.csource.members import Group, StructMember
from zpconvert.csource.structs import read_struct
from zpconvert.errors import UserError

HEADER = b"""\
/* struct other { in a comment */
struct other;

struct other {
	int a, *b, c[3];	/* struct { int no; } */
#if defined(X)
	int (*call)(int a, struct other *b);
#elif defined(Y) && Z
	unsigned bits:3;
#else
	long last_arm;
#endif
#ifndef Q
	union {
		struct list_head lru __aligned(8);
		struct {
			struct mm __rcu *mm;
#ifdef INNER
			int deep __attribute__((aligned(4)));
#endif
		};
	} __packed;
#endif
	struct { int t; } named;
	const struct x *const q;
	unsigned long b_b;
#ifndef R
	int unless_r;
#else
	int if_r;
#endif
} __randomize_layout;
"""


def test_members_types_and_conditions() -> None:
    members = [
        (member.name, member.ctype, member.conditions)
        for member in read_struct(HEADER, "other", "x.h").members()
    ]
    assert members == [
        ("a", "int", ()),
        ("b", "int *", ()),
        ("c", "int [3]", ()),
        ("call", "int (*)(int a, struct other *b)", ("defined(X)",)),
        ("bits", "unsigned :3", ("!defined(X) && (defined(Y) && Z)",)),
        ("last_arm", "long", ("!defined(X) && !(defined(Y) && Z)",)),
        ("lru", "struct list_head", ("!defined(Q)",)),
        ("mm", "struct mm *", ("!defined(Q)",)),
        ("deep", "int", ("!defined(Q)", "defined(INNER)")),
        ("named", "struct { int t; }", ()),
        ("q", "const struct x *const", ()),
        ("b_b", "unsigned long", ()),
        ("unless_r", "int", ("!defined(R)",)),
        ("if_r", "int", ("defined(R)",)),
    ]


def test_anonymous_groups_keep_their_shape() -> None:
    group = read_struct(b"struct p {\n\tunion {\n\t\tint x;\n\t\tlong y;\n\t};\n};\n", "p", "x.h")
    assert group == Group(
        "struct", (Group("union", (StructMember("x", "int x"), StructMember("y", "long y"))),)
    )


@pytest.mark.parametrize(
    ("declaration", "renamed"),
    [
        ("struct page *page", "struct page *new"),
        ("int pad[3]", "int new[3]"),
        ("int (*pad)(int)", "int (*new)(int)"),
    ],
)
def test_the_same_type_under_another_name(declaration: str, renamed: str) -> None:
    name = "page" if "page" in declaration else "pad"
    assert StructMember(name, declaration).declared_as("new") == renamed


def test_a_struct_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"^mm_types\.h: does not define struct page"):
        read_struct(b"struct page;\nstruct pages {\n\tint a;\n};\n", "page", "mm_types.h")


def test_a_member_that_cannot_be_read_is_named_by_its_line() -> None:
    with pytest.raises(UserError, match=r"^x\.h:4: cannot read this member of struct p"):
        read_struct(b"int a;\nstruct p {\n\tint b;\n\tint int = ) 3;\n};\n", "p", "x.h")


@pytest.mark.kernel
@pytest.mark.parametrize("tree", ["kernel_612", "kernel_61"])
def test_struct_page_of_the_real_trees(tree: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(tree)
    text = (root / "include/linux/mm_types.h").read_bytes()
    page = {member.name: member for member in read_struct(text, "page", "mm_types.h").members()}
    expected = {
        "flags": ("unsigned long", ()),
        "lru": ("struct list_head", ()),
        "mapping": ("struct address_space *", ()),
        "index": ("pgoff_t", ()),
        "private": ("unsigned long", ()),
        "rcu_head": ("struct rcu_head", ()),
        "page_type": ("unsigned int", ()),
        "_mapcount": ("atomic_t", ()),
        "_refcount": ("atomic_t", ()),
        "memcg_data": ("unsigned long", ("defined(CONFIG_MEMCG)",)),
        "virtual": ("void *", ("defined(WANT_PAGE_VIRTUAL)",)),
        "_last_cpupid": ("int", ("defined(LAST_CPUPID_NOT_IN_PAGE_FLAGS)",)),
        "kmsan_origin": ("struct page *", ("defined(CONFIG_KMSAN)",)),
    }
    assert {name: (page[name].ctype, page[name].conditions) for name in expected} == expected
