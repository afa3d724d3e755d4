# SPDX-License-Identifier: GPL-2.0-only
"""The descriptor's struct laid over the old one: fields, fillers, conditions, type classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zpconvert.conversion.model import Descriptor, Member
from zpconvert.csource.members import Group, StructMember
from zpconvert.errors import UserError

#: C and kernel types that hold the same kind of scalar (types.h, int-ll64.h); a pointer is a
#: `word`. A type that is not here (atomic_t, struct list_head) only matches itself.
_CLASSES = {
    "word": "unsigned long|long|ulong|size_t|ssize_t|pgoff_t|uintptr_t|intptr_t",
    "int": "int|unsigned int|unsigned|uint|u32|s32|__u32|__s32|uint32_t|int32_t",
    "long long": "long long|unsigned long long|u64|s64|__u64|__s64|uint64_t|int64_t|loff_t",
    "short": "short|unsigned short|ushort|u16|s16|__u16|__s16|uint16_t|int16_t",
    "char": "char|unsigned char|signed char|u8|s8|__u8|__s8|uint8_t|int8_t",
}
_CLASS_OF = {name: key for key, names in _CLASSES.items() for name in names.split("|")}


#: Words and bytes of the types that struct page is made of; a word is 4 or 8 bytes.
_SIZES = {
    "word": (1, 0),
    "int": (0, 4),
    "atomic_t": (0, 4),
    "atomic_long_t": (1, 0),
    "struct list_head": (2, 0),
    "struct rcu_head": (2, 0),
}


@dataclass(frozen=True)
class Field:
    """A member of the new struct: its C declaration and the conditions it stands under."""

    name: str
    declaration: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Anonymous:
    """An anonymous struct or union of the new struct."""

    kind: str
    items: tuple[Field | Anonymous, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Overlay:
    """A new member and the old one below it; `exact`: both have one type."""

    member: Member
    old: StructMember
    exact: bool


@dataclass(frozen=True)
class Layout:
    """The new struct. filled: old members that nobody overlays but a filler stands for."""

    items: tuple[Field | Anonymous, ...]
    overlays: tuple[Overlay, ...]
    filled: tuple[str, ...]


def lay_over(descriptor: Descriptor, old: Group) -> Layout:
    """Place the descriptor's members where the old struct has those they overlay.

    The old struct's shape is followed: an old member that lies before an overlaid one and is
    not overlaid itself becomes a filler of its own type; of a union, the arms with overlaid
    members are followed, and the first where those may be narrower and something comes after.
    That the first arm is as wide as the union is left to the assertions in C.
    Raises UserError for an overlaid member that the old struct does not have or has with
    another class of type.
    """
    by_over: dict[str, list[Member]] = {}
    for member in descriptor.members:
        by_over.setdefault(member.over, []).append(member)
    names = {member.name for member in old.members()}
    for member in descriptor.members:
        if member.over not in names:
            raise _fault(descriptor, member, f"{descriptor.old_type} has no such member")
    overlays = tuple(
        _overlay(descriptor, member, below)
        for below in old.members()
        for member in by_over.get(below.name, ())
    )
    mirror = _Mirror(descriptor, by_over)
    items = tuple(mirror.group(old, filled=False))
    return Layout(items, overlays, tuple(mirror.filled))


def declare(ctype: str, name: str) -> str:
    """The C declaration of a name: `struct x *name`, `int name[3]`."""
    base, bracket, dimension = ctype.partition("[")
    base = base.strip()
    return f"{base}{'' if base.endswith('*') else ' '}{name}{bracket}{dimension}"


def type_class(ctype: str) -> str:
    """What has to agree between a member and what it overlays, beside offset and size."""
    plain = _plain(ctype)
    if "[" not in plain and "(" not in plain and plain.endswith("*"):
        return "word"
    return _CLASS_OF.get(plain, plain)


def _plain(ctype: str) -> str:
    """Without qualifiers and with one white space, so that spellings compare."""
    words = re.findall(r"\w+|\S", re.sub(r"\b(?:const|volatile)\b", " ", ctype))
    return " ".join(words)


def _overlay(descriptor: Descriptor, member: Member, below: StructMember) -> Overlay:
    if type_class(member.ctype) != type_class(below.ctype):
        raise _fault(
            descriptor,
            member,
            f"'{member.ctype}' does not fit its type '{below.ctype}'",
        )
    return Overlay(member, below, " ".join(member.ctype.split()) == below.ctype)


def _fault(descriptor: Descriptor, member: Member, what: str) -> UserError:
    return UserError(
        str(descriptor.path),
        f"member '{member.name}' cannot lie over '{member.over}': {what}",
        f"mend the member's 'over' or 'ctype' by the tree's {descriptor.old_type}",
    )


def _size(node: StructMember | Group) -> tuple[int, int] | None:
    """Words and bytes of a member or group, None where that depends on what is not known."""
    if isinstance(node, StructMember):
        return None if node.conditions else _SIZES.get(type_class(node.ctype))
    sizes = [_size(child) for child in node.children]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    if node.kind == "union":
        return known[0] if len(set(known)) == 1 else None
    return sum(words for words, _ in known), sum(size for _, size in known)


class _Mirror:
    """Follows the shape of the old struct and keeps what the new one needs."""

    def __init__(self, descriptor: Descriptor, by_over: dict[str, list[Member]]) -> None:
        self._prefix = f"__{descriptor.replaces}_"
        self._by_over = by_over
        self.filled: list[str] = []

    def group(self, group: Group, *, filled: bool) -> list[Field | Anonymous]:
        """The items of a group; `filled`: something follows, so it must reach its end."""
        if group.kind == "union":
            return self._union(group, filled)
        covered = [self._covers(child) for child in group.children]
        last = max((i for i, covers in enumerate(covered) if covers), default=-1)
        end = len(group.children) if filled else last + 1
        items: list[Field | Anonymous] = []
        for index, child in enumerate(group.children[:end]):
            items += self._node(child, filled=filled or index < last)
        return items

    def _union(self, group: Group, filled: bool) -> list[Field | Anonymous]:
        arms = [child for child in group.children if self._covers(child)]
        first = group.children[0]
        width = _size(first)
        if filled and first not in arms and (width is None or width not in map(_size, arms)):
            arms.append(first)
        if len(arms) == 1:
            return self._node(arms[0], filled=filled)
        inner: list[Field | Anonymous] = []
        for arm in arms:
            items = self._node(arm, filled=filled)
            inner += items if len(items) == 1 else [self._anonymous("struct", items)]
        return [self._anonymous("union", inner)]

    def _node(self, node: StructMember | Group, *, filled: bool) -> list[Field | Anonymous]:
        if isinstance(node, Group):
            return self.group(node, filled=filled)
        members = self._by_over.get(node.name)
        if members is None:
            name = self._prefix + node.name.lstrip("_")
            self.filled.append(node.name)
            return [Field(name, node.declared_as(name), node.conditions)]
        fields = [Field(m.name, declare(m.ctype, m.name), node.conditions) for m in members]
        return [*fields] if len(fields) == 1 else [self._anonymous("union", fields)]

    def _covers(self, node: StructMember | Group) -> bool:
        members: Iterable[StructMember] = node.members() if isinstance(node, Group) else (node,)
        return any(member.name in self._by_over for member in members)

    @staticmethod
    def _anonymous(kind: str, items: Sequence[Field | Anonymous]) -> Anonymous:
        shared = items[0].conditions
        for item in items[1:]:
            length = next(
                (
                    i
                    for i, (a, b) in enumerate(zip(shared, item.conditions, strict=False))
                    if a != b
                ),
                min(len(shared), len(item.conditions)),
            )
            shared = shared[:length]
        return Anonymous(kind, tuple(items), shared)
