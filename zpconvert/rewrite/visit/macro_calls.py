# SPDX-License-Identifier: GPL-2.0-only
"""Calls of macros, loop heads among them, and of functions that the tree's headers declare."""

from __future__ import annotations

from zpconvert.csource.ctype import CType
from zpconvert.csource.parse import Node
from zpconvert.rewrite import macros
from zpconvert.rewrite.slots import Leaf
from zpconvert.rewrite.visit import hygiene, macro_types
from zpconvert.rewrite.visit.values import INT, Value, taken
from zpconvert.rewrite.visit.visitor import Visitor

#: Macros of the kernel's C dialect that pass a value through, whatever its type:
#: include/asm-generic/rwonce.h, include/linux/compiler.h, include/linux/rcupdate.h.
_THROUGH = frozenset(
    (
        "READ_ONCE",
        "rcu_dereference",
        "rcu_dereference_raw",
        "rcu_access_pointer",
        "rcu_dereference_protected",
        "data_race",
        "ACCESS_PRIVATE",
    )
)
#: … that assign their second argument to the first, …
_STORES = frozenset(("WRITE_ONCE", "rcu_assign_pointer", "RCU_INIT_POINTER"))
#: … or to what the first points at (include/linux/atomic.h, asm-generic/barrier.h), …
_STORES_AT = frozenset(
    (
        "xchg",
        "xchg_relaxed",
        "cmpxchg",
        "cmpxchg_relaxed",
        "smp_store_release",
        "smp_load_acquire",
        "smp_store_mb",
    )
)
#: … and that take conditions (include/linux/compiler.h, asm-generic/bug.h, mmdebug.h).
_CONDITION = frozenset(
    (
        "likely",
        "unlikely",
        "WARN_ON",
        "WARN_ON_ONCE",
        "BUG_ON",
        "VM_BUG_ON",
        "VM_WARN_ON",
        "VM_WARN_ON_ONCE",
        "BUILD_BUG_ON",
    )
)


def macro_call(visitor: Visitor, node: Node, name: str, args: list[Node]) -> Value:
    """Visit a call of a macro, or of a function that the headers declare."""
    texts = [_type_argument(visitor, a) for a in args]
    values = [None if t is not None else visitor.value(a) for a, t in zip(args, texts, strict=True)]
    present = [v for v in values if v is not None]
    if name in _THROUGH and present:
        return _through(visitor, node, present)
    if (name in _STORES or name in _STORES_AT) and present:
        hygiene.placed(visitor, args[0])
        return _store(visitor, node, name, present)
    if name in _CONDITION:
        for value in present:
            visitor.want(value, "any")
        return Value(INT, visitor.leaf(node))
    own = visitor.context.unit.macros.get(name, [])
    if own:
        hygiene.unhygienic(visitor, node, own)
    signature = None if own else visitor.context.headers.function(name)
    if signature is not None:
        for i, given in enumerate(values):
            if given is not None:
                param = signature.params[i] if i < len(signature.params) else None
                visitor.want(given, taken(visitor.context.resolve(param)))
        return visitor.plain(node, signature.result)
    _places(visitor, node, name, args, values)
    for i, given in enumerate(values):
        if given is not None and not macros.assigns(visitor.context, name, i):
            visitor.want(given, "old")
    if not visitor.depth and _dropped(node):
        return visitor.plain(node, CType("void"))
    types = [v.ctype if v is not None else None for v in values]
    return visitor.plain(node, macro_types.call_type(visitor, name, types, texts))


def loop_macro(visitor: Visitor, node: Node, name: str, args: list[Node]) -> None:
    """Visit the head of a loop macro; what one that is not known does to its arguments is not."""
    if macros.definitions(visitor.context, name):
        macro_call(visitor, node, name, args)
        return
    for arg in args:
        if _type_argument(visitor, arg) is None:
            value = visitor.value(arg)
            visitor.settle(value)
            visitor.obstacle(node, f"'{name}' is not known", value.slot)


def _dropped(node: Node) -> bool:
    """The call is a statement of its own, and not the last of a statement expression."""
    above = [node]
    for _ in range(3):
        if above[-1].parent is None:
            break
        above.append(above[-1].parent)
    return [n.type for n in above[1:2]] == ["expression_statement"] and (
        above[-1].type != "parenthesized_expression"
    )


def _through(visitor: Visitor, node: Node, values: list[Value]) -> Value:
    """`READ_ONCE(x)`: what x is."""
    first, *others = values
    for other in others:
        visitor.want(other, "any")
    if visitor.deep(first) or isinstance(first.expr, Leaf):
        visitor.settle(first)
        return visitor.plain(node, first.ctype, first.slot)
    return visitor.around(node, first)


def _store(visitor: Visitor, node: Node, name: str, values: list[Value]) -> Value:
    """`WRITE_ONCE(x, v)`, `xchg(&x, v)`: v becomes what x is."""
    target = values[0]
    visitor.settle(target)
    slot, depth = target.slot, target.ctype.depth if target.ctype is not None else 0
    held = depth - (1 if name in _STORES_AT else 0)
    if target.ctype is None or not visitor.context.is_old(target.ctype) or held != 1:
        slot = None
    for value in values[1:]:
        visitor.want(value, slot if slot is not None else "old")
    ctype = target.ctype.pointed(held - depth) if target.ctype is not None else None
    return visitor.plain(node, ctype, slot)


def _places(
    visitor: Visitor, node: Node, name: str, args: list[Node], values: list[Value | None]
) -> None:
    """Arguments that a macro assigns to: fine for an iterator over members the descriptor has,
    and between the places themselves, which then flip together."""
    places = []
    for i, given in enumerate(values):
        if given is not None and macros.assigns(visitor.context, name, i):
            places.append(given)
            visitor.settle(given)
            hygiene.placed(visitor, args[i])
    held = [v for v in places if v.slot is not None and visitor.context.is_old(v.ctype)]
    slots = [v.slot for v in held if v.slot is not None]
    for slot in slots[1:]:
        visitor.context.groups.join(slots[0], slot)
    others = [visitor.unit.text(a) for a in args if a.type == "identifier"]
    members = [o for o in others if visitor.lookup(o) is None]
    iterates = bool(members) and all(m in visitor.context.members for m in members)
    exchanges = len(places) == len(held) == len(args) and macros.exchanges(visitor.context, name)
    for value in held:
        if visitor.deep(value) or not (iterates or exchanges):
            visitor.obstacle(node, f"'{name}' assigns to it or takes its address", value.slot)


def _type_argument(visitor: Visitor, node: Node) -> str | None:
    """The type that an argument is, if it is one."""
    text = visitor.unit.masked.types.get(node.start_byte)
    if text is not None:
        return text
    return visitor.unit.text(node) if node.type == "type_descriptor" else None
