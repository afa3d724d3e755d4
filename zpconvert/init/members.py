# SPDX-License-Identifier: GPL-2.0-only
"""Members and idioms to be: what the files keep in the words of the old struct."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from zpconvert.conversion.model import Member
from zpconvert.csource.ctype import CType
from zpconvert.csource.members import StructMember
from zpconvert.init.look import Accessors
from zpconvert.init.model import Access, Entry, Idiom, Iterated, MemberUse, Place, Question
from zpconvert.init.naming import Vocabulary

#: Words of SmPL, which no rule can have as its name (parsing_cocci of Coccinelle 1.1.1).
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """attribute binary comments constant declarer declaration depends disable ever exists
        expression extends field fieldlist finalize forall format function generated global
        identifier idexpression initialize initialiser initializer iterator local metavariable
        name never operator optional parameter position pragmainfo pure script statement strict
        symbol type typedef unary using virtual when words""",
    )
)


class MemberWriter:
    """Writes the members of one descriptor and the rules that bring them into use."""

    def __init__(
        self,
        names: Vocabulary,
        old: Mapping[str, StructMember],
        accessors: Accessors,
        shared: Sequence[Member] | None,
    ) -> None:
        """old: the old struct's members by name. accessors: what stands for one of them.
        shared: the members of a descriptor that is there already, which gets no new ones."""
        self.names, self.old, self.accessors, self.shared = names, old, accessors, shared
        self.members: list[MemberUse] = []
        self.idioms: list[Idiom] = []
        self.questions: list[Question] = []

    def write(
        self, accesses: Sequence[Access], entries: Iterable[Entry], iterated: Iterable[Iterated]
    ) -> None:
        """Propose members in the old struct's order, typed ones first, and their rules."""
        named = [*((e.member, e.place) for e in entries), *((i.member, i.place) for i in iterated)]
        for over in self.old:
            mine = [access for access in accesses if access.member == over]
            by_name = [place for member, place in named if member == over]
            if mine or by_name:
                self._member(over, mine, by_name)
        for key in dict.fromkeys((e.name, e.member, e.args) for e in entries):
            places = tuple(e.place for e in entries if (e.name, e.member, e.args) == key)
            self._entry(*key, places)

    def _member(self, over: str, accesses: list[Access], named: list[Place]) -> None:
        typed = self._typed(over, accesses)
        special: list[Access] = []
        if typed is not None:
            name, ctype = typed
            special = [a for a in accesses if a.ctype == ctype]
            plain = [a for a in accesses if a.form == "plain"]
            clears = [a for a in accesses if a.form == "clear"]
            if clears and not plain:
                special += clears
            doc = f"What is kept in page->{over}, by its own type."
            made = Member(name, self._text(ctype), over, doc)
            member = self._add(made, special)
            if member is not None:
                self._typed_rules(member.name, ctype, over, special)
            if plain and clears:
                self.questions.append(
                    Question(
                        "two meanings",
                        f"{over} is cleared, and holds a '{self._text(ctype)}' in one place and "
                        "something else in another",
                        f"if a line clears the pointer, let a rule write '->{name} = NULL' there; "
                        "idioms.cocci takes it for the other meaning",
                        tuple(a.place for a in clears),
                    )
                )
        rest = [a for a in accesses if a not in special]
        if rest or named:
            what = "What else" if typed is not None else "What"
            made = Member(over, self.old[over].ctype, over, f"{what} is kept in page->{over}.")
            member = self._add(made, rest, named)
            if member is not None:
                self._plain_rules(member.name, over, rest)

    def _typed(self, over: str, accesses: list[Access]) -> tuple[str, CType] | None:
        """Name and type of a typed member over one that holds pointers as numbers."""
        ctypes = list(dict.fromkeys(a.ctype for a in accesses if a.ctype is not None))
        if not ctypes or self.old[over].ctype.endswith("*"):
            return None
        numbers = [a for a in accesses if a.form == "number"]
        if len(ctypes) > 1 or numbers:
            listed = ", ".join(f"'{self._text(c)}'" for c in ctypes)
            more = " and numbers that are cast" if numbers else ""
            self.questions.append(
                Question(
                    "two meanings",
                    f"{over} holds {listed}{more}",
                    "give each meaning a member of its own over the same word, and a rule that "
                    "can tell them apart; until then all of them use one member",
                    tuple(a.place for a in accesses),
                )
            )
            return None
        return self._name(over, ctypes[0], accesses), ctypes[0]

    def _name(self, over: str, ctype: CType, accesses: list[Access]) -> str:
        if self._is_old(ctype):
            functions = " ".join(a.place.function for a in accesses)
            return "next" if "next" in functions else "prev" if "prev" in functions else "link"
        tag = re.fullmatch(r"(?:struct|union) (\w+)", ctype.base)
        name = tag[1] if tag else f"{over}_ptr"
        return f"{name}_ptr" if name in self.old else name

    def _is_old(self, ctype: CType) -> bool:
        return ctype == CType("struct page", 1)

    def _text(self, ctype: CType) -> str:
        return self.names.pointer if self._is_old(ctype) else str(ctype)

    def _add(
        self, member: Member, accesses: Sequence[Access], named: Sequence[Place] = ()
    ) -> Member | None:
        """The member to use: this one, or the one that a shared descriptor has for it."""
        places = tuple(sorted({*(a.place for a in accesses), *named}))
        if self.shared is not None:
            same = [m for m in self.shared if (m.over, m.ctype) == (member.over, member.ctype)]
            if not same:
                self.questions.append(
                    Question(
                        "the shared descriptor lacks",
                        f"a member over {member.over} of type '{member.ctype}'",
                        "add it to the descriptor and a rule to idioms.cocci; until then these "
                        f"places keep {self.names.to_page}()",
                        places,
                    )
                )
                return None
            member = same[0]
        self.members.append(MemberUse(member, places))
        return member

    # -- rules ---------------------------------------------------------------------------

    def _typed_rules(self, name: str, ctype: CType, over: str, accesses: Sequence[Access]) -> None:
        new = self.names
        gets, sets = ([a for a in accesses if a.form == form] for form in ("get", "set"))
        clears = [a for a in accesses if a.form == "clear"]
        cast = f"({ctype.base} {'*' * ctype.depth})"
        if gets:
            reads = [
                f"{'' if t in self.accessors.casting else cast}{self._read(t, over)}"
                for t in _through(gets)
            ]
            arms = [(read, f"e->{name}") for read in reads]
            if self._is_old(ctype):
                arms = [(f"{new.from_page}({read})", f"e->{name}") for read in reads]
                arms += [(read, f"{new.to_page}(e->{name})") for read in reads]
            about = f"{name}: read through the member that has the type"
            self._rule(f"{name}_get", about, ["e"], arms, "x = {};", gets)
        if sets:
            values = [(f"{new.to_page}(v)", "v"), ("v", f"{new.from_page}(v)")]
            if not self._is_old(ctype):
                values = [("v", "v")]
            arms = [
                (self._write(t, over, f"(unsigned long){old}"), f"e->{name} = {value}")
                for t in _through(sets)
                for old, value in values
            ]
            about = f"{name}: assigned without a cast"
            self._rule(f"{name}_set", about, ["e", "v"], arms, "{};", sets)
        if clears:
            arms = [
                (self._write(t, over, zero), f"e->{name} = NULL")
                for t in _through(clears)
                for zero in ("0",)
            ]
            self._rule(f"{name}_clear", f"{name}: cleared", ["e"], arms, "{};", clears)

    def _plain_rules(self, name: str, over: str, accesses: Sequence[Access]) -> None:
        if not accesses:
            return
        arms, variables = [], ["e"]
        for through in _through(accesses):
            if through in self.accessors.setters:
                arms.append((self._write(through, over, "v"), f"e->{name} = v"))
                variables = ["e", "v"]
            else:
                arms.append((self._read(through, over), f"e->{name}"))
        about = f"{name}: the member of the descriptor over {over}"
        self._rule(name, about, variables, arms, "", accesses)

    def _read(self, through: str, over: str) -> str:
        page = f"{self.names.to_page}(e)"
        return f"{through}({page})" if through else f"{page}->{over}"

    def _write(self, through: str, over: str, value: str) -> str:
        page = f"{self.names.to_page}(e)"
        return f"{through}({page}, {value})" if through else f"{page}->{over} = {value}"

    def _entry(
        self, name: str, member: str, args: tuple[str, ...], places: tuple[Place, ...]
    ) -> None:
        values = [f"a{i}" for i, kind in enumerate(args) if kind == "value"]

        def spelled(tag: str) -> str:
            words = {"type": f"struct {tag}", "member": member}
            return ", ".join(words.get(kind, f"a{i}") for i, kind in enumerate(args))

        old = f"{self.names.from_page}({name}({spelled('page')}))"
        new = f"{name}({spelled(self.names.descriptor)})"
        about = f"{name}() by {member}: what is found is a {self.names.descriptor} at once"
        calls = tuple(Access(place, member, "plain") for place in places)
        self._rule(f"{name}_{member}", about, values, [(old, new)], "x = {};", calls)

    def _rule(
        self,
        name: str,
        about: str,
        variables: Sequence[str],
        arms: Sequence[tuple[str, str]],
        statement: str,
        accesses: Sequence[Access],
    ) -> None:
        """A rule of one or more arms; `statement` is what the examples put an arm in."""
        lines = [f"- {old}\n+ {new}" for old, new in arms]
        body = lines[0] if len(lines) == 1 else "(\n" + "\n|\n".join(lines) + "\n)"
        text = f"expression {', '.join(variables)};\n@@\n{body}\n"
        wrap = statement or "x = {};"
        examples = tuple(
            (_example(old, wrap, statement), _example(new, wrap, statement)) for old, new in arms
        )
        places = tuple(a.place for a in accesses)
        name = f"{name}_member" if name in _RESERVED else name
        self.idioms.append(Idiom(name, about, text, examples, places))


def _through(accesses: Iterable[Access]) -> list[str]:
    """The ways in which a member is reached, each once."""
    return list(dict.fromkeys(a.through for a in accesses))


def _example(code: str, wrap: str, statement: str) -> str:
    """An arm as a statement: one that assigns stands by itself."""
    alone = not statement and re.search(r" = |, v\)$", code)
    words = {"e": "page", "v": "value", "a0": "entry", "a1": "entry", "a2": "entry"}
    line = (f"{code};" if alone else wrap.format(code)).strip()
    return re.sub(r"\b(?:e|v|a\d)\b", lambda m: words[m.group()], line)
