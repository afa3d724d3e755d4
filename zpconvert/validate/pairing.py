# SPDX-License-Identifier: GPL-2.0-only
"""The functions of two objects, paired: by name, by what a commit renamed, and through shims.

A shim is a function that does nothing but jump to another. Calling it is calling the other,
and its code is the other's: callers that go past it are equal to those that do not. Its address
is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from zpconvert.objcode.code import (
    Code,
    Reference,
    Scope,
    Variable,
    alike,
    new_name,
    renamed,
    renamed_variable,
    stem,
)

#: A size, bytes, and what they refer to.
_Content = tuple[int, bytes, tuple[Reference, ...]]

#: A jump with its distance left to a relocation, and where that is: of x86, after a landing
#: pad or not (endbr64, where CONFIG_X86_KERNEL_IBT is on), of arm (b), arm64 (b) and s390 (jg).
_JUMPS = {
    b"\xe9\0\0\0\0": 1,
    b"\xf3\x0f\x1e\xfa\xe9\0\0\0\0": 5,
    b"\0\0\0\xea": 0,
    b"\0\0\0\x14": 0,
    b"\xc0\xf4\0\0\0\0": 2,
}


@dataclass(frozen=True)
class Pairing:
    """Two objects compared.

    same, other: pairs (name before, name after) whose code is equal, or is not.
    gone, new: names without a counterpart. visible: those names of either object that other
    objects can use. callers: name to the names that refer to it, in both objects. renames:
    name before to name after. shims: of each object, shim to what it jumps to in the end.
    data: what code refers to and is other data in the end: variables, and sections whose places
    have no name.
    """

    same: frozenset[tuple[str, str]]
    other: frozenset[tuple[str, str]]
    gone: frozenset[str]
    new: frozenset[str]
    visible: frozenset[str]
    callers: Mapping[str, frozenset[str]]
    renames: Mapping[str, str]
    shims: tuple[Mapping[str, str], Mapping[str, str]]
    data: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All names of the second object, and those that are gone."""
        return frozenset({after for _, after in self.same | self.other} | self.gone | self.new)

    @property
    def reads(self) -> frozenset[str]:
        """What refers to other data."""
        return frozenset(name for data in self.data for name in self.callers.get(data, ()))


def pair(
    before: Mapping[str, Code],
    after: Mapping[str, Code],
    hints: Mapping[str, str],
    known: Pairing | None = None,
) -> Pairing:
    """Pair and compare the contents of two objects.

    hints: names before to names after, as the series says; taken where they fit. Other
    renames are learnt: a function or static variable that reappears under a name that was not
    there. Hints are for functions.
    known: of two objects that hold more of the same functions; its renames and shims are
    taken for what is only referred to here.
    """
    old, new = known.shims if known else ({}, {})
    sides = _Side(before, old, after), _Side(after, new, before)
    # what became a shim around its new self
    likely = {**sides[1].shims, **hints}
    names = {was: now for was, now in likely.items() if was in before and now in after}
    if known:
        names = {**known.renames, **names}
    # another's name in the first object is no new one
    names = {was: now for was, now in names.items() if stem(now) not in sides[0].words}
    _learn(*sides, names)
    paired = {was: now for was, now in names.items() if was in before and now in after}
    pairs = {(name, name) for name in before.keys() & after.keys() if name not in paired}
    pairs |= {(name, name) for name in paired.keys() & after.keys()} | set(paired.items())
    same = {(was, now) for was, now in pairs if _equal(*sides, was, now, names)}
    return Pairing(
        frozenset(same),
        frozenset(pairs - same),
        frozenset(before.keys() - after.keys() - paired.keys()),
        frozenset(after.keys() - before.keys() - set(paired.values())),
        frozenset(n for side in (before, after) for n in side if not side[n].manner.local),
        _callers(before, after),
        names,
        (sides[0].shims, sides[1].shims),
        _other_data(*sides, names),
    )


class _Side:
    """One of the two objects, its shims seen through."""

    def __init__(
        self, codes: Mapping[str, Code], shims: Mapping[str, str], others: Mapping[str, Code]
    ) -> None:
        """shims: others that are known. others: the other object's code."""
        self.codes, self._others = codes, others
        direct = {
            name: jump
            for name, code in codes.items()
            if (jump := _shim(code)) and _is_reached(code, codes.get(str(jump.to)))
        }
        self._ends = {name: _last(direct, name) for name in direct}
        self.shims = {**shims, **{name: str(end.to) for name, end in self._ends.items()}}

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of all names in the object, defined in it or not."""
        return frozenset(map(stem, self._symbols))

    @cached_property
    def statics(self) -> tuple[str, ...]:
        """The stems that are those of variables which only this object can name, and of nothing
        else: a function's own `count.1` is no other object's `count`. As they lie there."""
        every = [one for code in self.codes.values() for one in code.objects]
        local = [one for one in every if one.manner.local and one.size]
        other = self._symbols - {one.name for one in local}
        found = (stem(one.name) for one in sorted(local, key=lambda one: one.order))
        others = set(map(stem, other))
        return tuple(dict.fromkeys(name for name in found if name not in others))

    @cached_property
    def _symbols(self) -> frozenset[str]:
        return frozenset(self.codes).union(*(code.symbols for code in self.codes.values()))

    @cached_property
    def _variables(self) -> dict[str, list[tuple[str, Variable]]]:
        found: dict[str, list[tuple[str, Variable]]] = {}
        for section, code in self.codes.items():
            for one in code.objects:
                found.setdefault(stem(one.name), []).append((section, one))
        return found

    def shape(self, name: str) -> list[tuple[str, int, bytes]]:
        """What the variables of a stem are without names: sections, sizes, bytes."""
        return sorted((section, one.size, one.data) for section, one in self._variables[name])

    def variables(self, name: str, names: Mapping[str, str]) -> list[tuple[str, Variable]]:
        """The sections and contents of the variables of a stem, renamed."""
        kept = self._kept(names)
        found = [(section, renamed_variable(v, kept)) for section, v in self._variables[name]]
        return sorted(found, key=lambda one: (one[0], one[1].name))

    def code(self, name: str, names: Mapping[str, str]) -> Code:
        """The code that runs under a name, its references seen through shims and renamed."""
        target = self.shims.get(name, name)
        code = self.codes[target if target in self.codes else name]
        kept = self._kept({n: names[n] for n in code.names if n in names})
        called = {
            n: (names.get(to, to), self._scope(n))
            for n in code.names
            if (to := self.shims.get(n, n)) != n or n in names
        }
        # where and what the name is stays, whatever it jumps to
        own = self.codes[name]
        section = "" if name.startswith("[") else own.section
        return replace(renamed(code, kept, called), section=section, manner=own.manner)

    def _kept(self, names: Mapping[str, str]) -> dict[str, str]:
        """The renames where no call is meant: who takes the address of what stays means that."""
        return {was: now for was, now in names.items() if was not in self._others}

    def _scope(self, name: str) -> Scope:
        """Who defines what is called under a name, a function's of the object or not."""
        if name in self._ends:
            return self._ends[name].scope
        if name in self.shims or name not in self.codes:
            return Scope.UNKNOWN
        return Scope.OWN if self.codes[name].manner.local else Scope.UNKNOWN


def _shim(code: Code) -> Reference | None:
    """The jump of a function that does nothing else. A weak one may be another's, and what it
    jumps to, too."""
    at = _JUMPS.get(code.data)
    if at is None or code.tables or code.manner.weak or len(code.references) != 1:
        return None
    (reference,) = code.references
    fits = reference.offset == at and reference.addend == 0 and reference.called
    return reference if fits and not reference.weak and isinstance(reference.to, str) else None


def _is_reached(shim: Code, target: Code | None) -> bool:
    """Whether calling the shim is calling its target: another object's cannot take the target's
    place, and it is there as long as the shim."""
    if target is None:
        return True
    return not target.manner.weak and _lasting(shim.section) == _lasting(target.section)


def _lasting(section: str) -> str:
    """The sections that go with one: what is likely or not is in .text all the same."""
    ordinary = section.startswith(".text.") and not section.startswith(".text..")
    return ".text" if ordinary else section


def _last(direct: Mapping[str, Reference], name: str) -> Reference:
    seen = {name}
    jump = direct[name]
    while (to := str(jump.to)) in direct and to not in seen:
        seen.add(to)
        jump = direct[to]
    return jump


def _equal(old: _Side, new: _Side, was: str, now: str, names: Mapping[str, str]) -> bool:
    if alike(old.code(was, names), new.code(now, {})):
        return True
    # two shims for one function are equal, whatever became of that
    before, after = old.codes[was], new.codes[now]
    jumps = _shim(before), _shim(after)
    return (
        jumps[0] is not None
        and jumps[1] is not None
        and new_name(str(jumps[0].to), names) == jumps[1].to
        and jumps[0].scope.fits(jumps[1].scope)
        and before.section == after.section
        and before.manner.fits(after.manner)
    )


def _other_data(old: _Side, new: _Side, names: Mapping[str, str]) -> frozenset[str]:
    """Variables and data sections that are not the same in both, or refer to such as are not."""
    before, after = _data(old, names), _data(new, {})
    found = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    uses = {
        name: {r.to for _, _, references in [*before.get(name, ()), *after.get(name, ())]
               for r in references}
        for name in before.keys() | after.keys()
    }  # fmt: skip
    while more := {name for name, others in uses.items() if others & found} - found:
        found |= more
    return frozenset(found)


def _data(side: _Side, names: Mapping[str, str]) -> dict[str, list[_Content]]:
    """What stands under the names of variables, and of data sections."""
    found: dict[str, list[_Content]] = {}
    for name in side.codes:
        if name.startswith("["):
            code = side.code(name, names)
            found.setdefault(name.strip("[]'"), []).append((code.size, code.data, code.references))
            for one in code.objects:
                content = one.size, one.data, one.references
                found.setdefault(one.name, []).append(content)
    return found


def _learn(old: _Side, new: _Side, names: dict[str, str]) -> None:
    """Add renames until no more is found: one may need another's to be seen."""
    while _learn_variables(old, new, names) or _learn_functions(old, new, names):
        pass


def _learn_functions(old: _Side, new: _Side, names: dict[str, str]) -> bool:
    found = False
    taken = set(names.values())
    candidates = [n for n in new.codes if stem(n) not in old.words and n not in taken]
    for was in old.codes if candidates else ():
        # a section of another name is another one
        if was in names or was.startswith("["):
            continue
        if was in new.codes and _equal(old, new, was, was, names):
            continue
        for now in candidates:
            if _equal(old, new, was, now, {**names, was: now}):
                names[was] = now
                candidates.remove(now)
                found = True
                break
    return found


def _learn_variables(old: _Side, new: _Side, names: dict[str, str]) -> bool:
    found = False
    taken = set(names.values())
    candidates = [n for n in new.statics if n not in old.words and n not in taken]
    gone = [n for n in old.statics if n not in new.words and n not in names]
    for was in gone if candidates else ():
        shape = old.shape(was)
        for now in candidates:
            if new.shape(now) != shape:
                continue
            if old.variables(was, {**names, was: now}) == new.variables(now, {}):
                names[was] = now
                candidates.remove(now)
                found = True
                break
    return found


def _callers(*sides: Mapping[str, Code]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for codes in sides:
        for name, code in codes.items():
            entries = (reference for entry in code.tables for reference in entry.references)
            for reference in (*code.references, *entries):
                for to in reference.names:
                    found.setdefault(to, set()).add(name)
    return {name: frozenset(callers) for name, callers in found.items()}
