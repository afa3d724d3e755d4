# SPDX-License-Identifier: GPL-2.0-only
"""One declaration, as text, read into names and types.

Types are written compactly, as the caches hold them: the base, then a star for each pointer
or dimension (`struct page**`); `?` is a type that was not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

UNKNOWN = "?"

_TOKEN = re.compile(r"[A-Za-z_]\w*|@\d+|\d[\w.]*|\.\.\.|##|\S")
_WORD = re.compile(r"[A-Za-z_]")
_DECLARING = re.compile(r"[A-Za-z_]\w*[\s*]+[A-Za-z_*]|\*|^\s*void\s*$|^\s*$")
_RESERVED_TYPE = re.compile(
    r"__(?:[us]\d+|[bl]e\d+|u?int\d+(?:_t)?|w?sum\d*|\w+_t|kernel_\w+|builtin_va_list|signed__)$"
)
_QUALIFYING = """
    const volatile restrict __restrict __restrict__ __const __const__ __volatile__ static extern
    inline __inline __inline__ __always_inline register auto _Noreturn _Thread_local
    __extension__ __user __iomem __rcu __percpu __force __private __must_check __maybe_unused
    noinline __init __exit asmlinkage notrace __attribute_const__ __pure typedef
"""
_ARITHMETIC = "void char short int long float double signed unsigned _Bool __int128 __signed__"
QUALIFIERS = frozenset(_QUALIFYING.split())
BUILTIN = frozenset(_ARITHMETIC.split())
_TAGGED = frozenset(("struct", "union", "enum"))
_TYPEOF = frozenset(("typeof", "__typeof__", "__typeof", "typeof_unqual"))
_DEEPEST = 20
_ATTRIBUTES = frozenset(("__attribute__", "__attribute", "__aligned", "__declspec", "_Alignas"))


@dataclass
class Declarator:
    """A declared name ("" if there is none), its type, and its parameters if a function.

    macro_calls: parameters hold something like a macro's call, to be expanded first.
    """

    name: str
    type: str
    params: list[str] | None = None
    macro_calls: bool = False


@dataclass
class Declaration:
    """A specifier (`struct page`; `struct @0` for one defined here) and its declarators."""

    base: str
    declarators: list[Declarator]
    is_typedef: bool


def parse(text: str) -> Declaration | None:
    """Read one declaration; None if it is none (a macro's call, say)."""
    return _Parser(_TOKEN.findall(text)).declaration()


def parse_params(tokens: list[str], deep: int = 0) -> tuple[list[str], bool]:
    """Compact types of a parameter list (`...` last if variadic), and whether any parameter
    looks like a macro's call. deep: how many lists this one is inside of."""
    params: list[str] = []
    if deep > _DEEPEST:
        return [UNKNOWN], False
    calls = False
    for part in split_commas(tokens):
        if part == ["..."]:
            params.append("...")
        elif part:
            parser = _Parser(part, deep + 1)
            shape = parser.parameter()
            calls = calls or parser.looks_called
            params.append(shape)
    return ([] if params == ["void"] else params), calls


def split_commas(tokens: list[str]) -> list[list[str]]:
    """Token lists between the commas that are in no parentheses, brackets or braces."""
    if "," not in tokens:
        return [tokens]
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        if token == "," and depth == 0:
            parts.append([])
            continue
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        parts[-1].append(token)
    return parts


class _Parser:
    """A cursor over the tokens of one declaration."""

    def __init__(self, tokens: list[str], deep: int = 0) -> None:
        self.tokens = tokens
        self.deep = deep
        self.at = 0
        self.loose_base = False
        self.looks_called = False

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else ""

    def close(self, at: int) -> int:
        """The index after the bracket that closes the one at `at`."""
        depth = 0
        for index in range(at, len(self.tokens)):
            if self.tokens[index] in "([":
                depth += 1
            elif self.tokens[index] in ")]":
                depth -= 1
                if depth == 0:
                    return index + 1
        return len(self.tokens)

    def skip_noise(self) -> None:
        """Pass qualifiers and attributes."""
        while token := self.peek():
            if token in QUALIFIERS:
                self.at += 1
            elif token in _ATTRIBUTES:
                self.at += 1
                if self.peek() == "(":
                    self.at = self.close(self.at)
            else:
                return

    def specifier(self) -> str | None:
        """The base type; None where the tokens start no declaration."""
        while True:
            self.skip_noise()
            token = self.peek()
            if not token or not _WORD.match(token):
                return None
            if token in _TAGGED:
                return self.tagged()
            if token in BUILTIN:
                return self.builtin()
            if token in _TYPEOF:
                return self.typeof()
            following = self.peek(1)
            if following == "(" and self.peek(2) != "*" and not token.endswith("_t"):
                self.at = self.close(self.at + 1)
            elif self.is_attribute(token, following):
                self.at += 1
            else:
                self.at += 1
                self.loose_base = True
                return token

    @staticmethod
    def is_attribute(token: str, following: str) -> bool:
        if following in _TAGGED or following in BUILTIN:
            return True
        if not token.startswith("__") or _RESERVED_TYPE.match(token):
            return False
        return _WORD.match(following) is not None

    def tagged(self) -> str | None:
        keyword = self.peek()
        self.at += 1
        self.skip_noise()
        tag = self.peek()
        if not (_WORD.match(tag) or tag.startswith("@")):
            return None
        self.at += 1
        return f"{keyword} {tag}"

    def typeof(self) -> str:
        """The type in `typeof(struct page *)`, which per-CPU variables are declared with; that
        of an expression is not known."""
        end = self.close(self.at + 1)
        inner = self.tokens[self.at + 2 : end - 1]
        self.at = end
        if self.deep > _DEEPEST:
            return UNKNOWN
        is_type = inner and (inner[0] in _TAGGED | BUILTIN | QUALIFIERS or inner[-1] == "*")
        return _Parser(inner, self.deep + 1).parameter() if is_type else UNKNOWN

    def builtin(self) -> str:
        words = []
        while True:
            token = self.peek()
            if token in BUILTIN:
                words.append(token)
                self.at += 1
                continue
            before = self.at
            self.skip_noise()
            if self.peek() not in BUILTIN:
                return " ".join(words)
            if self.at == before:
                return " ".join(words)

    def stars(self) -> int:
        depth = 0
        while True:
            self.skip_noise()
            if self.peek() != "*":
                return depth
            self.at += 1
            depth += 1

    def declaration(self) -> Declaration | None:
        is_typedef = "typedef" in self.tokens
        base = self.specifier()
        if base is None:
            return None
        declarators: list[Declarator] = []
        while self.at < len(self.tokens):
            declarator, base = self.declarator(base)
            if declarator is None:
                break
            declarators.append(declarator)
            self.to_comma()
        return Declaration(base, declarators, is_typedef)

    def to_comma(self) -> None:
        """Go past the comma that ends this declarator."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token in "([":
                self.at = self.close(self.at)
                continue
            self.at += 1
            if token == ",":
                return

    def declarator(self, base: str) -> tuple[Declarator | None, str]:
        depth = self.stars()
        token = self.peek()
        if token == "(":
            return self.parenthesised(base, depth), base
        if not _WORD.match(token):
            return None, base
        name, base = self.name(base, depth)
        if self.peek() == "(":
            end = self.close(self.at)
            params, calls = parse_params(self.tokens[self.at + 1 : end - 1], self.deep)
            self.at = end
            return Declarator(name, compact(base, depth), params, calls), base
        return Declarator(name, compact(base, depth + self.dimensions())), base

    def name(self, base: str, depth: int) -> tuple[str, str]:
        """The declared name; what stood before it may turn out to be an attribute."""
        name = self.peek()
        self.at += 1
        while True:
            following = self.peek()
            if following == "(" and name.startswith("__") and not self.is_params(self.at):
                end = self.close(self.at)
                after = self.tokens[end] if end < len(self.tokens) else ""
                if not _WORD.match(after):
                    return name, base
                self.at = end
                following = after
            elif not self.is_name(following):
                return name, base
            if self.loose_base and depth == 0 and not name.startswith("__"):
                base = name
            name = following
            self.at += 1

    def is_name(self, following: str) -> bool:
        """Whether the word after a name is the name itself, and the first an attribute."""
        if following in _ATTRIBUTES or not _WORD.match(following):
            return False
        if not following.startswith("__") or _RESERVED_TYPE.match(following):
            return True
        return self.peek(1) == "(" and self.is_params(self.at + 1)

    def is_params(self, at: int) -> bool:
        """Whether the parentheses at `at` hold parameters and not an attribute's values."""
        inside = " ".join(self.tokens[at + 1 : self.close(at) - 1])
        return _DECLARING.search(inside) is not None

    def dimensions(self) -> int:
        depth = 0
        while self.peek() == "[":
            depth += 1
            self.at = self.close(self.at)
        return depth

    def parenthesised(self, base: str, depth: int) -> Declarator:
        """`(name)`, or a pointer to a function or an array, whose type is not read."""
        end = self.close(self.at)
        inside = self.tokens[self.at + 1 : end - 1]
        self.at = end
        if len(inside) == 1 and _WORD.match(inside[0]):
            if self.peek() == "(":
                return Declarator(inside[0], UNKNOWN)
            return Declarator(inside[0], compact(base, depth + self.dimensions()))
        words = [t for t in inside if _WORD.match(t) and t not in QUALIFIERS]
        return Declarator(words[0] if words else "", UNKNOWN)

    def parameter(self) -> str:
        base = self.specifier()
        if base is None:
            self.looks_called = self.looks_called or "(" in self.tokens
            return UNKNOWN
        declarator, base = self.declarator(base)
        if declarator is None:
            return compact(base, self.star_count() + self.dimensions())
        if declarator.params is not None:
            return UNKNOWN
        return declarator.type

    def star_count(self) -> int:
        """Stars just passed, of a parameter without a name."""
        return sum(1 for token in self.tokens[: self.at] if token == "*")


def compact(base: str, depth: int) -> str:
    """`struct page` and 2 as `struct page**`."""
    return UNKNOWN if base == UNKNOWN else base + "*" * depth
