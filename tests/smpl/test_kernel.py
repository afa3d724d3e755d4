# SPDX-License-Identifier: GPL-2.0-only
"""Every function of the kernel files that conversions are written for gets through spatch."""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.smpl.batch import Rewriter
from zpconvert.smpl.functions import functions
from zpconvert.smpl.rules import RuleText

#: Needs no identifier, so that it is relevant to every function.
RULE = RuleText(("twice",), "@twice@\nexpression zz;\n@@\n- !!zz\n+ is_set(zz)\n")


@pytest.mark.kernel
@pytest.mark.parametrize("release", ["kernel_612", "kernel_61"])
@pytest.mark.parametrize("name", ["zsmalloc.c", "z3fold.c", "zbud.c"])
def test_no_function_is_skipped(release: str, name: str, request: pytest.FixtureRequest) -> None:
    tree: Path = request.getfixturevalue(release)
    lines = (tree / "mm" / name).read_bytes().splitlines(keepends=True)
    found = functions(b"".join(lines))
    chunks = [b"".join(lines[one.first - 1 : one.last]) for one in found]
    assert len(chunks) > 20
    names = frozenset(RULE.names)
    done = Rewriter([RULE], 2, 60).rewrite([(one, names) for one in chunks], where=name)
    assert [new for old, new in zip(chunks, done, strict=True) if b"!!" in new] == []
    same = [(old, new) for old, new in zip(chunks, done, strict=True) if b"!!" not in old]
    assert [old for old, _ in same] == [new for _, new in same]
