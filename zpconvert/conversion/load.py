# SPDX-License-Identifier: GPL-2.0-only
"""Reading a conversion directory: `conversion.toml`, its descriptor, its semantic patches."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from zpconvert.conversion.complaint import known_complaints
from zpconvert.conversion.descriptor import check_tree_path, load_descriptor
from zpconvert.conversion.model import (
    LOADS,
    Boot,
    Border,
    Change,
    ChangelogItem,
    Conversion,
    Descriptor,
    KnownWarning,
    Message,
    Renaming,
    Stale,
    Step,
)
from zpconvert.conversion.table import Table, read_toml
from zpconvert.errors import UserError
from zpconvert.resources import semantic_patches_dir

#: What makes a directory a conversion.
FILE = "conversion.toml"
_STEP_KEYS = {
    "id",
    "subject",
    "body",
    "slots",
    "helpers",
    "idioms",
    "stale",
    "trailers",
    "changes",
    "changelog",
    "shared",
}
#: `@name@`, `@name depends on …@`: the head of a named SmPL rule; `@@` closes its metavariables.
_RULE_HEAD = re.compile(r"^@[ \t]*([A-Za-z_]\w*)(?=[\s@])[^@]*@", re.MULTILINE)
_TRAILER = re.compile(r"([A-Z][A-Za-z]*(?:-[A-Za-z]+)*): (\S.*)")
_PERSON = re.compile(r"[^<>]*\S <[^\s<>@]+@[^\s<>@]+>(?: #.*)?")
_KCONFIG = re.compile(r"CONFIG_[A-Za-z0-9_]+=\S+")


def list_conversions() -> list[str]:
    """The names of the bundled conversions, sorted."""
    return sorted(path.parent.name for path in semantic_patches_dir().glob(f"*/{FILE}"))


def load(name_or_dir: str, text: bytes | None = None) -> Conversion:
    """Read a conversion: a bundled one by its name, any other by its directory.

    A word without a slash is a bundled name first. text: what to read as its conversion.toml
    instead of what is there.
    Raises UserError, whose `where` is `file:line` when a file is at fault.
    """
    directory = _find(name_or_dir)
    root = read_toml(directory / FILE, text)
    root.only({"conversion", "cover", "names", "boot", "border", "step"})
    head = root.table("conversion")
    head.only({"descriptor", "files", "prefix", "kconfig", "kconfig_module", "smpl"})
    cover = root.table("cover")
    cover.only({"title", "text", "changelog", "shared"})
    names = root.table("names", needed=False)
    names.only({"variables", "functions"})
    descriptor = load_descriptor(_descriptor_file(head, directory))
    smpl = _smpl(head, directory)
    steps = root.tables("step")
    root.distinct(steps, "id", "step")
    _check_names(steps, "helpers", "helper", [helper.name for helper in descriptor.helpers])
    _check_names(steps, "idioms", "idiom", [rule for file in smpl for rule in _rules(file)])
    _check_slots(root.tables("border"), steps)
    return Conversion(
        name=directory.resolve().name,
        directory=directory,
        descriptor=descriptor,
        files=_files(head, descriptor),
        prefix=head.text("prefix", empty="the subject prefix is empty"),
        cover_title=cover.text("title", empty="the cover letter has no title"),
        cover_text=cover.text("text", empty="the cover letter has no text"),
        variables=tuple(_renaming(table) for table in names.tables("variables")),
        functions=tuple(_renaming(table) for table in names.tables("functions")),
        border=tuple(_border(table) for table in root.tables("border")),
        steps=tuple(_step(table) for table in steps),
        smpl=smpl,
        bundled=directory.resolve().is_relative_to(semantic_patches_dir().resolve()),
        kconfig=_kconfig(head, "kconfig"),
        kconfig_module=_kconfig(head, "kconfig_module"),
        boot=_boot(root.table("boot")) if "boot" in root.values else None,
        changelog=_changelog(cover),
        cover_shared=_shared(cover, "title", "text"),
    )


def _find(name_or_dir: str) -> Path:
    bundled = semantic_patches_dir() / name_or_dir
    is_name = name_or_dir not in ("", ".", "..") and os.sep not in name_or_dir
    if is_name and (bundled / FILE).is_file():
        return bundled
    directory = Path(name_or_dir)
    if name_or_dir and directory.is_dir():
        if (directory / FILE).is_file():
            return directory
        raise UserError(name_or_dir, f"has no {FILE}", "give the directory that holds it")
    known = list_conversions()
    near = difflib.get_close_matches(name_or_dir, known, 1)
    todo = f"did you mean '{near[0]}'?" if near else "give a name or a directory"
    if directory.name == FILE and directory.is_file():
        todo = "give the directory that holds the file"
    raise UserError(
        name_or_dir or "''", f"no such conversion (known: {', '.join(known) or 'none'})", todo
    )


def _descriptor_file(head: Table, directory: Path) -> Path:
    """`name`: in `descriptors/` beside the conversion or in the package; else a path."""
    name = head.text("descriptor", empty="the descriptor has no name")
    if "/" in name or name.endswith(".toml"):
        places = [directory / name]
    else:
        beside = directory.resolve().parent / "descriptors"
        bundled = semantic_patches_dir() / "descriptors"
        places = [place / f"{name}.toml" for place in (beside, bundled)]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        known = sorted({file.stem for place in places for file in place.parent.glob("*.toml")})
        head.fail(
            f"no descriptor '{name}' (known: {', '.join(known) or 'none'})",
            "give a known name or a path relative to this directory",
            "descriptor",
        )
    return found


def _smpl(head: Table, directory: Path) -> tuple[Path, ...]:
    names = head.texts("smpl")
    for index, name in enumerate(names):
        if not name.endswith(".cocci"):
            head.fail(f"'{name}' is no .cocci file", "name semantic patches only", "smpl", index)
        if name in names[:index]:
            head.fail(f"'{name}' is named twice", "name it once", "smpl", index)
        if not (directory / name).is_file():
            head.fail(f"there is no '{name}'", "create it or take it out", "smpl", index)
    return tuple(directory / name for name in names)


def _rules(file: Path) -> list[str]:
    """Names of the rules in a semantic patch."""
    return _RULE_HEAD.findall(file.read_text(encoding="utf-8", errors="replace"))


def _files(head: Table, descriptor: Descriptor) -> tuple[str, ...]:
    files = head.texts("files", needed=True)
    for index, file in enumerate(files):
        check_tree_path(head, file, "files", index)
        if file in files[:index]:
            head.fail(f"'{file}' is named twice", "name it once", "files", index)
        if file == descriptor.header:
            head.fail(f"'{file}' is the generated header", "take it out", "files", index)
    return files


def _kconfig(head: Table, key: str) -> tuple[str, ...]:
    settings = head.texts(key)
    for index, setting in enumerate(settings):
        if not _KCONFIG.fullmatch(setting):
            head.fail(f"'{setting}' is no setting", "write CONFIG_NAME=y", key, index)
    return settings


def _boot(table: Table) -> Boot:
    table.only({"kconfig", "loads", "zpool", "counters", "warning", "complaint"})
    loads = table.texts("loads", needed=True)
    for index, load in enumerate(loads):
        if load not in LOADS:
            todo = f"known: {', '.join(LOADS)}"
            table.fail(f"there is no load '{load}'", todo, "loads", index)
        if load in loads[:index]:
            table.fail(f"'{load}' is named twice", "name it once", "loads", index)
    if "zswap" in loads:
        zpool = table.text("zpool", empty="zswap has no pool")
    elif "zpool" in table.values:
        table.fail("a pool without the load 'zswap'", "add the load or drop the pool", "zpool")
    else:
        zpool = ""
    counters = table.texts("counters", needed=True)
    warnings = tuple(map(_warning, table.tables("warning")))
    complaints = known_complaints(table)
    return Boot(_kconfig(table, "kconfig"), loads, zpool, counters, warnings, complaints)


def _warning(table: Table) -> KnownWarning:
    table.only({"source", "reason"})
    reason = table.text("reason", empty="a known warning has no reason")
    return KnownWarning(table.pattern("source"), reason)


def _renaming(table: Table) -> Renaming:
    table.only({"match", "to"})
    pattern = table.pattern("match")
    return Renaming(pattern, table.replacement("to", pattern))


def _border(table: Table) -> Border:
    table.only({"slot", "reason"})
    return Border(
        table.text("slot", empty="a border without a slot"),
        table.text("reason", empty="a border without a reason"),
    )


def _step(table: Table) -> Step:
    table.only(_STEP_KEYS)
    name = table.text("id")
    return Step(
        id=name,
        subject=table.text("subject", empty=f"step '{name}' has no subject"),
        body=table.text("body", empty=f"step '{name}' has no commit message body"),
        slots=table.texts("slots"),
        helpers=table.texts("helpers"),
        idioms=table.texts("idioms"),
        stale=tuple(_stale(stale) for stale in table.tables("stale")),
        trailers=tuple(
            _trailer(table, index, line) for index, line in enumerate(table.texts("trailers"))
        ),
        line=table.line(),
        changes=tuple(_change(change, table.text("body")) for change in table.tables("changes")),
        changelog=_changelog(table),
        shared=_shared(table, "subject", "body"),
    )


def _shared(table: Table, subject: str, body: str) -> Message | None:
    """The message for a tree that has the descriptor already."""
    if "shared" not in table.values:
        return None
    shared = table.table("shared")
    shared.only({subject, body})
    return Message(
        shared.text(subject, empty=f"'{subject}' is empty"),
        shared.text(body, empty=f"'{body}' is empty"),
    )


def _changelog(table: Table) -> tuple[ChangelogItem, ...]:
    """What a step or the cover letter says of revisions, each in one line."""
    found = []
    for item in table.tables("changelog"):
        item.only({"in", "text", "asked"})
        asked = item.text("asked", empty="'asked' is empty") if "asked" in item.values else None
        if asked is not None and not _PERSON.fullmatch(asked):
            item.fail(f"'{asked}' names no person", "write 'Name <address>'", "asked")
        text = item.text("text", empty="a line of a changelog without a text")
        found.append(ChangelogItem(item.count("in"), " ".join(text.split()), asked))
    return tuple(found)


def _change(table: Table, body: str) -> Change:
    table.only({"function", "reason"})
    function = table.text("function", empty="a change without a function")
    if f"{function}()" not in body:
        todo = f"say there what becomes of {function}()"
        table.fail(f"the commit message does not speak of {function}()", todo, "function")
    return Change(function, table.text("reason", empty="a change without a reason"))


def _stale(table: Table) -> Stale:
    table.only({"match", "to", "within"})
    pattern = table.pattern("match")
    within = table.pattern("within") if "within" in table.values else None
    return Stale(pattern, table.replacement("to", pattern), within)


def _trailer(table: Table, index: int, line: str) -> tuple[str, str]:
    """`Token: value`; what ends in -by, and Cc, names a person (submitting-patches.rst)."""
    found = _TRAILER.fullmatch(line)
    if found is None:
        table.fail(f"'{line}' is no trailer", "write 'Token: value'", "trailers", index)
    token, value = found.groups()
    if token.lower() == "signed-off-by":
        table.fail(
            "a step cannot be signed off in advance",
            "take it out; the person who posts gives --signoff",
            "trailers",
            index,
        )
    if (token.lower().endswith("-by") or token.lower() == "cc") and not _PERSON.fullmatch(value):
        table.fail(f"'{value}' names no person", "write 'Name <address>'", "trailers", index)
    return token, value


def _check_names(steps: Sequence[Table], key: str, what: str, known: Sequence[str]) -> None:
    """Refuse names in `key` that are unknown or come into use more than once."""
    seen: dict[str, int] = {}
    for step in steps:
        for index, name in enumerate(step.texts(key)):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                todo = f"did you mean '{near[0]}'?" if near else "define it or take it out"
                step.fail(f"unknown {what} '{name}'", todo, key, index)
            if name in seen:
                step.fail(
                    f"{what} '{name}' comes into use twice (line {seen[name]})",
                    "name it in one step",
                    key,
                    index,
                )
            seen[name] = step.line(key, index)


def _check_slots(borders: Sequence[Table], steps: Sequence[Table]) -> None:
    """A slot flips once: in one place of one step, or never, when it is border."""
    seen: dict[str, str] = {}
    for border in borders:
        slot = border.text("slot")
        if slot in seen:
            border.fail(f"slot '{slot}' is named twice: {seen[slot]}", "name it once", "slot")
        seen[slot] = f"by the border on line {border.line('slot')}"
    for step in steps:
        name = step.text("id")
        for index, slot in enumerate(step.texts("slots")):
            if slot in seen:
                step.fail(
                    f"step '{name}' names slot '{slot}', which is named already {seen[slot]}",
                    "name it once",
                    "slots",
                    index,
                )
            seen[slot] = f"by step '{name}' on line {step.line('slots', index)}"
