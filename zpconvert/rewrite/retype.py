# SPDX-License-Identifier: GPL-2.0-only
"""Passes 1 and 3: flip slots, wrap values where the two types meet, carry names along.

Decided from the sites of a survey alone. Renaming happens here, on the base's own scopes, and
not after the semantic patches: their metavariables do not care what a variable is called, and
so no second analysis is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from zpconvert.rewrite.context import words
from zpconvert.rewrite.edits import Edit, Replace, Wrap, apply
from zpconvert.rewrite.slots import (
    Around,
    Assign,
    Call,
    Compare,
    Conditional,
    Declaration,
    Expr,
    Item,
    Leaf,
    Move,
    Name,
    Obstacle,
    Slot,
    TopLocal,
    Use,
)
from zpconvert.rewrite.survey import Survey


@dataclass(frozen=True)
class Types:
    """The two structs' names (`page`, `xdesc` without `struct`) and the wrappers between them."""

    old: str
    new: str
    to_old: str
    from_old: str


@dataclass(frozen=True)
class Refusal:
    """What the engine would not decide: 1-based line and column in the base, and why."""

    line: int
    column: int
    reason: str
    slot: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.reason} (slot {self.slot})"


@dataclass(frozen=True)
class Names:
    """New names, where they differ: of slots by slot id, of functions by name.

    early: functions of `functions` that are converted as soon as a caller is better off with
    them so; a shim keeps the old name and types for the other callers.
    """

    slots: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    early: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Text:
    """An item's text, the functions of the file that it names (as spelled), its refusals, and
    where a wrapper went round what stands in the base."""

    text: bytes
    calls: frozenset[str]
    refusals: tuple[Refusal, ...]
    wraps: tuple[Wrap, ...] = ()


class Retyper:
    """Renders items of one survey for any set of flipped slots, remembering each rendering."""

    def __init__(self, survey: Survey, types: Types, names: Names) -> None:
        self.survey, self.types, self.names = survey, types, names
        self.signatures: dict[str, frozenset[Slot]] = {}
        for function, slots in survey.context.params.items():
            held = [s for s in slots if s is not None and not s.fixed]
            result = survey.context.results.get(function)
            self.signatures[function] = frozenset([*held, *([result] if result else [])])
        self._memo: dict[tuple[int, str | None, frozenset[Slot]], Text] = {}
        self._reaches: dict[int, frozenset[Slot]] = {}
        self._early_slots = {
            f: frozenset(s for s in survey.slots.values() if s.function == f) for f in names.early
        }

    def item(self, item: Item, flipped: frozenset[Slot], early: str | None = None) -> Text:
        """An item's text with these slots flipped; with `early`, that function converted too."""
        relevant = flipped & self.reach(item)
        key = (item.start, early, relevant)
        if key not in self._memo:
            extra = self._early_slots[early] if early is not None else frozenset()
            self._memo[key] = _Rendering(self, item, relevant | extra, early).text()
        return self._memo[key]

    def reach(self, item: Item) -> frozenset[Slot]:
        """All slots an item's text can depend on: its own and those of the functions it calls."""
        if item.start not in self._reaches:
            named = {s.function for s in item.sites if isinstance(s, Name) and s.function}
            source = self.survey.unit.source
            for start, end in item.comments:
                named |= words(source[start:end]) & self.names.functions.keys()
            signatures = [self.signatures.get(f, frozenset()) for f in named]
            self._reaches[item.start] = frozenset(item.deps).union(*signatures)
        return self._reaches[item.start]

    def renamed(self, function: str, flipped: frozenset[Slot]) -> bool:
        """A function takes its new name when all of its signature's slots are flipped."""
        signature = self.signatures.get(function, frozenset())
        return function in self.names.functions and bool(signature) and signature <= flipped


class _Rendering:
    """One item, one set of flipped slots."""

    def __init__(
        self, retyper: Retyper, item: Item, flipped: frozenset[Slot], early: str | None
    ) -> None:
        self.retyper, self.item, self.flipped, self.early = retyper, item, flipped, early
        self.names, self.types = retyper.names, retyper.types
        self.edits: list[Edit] = []
        self.refusals: list[Refusal] = []
        self.calls: set[str] = set()
        self.chosen: dict[tuple[int, int], str] = {}

    def text(self) -> Text:
        for site in self.item.sites:
            self.site(site)
        for site in self.item.sites:
            if isinstance(site, Name):
                self.name(site)
        for start, end in self.item.comments:
            self.comment(start, end)
        source = self.retyper.survey.unit.source
        text = apply(source, self.item.start, self.item.end, _unique(self.edits))
        wraps = tuple(edit for edit in _unique(self.edits) if isinstance(edit, Wrap))
        return Text(text, frozenset(self.calls), tuple(dict.fromkeys(self.refusals)), wraps)

    # -- states --------------------------------------------------------------------------

    def slot_state(self, slot: Slot) -> str:
        return "new" if slot in self.flipped else "old"

    def state(self, expr: Expr) -> str:
        """`new`, `old`, `any` or `unknown`, before any wrapping of the expression itself."""
        if isinstance(expr, Leaf):
            return self.slot_state(expr.slot) if expr.slot is not None else expr.state
        if isinstance(expr, Call):
            return self._call_state(expr, self._calls_early(expr, "any"))
        if isinstance(expr, Assign):
            return self.state(expr.target)
        if isinstance(expr, Around):
            return self.state(expr.inner)
        states = [self.state(a) for a in expr.arms]
        for state in ("old", "new", "unknown"):
            if state in states:
                return state
        return "any"

    def _call_state(self, call: Call, early: bool) -> str:
        if call.result is None:
            return call.state
        return "new" if early else self.slot_state(call.result)

    def _calls_early(self, call: Call, want: str) -> bool:
        """Whether a call is shorter if the function is converted before its step."""
        if call.function not in self.names.early or call.function not in self.names.functions:
            return False
        if self.retyper.signatures[call.function] & self.flipped:
            return False  # a shim has the base's types: nothing of its signature may have flipped
        if call.function == self.early:
            return True
        return self._cost(call, want, True) < self._cost(call, want, False)

    def _cost(self, call: Call, want: str, early: bool) -> int:
        """How many wrappers a call needs, itself and its arguments."""
        state, cost = self._call_state(call, early), 0
        if (want, state) in (("old", "new"), ("new", "old")):
            cost += 1
        for param, arg in call.args:
            wish = "new" if early and isinstance(param, Slot) else self._wish(param)
            inner = self.state(arg)
            if isinstance(arg, Call) and arg.function in self.names.early:
                cost += min(self._cost(arg, wish, True), self._cost(arg, wish, False))
            elif (wish, inner) in (("old", "new"), ("new", "old")):
                cost += 1
        return cost

    def _wish(self, want: Slot | str) -> str:
        return self.slot_state(want) if isinstance(want, Slot) else want

    # -- sites ---------------------------------------------------------------------------

    def site(self, site: object) -> None:
        if isinstance(site, Use):
            self.emit(site.expr, self._wish(site.want), site.want)
        elif isinstance(site, Compare):
            left, right = self.state(site.left), self.state(site.right)
            wish = "old" if {left, right} & {"old", "unknown"} else "any"
            self.emit(site.left, wish)
            self.emit(site.right, wish)
        elif isinstance(site, Declaration):
            self.declare(site)
        elif isinstance(site, TopLocal) and site.slot in self.flipped:
            self.local(site)
        elif isinstance(site, Move) and site.slot in self.flipped:
            self.move(site)
        elif isinstance(site, Obstacle):
            for slot in sorted(site.slots & self.flipped, key=lambda s: s.id):
                self.refuse(site.at, site.reason, slot)
                break

    def emit(self, expr: Expr, want: str, target: Slot | str = "") -> None:
        """Render an expression so that its context gets what it wants."""
        if isinstance(expr, Call):
            self._emit_call(expr, want)
            return
        if isinstance(expr, Conditional):
            states = {self.state(a) for a in expr.arms}
            if {"old", "new"} <= states or want == "new":
                inner = want if want != "any" else "old"
                for arm in expr.arms:
                    self.emit(arm, inner, target)
                return
            for arm in expr.arms:
                self.emit(arm, "any")
        elif isinstance(expr, Assign):
            self.emit(expr.target, "any")
            self.emit(expr.value, self.state(expr.target), _slot_of(expr.target))
        elif isinstance(expr, Around):
            if self.state(expr.inner) in ("any", "unknown"):
                self.emit(expr.inner, want, target)
                return
            self.emit(expr.inner, "any")
        self._wrap(expr, self.state(expr), want, target)

    def _emit_call(self, call: Call, want: str) -> None:
        early = self._calls_early(call, want)
        self.chosen[call.name] = call.function if not early else self.names.functions[call.function]
        for param, arg in call.args:
            wish = "new" if early and isinstance(param, Slot) else self._wish(param)
            self.emit(arg, wish, param)
        self._wrap(call, self._call_state(call, early), want, "")

    def _wrap(self, expr: Expr, state: str, want: str, target: Slot | str) -> None:
        if state == "new" and want == "old":
            self.edits.append(Wrap(expr.start, expr.end, self.types.to_old))
        elif state == "old" and want == "new":
            self.edits.append(Wrap(expr.start, expr.end, self.types.from_old))
        elif state == "unknown" and want == "new":
            text = self.retyper.survey.unit.source[expr.start : expr.end].decode(errors="replace")
            slot = target if isinstance(target, Slot) else None
            self.refuse(expr.start, f"cannot decide the type of '{' '.join(text.split())}'", slot)

    def refuse(self, at: int, reason: str, slot: Slot | None) -> None:
        line, column = self.retyper.survey.unit.position(at)
        self.refusals.append(Refusal(line, column, reason, slot.id if slot else "?"))

    def declare(self, site: Declaration) -> None:
        """Flip a declaration; where only some of its declarators flip, give them their own."""
        states = [s in self.flipped if s is not None else False for s, _, _ in site.declarators]
        if not any(states):
            return
        source = self.retyper.survey.unit.source
        if states[0]:
            self.edits.append(Replace(*site.tag, self.types.new))
        if all(states):
            return
        slots = [s for s, _, _ in site.declarators if s in self.flipped]
        if not site.splittable or any(s is None for s, _, _ in site.declarators):
            self.refuse(site.tag[0], "one declaration holds what flips and what cannot", slots[0])
            return
        line = source.rfind(b"\n", 0, site.specifier[0]) + 1
        lead = source[line : site.specifier[0]]
        indent = lead[: len(lead) - len(lead.lstrip())].decode()
        gap_text = " " if lead.strip() else f"\n{indent}"
        spelled = {
            new: _spell(source, site, self.types.new if new else None) for new in (True, False)
        }
        for i in range(1, len(states)):
            if states[i] != states[i - 1]:
                gap = (site.declarators[i - 1][2], site.declarators[i][1])
                self.edits.append(Replace(*gap, f";{gap_text}{spelled[states[i]]} "))

    def move(self, site: Move) -> None:
        """`p++` as `p = from_old(to_old(p) + 1)`: the step is the size of the old struct."""
        default = f"{site.slot.name}_desc" if site.slot.fixed else site.slot.name
        name = self.names.slots.get(site.slot.id, default)
        moved = f"= {self.types.from_old}({self.types.to_old}({name}) {site.sign} "
        if site.amount is not None:
            plain = re.fullmatch(rb"\w+", self.retyper.survey.unit.source[slice(*site.amount)])
            self.edits.append(Replace(*site.operator, moved.rstrip()))
            self.edits.append(Replace(*site.amount[:1] * 2, "" if plain else "("))
            self.edits.append(Replace(site.end, site.end, ")" if plain else "))"))
        elif site.operator[0] == site.start:
            self.edits.append(Replace(*site.operator, ""))
            self.edits.append(Replace(site.end, site.end, f" {moved}1)"))
        else:
            self.edits.append(Replace(*site.operator, f" {moved}1)"))

    def local(self, site: TopLocal) -> None:
        """A fixed parameter's descriptor local."""
        name = self.names.slots.get(site.slot.id, f"{site.slot.name}_desc")
        if not any(isinstance(s, Name) and s.slot == site.slot for s in self.item.sites):
            return
        indent = site.indent.decode()
        text = (
            f"\n{indent}{site.qualifier}struct {self.types.new} *{name} = "
            f"{self.types.from_old}({site.slot.name});"
        )
        last = site == self._last_local()
        if last and site.blank:
            text += "\n"
        if last and site.rest is not None:
            self.edits.append(Replace(site.at, site.rest, f"{text}\n{indent}"))
        else:
            self.edits.append(Replace(site.at, site.at, text))

    def _last_local(self) -> TopLocal:
        """The last descriptor local of the function."""
        found = [s for s in self.item.sites if isinstance(s, TopLocal) and s.slot in self.flipped]
        used = {s.slot for s in self.item.sites if isinstance(s, Name)}
        return [s for s in found if s.slot in used][-1]

    def name(self, site: Name) -> None:
        """Spell a name as it is called now."""
        if site.slot is not None:
            if site.slot in self.flipped:
                default = f"{site.slot.name}_desc" if site.slot.fixed else None
                new = self.names.slots.get(site.slot.id, default)
                source = self.retyper.survey.unit.source[site.start : site.end].decode()
                if new is not None and new != source:
                    self.edits.append(Replace(site.start, site.end, new))
            return
        function = site.function or ""
        spelled = self.chosen.get((site.start, site.end), function)
        defined = site.start, site.end
        if spelled == function and (
            self.retyper.renamed(function, self.flipped) or function == self.early
        ):
            spelled = self.names.functions.get(function, function)
        if spelled != function:
            self.edits.append(Replace(*defined, spelled))
        self.calls.add(spelled)

    def comment(self, start: int, end: int) -> None:
        """Comments follow: `@page` and `<page>` of a renamed slot, any word of a function."""
        source = self.retyper.survey.unit.source
        text = source[start:end].decode("utf-8", "surrogateescape")
        for word in words(text) & self.names.functions.keys():
            if self.retyper.renamed(word, self.flipped):
                for match in re.finditer(rf"\b{word}\b", text):
                    self._spot(start, text, match.span(), self.names.functions[word])
        for slot in sorted(self.flipped & self.item.deps, key=lambda s: s.id):
            new = self.names.slots.get(slot.id)
            if new is not None and not slot.fixed and self._declares(slot):
                for match in re.finditer(rf"(?:(?<=@)|(?<=<)){slot.name}(?:(?=>)|\b)", text):
                    self._spot(start, text, match.span(), new)

    def _declares(self, slot: Slot) -> bool:
        """The item is the function, or the struct, that a slot belongs to."""
        if slot.kind != "field":
            return slot.function in self.item.about
        declarations = (s for s in self.item.sites if isinstance(s, Declaration))
        return any(slot is d for s in declarations for d, _, _ in s.declarators)

    def _spot(self, base: int, text: str, span: tuple[int, int], new: str) -> None:
        """Replace characters of a comment, counted in bytes of the file."""
        first = base + len(text[: span[0]].encode("utf-8", "surrogateescape"))
        last = base + len(text[: span[1]].encode("utf-8", "surrogateescape"))
        self.edits.append(Replace(first, last, new))


def _spell(source: bytes, site: Declaration, new: str | None) -> str:
    """The declaration's specifiers, of either type."""
    start, end = site.specifier
    text = source[start : site.tag[0]] + (new.encode() if new else source[slice(*site.tag)])
    return (text + source[site.tag[1] : end]).decode()


def _slot_of(expr: Expr) -> Slot | str:
    while isinstance(expr, Around):
        expr = expr.inner
    return expr.slot if isinstance(expr, Leaf) and expr.slot is not None else ""


def _unique(edits: Iterable[Edit]) -> list[Edit]:
    return list(dict.fromkeys(edits))
