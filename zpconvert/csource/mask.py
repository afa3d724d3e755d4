# SPDX-License-Identifier: GPL-2.0-only
"""Kernel C made readable for a C grammar, byte for byte in place.

tree-sitter's grammar knows C, not the kernel's macros: `__init`, `list_for_each_entry(…) {`,
`DEFINE_PER_CPU(struct x, y)` and types as macro arguments become ERROR nodes. `mask` replaces
such text by text of equal length that parses, so that every position in the tree is a position
in the source. What a replacement stood for is kept beside the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

#: Annotations that stand alone or take arguments; both forms mean nothing to a type.
_ATTRIBUTE = frozenset(
    b"__init __exit __initdata __initconst __exitdata __init_or_module __meminit __meminitdata "
    b"__cpuinit __ref __refdata __always_unused __maybe_unused __must_check __percpu __user "
    b"__iomem __rcu __force __kernel __private __nocast __bitwise __cold __hot __pure __weak "
    b"__used __visible __sched __lockfunc __naked __noreturn __packed __read_mostly "
    b"__ro_after_init __latent_entropy __no_sanitize_address __no_kasan_or_inline "
    b"__attribute_const__ __malloc __cacheline_aligned __cacheline_aligned_in_smp "
    b"____cacheline_aligned ____cacheline_aligned_in_smp ____cacheline_internodealigned_in_smp "
    b"__noclone __flatten __deprecated __designated_init __randomize_layout __no_randomize_layout "
    b"__nonstring __counted_by_ptr __no_kcsan __no_sanitize_memory __no_kmsan_checks "
    b"__no_caller_saved_registers __net_init __net_exit __net_initdata __bpf_kfunc "
    b"__bpf_hook_start __ksym __compat __init_memblock __initdata_memblock __paginginit "
    b"__nosavedata __data_racy __guarded_by __struct_group_tagged noinline noinline_for_stack "
    b"notrace asmlinkage noinstr fastcall nokprobe_inline noinline_for_tracing __cpuidle "
    b"__irq_entry __softirq_entry __section_init randomized_struct_fields_start "
    b"randomized_struct_fields_end compat_noinline".split()
)
_ATTRIBUTE_CALL = frozenset(
    b"__acquires __releases __acquire_shared __releases_shared __must_hold __cond_acquires "
    b"__cond_lock __cond_releases __printf __scanf __attribute__ __attribute __aligned __section "
    b"__alloc_size __counted_by __counted_by_le __counted_by_be __assume_aligned __realloc_size "
    b"__alias __context__ __diagnose_as __no_sanitize __refdata_func __aligned_largest __error "
    b"__warning __alloc_align __strftime __gcc_printf".split()
)
_INLINE = frozenset(b"__always_inline __inline __inline__".split())
_TYPEOF = frozenset(b"typeof __typeof__ __typeof typeof_member __auto_type_of".split())
_KEYWORD = frozenset(
    b"if else while for do switch case default return goto break continue sizeof typeof "
    b"__typeof__ struct union enum typedef static extern inline const volatile register "
    b"_Alignof _Generic asm __asm__ offsetof".split()
)
_SPECIFIER = frozenset(
    b"void char short int long float double signed unsigned const volatile struct union enum "
    b"_Bool".split()
)
_TAGGED = frozenset((b"struct", b"union", b"enum"))

_TOKEN = re.compile(
    rb"""(?P<directive>(?m:^)[ \t]*\#(?:/\*.*?\*/|\\\n|//[^\n]*|[^\n/\\]|[/\\])*)
    |(?P<name>(?!(?:L|u8|u|U)["'])[A-Za-z_$][A-Za-z0-9_$]*)
    |(?P<skip>[ \t\r\f\v]+|/\*.*?\*/|//(?:\\\n|[^\n])*|\\\n)
    |(?P<newline>\n)
    |(?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)
    |(?P<literal>(?:L|u8|u|U)?"(?:\\.|[^"\\\n])*"|(?:L|u|U)?'(?:\\.|[^'\\\n])*')
    |(?P<other>->|\.\.\.|.)
    """,
    re.X | re.S,
)


class Token(NamedTuple):
    """A token of the C text, comments, white space and directives left out."""

    kind: str
    text: bytes
    start: int

    @property
    def end(self) -> int:
        """Byte past the last."""
        return self.start + len(self.text)


_KINDS = frozenset(("name", "number", "literal", "other"))
_CONDITION = re.compile(rb"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b")


@dataclass(frozen=True)
class Masked:
    """Source text that parses, and what its replaced spots stood for.

    text:      as long as the source, newlines in place.
    types:     start byte → source text of a type that now is one identifier.
    iterators: start byte of a `while` → name of the iterator macro that stood there.
    tokens:    the source's own tokens.
    comments:  byte ranges of the comments outside directives, in order.
    """

    text: bytes
    tokens: tuple[Token, ...]
    comments: tuple[tuple[int, int], ...] = ()
    types: dict[int, str] = field(default_factory=dict)
    iterators: dict[int, str] = field(default_factory=dict)


def tokens(source: bytes) -> list[Token]:
    """The C tokens of a text in order; comments, directives and white space are left out."""
    return _scan(source)[0]


def _scan(source: bytes) -> tuple[list[Token], list[tuple[int, int]]]:
    """The tokens and the comments of a text."""
    found: list[Token] = []
    remarks: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup
        if kind in _KINDS:
            found.append(Token(kind, match.group(), match.start()))
        elif kind == "skip" and match.group().startswith(b"/"):
            remarks.append(match.span())
    return found, remarks


def comments(source: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the comments outside directives, in order."""
    return _scan(source)[1]


def mask(source: bytes) -> Masked:
    """Make kernel C parse as C without moving a byte."""
    return _Masker(source).run()


def _inner_conditions(source: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the `#if`s and `#endif`s between which code stands inside parentheses.

    Such code reads as if it were always there; what has an `#else` cannot be read so.
    """
    found: list[tuple[int, int]] = []
    opened: list[tuple[int, int, bool]] = []
    depth = 0
    for match in _TOKEN.finditer(source):
        text = match.group()
        if match.lastgroup == "other":
            depth = depth + (text == b"(") - (text == b")") if text not in b"{};" else 0
        condition = _CONDITION.match(text) if match.lastgroup == "directive" else None
        if condition is None:
            continue
        if condition[1].startswith(b"if"):
            opened.append((*match.span(), depth > 0))
        elif opened:
            start, end, inside = opened.pop()
            if condition[1] == b"endif":
                found += [(start, end), match.span()] if inside and depth > 0 else []
            else:
                opened.append((start, end, False))
    return found


class _Masker:
    def __init__(self, source: bytes) -> None:
        self.out = bytearray(source)
        self.source = source
        self.tokens, self.comments = _scan(source)
        self.types: dict[int, str] = {}
        self.iterators: dict[int, str] = {}

    def run(self) -> Masked:
        """One pass over the tokens: `depth` counts braces, `statement` says one starts here."""
        for start, end in _inner_conditions(self.source):
            self._blank(start, end)
        depth, statement, i = 0, True, 0
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.kind == "name":
                i = self._name(i, depth, statement)
                statement = token.text in (b"else", b"do")
                continue
            if token.text == b"{":
                depth += 1
            elif token.text == b"}":
                depth = max(0, depth - 1)
            elif token.text == b"(":
                self._type_argument(i + 1, depth, self._callee(i))
            elif token.text == b"," and depth:
                self._type_argument(i + 1, depth, b",")
            statement = token.text in (b"{", b"}", b";", b")", b":")
            i += 1
        return Masked(
            bytes(self.out), tuple(self.tokens), tuple(self.comments), self.types, self.iterators
        )

    def _name(self, i: int, depth: int, statement: bool) -> int:
        """Mask what starts with this name; the index of the next token to look at."""
        token = self.tokens[i]
        word = token.text
        if word in _ATTRIBUTE:
            self._blank(token.start, token.end)
        elif word in _INLINE:
            self._put(token.start, token.end, b"inline")
        elif word in _ATTRIBUTE_CALL and self._at(i + 1) == b"(":
            close = self._close(i + 1)
            self._blank(token.start, self.tokens[close].end)
            return close + 1
        elif word in _TYPEOF and self._at(i + 1) == b"(":
            close = self._close(i + 1)
            self._as_name(token.start, self.tokens[close].end)
            return close + 1
        elif word == b"case":
            return self._case(i)
        elif word not in _KEYWORD and self._at(i + 1) == b"(":
            close = self._close(i + 1)
            if depth and statement and self._iterates(word, close):
                keyword = b"while" if len(word) >= 5 else b"if"
                self._put(token.start, token.end, keyword)
                self.iterators[token.start] = word.decode()
            elif self._declares(word, i):
                return self._declaration_macro(i, close)
        return i + 1

    def _case(self, i: int) -> int:
        """`case 1 ... 3:` reads as `case 1  +  3:`."""
        for j in range(i, min(i + 8, len(self.tokens))):
            if self._at(j) == b":":
                break
            if self._at(j) == b"...":
                self._put(self.tokens[j].start, self.tokens[j].end, b"+")
        return i + 1

    def _iterates(self, word: bytes, close: int) -> bool:
        """A macro call that a statement follows directly is a loop's head."""
        after = self.tokens[close + 1] if close + 1 < len(self.tokens) else None
        if after is None:
            return False
        if after.text == b"{":
            return True
        named = b"for_each" in word or b"foreach" in word
        return named and (after.kind == "name" or after.text in (b"(", b"*", b";", b"++", b"--"))

    def _declares(self, word: bytes, i: int) -> bool:
        """`DEFINE_PER_CPU(struct x, name)`: capitals and a tagged type first."""
        return (
            word.isupper()
            and b"_" in word
            and word.startswith((b"DEFINE_", b"DECLARE_"))
            and (self._at(i + 2) in _TAGGED or self._at(i + 2) in _SPECIFIER)
        )

    def _declaration_macro(self, i: int, close: int) -> int:
        """`DEFINE_PER_CPU(struct x, name)` reads as `struct x  name`."""
        self._blank(self.tokens[i].start, self.tokens[i + 1].end)
        self._blank(self.tokens[close].start, self.tokens[close].end)
        for j in range(i + 2, close):
            if self._at(j) == b",":
                self._blank(self.tokens[j].start, self.tokens[j].end)
        return close + 1

    def _callee(self, i: int) -> bytes:
        before = self.tokens[i - 1] if i else None
        if before is None or before.kind != "name" or before.text in _KEYWORD:
            return b""
        return before.text

    def _type_argument(self, i: int, depth: int, callee: bytes) -> None:
        """A type between `(` or `,` and `,` or `)` of a call becomes one identifier."""
        if not callee or (not depth and not callee.isupper()):
            return
        j = i
        while self._at(j) in _SPECIFIER:
            j += 2 if self._at(j) in _TAGGED else 1
        if j == i:
            return
        while self._at(j) in (b"*", b"const"):
            j += 1
        if j <= len(self.tokens) and self._at(j) in (b",", b")"):
            self._as_name(self.tokens[i].start, self.tokens[j - 1].end)

    def _as_name(self, start: int, end: int) -> None:
        text = self.source[start:end]
        name = re.sub(rb"[^A-Za-z0-9_\n]", b"_", text)
        if b"\n" in name:  # an identifier cannot span lines: keep the first line of it
            head, _, tail = name.partition(b"\n")
            name = head + b"\n" + re.sub(rb"[^\n]", b" ", tail)
        if name[:1].isalpha():
            name = b"_" + name[1:]
        self.types[start] = " ".join(text.decode("utf-8", "replace").split())
        self.out[start:end] = name

    def _blank(self, start: int, end: int) -> None:
        self.out[start:end] = re.sub(rb"[^\n]", b" ", self.source[start:end])

    def _put(self, start: int, end: int, text: bytes) -> None:
        self.out[start:end] = text.ljust(end - start)

    def _at(self, i: int) -> bytes:
        return self.tokens[i].text if i < len(self.tokens) else b""

    def _close(self, i: int) -> int:
        """Index of the token that closes the parenthesis at `i` (the last token if none does)."""
        depth = 0
        for j in range(i, len(self.tokens)):
            if self.tokens[j].text == b"(":
                depth += 1
            elif self.tokens[j].text == b")":
                depth -= 1
                if not depth:
                    return j
        return len(self.tokens) - 1
