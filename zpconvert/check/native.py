# SPDX-License-Identifier: GPL-2.0-only
"""Old calls and the helpers that stand for them, read from a header or a descriptor's table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zpconvert.check.ctext import bare, call_of
from zpconvert.conversion.model import Descriptor, Helper
from zpconvert.csource import declare
from zpconvert.csource import unit as csource
from zpconvert.csource.parse import Node
from zpconvert.csource.unit import Unit


@dataclass(frozen=True)
class Shape:
    """A call: of `function`, each argument (cast, index of the parameter it is).

    cast is `old` or `folio` where the argument is a descriptor in that cast, else empty.
    returns: the result is cast to the descriptor.
    """

    function: str
    args: tuple[tuple[str, int], ...]
    returns: bool

    @property
    def border(self) -> bool:
        """Something in it crosses between the types."""
        return self.returns or any(cast for cast, _ in self.args)


@dataclass(frozen=True)
class Native:
    """`helper` does what a call of this shape does."""

    helper: str
    shape: Shape


@dataclass(frozen=True)
class _Casts:
    to_old: frozenset[str]
    from_old: frozenset[str]
    to_folio: frozenset[str]


def of_helper(descriptor: Descriptor, helper: Helper) -> Iterator[Native]:
    """What a helper of the descriptor's table stands for."""
    shapes = _table_shapes(descriptor, helper)
    for shape in shapes:
        if shape is not None and shape.border:
            yield Native(helper.name, shape)


def of_header(
    descriptor: Descriptor,
    unit: Unit,
    to_old: frozenset[str],
    from_old: frozenset[str],
    to_folio: frozenset[str],
) -> tuple[Native, ...]:
    """What the inline functions of a header stand for.

    A function that does what a helper of our table does (by its body, whatever its name, or by
    its name and the number of its parameters) stands for the same old call.
    """
    casts = _Casts(to_old, from_old, to_folio)
    table = [(h, *_table_shapes(descriptor, h)) for h in descriptor.helpers]
    found: list[Native] = []
    for name, function in unit.functions.items():
        for node, declarator in function.declarations:
            if node.type != "function_definition":
                continue
            params = _parameters(unit, declarator)
            own = _body_shape(unit, node, params, casts)
            shapes = [own] + [
                old
                for helper, old, body in table
                if (own is not None and body == own)
                or (helper.name == name and len(_names(helper.proto)) == len(params))
            ]
            found += [Native(name, s) for s in shapes if s is not None and s.border]
    return tuple(dict.fromkeys(found))


def _table_shapes(descriptor: Descriptor, helper: Helper) -> tuple[Shape | None, Shape | None]:
    """The shapes of a helper's old call (as it looks in a converted file) and of its body."""
    casts = _Casts(
        frozenset((descriptor.to_old,)),
        frozenset((descriptor.from_old,)),
        frozenset((descriptor.to_folio,)),
    )
    unit = csource.read(f"{helper.proto}\n{{\n{chr(10).join(helper.body)}\n}}\n".encode())
    for function in unit.functions.values():
        for node, declarator in function.declarations:
            params = _parameters(unit, declarator)
            new = descriptor.new_type
            held = {
                n
                for n, p in zip(params, _nodes(declarator), strict=True)
                if declare.specifier(p, unit.source, unit.masked.types).base == new
            }
            old = _old_shape(helper.old, params, held, function.result.base == new)
            return old, _body_shape(unit, node, params, casts)
    return None, None


def _old_shape(text: str, params: list[str], held: set[str], returns: bool) -> Shape | None:
    unit, block = csource.read_body(text.encode() + b";")
    if block is None:
        return None
    for statement in block.named_children:
        if statement.type == "expression_statement" and statement.named_children:
            call = call_of(unit, statement.named_children[0])
            if call is None:
                return None
            words = [unit.text(a) for a in call.args]
            if sorted(words) != sorted(params):
                return None
            args = tuple(("old" if w in held else "", params.index(w)) for w in words)
            return Shape(call.name, args, returns)
    return None


def _body_shape(unit: Unit, node: Node, params: list[str], casts: _Casts) -> Shape | None:
    """The one call that a function's body is."""
    body = node.child_by_field_name("body")
    statements = [c for c in body.named_children if c.type != "comment"] if body else []
    if len(statements) != 1 or len(statements[0].named_children) != 1:
        return None
    if statements[0].type not in ("expression_statement", "return_statement"):
        return None
    call = call_of(unit, bare(statements[0].named_children[0]))
    returns = False
    if call is not None and call.name in casts.from_old and len(call.args) == 1:
        returns, call = True, call_of(unit, bare(call.args[0]))
    if call is None:
        return None
    args: list[tuple[str, int]] = []
    for arg in call.args:
        cast, inner = cast_of(unit, arg, casts.to_old, casts.to_folio)
        word = unit.text(inner)
        if word not in params:
            return None
        args.append((cast, params.index(word)))
    if sorted(i for _, i in args) != list(range(len(params))):
        return None
    return Shape(call.name, tuple(args), returns)


def cast_of(
    unit: Unit, node: Node, to_old: frozenset[str], to_folio: frozenset[str]
) -> tuple[str, Node]:
    """`old` or `folio` and what is cast to it, or nothing and the expression itself."""
    call = call_of(unit, bare(node))
    if call is not None and len(call.args) == 1:
        if call.name in to_old:
            return "old", bare(call.args[0])
        if call.name in to_folio:
            return "folio", bare(call.args[0])
    return "", bare(node)


def _nodes(declarator: declare.Declarator) -> list[Node]:
    listed = declarator.parameters.named_children if declarator.parameters else []
    return [n for n in listed if n.type == "parameter_declaration" and n.child_count > 1]


def _parameters(unit: Unit, declarator: declare.Declarator) -> list[str]:
    names = []
    for node in _nodes(declarator):
        inner = declare.declarators(node)
        names.append(unit.text(inner[0].name) if inner and inner[0].name is not None else "")
    return names


def _names(proto: str) -> list[str]:
    unit = csource.read(proto.encode() + b";")
    for function in unit.functions.values():
        return _parameters(unit, function.declarations[0][1])
    return []
