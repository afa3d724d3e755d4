# SPDX-License-Identifier: GPL-2.0-only
"""Rules for a descriptor's helpers and members, from its tables.

After the retype pass every use of a descriptor as the old type is wrapped in a cast, so a
rule needs no types: it matches the old call with the cast in it, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zpconvert.conversion.model import Descriptor, Helper, Member
from zpconvert.csource.ctype import CType, parse_ctype
from zpconvert.errors import UserError
from zpconvert.smpl.rules import RuleText

#: No kernel identifier begins so; a metavariable that is one would match only itself.
_METAVARIABLE = "zpconvert_{0}"
#: What finds the struct that a member is in (container_of.h, list.h): pointer, type, member.
_CONTAINERS = (
    "container_of",
    "list_entry",
    "list_first_entry",
    "list_first_entry_or_null",
    "list_last_entry",
)
_PROTO = re.compile(r"(?P<result>.*?)(?P<name>\w+)\s*\((?P<parameters>.*)\)\s*;?\s*", re.DOTALL)


def helper_rule(descriptor: Descriptor, helper: Helper) -> RuleText:
    """The rule that brings one helper into use; it has the helper's name.

    Raises UserError when `old` does not mention the descriptor, or the prototype is none.
    """
    where = f"{descriptor.path}: helper {helper.name}"
    result, parameters = _read_proto(helper, where)
    pointer = CType(descriptor.new_type, 1)
    wrapped = [name for name, ctype in parameters.items() if ctype == pointer]
    mentioned = set(re.findall(r"[A-Za-z_]\w*", helper.old))
    for name in wrapped:
        if name not in mentioned:
            raise UserError(
                where, f"old '{helper.old}' does not mention '{name}'", "name it in the old call"
            )
    if not wrapped and result != pointer:
        raise UserError(
            where,
            f"neither a parameter nor the result is '{descriptor.new_type} *'",
            "write a rule for it by hand",
        )

    def metavariable(found: re.Match[str]) -> str:
        name = found.group()
        if name not in parameters:
            return name
        free = _METAVARIABLE.format(name)
        return f"{descriptor.to_old}({free})" if name in wrapped else free

    old = re.sub(r"[A-Za-z_]\w*", metavariable, helper.old)
    if result == pointer:
        old = f"{descriptor.from_old}({old})"
    names = [_METAVARIABLE.format(name) for name in parameters]
    used = [name for name in names if re.search(rf"\b{name}\b", old)]
    if used != names:
        raise UserError(
            where,
            f"old '{helper.old}' does not mention every parameter",
            "name each parameter in the old call",
        )
    declared = f"expression {', '.join(names)};\n" if names else ""
    text = f"@{helper.name}@\n{declared}@@\n- {old}\n+ {helper.name}({', '.join(names)})\n"
    return RuleText((helper.name,), text)


def _read_proto(helper: Helper, where: str) -> tuple[CType, dict[str, CType]]:
    """The result's type, and the parameters' names and types, of the helper's prototype."""
    found = _PROTO.fullmatch(helper.proto)
    if found is None or found["name"] != helper.name:
        raise UserError(
            where, f"proto '{helper.proto}' is no prototype of it", "write 'type name(type p, ...)'"
        )
    parameters: dict[str, CType] = {}
    for each in found["parameters"].split(","):
        if each.strip() in ("", "void"):
            continue
        named = re.fullmatch(r"(.*[\s*])([A-Za-z_]\w*)\s*", each, re.DOTALL)
        if named is None:
            raise UserError(where, f"parameter '{each.strip()}' has no name", "give it one")
        parameters[named[2]] = parse_ctype(named[1])
    return parse_ctype(found["result"]), parameters


def member_texts(descriptor: Descriptor, member: Member) -> tuple[RuleText, ...]:
    """Two rules for a member that has the name of the one it overlays: it is used as it is, and
    a pointer to it leads to the descriptor that it is in."""
    free, entry = _METAVARIABLE.format("expression"), _METAVARIABLE.format("entry")
    name = member.name
    use, find = f"{descriptor.name}_member_{name}", f"{descriptor.name}_of_{name}"
    old, new = descriptor.old_type, descriptor.new_type
    return (
        RuleText(
            (use,),
            f"@{use}@\nexpression {free};\n@@\n"
            f"- {descriptor.to_old}({free})->{name}\n+ {free}->{name}\n",
        ),
        RuleText(
            (find,),
            f"@{find}@\nexpression {free};\n"
            f"identifier {entry} = {{{', '.join(_CONTAINERS)}}};\n@@\n"
            f"- {descriptor.from_old}({entry}({free}, {old}, {name}))\n"
            f"+ {entry}({free}, {new}, {name})\n",
        ),
    )


def helper_texts(
    descriptor: Descriptor, helpers: Iterable[Helper] | None = None
) -> tuple[RuleText, ...]:
    """One rule for each of `helpers` (all of the descriptor's if None), in their order."""
    chosen = descriptor.helpers if helpers is None else helpers
    return tuple(helper_rule(descriptor, helper) for helper in chosen)


def generated_texts(descriptor: Descriptor) -> tuple[RuleText, ...]:
    """All rules that the descriptor's tables give."""
    same = [member for member in descriptor.members if member.name == member.over]
    return (
        *(text for one in same for text in member_texts(descriptor, one)),
        *helper_texts(descriptor),
    )


def generated_rules(descriptor: Descriptor) -> str:
    """The rules of `generated_texts` as one semantic patch."""
    return "\n".join(rule.text for rule in generated_texts(descriptor))
