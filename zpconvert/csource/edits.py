# SPDX-License-Identifier: GPL-2.0-only
"""Which functions an edit of C texts can change, told from the texts alone.

A compiler makes of a function what its own text says, and the declarations, the macros and the
inline functions that it names. Where nothing but definitions of functions differs, all others
stay what they were. A definition is one as kernel code writes it, its braces in the first
column. Where anything else differs there is no answer.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from zpconvert.csource.bodies import contained, inline_functions

#: From a brace that is alone in the first column to the line of the next closing one there.
_BODY = re.compile(rb"(?m)^\{[ \t]*$.*?^\}[^\n]*$", re.DOTALL)
_END = re.compile(rb"\}[ \t;]*$")
_DIRECTIVE = re.compile(rb"(?m)^[ \t\f\v]*(?:#|%:)[ \t]*(\w*)([^\n]*)")
_MACRO = re.compile(rb"[ \t]+(\w+)(.*)", re.DOTALL)
_WORD = re.compile(rb"[A-Za-z_]\w*")
#: Using GCC, "Other Built-in Functions" and "Getting the Return or Frame Address"; the kernel's
#: own names for them (include/linux/instruction_pointer.h, include/linux/const.h).
_ASKS = re.compile(
    r"__builtin_(?:constant_p|(?:dynamic_)?object_size|(?:return|frame)_address)"
    r"|__is_constexpr|_RET_IP_|CALLER_ADDR\d"
)
#: What says no more than that there is something: declarations of functions and of structures.
_LINKAGE = re.compile(
    rb"(?m)^(?:(?:struct|union|enum)\s+\w+"
    # what has a type before it, and no macro's name
    rb"|(?!typedef\b)[A-Za-z_][\w \t*]*[ \t*](?![A-Z\d_]+\()\w+\([^;{}=#]*+);"
)
#: What a function uses without naming it: it says `CLASS(x, …)` or `__free(x)`
#: (include/linux/cleanup.h).
_CLEANUP = re.compile(r"class_|__free_")
#: Macros of the kernel that make a name of any two parts (include/linux/args.h,
#: include/linux/compiler_types.h).
_PASTING = frozenset({"CONCATENATE", "__CONCAT", "__PASTE", "___PASTE"})
_MARK = re.compile(rb"[A-Za-z_]\w*|\S")
#: A word that is all of an argument.
_ARGUMENT = re.compile(rb"(?<=[(,])\s*([A-Za-z_]\w*)\s*(?=[,)])")

Files = Mapping[str, bytes]
_Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Edit:
    """What an edit does to functions.

    touched: names of those that it can change, or whose own texts differ; those that came or
    went are among them. before, after: all that there are. inline: those that others are made
    of. short: those that are but one statement, and may stand for another. users_before,
    users_after: each function to those that name it, through macros or not, or that may, in
    parts which a macro of the tree puts together. naming_before, naming_after: to those that
    name it for sure.
    """

    touched: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    inline: frozenset[str]
    short: frozenset[str]
    users_before: Mapping[str, frozenset[str]]
    users_after: Mapping[str, frozenset[str]]
    naming_before: Mapping[str, frozenset[str]]
    naming_after: Mapping[str, frozenset[str]]

    def users(self, name: str) -> frozenset[str]:
        """The functions that name it, before or after."""
        nobody: frozenset[str] = frozenset()
        return self.users_before.get(name, nobody) | self.users_after.get(name, nobody)

    def parts(self, name: str) -> list[str]:
        """The touched inline functions that a function is made of, through others."""
        return sorted(n for n in self.touched & self.inline - {name} if name in self._reach(n))

    def _reach(self, part: str) -> set[str]:
        found, todo = set[str](), [part]
        while todo:
            name = todo.pop()
            new = self.naming_before.get(name, set()) | self.naming_after.get(name, set())
            new -= found
            found |= new
            todo += new & self.inline
        return found


def edit(before: Files, after: Files, shared: Set[str] = frozenset()) -> Edit | None:
    """What an edit can change, of texts without comments; None if that cannot be told.

    shared: those of the files that others, whose texts are not among these, may include.
    """
    return _edit(_frozen(before), _frozen(after), frozenset(shared))


def differing(before: Files, after: Files) -> Edit:
    """The functions whose own texts differ, of texts without comments, whatever else differs
    and changes others."""
    return _differing(_frozen(before), _frozen(after))


def asking(before: Files, after: Files) -> frozenset[str]:
    """Functions that ask the compiler what it knows where they are called, or who calls them:
    alone they are not what they are as a part of another. Those whose own texts differ; all, if
    what they or their callers may mean differs: a macro, a type, a constant."""
    old, new = _code(_frozen(before)), _code(_frozen(after))
    meant = [_LINKAGE.sub(b"", b"\n".join(t for _, t in code.rest)).split() for code in (old, new)]
    found = set()
    for name in old.functions.keys() | new.functions.keys():
        texts = [{(f.head, f.body) for f in code.of({name})} for code in (old, new)]
        asks = any(map(_ASKS.fullmatch, old.meant(name) | new.meant(name)))
        if asks and (texts[0] != texts[1] or meant[0] != meant[1]):
            found.add(name)
    return frozenset(found)


def _frozen(files: Files) -> _Files:
    return tuple(sorted(files.items()))


@functools.lru_cache(maxsize=256)
def _differing(before: _Files, after: _Files) -> Edit:
    old, new = _code(before), _code(after)
    functions = old.functions.keys() | new.functions.keys()
    return Edit(
        frozenset(n for n in functions if old.functions.get(n) != new.functions.get(n)),
        frozenset(old.functions),
        frozenset(new.functions),
        old.inline | new.inline,
        frozenset(old.short() | new.short()),
        old.callers,
        new.callers,
        old.naming,
        new.naming,
    )


@functools.lru_cache(maxsize=256)
def _edit(before: _Files, after: _Files, shared: frozenset[str]) -> Edit | None:
    old, new = _code(before), _code(after)
    if old.rest != new.rest:
        return None
    found = _differing(before, after)
    touched, inline = set(found.touched), found.inline
    functions = found.before | found.after
    spreading = {n for n in touched if n in inline or old.heads(n) != new.heads(n)}
    if spreading:
        # what such a macro makes of its arguments can be any name
        spreading |= old.pasting
    seen: set[str] = set()
    while spreading - seen:
        name = (spreading - seen).pop()
        seen.add(name)
        users = old.users(name) | new.users(name)
        typed = {n for n in users & functions if name in old.declared(n) | new.declared(n)}
        spreading |= users - functions | users & inline | typed
        touched |= users & functions
    if spreading & old.elsewhere or (spreading and (old.late or new.late)):
        return None
    # what no text names and is there all the same, macros of the tree do (pr_fmt)
    if any(not old.users(n) | new.users(n) for n in spreading - functions - old.pasting):
        return None
    if spreading & functions & old.macros.keys() or any(map(_CLEANUP.match, spreading)):
        return None
    if shared & {one.file for code in (old, new) for one in code.of(spreading)}:
        return None
    return replace(found, touched=frozenset(touched))


@dataclass(frozen=True)
class _Function:
    """A definition. after: how many lines stand before it in its file that are no function's.
    words: all names in it."""

    file: str
    after: int
    head: bytes
    body: bytes

    @functools.cached_property
    def words(self) -> Set[str]:
        return _names(self.head + self.body)

    @functools.cached_property
    def stems(self) -> Set[str]:
        return _stems(self.head + self.body)


@dataclass(frozen=True)
class _Code:
    """Some texts taken apart.

    functions: by name; more than one where conditions choose. inline: those that are. rest:
    what is not the definition of a function, by file. macros: each to the names in its text;
    pasting: those that make names of parts; stems: each to what such a macro, of the tree's,
    may make a name of. elsewhere: the names in neither. late: something is included that can
    name the functions before it.
    """

    functions: Mapping[str, tuple[_Function, ...]]
    inline: frozenset[str]
    rest: tuple[tuple[str, bytes], ...]
    macros: Mapping[str, Set[str]]
    pasting: frozenset[str]
    stems: Mapping[str, Set[str]]
    elsewhere: frozenset[str]
    late: bool

    def of(self, names: Set[str]) -> Iterator[_Function]:
        """The definitions of some functions."""
        return (one for name in names for one in self.functions.get(name, ()))

    def heads(self, name: str) -> list[bytes]:
        return [one.head for one in self.functions.get(name, ())]

    def meant(self, name: str) -> set[str]:
        """The names in a function, and in the macros that it names."""
        found: set[str] = set()
        todo = [word for one in self.of({name}) for word in one.words]
        while todo:
            word = todo.pop()
            if word not in found:
                found.add(word)
                todo += self.macros.get(word, ())
        return found

    def declared(self, name: str) -> set[str]:
        """The names that stand in a function's declaration: its type can be made of them."""
        return _names(b" ".join(self.heads(name)))

    def short(self) -> set[str]:
        """The functions that are one statement."""
        return {
            name
            for name, ones in self.functions.items()
            if all(one.body.count(b";") == 1 for one in ones)
        }

    def users(self, name: str) -> Set[str]:
        """The functions and macros that name something, or may in parts."""
        return (self._named.get(name, set()) | self._guessed.get(name, set())) - {name}

    @functools.cached_property
    def callers(self) -> dict[str, frozenset[str]]:
        """Each function to those that name it, through macros or not, or may in parts."""
        return {name: self._through(name, self.users) for name in self.functions}

    @functools.cached_property
    def naming(self) -> dict[str, frozenset[str]]:
        """Each function to those that name it, through macros or not."""

        def users(name: str) -> Set[str]:
            return self._named.get(name, set()) - {name}

        return {name: self._through(name, users) for name in self.functions}

    def _through(self, name: str, users: Callable[[str], Set[str]]) -> frozenset[str]:
        """The functions among the users of a function, and among those of its macros."""
        found: set[str] = set()
        todo, seen = [name], set()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                new = users(one)
                found |= new & self.functions.keys()
                todo += new - self.functions.keys()
        return frozenset(found - {name})

    @functools.cached_property
    def _named(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        known = self.functions.keys() | self.macros.keys()
        named = [(n, one.words) for n, ones in self.functions.items() for one in ones]
        for user, words in [*named, *self.macros.items()]:
            for name in words & known:
                found.setdefault(name, set()).add(user)
        return found

    @functools.cached_property
    def _guessed(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        parts = [(n, one.stems) for n, ones in self.functions.items() for one in ones]
        for user, stems in [*parts, *self.stems.items()]:
            for name in self.inline if stems else ():
                if any(name != s and (name.startswith(s) or name.endswith(s)) for s in stems):
                    found.setdefault(name, set()).add(user)
        return found


@functools.lru_cache(maxsize=256)
def _code(files: _Files) -> _Code:
    functions: dict[str, tuple[_Function, ...]] = {}
    rest = []
    late = False
    files = tuple((path, text.replace(b"\\\n", b"")) for path, text in files)
    for path, text in files:
        found, other = _apart(path, text)
        first = min((one.after for _, one in found), default=len(other))
        later = map(_DIRECTIVE.match, other.split(b"\n")[first:])
        late = late or any(one and one[1] == b"include" for one in later)
        rest.append((path, other))
        for name, one in found:
            functions[name] = (*functions.get(name, ()), one)
    macros: dict[str, Set[str]] = dict.fromkeys(_PASTING, frozenset())
    stems: dict[str, Set[str]] = {}
    pasting, elsewhere = set(_PASTING), set()
    for _, text in rest:
        for directive in _DIRECTIVE.finditer(text):
            macro = _MACRO.match(directive[2]) if directive[1] == b"define" else None
            if macro:
                name = macro[1].decode()
                macros[name] = macros.get(name, frozenset()) | _names(macro[2])
                stems[name] = stems.get(name, frozenset()) | _stems(macro[2])
                if b"##" in macro[2]:
                    pasting.add(name)
        elsewhere |= _names(_DIRECTIVE.sub(b"", text))
    inline = {name for _, text in files for name in inline_functions(text)}
    return _Code(
        functions,
        frozenset(inline),
        tuple(rest),
        macros,
        frozenset(pasting),
        stems,
        frozenset(elsewhere),
        late,
    )


def _names(text: bytes) -> set[str]:
    return {word.decode() for word in _WORD.findall(text)}


def _stems(text: bytes) -> Set[str]:
    """The words that are arguments and nothing else, as what a macro makes names of: a variable
    is declared somewhere, or a parameter of the macro whose text it is. A variable of the same
    name beside it hides one."""
    arguments = Counter(_ARGUMENT.findall(text))
    if not arguments:
        return frozenset()
    words = Counter(_WORD.findall(text))
    own = _WORD.findall(text.partition(b")")[0]) if text.startswith(b"(") else []
    return {word.decode() for word, n in arguments.items() if words[word] == n and word not in own}


@functools.lru_cache(maxsize=256)
def _apart(path: str, text: bytes) -> tuple[tuple[tuple[str, _Function], ...], bytes]:
    """The definitions of functions in a text, and the rest of it without empty lines."""
    found = []
    rest: list[bytes] = []
    at = 0
    for body in _BODY.finditer(text):
        between = text[at : body.start()]
        head = _head(between)
        before = between[: len(between) - len(head)]
        name = _name(head) if _whole(before, body[0]) else None
        rest += _lines(before if name else text[at : body.end()])
        if name:
            found.append((name, _Function(path, len(rest), b" ".join(head.split()), body[0])))
        at = body.end()
    return tuple(found), b"\n".join([*rest, *_lines(text[at:])])


def _lines(text: bytes) -> Iterator[bytes]:
    """Those that are not empty."""
    return (line.rstrip() for line in text.splitlines() if line.strip())


def _head(between: bytes) -> bytes:
    """The lines before a body that belong to it: up to an empty one, a directive or an end."""
    lines = between.splitlines(keepends=True)
    first = len(lines)
    while first:
        line = lines[first - 1].strip()
        if not line or line.startswith((b"#", b"%:")) or line.endswith((b";", b"}")):
            break
        first -= 1
    return b"".join(lines[first:])


def _name(head: bytes) -> str | None:
    """The function that a head declares: what parentheses follow, and a type comes before."""
    marks = _MARK.findall(head)
    # what begins like a call is a macro, and no attribute of this function for sure
    if {b"=", b";", b"{"}.intersection(marks) or marks[1:2] == [b"("]:
        return None
    names, depth = [], 0
    for at, (before, mark, after) in enumerate(zip(marks, marks[1:], marks[2:], strict=False), 3):
        depth += (before == b"(") - (before == b")")
        typed = before in (b"*", b")") or _WORD.fullmatch(before)
        if not depth and typed and after == b"(" and _WORD.fullmatch(mark):
            names.append((mark.decode(), at))
    if not names:
        return None
    (name, at), *others = names
    # an attribute stands behind the name; what looks like one before a name may be either
    if others and not all(word.startswith("__") > name.startswith("__") for word, _ in others):
        return None
    # in capitals it is a macro, which may define anything; so it is with arguments for parameters
    return None if name.isupper() or not _parameters(marks[at:]) else name


def _parameters(marks: list[bytes]) -> bool:
    """Whether parameters, from behind their parenthesis on, have a type and a name each."""
    counts, depth = [0], 0
    for mark in marks:
        depth += (mark == b"(") - (mark == b")")
        if depth < 0:
            break
        if mark == b"," and not depth:
            counts.append(0)
        else:
            counts[-1] += 1
    return min(counts) > 1 or marks[:2] == [b"void", b")"]


def _whole(before: bytes, body: bytes) -> bool:
    """Whether a body is one, conditions and all, and what stands before its head has an end."""
    last = _DIRECTIVE.sub(b"", before).rstrip()[-1:]
    return (
        last in (b"", b";", b"}")
        and body.count(b"\n{") == 0
        and _END.search(body) is not None
        and contained(body)
    )
