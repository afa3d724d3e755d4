# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.mail.maintainers import Maintainer, NotAvailable, propose

PATCH = """\
Subject: [PATCH] mm/zswap: x

Body.
---
diff --git a/mm/zswap.c b/mm/zswap.c
--- a/mm/zswap.c
+++ b/mm/zswap.c
@@ -1 +1 @@
-a
+b
"""


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    path = tmp_path / "0001-x.patch"
    path.write_text(PATCH)
    return path


@pytest.mark.kernel
@pytest.mark.parametrize("kernel", ["kernel_612", "kernel_61"])
def test_the_tree_s_own_script_names_people_and_lists(
    kernel: str, patch: Path, request: pytest.FixtureRequest
) -> None:
    tree: Path = request.getfixturevalue(kernel)
    before = sorted(path.name for path in tree.iterdir())
    found = propose(tree, [patch])
    assert not isinstance(found, NotAvailable)
    people = [one for one in found if one.to]
    lists = [one.address for one in found if "list" in one.role]
    assert people
    assert all("<" in one.address for one in people)
    assert {"linux-mm@kvack.org", "linux-kernel@vger.kernel.org"} <= set(lists)
    assert sorted(path.name for path in tree.iterdir()) == before


def test_a_tree_without_the_script(tmp_path: Path, patch: Path) -> None:
    result = propose(tmp_path, [patch])
    assert isinstance(result, NotAvailable)
    assert "scripts/get_maintainer.pl" in result.reason


def test_perl_missing(tmp_path: Path, patch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/get_maintainer.pl").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert propose(tmp_path, [patch]) == NotAvailable("perl is not installed")


def test_a_script_that_fails_gives_its_reason(tmp_path: Path, patch: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/get_maintainer.pl").write_text('die "no MAINTAINERS here\\n";')
    result = propose(tmp_path, [patch])
    assert result == NotAvailable("no MAINTAINERS here")


def test_roles() -> None:
    assert Maintainer("a@example.org", "supporter:X (Y)").to
    assert not Maintainer("a@example.org", "reviewer:X").to
    assert not Maintainer("a@example.org", "open list:X").to
