# SPDX-License-Identifier: GPL-2.0-only
"""Base and conversion in, commits out: on the fixture tree, which compiles and runs."""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zpconvert.conversion.model import Border, Conversion, Step
from zpconvert.errors import UserError
from zpconvert.pipeline import Converted, State, convert
from zpconvert.process import run

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TREE = FIXTURES / "tree"
SOURCE = "mm/objpool.c"
HEADER = "mm/tdesc.h"
#: What the self-test prints in every configuration (tests/fixtures/test_tree.py).
CHECKSUM = "checksum 2830961661bb2724"

Convert = Callable[..., Converted]


@pytest.fixture
def converted(objpool: Conversion, header_cache: Path) -> Convert:
    """`converted(steps, tree=…, border=…)`: the conversion with other steps."""

    def made(
        steps: list[Step] | tuple[Step, ...] = objpool.steps,
        tree: Path = TREE,
        border: tuple[Border, ...] = (),
    ) -> Converted:
        changed = dataclasses.replace(objpool, steps=tuple(steps), border=border)
        return convert(tree, changed, cache=header_cache)

    return made


def trees(result: Converted) -> Iterator[tuple[State, dict[str, bytes]]]:
    """Each commit and the touched files after it."""
    files = dict(result.base)
    for state in result.states:
        files |= state.files
        yield state, dict(files)


def edit(tree: Path, old: str, new: str) -> None:
    """Replace the first of a text in the source; it must be there."""
    path = tree / SOURCE
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# --- every commit works ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [("y", "y", ""), ("y", "n", ""), ("n", "y", ""), ("n", "n", ""), ("y", "n", "-O0")],
    ids=["all", "no debug", "no compaction", "neither", "not optimised"],
)
def test_every_commit_compiles_without_a_warning_and_works(
    settings: tuple[str, str, str], objpool_result: Converted, tmp_path: Path
) -> None:
    """-Wall -Wextra -Werror and W=1, and the objects hold what they held."""
    compaction, debug, flags = settings
    tree = shutil.copytree(TREE, tmp_path / "linux")
    make: list[str | Path] = ["make", "-s", "-C", tree, f"O={tmp_path}/out", "W=1"]
    make += [f"CONFIG_COMPACTION={compaction}", f"CONFIG_DEBUG_VM={debug}", f"KCFLAGS={flags}"]
    assert len(objpool_result.states) == 6
    for state, files in trees(objpool_result):
        for path, text in files.items():
            (tree / path).write_bytes(text)
        (tmp_path / "out/mm/objpool.o").unlink(missing_ok=True)
        done = run([*make, "check"], timeout=120)
        assert done.stderr == b"", state.step.id
        assert done.text.splitlines()[-1] == CHECKSUM, state.step.id


def test_what_a_commit_changes_is_what_it_holds(objpool_result: Converted) -> None:
    before = dict(objpool_result.base)
    for state in objpool_result.states:
        assert state.files
        assert all(before.get(path) != text for path, text in state.files.items())
        before |= state.files
    assert objpool_result.tree == before
    assert set(before) == {SOURCE, HEADER}


def test_the_last_tree_is_converted(objpool_result: Converted) -> None:
    text = objpool_result.tree[SOURCE].decode()
    callbacks = [line for line in text.splitlines() if "struct page" in line]
    assert objpool_result.kept == ()
    assert callbacks == [
        "static bool objpool_page_isolate(struct page *page, isolate_mode_t mode)",
        "static int objpool_page_migrate(struct page *newpage, struct page *page,",
        "static void objpool_page_putback(struct page *page)",
    ]
    assert '#include "tdesc.h"\n' in text


def test_shims_bridge_the_steps_and_are_gone_at_the_end(objpool_result: Converted) -> None:
    """A function that is called in its converted form before its callers are."""
    definition = re.compile(r"^static .*\bget_first_page\(.*\n\{\n(.*)\n\}", re.MULTILINE)
    bodies = [definition.search(f[SOURCE].decode()) for _, f in trees(objpool_result)]
    assert bodies[0] is not None
    assert bodies[0][1] == "\treturn tdesc_page(get_first_tdesc(group));"
    assert bodies[-1] is None
    assert "page_tdesc" not in re.sub(
        r"struct tdesc \*\w+ = page_tdesc\(\w+\);", "", objpool_result.tree[SOURCE].decode()
    )


def test_helpers_come_in_the_commit_that_uses_them_and_stay_as_they_are(
    objpool_result: Converted,
) -> None:
    known: dict[str, str] = {}
    for state, files in trees(objpool_result):
        header = files[HEADER].decode()
        found = dict(
            re.findall(r"(?ms)^static inline [^\n(]*?(\w+)\([^)]*\)\n\{\n(.*?)^\}", header)
        )
        assert set(found) - set(known) == set(state.helpers)
        assert {name: found[name] for name in known} == known
        known = found
    assert len(known) == 17
    assert known.keys() <= set(re.findall(r"\w+", objpool_result.tree[SOURCE].decode()))


# --- confluence -----------------------------------------------------------------------------


def regrouped(steps: tuple[Step, ...], seed: int) -> list[Step]:
    """The steps split, shuffled and merged at random; nothing that they name is lost."""
    chance = random.Random(seed)
    parts: list[Step] = []
    for step in steps:
        cut = chance.randrange(len(step.slots) + 1)
        first, second = chance.choice([((), step.helpers), (step.helpers, ())])
        parts += [
            dataclasses.replace(
                step, id=f"{step.id}-1", slots=step.slots[:cut], helpers=first, idioms=(), stale=()
            ),
            dataclasses.replace(step, id=f"{step.id}-2", slots=step.slots[cut:], helpers=second),
        ]
    chance.shuffle(parts)
    while len(parts) > 2 and chance.random() < 0.8:
        parts.append(merged(parts.pop(), parts.pop()))
    return parts


def merged(one: Step, other: Step) -> Step:
    """One step that does what two do."""
    return dataclasses.replace(
        one,
        slots=one.slots + other.slots,
        helpers=one.helpers + other.helpers,
        idioms=one.idioms + other.idioms,
        stale=one.stale + other.stale,
    )


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_grouping_gives_the_same_last_tree(
    seed: int, objpool: Conversion, objpool_result: Converted, converted: Convert
) -> None:
    """Helpers, idioms and comment phrases included."""
    assert converted(regrouped(objpool.steps, seed)).tree == objpool_result.tree


def test_one_patch_gives_the_same_last_tree(
    objpool: Conversion, objpool_result: Converted, converted: Convert
) -> None:
    whole = objpool.steps[0]
    for step in objpool.steps[1:]:
        whole = merged(whole, step)
    result = converted([whole])
    assert len(result.states) == 1
    assert result.tree == objpool_result.tree


def test_the_other_way_round_gives_the_same_last_tree(
    objpool: Conversion, objpool_result: Converted, converted: Convert
) -> None:
    result = converted(objpool.steps[::-1])
    assert result.states[0].step.id == "migration"
    assert result.tree == objpool_result.tree


def test_slots_of_a_dropped_step_go_with_what_they_share_most_uses_with(
    objpool: Conversion, objpool_result: Converted, converted: Convert
) -> None:
    *others, last = (*objpool.steps[:3], *objpool.steps[4:])
    result = converted([*others, dataclasses.replace(last, idioms=objpool.steps[3].idioms)])
    assert len(result.states) == 5
    assert result.tree == objpool_result.tree
    placed = [note for note in result.notes if "is in no step's list" in note.text]
    assert {"find_slot()", "first_start:page"} <= {note.text.split()[0] for note in placed}


# --- what is there, and what is not ---------------------------------------------------------


def test_a_group_flips_whole_and_the_step_says_so(
    objpool: Conversion, converted: Convert, objpool_result: Converted
) -> None:
    """`struct page **page` and every variable whose address goes there."""
    said = {note.text for note in objpool_result.notes if note.step == "location"}
    assert (
        "obj_to_location:page flips together with obj_free:f_page, objpool_map:page, "
        "objpool_page_migrate:dummy, objpool_unmap:page"
    ) in said
    one = dataclasses.replace(objpool.steps[0], slots=("objpool_map:page",))
    result = converted([one, *objpool.steps[1:]])
    assert {"obj_to_location:page", "obj_to_page:page", "objpool_free:obj_page"} <= set(
        result.states[0].slots
    )
    assert any(n.step == "introduce" and "flips together with" in n.text for n in result.notes)


def test_a_step_without_its_functions_shrinks_or_falls_away(
    objpool: Conversion, converted: Convert
) -> None:
    gone = dataclasses.replace(objpool.steps[0], id="gone", slots=("elsewhere",), helpers=())
    part = dataclasses.replace(
        objpool.steps[1], slots=(*objpool.steps[1].slots, "nowhere:page", "struct none.page")
    )
    result = converted([objpool.steps[0], gone, part, *objpool.steps[2:]])
    absent = {one.step.id: (one.missing, one.gone) for one in result.absent}
    assert absent == {
        "gone": (("elsewhere",), True),
        "chain": (("nowhere:page", "struct none.page"), False),
    }
    assert [s.step.id for s in result.states] == [s.id for s in objpool.steps]


def test_a_slot_that_no_step_names_is_placed(
    small_tree: Path, converted: Convert, objpool_result: Converted
) -> None:
    edit(
        small_tree,
        "/* Free @group, whose",
        "static inline struct page *second_page(struct group *group)\n{\n"
        "\treturn get_next_page(get_first_page(group));\n}\n\n/* Free @group, whose",
    )
    result = converted(tree=small_tree)
    (note,) = [n for n in result.notes if "is in no step's list" in n.text]
    assert note.text == "second_page() is in no step's list; it flips here"
    assert note.step == "chain"
    assert b"static inline struct tdesc *second_page(struct group *group)\n" in result.tree[SOURCE]


def test_a_border_stays_with_its_reason(
    objpool: Conversion, converted: Convert, tmp_path: Path
) -> None:
    border = (Border("copy_two:pages", "what it maps is a page"),)
    result = converted(border=border)
    kept = dict(result.kept)
    assert kept[f"{SOURCE} copy_two:pages"] == "what it maps is a page"
    assert all(slot in kept for slot in (f"{SOURCE} objpool_map:pages",))
    text = result.tree[SOURCE].decode()
    assert "static void copy_two(struct map_area *area, struct page *pages[2]," in text
    assert "struct tdesc *tdesc;\n" in text
    assert "pages[0] = tdesc_page(tdesc);" in text
    assert set(result.tree) == {SOURCE, HEADER}
    tree = shutil.copytree(TREE, tmp_path / "linux")
    for path, new in result.tree.items():
        (tree / path).write_bytes(new)
    done = run(["make", "-s", "-C", tree, f"O={tmp_path}/out", "check"], timeout=120)
    assert done.text.splitlines()[-1] == CHECKSUM


def test_several_files_share_the_header(objpool: Conversion, header_cache: Path) -> None:
    more = dataclasses.replace(
        objpool.steps[0], id="buddy", slots=("*buddy*", "init_page", "free_page"), helpers=()
    )
    files = dataclasses.replace(
        objpool, files=(SOURCE, "mm/buddy2.c"), steps=(*objpool.steps, more)
    )
    result = convert(TREE, files, cache=header_cache)
    assert set(result.tree) == {SOURCE, "mm/buddy2.c", HEADER}
    assert b'#include "tdesc.h"' in result.tree["mm/buddy2.c"]
    assert b"struct tdesc *" in result.tree["mm/buddy2.c"]


# --- what is refused ------------------------------------------------------------------------


def test_a_converted_tree_is_left_alone(
    small_tree: Path, converted: Convert, objpool_result: Converted
) -> None:
    for path, text in objpool_result.tree.items():
        (small_tree / path).write_bytes(text)
    with pytest.raises(UserError) as caught:
        converted(tree=small_tree)
    assert str(caught.value) == (
        "mm/objpool.c: already converted to struct tdesc; there is nothing to do"
    )


@pytest.mark.parametrize("number", range(6))
def test_every_commit_is_recognised_when_given_as_a_base(
    number: int, small_tree: Path, converted: Convert, objpool_result: Converted
) -> None:
    """The first commit, too: a descriptor that is there is not introduced again."""
    for path, text in list(trees(objpool_result))[number][1].items():
        (small_tree / path).write_bytes(text)
    with pytest.raises(UserError, match=r"already converted|half converted"):
        converted(tree=small_tree)


def test_a_file_half_converted_by_hand_is_the_user_s_to_sort_out(
    small_tree: Path, converted: Convert
) -> None:
    old = "static void reset_page(struct page *page);"
    edit(small_tree, old, "static void reset(struct tdesc *);")
    with pytest.raises(UserError, match="half converted") as caught:
        converted(tree=small_tree)
    assert caught.value.where == SOURCE


def test_a_header_of_somebody_else_is_in_the_way(small_tree: Path, converted: Convert) -> None:
    (small_tree / HEADER).write_text("/* mine */\n")
    with pytest.raises(UserError, match="does not define struct tdesc") as caught:
        converted(tree=small_tree)
    assert caught.value.where == HEADER


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("*stop = NULL;\n", "*stop = NULL;\n\tint x = (;\n", "280:", "does not parse as C"),
        ("*stop = NULL;\n", "*stop = NULL;\n\tif (cursor) {\n", "845:", "does not parse as C"),
        ("if (!trylock_page(cursor))", "if (!trylock_page(cursor)", "282:", "does not parse as C"),
        ("if (!trylock_page(cursor))", "if (!fill(&cursor))", "282:",
         "its address goes where the old type is expected"),
    ],
    ids=["expression", "brace", "parenthesis", "address"],
)  # fmt: skip
def test_a_refusal_says_where(
    old: str, new: str, where: str, what: str, small_tree: Path, converted: Convert
) -> None:
    edit(small_tree, old, new)
    with pytest.raises(UserError, match=what) as caught:
        converted(tree=small_tree)
    assert re.fullmatch(rf"{SOURCE}:{where}\d+", caught.value.where), caught.value.where


def test_a_file_without_slots_is_no_work(small_tree: Path, converted: Convert) -> None:
    (small_tree / SOURCE).write_text("int a;\n")
    with pytest.raises(UserError, match="nothing in it is a struct page"):
        converted(tree=small_tree)


def test_the_tree_is_only_read(small_tree: Path, converted: Convert) -> None:
    def seen() -> dict[Path, tuple[bytes, int]]:
        files = (path for path in small_tree.rglob("*") if path.is_file())
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = seen()
    converted(tree=small_tree)
    assert seen() == before
