# SPDX-License-Identifier: GPL-2.0-only
"""The visitor that is used: expressions and statements put together.

One visit of each function body. What an expression is worth is a `Value`; what its context asks
of it becomes a site of the item being visited.
"""

from __future__ import annotations

from zpconvert.rewrite.visit import expressions, statements
from zpconvert.rewrite.visit.visitor import Visitor


class Analysis(Visitor):
    """Visits one item, whatever it is made of.

    The functions are its methods themselves: a call in between would cost a third of the depth
    to which expressions may nest.
    """

    value = expressions.expression
    statement = statements.statement
