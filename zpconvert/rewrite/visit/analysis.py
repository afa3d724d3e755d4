# SPDX-License-Identifier: GPL-2.0-only
"""The visitor that is used: expressions and statements put together.

One visit of each function body. What an expression is worth is a `Value`; what its context asks
of it becomes a site of the item being visited.
"""

from __future__ import annotations

from zpconvert.csource.parse import Node
from zpconvert.rewrite.visit.expressions import expression
from zpconvert.rewrite.visit.statements import statement
from zpconvert.rewrite.visit.values import Value
from zpconvert.rewrite.visit.visitor import Visitor


class Analysis(Visitor):
    """Visits one item, whatever it is made of."""

    def value(self, node: Node) -> Value:
        """Visit an expression."""
        return expression(self, node)

    def statement(self, node: Node) -> None:
        """Visit a statement, or an expression that stands for one."""
        statement(self, node)
