# SPDX-License-Identifier: GPL-2.0-only
"""Files in, a drafted conversion out: what was seen, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zpconvert.conversion.model import Assumption, Border, Deprecated, Descriptor, Renaming
from zpconvert.csource import structs
from zpconvert.csource.externals import Externals, externals_for
from zpconvert.csource.header_index import reached
from zpconvert.csource.members import StructMember
from zpconvert.errors import UserError
from zpconvert.init import kconfig, naming
from zpconvert.init.accessors import accessors
from zpconvert.init.assumptions import assumed
from zpconvert.init.declarations import Declarations
from zpconvert.init.headers import Headers
from zpconvert.init.helpers import HelperWriter, Left
from zpconvert.init.look import Accessors, look
from zpconvert.init.members import MemberWriter
from zpconvert.init.model import Idiom, MemberUse, Place, Proposed, Question, Seen
from zpconvert.init.page_api import Folios, page_api
from zpconvert.rewrite.retype import Types
from zpconvert.rewrite.survey import Survey
from zpconvert.rewrite.tidy import without_comments

#: The struct that descriptors replace, and where it is defined.
OLD, OLD_HEADER = "page", "include/linux/mm_types.h"


@dataclass(frozen=True)
class Draft:
    """A conversion to be. header: path of the descriptor's header in the tree.

    shared: the descriptor that is there already, None if it is drafted, too.
    compound: where the files say that a page may be compound, and in what words. assumptions:
    what the helpers take for granted.
    """

    name: str
    files: tuple[str, ...]
    words: naming.Vocabulary
    header: str
    shared: Descriptor | None
    seen: tuple[Seen, ...]
    members: tuple[MemberUse, ...]
    helpers: tuple[Proposed, ...]
    left: tuple[Left, ...]
    idioms: tuple[Idiom, ...]
    deprecated: tuple[Deprecated, ...]
    assumptions: tuple[Assumption, ...]
    variables: tuple[Renaming, ...]
    functions: tuple[Renaming, ...]
    unnamed: tuple[str, ...]
    guess: kconfig.Guess
    compound: tuple[Place, str] | None
    questions: tuple[Question, ...]

    @property
    def borders(self) -> tuple[Border, ...]:
        """The slots that stay, each once, whatever their number in a function."""
        found = {s.id.partition("#")[0]: s.border for f in self.seen for s in f.slots if s.border}
        return tuple(Border(slot, reason) for slot, reason in found.items())


def draft(
    tree: Path,
    name: str,
    sources: Mapping[str, bytes],
    descriptor: str | Descriptor,
    cache: Path | None,
    tell: Callable[[str], None] = lambda text: None,
    *,
    offered: Sequence[Assumption] = (),
) -> Draft:
    """Draft a conversion of some files.

    tree: a kernel's source tree, only read. sources: path in the tree to text. descriptor: the
    name of a new one, or one to share. offered: assumptions that other descriptors have.
    Raises UserError when there is nothing to convert, or a name is taken.
    """
    shared = descriptor if isinstance(descriptor, Descriptor) else None
    words = _words(descriptor)
    tell("reading headers")
    headers = {path: externals_for(tree, path, text, cache) for path, text in sources.items()}
    known = Headers(headers.values())
    if shared is None:
        _check_free(words, known, tree / _header(sources, words.descriptor))
    paths = [header for p, text in sources.items() for header in reached(tree, p, text, cache)]
    declarations = Declarations(tree, dict.fromkeys(paths))
    old = _old_members(tree)
    tell("looking at the files")
    seen, surveys, access = _look(sources, headers, declarations, words, old, shared)
    _check_any(seen, words)
    tell("drafting members, helpers and idioms")
    members = MemberWriter(words, old, access, shared.members if shared else None)
    members.write(
        [a for f in seen for a in f.accesses],
        [e for f in seen for e in f.entries],
        [i for f in seen for i in f.iterated],
    )
    compound = _compound(sources)
    folios = Folios(tree, declarations, known.known)
    writer = HelperWriter(words, known, declarations, folios, single=compound is None)
    helpers, left = writer.propose(c for f in seen for c in f.calls)
    variables, functions, unnamed = naming.renamings(
        surveys, words.descriptor, known.known, _kept_in(seen)
    )
    gone = {one.name for one in left if one.topic == "deprecated"}
    return Draft(
        name=name,
        files=tuple(sources),
        words=words,
        header=shared.header if shared else _header(sources, words.descriptor),
        shared=shared,
        seen=tuple(seen),
        members=tuple(members.members),
        helpers=tuple(helpers),
        left=tuple(left),
        idioms=tuple(members.idioms),
        assumptions=assumed(helpers, offered),
        deprecated=tuple(d for n, d in page_api().deprecated.items() if n in gone),
        variables=variables,
        functions=functions,
        unnamed=unnamed,
        guess=kconfig.guess(tree, tuple(sources)),
        compound=compound,
        questions=tuple(members.questions),
    )


def _words(descriptor: str | Descriptor) -> naming.Vocabulary:
    if isinstance(descriptor, str):
        return naming.vocabulary(descriptor)
    return naming.Vocabulary(
        descriptor.name, descriptor.to_old, descriptor.from_old, descriptor.to_folio
    )


def _check_any(seen: Sequence[Seen], words: naming.Vocabulary) -> None:
    """Refuse files in which nothing flips."""
    if all(slot.border for file in seen for slot in file.slots):
        raise UserError(
            seen[0].path,
            f"no 'struct {OLD} *' in it that could become 'struct {words.descriptor} *'",
            "name a file that keeps pages of its own",
        )


def _kept_in(seen: Sequence[Seen]) -> frozenset[str]:
    """The functions with a slot that stays."""
    borders = (slot.id for file in seen for slot in file.slots if slot.border)
    return frozenset(slot.partition(":")[0].removesuffix("()") for slot in borders)


def _header(sources: Iterable[str], descriptor: str) -> str:
    """The header of a new descriptor: beside the first file."""
    return str(PurePosixPath(next(iter(sources))).parent / f"{descriptor}.h")


def _check_free(words: naming.Vocabulary, headers: Headers, header: Path) -> None:
    if header.exists():
        raise UserError(
            "--descriptor",
            f"{header} exists already",
            "choose another name for the descriptor",
        )
    for name in (f"struct {words.descriptor}", words.to_page, words.from_page, words.to_folio):
        if headers.known(name):
            raise UserError(
                "--descriptor",
                f"the tree's headers have a '{name}' already",
                "choose another name for the descriptor",
            )


def _old_members(tree: Path) -> dict[str, StructMember]:
    text = (tree / OLD_HEADER).read_bytes() if (tree / OLD_HEADER).is_file() else b""
    return {m.name: m for m in structs.read_struct(text, OLD, OLD_HEADER).members()}


def _look(
    sources: Mapping[str, bytes],
    headers: Mapping[str, Externals],
    declarations: Declarations,
    words: naming.Vocabulary,
    old: Mapping[str, StructMember],
    shared: Descriptor | None,
) -> tuple[list[Seen], list[Survey], Accessors]:
    """Look at every file; twice, where calls turn out to stand for members."""
    types = Types(OLD, words.descriptor, words.to_page, words.from_page)
    members = frozenset(old)
    if shared is not None:
        members = frozenset(m.name for m in shared.members if m.name == m.over)
    access = Accessors()
    while True:
        looked = [look(p, t, headers[p], types, members, access) for p, t in sources.items()]
        seen = [file for file, _ in looked]
        names = {call.name for file in seen for call in file.calls}
        own = {n: m[0] for _, survey in looked for n, m in survey.unit.macros.items()}
        found = accessors(names, Headers(headers.values()), declarations, own)
        if not found.getters and not found.setters:
            return seen, [survey for _, survey in looked], access
        access = Accessors(
            {**access.getters, **found.getters},
            access.casting | found.casting,
            {**access.setters, **found.setters},
        )


def _compound(sources: Mapping[str, bytes]) -> tuple[Place, str] | None:
    """Where a file first says that its pages may be compound."""
    for path, text in sources.items():
        code = without_comments(text).decode("utf-8", "replace")
        found = page_api().may_be_compound(code)
        if found is not None:
            at = text.find(found[0].encode())
            line = text.count(b"\n", 0, max(at, 0)) + 1
            return Place(path, line, at - text.rfind(b"\n", 0, at)), found[0].strip("(")
    return None


def lacking(shared: Descriptor | None, proposed: Sequence[Proposed]) -> list[Proposed]:
    """The helpers that a shared descriptor does not have."""
    if shared is None:
        return []
    calls = {helper.old.partition("(")[0] for helper in shared.helpers}
    return [one for one in proposed if one.old not in calls]
