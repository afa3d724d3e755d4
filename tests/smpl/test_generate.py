# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.conversion.model import Descriptor, Helper, Member
from zpconvert.errors import UserError
from zpconvert.smpl.batch import Rewriter
from zpconvert.smpl.generate import generated_rules, helper_rule, helper_texts
from zpconvert.smpl.spatch import Kind, run_spatch


def helper(proto: str, old: str, name: str = "") -> Helper:
    name = name or proto.partition("(")[0].split()[-1].lstrip("*")
    return Helper(name, "family", proto, old, (), "doc")


HELPERS = (
    helper("bool desc_trylock(struct desc *desc)", "trylock_page(desc)"),
    helper("void desc_unlock(const struct desc *desc)", "unlock_page(desc)"),
    helper("struct desc *pfn_desc(unsigned long pfn)", "pfn_to_page(pfn)"),
    helper("struct desc *desc_next(struct desc *desc)", "next_page(desc)"),
    helper("void desc_count(struct desc *desc)", "inc_state(desc, NR_DESCS)"),
    helper("void desc_link(struct desc *one, int n, struct desc *two)", "link_page(n, one, two)"),
)
DESCRIPTOR = Descriptor(
    name="desc",
    replaces="page",
    header="mm/desc.h",
    to_old="desc_page",
    from_old="page_desc",
    to_folio="desc_folio",
    intro="",
    doc="",
    casts="",
    includes=(),
    members=(),
    helpers=HELPERS,
    deprecated=(),
    path=Path("desc.toml"),
)


def test_a_rule() -> None:
    assert helper_rule(DESCRIPTOR, HELPERS[0]).text == (
        "@desc_trylock@\nexpression zpconvert_desc;\n@@\n"
        "- trylock_page(desc_page(zpconvert_desc))\n+ desc_trylock(zpconvert_desc)\n"
    )


@pytest.mark.parametrize(
    ("at", "minus"),
    [
        (2, "- page_desc(pfn_to_page(zpconvert_pfn))\n"),
        (3, "- page_desc(next_page(desc_page(zpconvert_desc)))\n"),
        (4, "- inc_state(desc_page(zpconvert_desc), NR_DESCS)\n"),
        (5, "- link_page(zpconvert_n, desc_page(zpconvert_one), desc_page(zpconvert_two))\n"),
    ],
)
def test_what_a_rule_matches(at: int, minus: str) -> None:
    assert minus in helper_rule(DESCRIPTOR, HELPERS[at]).text


def test_all_helpers_or_those_named() -> None:
    assert generated_rules(DESCRIPTOR).count("@@") == len(HELPERS)
    assert helper_texts(DESCRIPTOR, HELPERS[:1])[0].text == helper_rule(DESCRIPTOR, HELPERS[0]).text


@pytest.mark.parametrize(
    ("faulty", "what"),
    [
        (helper("void f(struct desc *d)", "old(x)"), "old 'old(x)' does not mention 'd'"),
        (helper("void f(int d)", "old(d)"), "neither a parameter nor the result is"),
        (helper("void f(struct desc *d, int n)", "old(d)"), "does not mention every parameter"),
        (helper("void f(struct desc *)", "old(d)"), "parameter 'struct desc *' has no name"),
        (helper("void f(struct desc *d)", "old(d)", "g"), "is no prototype of it"),
        (helper("void f", "old(d)"), "is no prototype of it"),
    ],
)
def test_a_helper_without_a_rule_is_refused(faulty: Helper, what: str) -> None:
    with pytest.raises(UserError) as caught:
        helper_rule(DESCRIPTOR, faulty)
    assert caught.value.where == f"desc.toml: helper {faulty.name}"
    assert what in caught.value.what


SOURCE = """\
#define TRY(x)	trylock_page(desc_page(x))
int f(struct desc *desc, int zp)
{
	struct desc *d = page_desc(next_page(desc_page(page_desc(pfn_to_page(zp)))));

	VM_BUG_ON(!trylock_page(desc_page(desc->next)), desc);
	for (unlock_page(desc_page(d)); trylock_page(desc_page(&d[1])); zp++)
		list_for_each_entry(d, head, list) {
			inc_state(desc_page(*d), NR_DESCS);
			inc_state(desc_page(*d), NR_OTHERS);
		}
	link_page(trylock_page(desc_page(d)), desc_page(d), desc_page(next));
	link_page(1, desc_page(d), next);
	trylock_page(page);
	return trylock_page(desc_page(d)) ? pfn_to_page(1) : ({ unlock_page(desc_page(d)); 1; });
}
"""
NATIVE = """\
#define TRY(x)	desc_trylock(x)
int f(struct desc *desc, int zp)
{
	struct desc *d = desc_next(pfn_desc(zp));

	VM_BUG_ON(!desc_trylock(desc->next), desc);
	for (desc_unlock(d); desc_trylock(&d[1]); zp++)
		list_for_each_entry(d, head, list) {
			desc_count(*d);
			inc_state(desc_page(*d), NR_OTHERS);
		}
	desc_link(d, desc_trylock(d), next);
	link_page(1, desc_page(d), next);
	trylock_page(page);
	return desc_trylock(d) ? pfn_to_page(1) : ({ desc_unlock(d); 1; });
}
"""


def test_rules_match_wherever_an_expression_stands() -> None:
    done = run_spatch(generated_rules(DESCRIPTOR).encode(), SOURCE.encode(), timeout=30)
    assert done.kind is Kind.PATCHED
    assert done.text.decode() == NATIVE


LINKED = """\
int f(struct desc *desc, struct list_head *pos)
{
	struct desc *d = page_desc(list_entry(pos, struct page, lru));
	struct desc *e = page_desc(list_first_entry_or_null(pos, struct page, lru));

	if (list_empty(&desc_page(d)->lru))
		list_add(&desc_page(e->next)->lru, &pool->lru);
	desc_page(d)->index = 0;
	return list_entry(pos, struct page, lru)->index;
}
"""


def test_a_member_with_the_old_name_is_used_as_it_is_and_leads_to_its_descriptor() -> None:
    lru = Member("lru", "struct list_head", "lru", "")
    index = Member("link", "unsigned long", "index", "")
    descriptor = replace(DESCRIPTOR, members=(lru, index), helpers=())
    done = run_spatch(generated_rules(descriptor).encode(), LINKED.encode(), timeout=30)
    assert done.text.decode() == (
        LINKED.replace("page_desc(list_entry(pos, struct page, lru))",
                       "list_entry(pos, struct desc, lru)")
        .replace("page_desc(list_first_entry_or_null(pos, struct page, lru))",
                 "list_first_entry_or_null(pos, struct desc, lru)")
        .replace("desc_page(d)->lru", "d->lru")
        .replace("desc_page(e->next)->lru", "e->next->lru")
    )  # fmt: skip


def test_through_a_rewriter_macro_and_function_apart() -> None:
    macro, newline, function = SOURCE.partition("\n")
    names = frozenset(one.name for one in HELPERS)
    rewriter = Rewriter(helper_texts(DESCRIPTOR), 2, 30)
    done = rewriter.rewrite([((macro + newline).encode(), names), (function.encode(), names)])
    assert b"".join(done).decode() == NATIVE
