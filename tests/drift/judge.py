# SPDX-License-Identifier: GPL-2.0-only
"""Is the conversion of a drifted file right? Converted, or refused at a place, or wrong."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.drift.compiler import SOURCE, Compiler
from tests.drift.generate import Drifted
from tests.drift.text import Source, page_names
from tests.rewrite.test_object_code import FLAGS, HEADER, MEMBERS, TYPES
from zpconvert.conversion.model import Conversion
from zpconvert.csource.externals import externals_for
from zpconvert.errors import UserError
from zpconvert.kernel import diagnostics
from zpconvert.objcode.compare import compare
from zpconvert.pipeline import Converted, convert
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names
from zpconvert.rewrite.survey import survey
from zpconvert.rewrite.tidy import add_include, without_comments

#: A cast with what is done to it: the call that takes it, or the member.
_WRAPPED = re.compile(
    rb"\bzpdesc_page\((?:[^()]|\([^()]*\))*\)(->\w+)|(\w+)\((?=(?:[^()]|\([^()]*\))*?zpdesc_page\()"
)


@dataclass
class Verdict:
    """What came of one file.

    wrong: what must not be, each in a line. refusal: where and why nothing was converted.
    steps: ids of the commits. leftover: what still goes through a cast in the last tree, by
    the call or member, and how often.
    """

    drifted: Drifted
    wrong: list[str] = field(default_factory=list)
    refusal: str = ""
    steps: tuple[str, ...] = ()
    leftover: Counter[str] = field(default_factory=Counter)
    last: str = ""

    @property
    def converted(self) -> bool:
        return not self.refusal and not self.wrong


def judge(
    drifted: Drifted, tree: Path, conversion: Conversion, compiler: Compiler, cache: Path,
    objects: bool = True,
) -> Verdict:  # fmt: skip
    """Convert a drifted file in the tree that it lies in; compile every commit, and compare
    the object code of the file with all slots flipped."""
    verdict = Verdict(drifted)
    base = {SOURCE: drifted.text.encode()}
    said = compiler(base)
    assert said.code == 0, f"the drift itself does not compile: {drifted}\n{said.text}"
    try:
        result = convert(tree, conversion, cache=cache)
    except UserError as error:
        verdict.refusal = str(error)
        if not re.match(rf"{SOURCE}:\d+:\d+: ", verdict.refusal):
            verdict.wrong.append(f"a refusal without its place: {error}")
        return verdict
    verdict.steps = tuple(state.step.id for state in result.states)
    verdict.last = result.tree[SOURCE].decode()
    _commits(verdict, result, compiler, said.diagnostics)
    verdict.wrong += left(result)
    verdict.leftover = leftover(result.tree[SOURCE])
    if objects:
        _object_code(verdict, tree, compiler, cache)
    return verdict


def _commits(
    verdict: Verdict, result: Converted, compiler: Compiler,
    before: tuple[diagnostics.Diagnostic, ...],
) -> None:  # fmt: skip
    """Every commit compiles, and none warns anew or leaves a function without a user."""
    files = dict(result.base)
    idle = set(unused_functions(files[SOURCE]))
    for state in result.states:
        files |= state.files
        said = compiler(files)
        if said.code:
            verdict.wrong.append(f"{state.step.id} does not compile: {_first(said.text)}")
            return
        new = diagnostics.fresh(before, said.diagnostics)
        verdict.wrong += [f"{state.step.id} warns anew: {one}" for one in new]
        verdict.wrong += [
            f"{state.step.id} leaves {name}() unused"
            for name in unused_functions(files[SOURCE])
            if name not in idle
        ]
        before = said.diagnostics


def unused_functions(text: bytes) -> list[str]:
    """Static functions that nothing names: the compiler says so only when it makes code."""
    code = without_comments(text).decode()
    words = Counter(re.findall(r"\w+", code))
    heads = re.findall(r"^(static\b[^;{}()=]*?)(\w+)\([^;{}]*\n\{$", code, re.M)
    return [
        name for head, name in heads
        if words[name] == 1 and not re.search(r"inline|__maybe_unused|__init|__exit", head)
    ]  # fmt: skip


def _first(text: str) -> str:
    return next((line for line in text.splitlines() if "error" in line), text)


def left(result: Converted) -> list[str]:
    """Slots of the last tree that still hold pages, but for those kept with a reason and for
    callbacks' parameters; what a macro or a type name spells is none."""
    text = result.tree[SOURCE].decode()
    source = Source(text)
    kept = {slot.split()[1].partition(":")[0] for slot, _ in result.kept}
    found = []
    for function in source.with_pages:
        fixed = source.unit.functions[function.name].static is False or any(
            not source.raw[t.end :].lstrip().startswith(b"(") for t in source.uses(function.name)
        )
        where = source.inner(function) if fixed else source.of(function)
        names = page_names(_plain(where))
        if names and function.name not in kept:
            found.append(f"still pages in {function.name}(): {', '.join(names)}")
    return found


def _plain(text: str) -> str:
    return without_comments(text.encode()).decode()


def leftover(text: bytes) -> Counter[str]:
    """What takes a page by way of a cast, by its name."""
    code = without_comments(text)
    found: Counter[str] = Counter()
    for one in _WRAPPED.finditer(code):
        found[(one[1] or one[2]).decode()] += 1
    return found


def _object_code(verdict: Verdict, tree: Path, compiler: Compiler, cache: Path) -> None:
    """With all slots flipped and nothing else the object is the same, byte for byte."""
    source = (tree / SOURCE).read_bytes()
    found = survey(source, externals_for(tree, SOURCE, source, cache), "struct page", MEMBERS)
    free = frozenset(s for s in found.slots.values() if found.pinned(s) is None)
    migration = FileMigration(found, TYPES, Names())
    pieces, refusals = migration.pieces(free)
    if refusals:
        verdict.wrong.append(f"retype refuses: {refusals[0]}")
        return
    text = add_include(migration.assemble(pieces, [p.text for p in pieces]).text, "xdesc.h")
    before = compiler({SOURCE: source}, FLAGS)
    after = compiler({SOURCE: text, "mm/xdesc.h": HEADER}, FLAGS)
    if after.code:
        verdict.wrong.append(f"retyped: {_first(after.text)}")
    elif not compare(before.obj, after.obj).same:
        verdict.wrong.append(f"retyped to other code: {compare(before.obj, after.obj)}"[:400])
