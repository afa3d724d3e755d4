# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own semantic patches: what is found there was looked at, one by one.

SP301, SP302 and SP303 say what a header lacks. SP404: call_kern's org script prints no
function, double_lock's report script no lock, mini_lock's neither of its two; deref_null's
bind the position of the test and print that of the use. SP901: a function of the kernel
that the rule does not declare as a symbol.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.lint.run import fix, lint

#: File under scripts/coccinelle of 6.12, line, code.
EXPECTED = """\
api/alloc/pool_zalloc-simple.cocci:1:SP301
api/atomic_as_refcounter.cocci:11:SP303
api/check_bq27xxx_data.cocci:1:SP302
api/check_bq27xxx_data.cocci:13:SP303
api/platform_no_drv_owner.cocci:1:SP302
api/simple_open.cocci:10:SP303
api/stream_open.cocci:1:SP301
api/stream_open.cocci:1:SP302
api/stream_open.cocci:9:SP303
api/stream_open.cocci:140:SP901
api/string_choices.cocci:6:SP303
api/vma_pages.cocci:1:SP302
free/ifnulldev_put.cocci:1:SP301
free/ifnullfree.cocci:1:SP301
free/kfree.cocci:16:SP303
free/pci_free_consistent.cocci:10:SP303
free/put_device.cocci:9:SP303
locks/call_kern.cocci:89:SP404
locks/double_lock.cocci:14:SP303
locks/double_lock.cocci:89:SP404
locks/mini_lock.cocci:93:SP404
locks/mini_lock.cocci:94:SP404
misc/add_namespace.cocci:1:SP301
misc/add_namespace.cocci:1:SP302
misc/add_namespace.cocci:10:SP303
misc/boolconv.cocci:1:SP301
misc/boolconv.cocci:1:SP302
misc/cond_no_effect.cocci:45:SP303
misc/doubleinit.cocci:14:SP303
misc/ifcol.cocci:19:SP303
null/deref_null.cocci:94:SP404
null/deref_null.cocci:104:SP404
null/deref_null.cocci:154:SP404
null/deref_null.cocci:163:SP404
"""

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def corpus(kernel_612: Path) -> Path:
    return kernel_612 / "scripts/coccinelle"


def test_findings(corpus: Path) -> None:
    files = sorted(corpus.rglob("*.cocci"))
    assert len(files) == 73
    found = [
        f"{found.path}:{found.line}:{found.code}"
        for path in files
        for found in lint(path.read_text(), path.relative_to(corpus))
    ]
    assert sorted(found) == sorted(EXPECTED.split())


def test_nothing_there_is_mended(corpus: Path) -> None:
    """Python 3 throughout, so that --fix leaves every byte alone."""
    for path in sorted(corpus.rglob("*.cocci"))[::6]:
        text = path.read_text()
        assert fix(text, path) == text
