# SPDX-License-Identifier: GPL-2.0-only
"""A .cocci file as a frozen value, with what its header comment says.

The header of a hand-written semantic patch says in a sentence what it is for, and shows it::

    // Link descriptors by their own member.
    // Options: --no-loops
    // Before:
    //     old_page(a)->index = (unsigned long)old_page(b);
    // After:
    //     a->next = b;

There can be several pairs of Before and After. Code in them is indented by four spaces more
than the comment's text; what is no function is put into one when the example is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from zpconvert.errors import UserError
from zpconvert.smpl.rules import RuleText
from zpconvert.smpl.text import masked as mask
from zpconvert.smpl.trust import consented, option_lines

#: Options a .cocci may ask for: none of them names a file or runs a program.
ALLOWED_OPTIONS = frozenset(
    re.findall(
        r"\S+",
        """--no-includes --no-loops --no-gotos --no-safe-expressions --disallow-nested-exps
        --smpl-spacing --linux-spacing --allow-inconsistent-paths --force-kr --prevent-kr
        --disable-worth-trying-opt --keep-comments --only-return-is-error-exit
        --no-saved-typedefs --disable-multi-pass --ifdef-to-if --no-ifdef-to-if
        --very-quiet --quiet --no-show-diff --no-iso-limit""",
    )
)
#: Likewise, with one word after them.
ALLOWED_WITH_VALUE = frozenset(
    ["--max-width", "--indent", "--disable-iso", "--iso-limit", "--int-bits", "--long-bits"]
)

_HEAD = re.compile(r"^@(?P<head>[^@]*)@", re.MULTILINE)
_SCRIPT = re.compile(
    r"(?P<kind>script|initialize|finalize)\s*:\s*(?P<language>\w+)\s*(?P<rest>.*)", re.DOTALL
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = ("depends", "extends", "using", "disable", "expression", "identifier", "type")
_VIRTUAL = re.compile(r"^virtual\s+([\w\s,]+?)\s*;?\s*$", re.MULTILINE)
_EMBEDDED = re.compile(r"\bscript\s*:\s*(python|ocaml)\b")


@dataclass(frozen=True)
class Rule:
    """One rule. `line` and `body_line` are 1-based; `text` is all of it, head included.

    name: None if the rule has none. language: `smpl`, `python` or `ocaml`.
    kind: `rule`, `script`, `initialize` or `finalize`. depends: the text after `depends on`.
    metavariables: their declarations. uses: names of rules that it depends on or inherits.
    embedded: line of a script inside the declarations (`e : script:python() {…}`), if any.
    """

    name: str | None
    line: int
    language: str
    kind: str
    depends: str
    metavariables: str
    body: str
    body_line: int
    text: str
    uses: frozenset[str]
    embedded: int | None


@dataclass(frozen=True)
class Example:
    """C code before and after; `line` is that of `// Before:`, 1-based."""

    before: str
    after: str
    line: int


@dataclass(frozen=True)
class SemanticPatch:
    """A .cocci: `about` is what its header says it is for."""

    path: Path
    text: str
    about: str
    options: tuple[str, ...]
    virtuals: tuple[str, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]

    @property
    def scripts(self) -> tuple[Rule, ...]:
        """The rules that run a program of their own."""
        return tuple(
            rule for rule in self.rules if rule.kind != "rule" or rule.embedded is not None
        )

    def rule_texts(self) -> tuple[RuleText, ...]:
        """The rules for a `Rewriter`: those that use each other stay one text.

        Raises UserError for what a sequence of rules has no use for: a virtual rule, a rule
        that has no name.
        """
        if self.virtuals:
            raise UserError(
                f"{self.path}",
                f"virtual rule '{self.virtuals[0]}' in a sequence of rules",
                "write a rule of its own for each case",
            )
        trusted = consented(self.text.encode())
        return tuple(_rule_text(self.path, group, trusted) for group in self.groups())

    def groups(self) -> tuple[tuple[Rule, ...], ...]:
        """The rules in order, those that use each other together."""
        return tuple(self.rules[first : last + 1] for first, last in _spans(self.rules))


def _rule_text(path: Path, rules: tuple[Rule, ...], trusted: bool) -> RuleText:
    names = tuple(rule.name for rule in rules if rule.name is not None)
    if not names:
        raise UserError(
            f"{path}:{rules[0].line}", "a rule without a name cannot be enabled", "give it a name"
        )
    text = "".join(rule.text for rule in rules)
    return RuleText(names, text, str(path), rules[0].line, trusted)


def _spans(rules: tuple[Rule, ...]) -> list[tuple[int, int]]:
    """Index ranges of rules that use each other, whatever stands between them included."""
    at = {rule.name: index for index, rule in enumerate(rules) if rule.name is not None}
    if any(rule.kind in ("initialize", "finalize") for rule in rules):
        return [(0, len(rules) - 1)]
    spans: list[tuple[int, int]] = []
    for index, rule in enumerate(rules):
        first = min([at[name] for name in rule.uses if name in at] + [index])
        while spans and spans[-1][1] >= first:
            first = min(first, spans.pop()[0])
        spans.append((first, index))
    return spans


def read(path: Path) -> SemanticPatch:
    """The semantic patch in a file. Raises UserError, with the line, for what is none."""
    try:
        return parse(path.read_bytes(), path)
    except FileNotFoundError:
        raise UserError(str(path), "no such file", "name a .cocci file or a directory") from None
    except OSError as error:
        raise UserError(
            str(path), f"cannot be read: {error.strerror}", "check its permissions"
        ) from None


def parse(data: bytes, path: Path) -> SemanticPatch:
    """The semantic patch in `data`; `path` is for messages."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}", "not UTF-8", "save it as UTF-8") from None
    masked = mask(text, "smpl")
    heads = _heads(masked, path)
    start = heads[0][0] if heads else len(masked)
    virtuals = _preamble(masked[:start], path)
    if not heads:
        raise UserError(f"{path}:1", "no rule", "begin one with @name@")
    ends = [after[0] for after in heads[1:]] + [len(text)]
    rules = tuple(
        _rule(text, masked, span, end, path) for span, end in zip(heads, ends, strict=True)
    )
    _no_name_twice(rules, path)
    about, examples = _comments(text[:start], path)
    options = _options(text, text[:start], path)
    return SemanticPatch(path, text, about, options, virtuals, rules, examples)


def _heads(masked: str, path: Path) -> list[tuple[int, int, int]]:
    """(start, end of the head, end of the declarations) of each rule."""
    heads: list[tuple[int, int, int]] = []
    at = 0
    while (opening := re.compile(r"^@", re.MULTILINE).search(masked, at)) is not None:
        line = masked.count("\n", 0, opening.start()) + 1
        head = _HEAD.match(masked, opening.start())
        if head is None or "\n@" in head.group():
            raise UserError(f"{path}:{line}", "the rule's head does not end", "end it with '@'")
        close = masked.find("@@", head.end())
        following = re.compile(r"^@(?!@)", re.MULTILINE).search(masked, head.end())
        if close < 0 or (following is not None and following.start() < close):
            raise UserError(
                f"{path}:{line}", "the rule's metavariables do not end", "end them with '@@'"
            )
        heads.append((opening.start(), head.end(), close + 2))
        at = close + 2
    return heads


def _rule(text: str, masked: str, span: tuple[int, int, int], end: int, path: Path) -> Rule:
    start, head_end, declared_end = span
    line = text.count("\n", 0, start) + 1
    head = masked[start + 1 : head_end - 1].strip()
    script = _SCRIPT.fullmatch(head)
    kind, language, rest = "rule", "smpl", head
    if script is not None:
        kind, language, rest = script["kind"], script["language"], script["rest"]
        if language not in ("python", "ocaml"):
            raise UserError(
                f"{path}:{line}", f"script language '{language}'", "use python or ocaml"
            )
    first = _NAME.match(rest)
    name = first.group() if first and first.group() not in _KEYWORDS else None
    depends = re.search(r"\bdepends\s+on\s+(.*)", rest, re.DOTALL)
    declared = masked[head_end : declared_end - 2]
    embedded = _EMBEDDED.search(declared)
    uses = set(re.findall(r"\b([A-Za-z_]\w*)\.[A-Za-z_]", declared))
    if depends is not None:
        uses.update(_NAME.findall(depends[1]))
    if (extends := re.search(r"\bextends\s+(\w+)", rest)) is not None:
        uses.add(extends[1])
    body = text[declared_end:end]
    skipped = len(body) - len(body.lstrip("\n"))
    return Rule(
        name=name,
        line=line,
        language=language,
        kind=kind,
        depends=depends[1].strip() if depends else "",
        metavariables=text[head_end : declared_end - 2].strip("\n"),
        body=body.lstrip("\n"),
        body_line=text.count("\n", 0, declared_end) + 1 + skipped,
        text=text[start:end],
        uses=frozenset(uses),
        embedded=None if embedded is None else text.count("\n", 0, head_end + embedded.start()) + 1,
    )


def _no_name_twice(rules: tuple[Rule, ...], path: Path) -> None:
    seen: dict[str, int] = {}
    for rule in rules:
        if rule.name in seen:
            raise UserError(
                f"{path}:{rule.line}",
                f"rule '{rule.name}' is also on line {seen[rule.name]}",
                "give one of them another name",
            )
        if rule.name is not None:
            seen[rule.name] = rule.line


def _preamble(masked: str, path: Path) -> tuple[str, ...]:
    """The virtual rules declared before the first rule; nothing else may stand there."""
    blank = re.compile(r"^\s*(?:#.*|using\b.*)?$")
    names: list[str] = []
    rest = masked
    for found in _VIRTUAL.finditer(masked):
        names += re.findall(r"\w+", found[1])
        rest = rest.replace(found.group(), "\n" * found.group().count("\n"), 1)
    for number, line in enumerate(rest.splitlines(), 1):
        if not blank.match(line):
            raise UserError(
                f"{path}:{number}", "text before the first rule", "make it a comment, or a rule"
            )
    return tuple(names)


def _options(text: str, header: str, path: Path) -> tuple[str, ...]:
    """Options for spatch that a .cocci asks for: its header, and lines `# spatch` anywhere.

    Raises UserError for one not allowed.
    """
    options: list[str] = []
    asked = option_lines(text.encode())
    for number, line in enumerate(header.split("\n"), 1):
        if (found := re.match(r"//\s*Options:\s*(.*)", line)) is not None:
            asked.append((number, found[1]))
    for number, spoken in sorted(asked):
        words = spoken.split()
        for before, word in pairwise(["", *words]):
            allowed = word in ALLOWED_OPTIONS or word in ALLOWED_WITH_VALUE
            if not allowed and (before not in ALLOWED_WITH_VALUE or word.startswith("-")):
                raise UserError(
                    f"{path}:{number}", f"option '{word}' is not allowed here", "leave it out"
                )
        options += words
    return tuple(options)


def _comments(header: str, path: Path) -> tuple[str, tuple[Example, ...]]:
    """(what the patch is for, its examples) from the header's comment lines."""
    about: list[str] = []
    blocks: list[tuple[str, int, list[str]]] = []
    inside = False
    for number, line in enumerate(header.splitlines(), 1):
        comment = re.match(r"//(.*)", line)
        if comment is None:
            inside = False
        elif (label := re.fullmatch(r"\s*(Before|After):\s*", comment[1])) is not None:
            blocks.append((label[1], number, []))
            inside = True
        elif inside and (not comment[1].strip() or comment[1].startswith("     ")):
            blocks[-1][2].append(comment[1][5:])
        elif not re.match(r"\s*(SPDX-License-Identifier:|Options:)", comment[1]):
            inside = False
            about.append(comment[1].strip())
    return " ".join(" ".join(about).split()), tuple(_pairs(blocks, path))


def _pairs(blocks: list[tuple[str, int, list[str]]], path: Path) -> list[Example]:
    examples: list[Example] = []
    if len(blocks) % 2:
        blocks = [*blocks, ("", blocks[-1][1], [])]
    for before, after in zip(blocks[::2], blocks[1::2], strict=True):
        if (before[0], after[0]) != ("Before", "After"):
            raise UserError(
                f"{path}:{before[1]}",
                "an example without its other half",
                "write '// Before:' and then '// After:'",
            )
        texts = ["\n".join(lines).strip("\n") + "\n" for _, _, lines in (before, after)]
        examples.append(Example(texts[0], texts[1], before[1]))
    return examples
