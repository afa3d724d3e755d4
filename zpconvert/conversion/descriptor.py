# SPDX-License-Identifier: GPL-2.0-only
"""Reading a descriptor: `descriptors/*.toml` into `model.Descriptor`."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from zpconvert.conversion.model import Assumption, Deprecated, Descriptor, Helper, Member, Stub
from zpconvert.conversion.table import Table, read_toml

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_KEYS = {
    "name", "replaces", "header", "to_old", "from_old", "to_folio",
    "intro", "doc", "casts", "includes",
}  # fmt: skip
_MEMBER_KEYS = {"name", "ctype", "over", "doc"}
_STUB_KEYS = {"header", "match", "to", "source", "evidence"}
_HELPER_KEYS = {"name", "family", "proto", "old", "body", "doc", "keep", "include", "lacks"}


def load_descriptor(file: Path) -> Descriptor:
    """Read a descriptor.

    Raises UserError (`file:line`) for whatever in it is not as `model.Descriptor` says.
    """
    root = read_toml(file)
    root.only({"descriptor", "member", "helper", "deprecated", "assumption"})
    head = root.table("descriptor")
    head.only(_KEYS)
    members, helpers, deprecated = (
        root.tables("member"),
        root.tables("helper"),
        root.tables("deprecated"),
    )
    if not members:
        root.fail("the descriptor has no members", "add a [[member]]")
    root.distinct(members, "name", "member")
    root.distinct(helpers, "name", "helper")
    root.distinct(deprecated, "name", "deprecated call")
    assumptions = root.tables("assumption")
    root.distinct(assumptions, "name", "assumption")
    name = identifier(head, "name")
    for table in helpers:
        # reviewers could not tell set_X() of one struct from set_Y() of another
        if name not in table.text("name"):
            what = f"helper '{table.text('name')}' does not say whose it is"
            table.fail(what, f"put {name} into its name", "name")
    return Descriptor(
        name=name,
        replaces=identifier(head, "replaces"),
        header=tree_path(head, "header"),
        to_old=identifier(head, "to_old"),
        from_old=identifier(head, "from_old"),
        to_folio=identifier(head, "to_folio"),
        intro=_prose(head, "intro"),
        doc=_prose(head, "doc"),
        casts=_prose(head, "casts"),
        includes=head.texts("includes"),
        members=tuple(_member(table) for table in members),
        helpers=tuple(_helper(table) for table in helpers),
        deprecated=tuple(_deprecated(table) for table in deprecated),
        path=file,
        assumptions=tuple(_assumption(table) for table in assumptions),
    )


def identifier(table: Table, key: str) -> str:
    """A string that is a C identifier."""
    name = table.text(key)
    if not _IDENTIFIER.fullmatch(name):
        table.fail(f"'{name}' is no C identifier", "give a bare name", key)
    return name


def tree_path(table: Table, key: str) -> str:
    """A path inside the kernel tree: relative and without `..`."""
    path = table.text(key)
    check_tree_path(table, path, key)
    return path


def check_tree_path(table: Table, path: str, *keys: str | int) -> None:
    """Refuse a path that leads, or could lead, out of the kernel tree."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        table.fail(f"'{path}' is no path inside the tree", "give it relative to the tree", *keys)


def _member(table: Table) -> Member:
    table.only(_MEMBER_KEYS)
    return Member(
        identifier(table, "name"),
        " ".join(table.text("ctype", empty="a member without a type").split()),
        identifier(table, "over"),
        _prose(table, "doc"),
    )


def _helper(table: Table) -> Helper:
    table.only(_HELPER_KEYS)
    name = identifier(table, "name")
    body = table.text("body", empty=f"helper '{name}' has no body")
    proto = " ".join(table.text("proto", empty=f"helper '{name}' has no prototype").split())
    if not re.search(rf"\b{name}\(.*\)$", proto):
        table.fail(f"the prototype is not one of '{name}'", f"write 'type {name}(…)'", "proto")
    return Helper(
        name,
        identifier(table, "family"),
        proto,
        table.text("old", empty=f"helper '{name}' stands for no old call"),
        tuple(line.rstrip() for line in body.splitlines()),
        _prose(table, "doc"),
        table.flag("keep"),
        table.texts("include"),
        identifier(table, "lacks") if "lacks" in table.values else "",
    )


def _deprecated(table: Table) -> Deprecated:
    table.only({"name", "instead"})
    return Deprecated(identifier(table, "name"), identifier(table, "instead"))


def _assumption(table: Table) -> Assumption:
    table.only({"name", "reason", "stub"})
    stubs = table.tables("stub")
    if not stubs:
        table.fail("the assumption has no stub", "add a [[assumption.stub]]")
    name = table.text("name", empty="the assumption has no name")
    return Assumption(name, _prose(table, "reason"), tuple(_stub(one) for one in stubs))


def _stub(table: Table) -> Stub:
    table.only(_STUB_KEYS)
    pattern = table.pattern("match")
    told = "source" in table.values or "evidence" in table.values
    return Stub(
        tree_path(table, "header"),
        pattern,
        table.replacement("to", pattern),
        tree_path(table, "source") if told else None,
        table.pattern("evidence") if told else None,
    )


def _prose(table: Table, key: str) -> str:
    return table.text(key, empty=f"'{key}' is empty")
