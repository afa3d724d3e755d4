# SPDX-License-Identifier: GPL-2.0-only
"""What a conversion is, once read: frozen values in the field's own words.

A conversion directory is TOML and SmPL (`zpconvert.conversion.load` reads it); everything
that is particular to one subsystem is in there and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zpconvert.conversion.complaint import KnownComplaint


@dataclass(frozen=True)
class Member:
    """A member of the descriptor's struct, laid over one of the old struct's.

    Members with the same `over` become one anonymous union. `ctype` is C text such as
    `unsigned long` or `struct list_head`.
    """

    name: str
    ctype: str
    over: str
    doc: str


@dataclass(frozen=True)
class Helper:
    """A native call of the descriptor and the old call that it stands for.

    proto: C prototype without `static inline`: `bool xdesc_trylock(struct xdesc *xdesc)`.
    old:   the old call in the prototype's parameter names: `trylock_page(xdesc)`. Where a
           parameter or the result has the descriptor's type, the generated rule matches it
           in its boundary wrapper.
    body:  the lines of the function's body, unindented C.
    doc:   one kernel-doc sentence.
    family: helpers of one family appear in the header together.
    keep:  stays in the header though nothing uses it yet.
    include: headers the body needs, as `linux/pagemap.h`.
    lacks: a name; trees that have it have no use for the helper.
    """

    name: str
    family: str
    proto: str
    old: str
    body: tuple[str, ...]
    doc: str
    keep: bool = False
    include: tuple[str, ...] = ()
    lacks: str = ""


@dataclass(frozen=True)
class Deprecated:
    """An old call that is reported and left wrapped, never given a helper."""

    name: str
    instead: str


@dataclass(frozen=True)
class Stub:
    """How an assumption is built into both sides of a comparison: what `pattern` matches in
    the tree's `header` becomes `to`. A tree where it does not match does without.

    evidence: a pattern that must match in the tree's file `source`, where the stub says what
    that file does; None where the assumption itself says it.
    """

    header: str
    pattern: re.Pattern[str]
    to: str
    source: str | None = None
    evidence: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Assumption:
    """Something that holds for all memory that the descriptor describes, and why."""

    name: str
    reason: str
    stubs: tuple[Stub, ...]


@dataclass(frozen=True)
class Descriptor:
    """A memory descriptor: `struct {name}`, laid over `struct {replaces}`.

    header: path of the generated header in the tree, as `mm/xdesc.h`.
    to_old, from_old, to_folio: names of the cast macros, as `xdesc_page`.
    intro: comment text at the top of the header. doc: kernel-doc sentence of the struct.
    casts: why both casts exist; the header says it.
    includes: what the header needs from its first commit on.
    """

    name: str
    replaces: str
    header: str
    to_old: str
    from_old: str
    to_folio: str
    intro: str
    doc: str
    casts: str
    includes: tuple[str, ...]
    members: tuple[Member, ...]
    helpers: tuple[Helper, ...]
    deprecated: tuple[Deprecated, ...]
    path: Path
    assumptions: tuple[Assumption, ...] = ()

    @property
    def new_type(self) -> str:
        """`struct xdesc`"""
        return f"struct {self.name}"

    @property
    def old_type(self) -> str:
        """`struct page`"""
        return f"struct {self.replaces}"


@dataclass(frozen=True)
class Renaming:
    """A pattern for names (re.sub over the whole name) and its replacement."""

    pattern: re.Pattern[str]
    to: str

    def __call__(self, name: str) -> str:
        return self.pattern.sub(self.to, name)


@dataclass(frozen=True)
class Stale:
    """A phrase in comments that a step makes untrue, and what it becomes.

    `within` limits it to comments that also match that pattern (the whole comment is
    searched), so that one phrase can become two things.
    """

    pattern: re.Pattern[str]
    to: str
    within: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Border:
    """A place where the old type stays in the last tree, and why."""

    slot: str
    reason: str


@dataclass(frozen=True)
class Change:
    """A function whose behaviour a step has to change, and why; its message says so too."""

    function: str
    reason: str


@dataclass(frozen=True)
class ChangelogItem:
    """What a person wants said of a revision: in which one, `text` for its changelog, and who
    `asked` for it (`A U Thor <a@example.org>`), None if nobody in particular did."""

    revision: int
    text: str
    asked: str | None


@dataclass(frozen=True)
class Message:
    """A subject without its prefix, and the text below it."""

    subject: str
    body: str


#: How a paragraph of a body begins that is for reviewers: it stands below the `---` of the mail,
#: where git am drops it.
REMARK = "To be checked here:"
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")


@dataclass(frozen=True)
class Step:
    """One patch: what flips or comes into use, and its commit message.

    slots: `function`, `function:name`, `function()` (its return), `struct tag.field`, or a
           shell pattern of those.
    helpers: names of helpers that come into use with this step (a helper that no step names
           is in use from the first).
    idioms: rule names of the hand-written semantic patches, likewise.
    trailers: (token, value) pairs such as ("Suggested-by", "A U Thor <a@example.org>").
    stale: comment phrases that become untrue with this step.
    changes: functions whose behaviour it has to change.
    line: 1-based line of the step in conversion.toml, for messages; 0 for a planned one.
    changelog: what is to be said of its revisions, below the `---` of its mail.
    shared: the message where the tree has what this step would introduce, the descriptor or a
            helper, from another conversion; None if the step's own does.
    """

    id: str
    subject: str
    body: str
    slots: tuple[str, ...]
    helpers: tuple[str, ...]
    idioms: tuple[str, ...]
    stale: tuple[Stale, ...]
    trailers: tuple[tuple[str, str], ...]
    line: int
    changes: tuple[Change, ...] = ()
    changelog: tuple[ChangelogItem, ...] = ()
    shared: Message | None = None

    @property
    def committed(self) -> str:
        """The body without its remarks."""
        return "\n\n".join(p for p in _PARAGRAPHS.split(self.body) if not _is_remark(p))

    @property
    def remarks(self) -> str:
        """The paragraphs of the body that are for reviewers; empty if there are none."""
        return "\n\n".join(p for p in _PARAGRAPHS.split(self.body) if _is_remark(p))


def _is_remark(paragraph: str) -> bool:
    return paragraph.lstrip().startswith(REMARK)


#: What `validate --boot` can run in a booted kernel (zpconvert/boot/loads/).
LOADS = ("zram", "zswap")


@dataclass(frozen=True)
class KnownWarning:
    """A warning of the base itself that a booted kernel may give. source: what matches in the
    line of C that gives it."""

    source: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Boot:
    """How a kernel with the converted files is booted and put under load.

    kconfig: settings that the loads need, over the conversion's own.
    loads: some of LOADS, in order. zpool: zswap's pool, empty without that load.
    counters: names of what the loads count; each must come out above zero, else the run
    proves nothing. warnings, complaints: those that are counted, and no fault.
    """

    kconfig: tuple[str, ...]
    loads: tuple[str, ...]
    zpool: str
    counters: tuple[str, ...]
    warnings: tuple[KnownWarning, ...] = ()
    complaints: tuple[KnownComplaint, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Which conversion it is, of those that did not come with the package. directory: absolute;
    digest: of its files."""

    directory: str
    digest: str


@dataclass(frozen=True)
class Conversion:
    """A conversion directory, read and checked.

    prefix: subject prefix of the patches, as `mm/slub`.
    variables, functions: how names of what holds a descriptor change.
    cover_title, cover_text: the cover letter's, from the conversion. cover_shared: likewise,
    where the tree has the descriptor already; None if the former do.
    smpl: paths of the hand-written semantic patches, in order.
    kconfig: settings a build needs to compile the files, as `CONFIG_ZRAM=y`.
    kconfig_module: those that build them as modules; empty if they cannot be.
    boot: how kernels are booted under load; None if the conversion does not say.
    bundled: it came with the package, so its scripts are trusted.
    changelog: what is to be said of the series' revisions in the cover letter.
    """

    name: str
    directory: Path
    descriptor: Descriptor
    files: tuple[str, ...]
    prefix: str
    cover_title: str
    cover_text: str
    variables: tuple[Renaming, ...]
    functions: tuple[Renaming, ...]
    border: tuple[Border, ...]
    steps: tuple[Step, ...]
    smpl: tuple[Path, ...]
    bundled: bool
    kconfig: tuple[str, ...] = ()
    kconfig_module: tuple[str, ...] = ()
    boot: Boot | None = None
    changelog: tuple[ChangelogItem, ...] = ()
    cover_shared: Message | None = None
