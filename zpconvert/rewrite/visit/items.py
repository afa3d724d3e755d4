# SPDX-License-Identifier: GPL-2.0-only
"""Top-level items: functions, declarations, struct fields and macros, each with its sites."""

from __future__ import annotations

from zpconvert.csource import declare
from zpconvert.csource import unit as csource
from zpconvert.csource.parse import Node, descend, errors
from zpconvert.csource.unit import Macro, Unit
from zpconvert.rewrite.context import Context, parameter_nodes, words
from zpconvert.rewrite.slots import Item, Name, Obstacle, Slot, TopLocal, Use
from zpconvert.rewrite.visit.analysis import Analysis
from zpconvert.rewrite.visit.declarations import declaration_site
from zpconvert.rewrite.visit.initializers import initializer
from zpconvert.rewrite.visit.values import Variable
from zpconvert.rewrite.visit.visitor import Visitor


def visited(context: Context, node: Node) -> Item:
    """Visit a top-level item: what it declares, and the bodies in it."""
    unit = context.unit
    item = Item(node.start_byte, node.end_byte, None, node.start_byte)
    visitor = Analysis(context, unit, item)
    if node.type == "function_definition":
        _definition(visitor, node)
    elif node.type == "declaration":
        _declaration(visitor, node)
    elif node.type in ("preproc_function_def", "preproc_def"):
        _macro(context, item, node)
    elif node.type == "ERROR":
        _swallowed(context, item, node)
    elif node.type == "expression_statement" or node.type.endswith("_expression"):
        visitor.statement(node)
    declares = node.child_by_field_name("type") if node.type == "function_definition" else node
    for field in descend(declares, "field_declaration") if declares is not None else ():
        _field(visitor, field)
    broken = next(errors(node), None)
    if broken is not None and item.deps:
        item.sites.append(
            Obstacle(broken.start_byte, "this does not parse as C", frozenset(item.deps))
        )
    return item


def _definition(visitor: Visitor, node: Node) -> None:
    """A function definition: signature, descriptor locals, body."""
    context, unit = visitor.context, visitor.unit
    declarator = declare.declarators(node)[0]
    if declarator.name is None:
        return
    visitor.function = visitor.item.function = unit.text(declarator.name)
    _signature(visitor, node, declarator)
    body = node.child_by_field_name("body")
    if body is None:
        return
    slots = context.params.get(visitor.function, [])
    nodes = parameter_nodes(declarator)
    for i, (name, ctype, _) in enumerate(context.parameters(declarator)):
        slot = slots[i] if i < len(slots) else None
        visitor.scopes[-1][name] = Variable(ctype, slot)
        if slot is not None and slot.fixed:
            visitor.item.deps.add(slot)
            visitor.site(_top_local(unit, slot, nodes[i], body))
    for child in body.named_children:
        visitor.statement(child)
    _typeof(visitor, node)


def _typeof(visitor: Visitor, node: Node) -> None:
    """typeof() of a slot changes its meaning with the slot."""
    context = visitor.context
    for start, text in visitor.unit.masked.types.items():
        if node.start_byte <= start < node.end_byte and "typeof" in text:
            spelled = words(text)
            held = {
                s for s in visitor.item.deps if s.function == visitor.function and s.name in spelled
            }
            held |= {s for (_, name), s in context.fields.items() if name in spelled}
            held |= {s for name, s in context.globals.items() if name in spelled}
            if held:
                visitor.item.deps |= held
                visitor.site(Obstacle(start, f"its type is spelled '{text}'", frozenset(held)))


def _top_local(unit: Unit, slot: Slot, parameter: Node, body: Node) -> TopLocal:
    constant = any(
        c.type == "type_qualifier" and unit.text(c) == "const" for c in parameter.children
    )
    first = next((c for c in body.children[1:] if c.type != "comment"), body)
    same_line = b"\n" not in unit.source[body.start_byte : first.start_byte]
    return TopLocal(
        slot,
        body.start_byte + 1,
        _indent(unit, body),
        first.start_byte if same_line else None,
        first.type != "declaration",
        "const " if constant else "",
    )


def _indent(unit: Unit, body: Node) -> bytes:
    """White space before the first statement of a body; a tab if it is on the brace's line."""
    for child in body.named_children:
        line = unit.source.rfind(b"\n", 0, child.start_byte) + 1
        lead = unit.source[line : child.start_byte]
        if line > body.start_byte and not lead.strip():
            return lead
    return b"\t"


def _signature(visitor: Visitor, node: Node, declarator: declare.Declarator) -> None:
    """Sites of a function's name, result and parameters, of a definition or a declaration."""
    context, unit = visitor.context, visitor.unit
    assert declarator.name is not None
    name = unit.text(declarator.name)
    visitor.site(Name(declarator.name.start_byte, declarator.name.end_byte, None, name))
    visitor.item.about |= {name}
    result = context.results.get(name)
    base = declare.specifier(node, unit.source, unit.masked.types)
    if result is not None and context.is_old(base):
        visitor.item.deps.add(result)
        declaration_site(
            visitor, node, [(result, declarator.node.start_byte, declarator.node.end_byte)], False
        )
    slots = context.params.get(name, [])
    for slot, param in zip(slots, parameter_nodes(declarator), strict=False):
        if slot is None or not context.spells_old(param, unit):
            continue
        visitor.item.deps.add(slot)
        if slot.fixed:
            continue
        inner = declare.declarators(param)
        node_range = inner[0].node if inner else param
        declaration_site(
            visitor, param, [(slot, node_range.start_byte, node_range.end_byte)], False
        )
        if inner and inner[0].name is not None:
            at = inner[0].name
            visitor.site(Name(at.start_byte, at.end_byte, slot))


def _declaration(visitor: Visitor, node: Node) -> None:
    """A declaration at the top level: forward declarations and globals."""
    context, unit = visitor.context, visitor.unit
    base = declare.specifier(node, unit.source, unit.masked.types)
    slots: list[tuple[Slot | None, int, int]] = []
    for declarator in declare.declarators(node):
        if declarator.name is None:
            continue
        name = unit.text(declarator.name)
        if declarator.parameters is not None and not declarator.called:
            if name in context.params:
                _signature(visitor, node, declarator)
            continue
        slot = context.globals.get(name)
        slots.append((slot, declarator.node.start_byte, declarator.node.end_byte))
        if slot is not None:
            visitor.item.deps.add(slot)
            visitor.site(Name(declarator.name.start_byte, declarator.name.end_byte, slot))
        if declarator.value is not None:
            ctype = context.resolve(base.pointed(declarator.depth))
            initializer(visitor, declarator.value, ctype, slot)
    if any(s for s, _, _ in slots):
        declaration_site(visitor, node, slots, True)


def _field(visitor: Visitor, node: Node) -> None:
    """A struct's field: its slots and their names."""
    context, unit = visitor.context, visitor.unit
    if not context.is_old(declare.specifier(node, unit.source, unit.masked.types)):
        return
    by_start = {s.at: s for s in context.fields.values()}
    slots: list[tuple[Slot | None, int, int]] = []
    for declarator in declare.declarators(node):
        slot = by_start.get((declarator.name or declarator.node).start_byte)
        slots.append((slot, declarator.node.start_byte, declarator.node.end_byte))
        if slot is not None and declarator.name is not None:
            visitor.item.deps.add(slot)
            visitor.site(Name(declarator.name.start_byte, declarator.name.end_byte, slot))
    if any(s for s, _, _ in slots):
        declaration_site(visitor, node, slots, True)


def _macro(context: Context, item: Item, node: Node) -> None:
    """A macro of the file: its body is code too, where it touches a slot."""
    named = node.child_by_field_name("name")
    if named is None:
        return
    macro = next(m for m in context.unit.macros[context.unit.text(named)] if m.node == node)
    if not _relevant(context, macro):
        return
    unit, block = csource.read_body(macro.body)
    inner = Analysis(context, unit, item, macro.at - len(csource.BODY))
    inner.parameters = frozenset(macro.params or ())
    inner.function = macro.name
    if block is not None:
        _macro_body(inner, block)
    else:
        item.deps |= context.mentioned(words(macro.body))
        item.sites.append(
            Obstacle(
                macro.at, f"the body of macro '{macro.name}' does not parse", frozenset(item.deps)
            )
        )


def _macro_body(inner: Visitor, block: Node) -> None:
    statements = [c for c in block.named_children if c.type != "comment"]
    for statement in statements:
        if statement.type == "expression_statement" and statement.named_children:
            inner.site(Use(inner.value(statement.named_children[0]).expr, "old"))
        else:
            inner.statement(statement)


def _relevant(context: Context, macro: Macro) -> bool:
    return bool(context.mentioned(words(macro.body) - set(macro.params or ())))


def _swallowed(context: Context, item: Item, node: Node) -> None:
    """Text that is no C to the grammar: nothing that it mentions can be flipped."""
    slots = context.mentioned(words(context.unit.source[node.start_byte : node.end_byte]))
    if slots:
        item.deps |= slots
        item.sites.append(Obstacle(node.start_byte, "this does not parse as C", frozenset(slots)))
