# SPDX-License-Identifier: GPL-2.0-only
"""The zsmalloc conversion, unchanged, on files that nobody has seen.

Here a sample; `make drift COUNT=300` converts as many as one likes and prints the rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.drift.additions import WAYS, added
from tests.drift.compiler import SOURCE
from tests.drift.generate import KINDS, drifted
from tests.drift.judge import unused_functions
from tests.drift.run import Bench
from tests.drift.text import page_names

pytestmark = pytest.mark.kernel

#: Numbers of the sample: a kind alone each, then combinations; object code for some.
ALONE = (1, 3, 5, 6, 9, 13, 17, 19, 26, 34, 48, 56)
COMBINED = tuple(range(1000, 1012))
OBJECTS = (5, 19, 34, 1000, 1003, 1006)
#: What may go through a cast in a converted file: it takes a page and nothing else.
PAGES_ONLY = re.compile(
    r"k(?:map_atomic|msan_copy_page_meta)|(?:inc|dec)_zone_page_state|(?:__)?(?:Set|Clear)?Page\w+"
    r"|page_mapcount_reset|\w+_highpage|memcpy_page|dump_page|pr_debug|page_address|VM_BUG_ON_PAGE"
    r"|(?:folio|alloc|__free)_pages?\w*|page_mapping|page_to_nid|sizeof|->_mapcount"
)


@pytest.fixture(scope="module")
def bench(sealed_session: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    return Bench(tmp_path_factory.mktemp("drift"))


@pytest.mark.parametrize("number", [*ALONE, *COMBINED])
def test_a_drifted_file_is_converted(number: int, bench: Bench) -> None:
    verdict = bench.judge(number, objects=number in OBJECTS)
    assert verdict is not None, "nothing drifted"
    assert verdict.refusal == "", verdict.drifted
    assert verdict.wrong == [], verdict.drifted
    strange = [name for name in verdict.leftover if not PAGES_ONLY.fullmatch(name)]
    assert strange == [], verdict.drifted


def test_the_same_number_gives_the_same_file(bench: Bench) -> None:
    for number in (7, 70, 700):
        assert drifted(number, bench.texts) == drifted(number, bench.texts)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_an_effect_on_one_of_the_kernels(kind: str, bench: Bench) -> None:
    first = 2 * list(KINDS).index(kind)
    assert any(drifted(number, bench.texts).kinds for number in (first, first + 1))


def test_each_addition_finds_what_it_calls(bench: Bench) -> None:
    for way in WAYS:
        assert added(bench.texts["6.12"], way) is not None, way


def test_names_of_pages_are_found() -> None:
    text = "static int f(struct page *a, void *b)\n{\n\tstruct page *c = g(a, b), **d, *e[2];\n}\n"
    assert page_names(text) == ["a", "c", "d", "e"]


def test_a_file_that_is_converted_wrong_is_seen(bench: Bench) -> None:
    """The judge's own test: a value of the wrong type, a function that nobody calls."""
    compiler, text = bench.compilers["6.12"], bench.texts["6.12"]
    broken = text.replace("zspage->first_page = page;", "zspage->first_page = zspage;", 1)
    more = "static void f(void)\n{\n}\n\nstatic void reset_page("
    unused = text.replace("static void reset_page(", more, 1)
    assert compiler({SOURCE: text.encode()}).code == 0
    assert compiler({SOURCE: broken.encode()}).code != 0
    before = unused_functions(text.encode())
    assert unused_functions(unused.encode()) == [*before, "f"]
