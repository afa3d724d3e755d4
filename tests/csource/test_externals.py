# SPDX-License-Identifier: GPL-2.0-only
"""What headers declare: each shape on a small text, the cache, and the real kernels."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.csource.conftest import externals_from_texts
from zpconvert.csource import header_cache, header_index
from zpconvert.csource.ctype import CType
from zpconvert.csource.externals import (
    Externals,
    Macro,
    Signature,
    externals_for,
)
from zpconvert.errors import UserError

PAGE = CType("struct page", 1)
VOID = CType("void")
INT = CType("int")


def of(*texts: str) -> Externals:
    return externals_from_texts(textwrap.dedent(text).encode() for text in texts)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("struct page *first(void);", "first", Signature(PAGE, ())),
        ("extern int f(struct page *, int);", "f", Signature(INT, (PAGE, INT))),
        ("int f(struct page *page, ...);", "f", Signature(INT, (PAGE,))),
        ("int f(struct page **pages);", "f", Signature(INT, (PAGE.pointed(),))),
        ("int f(struct page *pages[]);", "f", Signature(INT, (PAGE.pointed(),))),
        ("int f(struct page *[4]);", "f", Signature(INT, (PAGE.pointed(),))),
        ("int f(const struct page *const p);", "f", Signature(INT, (PAGE,))),
        ("void f(int (*fn)(struct page *), int n);", "f", Signature(VOID, (None, INT))),
        (
            "unsigned long f(gfp_t);",
            "f",
            Signature(CType("unsigned long"), (CType("gfp_t"),)),
        ),
        ("struct page * __must_check f(void);", "f", Signature(PAGE, ())),
        (
            "__printf(1, 2) int f(const char *s, ...);",
            "f",
            Signature(INT, (CType("char", 1),)),
        ),
        (
            "int __printf(1, 2) f(const char *s, ...);",
            "f",
            Signature(INT, (CType("char", 1),)),
        ),
        (
            "int f(const char *s, ...) __printf(1, 2);",
            "f",
            Signature(INT, (CType("char", 1),)),
        ),
        (
            "void *f(size_t n) __assume_aligned __alloc_size(1);",
            "f",
            Signature(CType("void", 1), (CType("size_t"),)),
        ),
        (
            "static __always_inline __alloc_size(1) void *f(size_t n)\n{\n\treturn g(n);\n}",
            "f",
            Signature(CType("void", 1), (CType("size_t"),)),
        ),
        ("noinline_for_stack u32 f(u32 x);", "f", Signature(CType("u32"), (CType("u32"),))),
        ("int __init __f(int, int);", "__f", Signature(INT, (INT, INT))),
        ("asmlinkage __visible void f(void);", "f", Signature(VOID, ())),
        ("enum zone f(struct page *p)\n{\n}", "f", Signature(CType("enum zone"), (PAGE,))),
        (
            "static inline struct page *\nf(struct page *p,\n  unsigned int n)\n{\n\treturn 0;\n}",
            "f",
            Signature(PAGE, (PAGE, CType("unsigned int"))),
        ),
        ("EXPORT_SYMBOL(g);\nint f(struct page *p);", "f", Signature(INT, (PAGE,))),
        ("SOME_MACRO(g)\nint f(struct page *p);", "f", Signature(INT, (PAGE,))),
        ("int __attribute__((noreturn)) f(struct page *p);", "f", Signature(INT, (PAGE,))),
        ('extern "C" {\nint f(struct page *p);\n}', "f", Signature(INT, (PAGE,))),
        ("int f(struct page *p); /* int g(int x); */", "f", Signature(INT, (PAGE,))),
        (
            "/* int f(void);\n */ // int f(void);\nint f(struct page *);",
            "f",
            Signature(INT, (PAGE,)),
        ),
    ],
)
def test_function(text: str, name: str, expected: Signature) -> None:
    assert of(text).function(name) == expected
    assert of(text).known(name)


def test_a_functions_body_declares_nothing() -> None:
    found = of(
        """\
        static inline int f(void)
        {
            struct page *inner = g("}", '{');
            return inner ? h(inner) : 0;
        }
        int after(struct page *page);
        """
    )
    assert found.function("after") == Signature(INT, (PAGE,))
    assert not any(map(found.known, ("g", "h", "inner")))


def test_one_line_bodies_and_odd_braces() -> None:
    found = of(
        """\
        static inline void a(struct page *page) { }
        static inline int b(struct page *page) { if (x) { return 1; } return 0; }
        enum order {ONE, TWO,
                THREE};
        extern void c(struct page *page);
        """
    )
    assert [found.function(name).params for name in "abc"] == [(PAGE,)] * 3  # type: ignore[union-attr]
    assert found.known("THREE")
    assert found.known("enum order")


def test_both_arms_of_a_conditional() -> None:
    found = of(
        """\
        #ifdef CONFIG_A
        int f(struct page *page);
        struct page *only_a(void);
        #elif defined(CONFIG_B)
        struct page *only_b(void);
        #else
        static inline int f(struct page *page) { return 0; }
        #endif
        #ifdef CONFIG_A
        static inline void g(struct page *page)
        {
        #else
        static inline void h(struct page *page)
        {
        #endif
        }
        static inline
        #ifdef CONFIG_A
        int i(struct page *page)
        #else
        int j(struct page *page)
        #endif
        {
        }
        int last(struct page *page);
        """
    )
    assert found.function("f") == Signature(INT, (PAGE,))
    assert found.function("only_a") == found.function("only_b") == Signature(PAGE, ())
    for name in ("h", "i", "j", "last"):
        signature = found.function(name)
        assert signature is not None, name
        assert signature.params == (PAGE,)


def test_where_arms_disagree_the_type_is_unknown() -> None:
    found = of("void f(struct page *p, int n);", "void f(struct folio *p, long n);")
    assert found.function("f") == Signature(VOID, (None, INT))
    fewer = of("void f(struct page *p);", "void f(struct page *p, struct folio *f);")
    assert fewer.function("f") == Signature(VOID, (PAGE, None))


def test_macros() -> None:
    found = of(
        """\
        #define SIZE 4 /* bytes */
        #define page_zone(page) zone_of( \\
            (page)->zone, "a // b")   // done
        #define alloc_pages(...)    alloc_hooks(alloc_pages_noprof(__VA_ARGS__))
        #define log(fmt, args...) printk(fmt, ##args)
        # define EMPTY
        #define object (1)
        """
    )
    assert found.macro("SIZE") == (Macro(None, "4"),)
    assert found.macro("page_zone") == (Macro(("page",), 'zone_of( (page)->zone, "a // b")'),)
    assert found.macro("alloc_pages") == (
        Macro(("...",), "alloc_hooks(alloc_pages_noprof(__VA_ARGS__))"),
    )
    assert found.macro("log") == (Macro(("fmt", "args..."), "printk(fmt, ##args)"),)
    assert found.macro("EMPTY") == (Macro(None, ""),)
    assert found.macro("object") == (Macro(None, "(1)"),)
    assert found.macro("missing") == ()


def test_a_macro_without_parameters_is_function_like() -> None:
    assert of("#define f() 1").macro("f") == (Macro((), "1"),)


def test_every_definition_of_a_macro_once() -> None:
    found = of("#if A\n#define m(x) f(x)\n#else\n#define m(x) g(x)\n#endif", "#define m(x) f(x)")
    assert found.macro("m") == (Macro(("x",), "f(x)"), Macro(("x",), "g(x)"))


def test_functions_that_a_macro_declares() -> None:
    found = of(
        """\
        PAGEFLAG(Locked, locked)
            PAGEFLAG(Dirty, dirty)
        int after(void);
        TRACE(freed, PROTO(struct page *page, int order));
        void *make(SIZED(n, bucket), gfp_t flags);
        """,
        """\
        #define TEST(uname, lname) \\
        static inline int Page##uname(const struct page *page) \\
        { return test_bit(PG_##lname, &page->flags); }
        #define PAGEFLAG(uname, lname) TEST(uname, lname) SET(uname, lname)
        #define SET(uname, lname) static inline void SetPage##uname(struct page *page) { }
        #define PROTO(args...) args
        #define TRACE(name, proto) static inline void trace_##name(proto) { }
        #if A
        #define SIZED(n, b) size_t (n), struct bucket *(b)
        #else
        #define SIZED(n, b) size_t (n)
        #endif
        """,
    )
    for name, result in (("PageLocked", INT), ("SetPageDirty", VOID)):
        assert found.function(name) == Signature(result, (PAGE,))
    assert found.function("after") == Signature(INT, ())
    assert found.function("trace_freed") == Signature(VOID, (PAGE, INT))
    made = found.function("make")
    assert made is not None
    assert made.result == CType("void", 1)
    assert made.params[0] == CType("size_t")


def test_a_parameter_in_parentheses_is_one() -> None:
    assert of("int f(size_t (n), struct page *(page));").function("f") == Signature(
        INT, (CType("size_t"), PAGE)
    )


def test_macros_that_call_themselves_end() -> None:
    calls = "again(int f(x)) " * 20
    found = of(f"#define again(x) {calls}\nagain(int f(void));\nint g(again(3));")
    assert found.known("again")


def test_fields() -> None:
    found = of(
        """\
        struct page {
            unsigned long flags;    /* } */
            union {
                struct {
                    struct list_head lru, *other;
                    struct address_space *mapping;
                };
                struct rcu_head rcu_head;
                struct {
                    unsigned int bits:15, more : 1;
                } __packed;
            };
        #ifdef CONFIG_MEMCG
            unsigned long memcg_data;
        #endif
            struct {
                struct page *head;
            } nested;
            struct tagged { struct page *tail; } named[2];
            int (*fn)(struct page *page);
            DECLARE_BITMAP(map, 64);
            struct page *vec[16] __counted_by(n), **table;
            enum kind { GOOD, BAD = 7 } kind;
            struct_group(both,
                struct page *left;
                struct page *right;
            );
            spinlock_t lock ____cacheline_aligned_in_smp;
            atomic_t _refcount;
        } __aligned(16);
        union x { struct page *page; long n; };
        struct __packed second { struct page *page; };
        """
    )
    expected = {
        "flags": CType("unsigned long"),
        "lru": CType("struct list_head"),
        "other": CType("struct list_head", 1),
        "mapping": CType("struct address_space", 1),
        "rcu_head": CType("struct rcu_head"),
        "bits": CType("unsigned int"),
        "more": CType("unsigned int"),
        "memcg_data": CType("unsigned long"),
        "named": CType("struct tagged", 1),
        "vec": CType("struct page", 2),
        "table": CType("struct page", 2),
        "kind": CType("enum kind"),
        "left": PAGE,
        "right": PAGE,
        "lock": CType("spinlock_t"),
        "_refcount": CType("atomic_t"),
        "fn": None,
        "map": None,
        "head": None,
        "tail": None,
    }
    assert {name: found.field("struct page", name) for name in expected} == expected
    nested = found.field("struct page", "nested")
    assert nested is not None
    assert found.field(nested.base, "head") == PAGE
    assert found.field("struct tagged", "tail") == PAGE
    assert found.field("union x", "page") == PAGE
    assert found.field("struct second", "page") == PAGE
    assert found.known("struct page")
    assert found.known("BAD")
    assert found.field("struct unknown", "page") is None


def test_typedefs() -> None:
    found = of(
        """\
        typedef unsigned int __bitwise gfp_t;
        typedef struct page *pgtable_t;
        typedef struct { struct page *page; } wrapped_t;
        typedef struct tag { struct page *page; } __packed tagged_t, *tagged_p;
        typedef int (*callback_t)(struct page *page);
        typedef irqreturn_t (*handler_t)(int);
        typedef __u32 __bitwise __le32;
        typedef wrapped_t again_t;
        typedef round_t trip_t; typedef trip_t round_t;
        """
    )
    assert found.typedef("gfp_t") == CType("unsigned int")
    assert found.typedef("pgtable_t") == PAGE
    assert found.typedef("tagged_t") == CType("struct tag")
    assert found.typedef("tagged_p") == CType("struct tag", 1)
    assert found.typedef("__le32") == CType("__u32")
    assert found.typedef("callback_t") is None
    assert found.known("callback_t")
    assert found.known("handler_t")
    assert found.field("wrapped_t", "page") == PAGE
    assert found.field("again_t", "page") == PAGE
    assert found.field("round_t", "page") is None
    assert found.typedef("missing") is None


def test_variables() -> None:
    found = of(
        """\
        extern struct page *mem_map, *other;
        extern struct page *array[];
        extern unsigned long max_pfn __read_mostly;
        static struct ops page_ops = { .fn = f, .other = { 1, 2 } };
        extern int (*hook)(struct page *page);
        extern __typeof__(struct stat) per_cpu_stat;
        struct forward;
        """
    )
    assert found.variable("mem_map") == found.variable("other") == PAGE
    assert found.variable("array") == PAGE.pointed()
    assert found.variable("max_pfn") == CType("unsigned long")
    assert found.variable("page_ops") == CType("struct ops")
    assert found.variable("per_cpu_stat") == CType("struct stat")
    assert found.variable("hook") is None
    assert found.known("hook")
    assert found.known("struct forward")
    assert not found.known("fn")


def test_line_ends_and_odd_bytes() -> None:
    found = externals_from_texts([b"#define A \\\r\n 1\r\nint f(struct page *p);\r\n/* \xff \xc3"])
    assert found.macro("A") == (Macro(None, "1"),)
    assert found.function("f") == Signature(INT, (PAGE,))


C_WORDS = """
    struct union enum { } ( ) [ ] ; , * = : page int typedef __x( __packed a b #define #if #else
    #endif #include /* */ // " ' ## ... @ typeof( f( g( m(x) \\
"""
C_PIECES = st.lists(
    st.sampled_from([*C_WORDS.split(), "\n", "\\\n", "\x01", "\x02", "\x03"]), max_size=60
).map(lambda words: " ".join(words).encode())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), C_PIECES))
def test_no_input_crashes(source: bytes) -> None:
    found = externals_from_texts([source, b"#define m(x) x int g(x)\nint kept(struct page *p);"])
    assert found.function("kept") == Signature(INT, (PAGE,))


def test_deep_nesting_does_not_crash() -> None:
    for text in (
        "int f(" * 500,
        "struct {" * 500,
        "typeof(" * 500,
        "struct a {" * 300 + "}" * 300,
    ):
        assert externals_from_texts([text.encode()]).function("none") is None


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of our own with a header in each place that is searched."""
    top = tmp_path / "tree"
    for path, text in {
        "include/linux/mm.h": "#include <asm/page.h>\n#include <linux/gone.h>\nint mm(void);",
        "include/linux/compiler_types.h": "int forced(void);",
        "arch/x86/include/asm/page.h": "#include <asm/local.h>\nint x86(void);",
        "arch/x86/include/uapi/asm/sig.h": "int uapi_x86(void);",
        "include/uapi/linux/types.h": "int uapi(void);",
        "include/asm-generic/local.h": "int generic(void);",
        "include/asm-generic/page.h": "int shadowed(void);",
        "mm/internal.h": '#include "../include/linux/mm.h"\nint internal(struct page *page);',
    }.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text + "\n")
    return top


SOURCE = b"""\
#include <linux/mm.h>
#ifdef A
#include <linux/types.h>
#else
# include <asm/sig.h>
#endif
#include "internal.h"
#include MACRO
#include "../../../../../../../../etc/passwd"
"""
FOUND = ("mm", "forced", "x86", "uapi_x86", "uapi", "generic", "internal")


@pytest.fixture(autouse=True)
def short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for times to count; file systems here tick every few milliseconds."""
    monkeypatch.setattr(header_index, "RACY_NS", 100_000_000)


def externals(tree: Path, cache: Path | None = None, source: bytes = SOURCE) -> Externals:
    return externals_for(tree, "mm/file.c", source, cache)


def age(tree: Path) -> None:
    """Let the headers be older than the clock tick within which times prove nothing."""
    newest = max(file.stat().st_ctime_ns for file in tree.rglob("*.h"))
    time.sleep(max(0.0, (newest + header_index.RACY_NS - time.time_ns()) / 1e9 + 0.01))


def test_includes_are_followed(tree: Path) -> None:
    found = externals(tree)
    assert [name for name in FOUND if found.function(name) is None] == []
    assert not found.known("shadowed")


def test_cached_is_uncached(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    runs = [externals(tree, None), externals(tree, cache), externals(tree, cache)]
    for name in FOUND:
        assert len({run.function(name) for run in runs}) == 1
        assert runs[2].known(name)
    assert runs[2].function("internal") == Signature(INT, (PAGE,))


def test_a_warm_run_reads_no_header(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(tree)
    externals(tree, tmp_path / "cache")

    def refuse(*_: object) -> None:
        raise AssertionError("a header was read")

    monkeypatch.setattr(header_index, "_follow", refuse)
    assert externals(tree, tmp_path / "cache").known("internal")
    (tree / "mm/internal.h").write_text("int changed(void);")
    with pytest.raises(AssertionError, match="a header was read"):
        externals(tree, tmp_path / "cache")


def test_a_change_of_the_same_size_at_once_is_noticed(tree: Path, tmp_path: Path) -> None:
    header = tree / "mm/internal.h"
    for name in ("one", "two", "six"):
        header.write_text(f"int {name}(void);")
        os.utime(header, ns=(0, 0))
        assert externals(tree, tmp_path / "cache").known(name)


def test_a_change_that_keeps_size_and_mtime_is_noticed(tree: Path, tmp_path: Path) -> None:
    header = tree / "mm/internal.h"
    header.write_text("int one(void);")
    before = header.stat()
    age(tree)
    assert externals(tree, tmp_path / "cache").known("one")
    header.write_text("int two(void);")
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert externals(tree, tmp_path / "cache").known("two")


def test_headers_that_come_and_go_are_noticed(tree: Path, tmp_path: Path) -> None:
    age(tree)
    assert not externals(tree, tmp_path / "cache").known("late")
    (tree / "include/linux/gone.h").write_text("int late(void);")
    assert externals(tree, tmp_path / "cache").known("late")
    (tree / "arch/x86/include/asm/local.h").write_text("int preferred(void);")
    found = externals(tree, tmp_path / "cache")
    assert found.known("preferred")
    assert not found.known("generic")
    (tree / "arch/x86/include/asm/local.h").unlink()
    assert externals(tree, tmp_path / "cache").known("generic")


def test_other_includes_in_the_source_are_noticed(tree: Path, tmp_path: Path) -> None:
    age(tree)
    assert externals(tree, tmp_path / "cache").known("internal")
    fewer = externals(tree, tmp_path / "cache", b"#include <linux/types.h>\n")
    assert fewer.known("uapi")
    assert not fewer.known("internal")


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 5000, None])
def test_a_damaged_cache_is_rebuilt(tree: Path, tmp_path: Path, damage: bytes | None) -> None:
    cache = tmp_path / "cache"
    age(tree)
    externals(tree, cache)
    files = [file for file in cache.rglob("*") if file.is_file()]
    assert {"closure", "tables"} <= {file.parent.name for file in files}
    before = {file: file.read_bytes() for file in files}
    for file, content in before.items():
        file.write_bytes(content[:-3] + b"\xff\xff\xff" if damage is None else damage)
    assert externals(tree, cache).known("internal")
    assert {file: file.read_bytes()[:20] for file in files} == {
        file: content[:20] for file, content in before.items()
    }


def test_a_cache_that_cannot_be_written_is_done_without(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    assert externals(tree, tmp_path / "file").known("internal")


def test_a_cache_forgets_what_is_old(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_cache, "_KEPT", 2)
    for number in range(5):
        (tree / "mm/internal.h").write_text(f"int internal{number}(void);")
        assert externals(tree, tmp_path / "cache").known(f"internal{number}")
    (tables,) = (tmp_path / "cache").glob("*/tables")
    assert len(list(tables.iterdir())) == 2


def test_two_processes_share_a_cache(tree: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from zpconvert.csource.externals import externals_for\n"
        "tree, cache = map(Path, sys.argv[1:])\n"
        "for _ in range(30):\n"
        "    found = externals_for(tree, 'mm/f.c', b'#include \"internal.h\"', cache)\n"
        "    assert found.known('internal') and found.known('generic')\n"
    )
    root = str(Path(header_index.__file__).parents[2])
    argv = [sys.executable, "-c", script, str(tree), str(tmp_path / "cache")]
    env = {**os.environ, "PYTHONPATH": root}
    children = [subprocess.Popen(argv, env=env) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert not list((tmp_path / "cache").rglob(".zpconvert-*"))


def test_an_unreadable_header_is_the_users_to_mend(tree: Path) -> None:
    (tree / "mm/internal.h").chmod(0)
    if os.access(tree / "mm/internal.h", os.R_OK):
        (tree / "mm/internal.h").unlink()
        (tree / "mm/internal.h").symlink_to("/proc/self/mem")
    with pytest.raises(UserError, match=r"internal\.h: cannot be read"):
        externals(tree)


def test_the_tree_is_not_written_to(tree: Path, tmp_path: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in tree.rglob("*"))
    externals(tree, tmp_path / "cache")
    assert sorted((path, path.stat().st_mtime_ns) for path in tree.rglob("*")) == before


@pytest.fixture(scope="module", params=["kernel_612", "kernel_61"])
def kernel(request: pytest.FixtureRequest) -> Path:
    """Each real kernel in turn."""
    tree: Path = request.getfixturevalue(request.param)
    return tree


@pytest.fixture(scope="module")
def real(kernel: Path) -> Externals:
    """What mm/zswap.c and mm/page_alloc.c can see: between them all that is asked for."""
    source = b"#include <linux/list.h>\n#include <trace/events/kmem.h>\n"
    source += (kernel / "mm/zswap.c").read_bytes() + (kernel / "mm/memory.c").read_bytes()
    return externals_for(kernel, "mm/zswap.c", source, None)


@pytest.mark.kernel
def test_kernel_functions(real: Externals) -> None:
    for name, result, params in (
        ("page_zone", CType("struct zone", 1), (PAGE,)),
        ("page_zonenum", CType("enum zone_type"), (PAGE,)),
        ("get_page", VOID, (PAGE,)),
        ("put_page", VOID, (PAGE,)),
        ("kmap_atomic", CType("void", 1), (PAGE,)),
        ("PageLocked", INT, (PAGE,)),
        ("SetPagePrivate", VOID, (PAGE,)),
        ("set_page_private", VOID, (PAGE, CType("unsigned long"))),
        ("__free_pages", VOID, (PAGE, CType("unsigned int"))),
        ("trace_mm_page_free", VOID, (PAGE, CType("unsigned int"))),
        ("inc_zone_page_state", VOID, (PAGE, CType("enum zone_stat_item"))),
        ("vmalloc_to_page", PAGE, (CType("void", 1),)),
    ):
        assert real.function(name) == Signature(result, params), name


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("alloc_pages", PAGE),
        ("kmalloc", CType("void", 1)),
        ("kzalloc", CType("void", 1)),
        ("__kmalloc", CType("void", 1)),
        ("kmem_cache_alloc", CType("void", 1)),
    ],
)
def test_kernel_allocators(real: Externals, name: str, result: CType) -> None:
    """6.10 and later wrap each in a macro round `…_noprof`."""
    wrappers = real.macro(name)
    behind = real.function(f"{name}_noprof")
    if behind is not None and name != "__kmalloc":
        assert any(f"{name}_noprof(" in wrapper.body for wrapper in wrappers)
    signature = behind or real.function(name)
    assert signature is not None
    assert signature.result == result


@pytest.mark.kernel
def test_kernel_macros_types_and_variables(real: Externals) -> None:
    assert real.macro("pfn_to_page") == (Macro(None, "__pfn_to_page"),)
    assert [m.params for m in real.macro("__pfn_to_page")].count(("pfn",)) >= 2
    for name in ("page_private", "virt_to_page", "folio_page", "page_folio", "alloc_page"):
        assert [m.params is not None for m in real.macro(name)] == [True], name
    assert real.macro("list_entry")[0].params == ("ptr", "type", "member")
    assert real.macro("container_of")[0].params == ("ptr", "type", "member")
    assert real.field("struct vm_fault", "page") == PAGE
    assert real.field("struct page", "lru") == CType("struct list_head")
    assert real.field("struct page", "private") == CType("unsigned long")
    assert real.field("struct page", "memcg_data") == CType("unsigned long")
    assert real.field("struct folio", "page") == CType("struct page")
    assert real.field("struct bio_vec", "bv_page") == PAGE
    assert real.field("pte_t", "pte") == CType("pteval_t")
    assert real.typedef("gfp_t") == CType("unsigned int")
    assert real.variable("init_mm") == CType("struct mm_struct")
    assert all(map(real.known, ("ZONE_NORMAL", "struct page", "GFP_KERNEL", "pgoff_t")))
    assert not real.known("no_such_name_anywhere")


@pytest.mark.kernel
def test_kernel_closures_of_mm(kernel: Path, tmp_path: Path) -> None:
    """Every twentieth file of mm/, one cache. The one name that all must know comes from the
    headers that every file gets: percpu-km.c has no #include but is included itself."""
    files = sorted((kernel / "mm").glob("*.c"))[::20]
    assert len(files) > 5
    for file in files:
        rel = str(file.relative_to(kernel))
        found = externals_for(kernel, rel, file.read_bytes(), tmp_path)
        assert found.known("__must_check"), rel
