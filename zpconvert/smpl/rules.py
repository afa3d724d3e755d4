# SPDX-License-Identifier: GPL-2.0-only
"""What a rule of a semantic patch needs to find in a text before it can match anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

#: Words of C and SmPL, and names that spatch's standard isomorphisms make optional.
_OPTIONAL = frozenset(
    re.findall(
        r"\w+",
        """NULL auto break case char const continue default do double else enum extern float for
        forall exists goto if inline int likely long register restrict return short signed
        sizeof static strict struct switch typedef typeof union unlikely unsigned void volatile
        when while any true false""",
    )
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
#: The isomorphism drop_cast matches without the cast, too.
_CAST = re.compile(r"(?<![\w)\]])\((?:\s*\w+)+[\s*]*\)(?=\s*[\w(&*])")
_HEADER = re.compile(r"^@(?P<name>[^@\n]*)@(?P<declared>.*?)@@", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_INNER = re.compile(r"\\\(|\\\||\\&|\\\)|<\+\.\.\.|\.\.\.\+>|<\.\.\.|\.\.\.>|[A-Za-z_]\w*")
_OPEN, _OR, _AND, _CLOSE = "(", "|", "&", ")"


@dataclass(frozen=True)
class RuleText:
    """A rule, or rules that depend on each other, as text that spatch takes.

    names: of its rules; enabling one of them enables the text.
    where, line: the file it is from and its first line there (1-based), for messages.
    trusted: its scripts may run.
    """

    names: tuple[str, ...]
    text: str
    where: str = "generated rules"
    line: int = 1
    trusted: bool = False

    @cached_property
    def linked(self) -> bool:
        """Whether it is several rules: what one finds in a file, another may use there."""
        return len(_HEADER.findall(self.text)) > 1

    @cached_property
    def needs(self) -> tuple[frozenset[str], ...]:
        """For each rule in the text the identifiers that any match must contain.

        A rule that inherits from another of the text runs only where that one matched.
        """
        names = "|".join(map(re.escape, self.names))
        heir = re.compile(rf"\b(?:{names})\.[A-Za-z_]")
        return tuple(
            _needed(declared, body)
            for declared, body in _split(self.text)
            if not heir.search(declared)
        )

    @cached_property
    def adds(self) -> frozenset[str]:
        """Identifiers that the text can bring in."""
        added = [
            line for _, body in _split(self.text) for line in body.splitlines() if line[:1] == "+"
        ]
        return frozenset(_NAME.findall("\n".join(added)))


def _split(text: str) -> list[tuple[str, str]]:
    """(metavariable declarations, body) of each rule."""
    bare = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
    heads = list(_HEADER.finditer(bare))
    ends = [head.start() for head in heads[1:]] + [len(bare)]
    return [
        (head["declared"], bare[head.end() : end]) for head, end in zip(heads, ends, strict=True)
    ]


def mandatory(body: str) -> frozenset[str]:
    """Words, metavariables among them, that are in every match of a rule's body."""
    return _needed("", _COMMENT.sub(" ", body))


def _needed(declared: str, body: str) -> frozenset[str]:
    """What is mandatory in a rule's body: not in a nest, not in one arm only."""
    free = _OPTIONAL | frozenset(_NAME.findall(declared))
    stack: list[list[set[str]]] = [[set()]]
    nests: list[bool] = []
    for token in _pattern_tokens(body):
        if token == _OPEN:
            stack.append([set()])
        elif token == _OR and len(stack) > 1:
            stack[-1].append(set())
        elif token == _CLOSE and len(stack) > 1:
            arms = stack.pop()
            stack[-1][-1] |= set.intersection(*arms)
        elif token in ("<...", "<+..."):
            nests.append(token == "<...")
        elif token in ("...>", "...+>"):
            if nests:
                nests.pop()
        elif _NAME.fullmatch(token) and token not in free and not any(nests):
            stack[-1][-1].add(token)
    return frozenset(stack[0][0])


def _pattern_tokens(body: str) -> Iterable[str]:
    """Identifiers, disjunction and nest marks of what a rule matches, `+` lines left out."""
    inner = {r"\(": _OPEN, r"\|": _OR, r"\&": _AND, r"\)": _CLOSE}
    for line in body.splitlines():
        if line[:1] in (_OPEN, _OR, _AND, _CLOSE) and line.strip() in (_OPEN, _OR, _AND, _CLOSE):
            yield line.strip()
        elif line[:1] not in ("+", "?"):
            pattern = re.sub(r"\bwhen\b.*", " ", _LITERAL.sub(" ", line))
            pattern = _CAST.sub(" ", pattern)
            for token in _INNER.findall(pattern):
                yield inner.get(token, token)
