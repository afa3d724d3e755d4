# SPDX-License-Identifier: GPL-2.0-only
"""Revisions of the fixture tree's series, as their mails have them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert import posting, revision
from zpconvert.conversion.model import ChangelogItem, Conversion, Step
from zpconvert.errors import UserError
from zpconvert.git.model import Ident
from zpconvert.mail import posted, record
from zpconvert.mail.check import am_roundtrip
from zpconvert.mail.posted import PostedSeries
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Converted, convert
from zpconvert.posting import Posted

TREE = Path(__file__).resolve().parent.parent / "fixtures/tree"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")

REBASED = """\
Changes in v2:
- rebase from tree 6.99.0 to linux 6.99.7
- move "mm/objpool: convert obj_to_location() and its callers to tdesc"
  from 3 to 2
- edit the message of patch 5
- follow the new base in patches 3 and 6
- change the code of patches 2 and 3
- 36 functions change, were 35

Changes since the RFC:
- none
"""

FOLDED = """\
Changes in v2:
- fold patch 5, "mm/objpool: convert get_group(), reset_page() and
  free_group() to tdesc", into what is patch 4 now
"""

FOLDED_4 = """\
Changes in v2:
- fold in patch 5 of v1, "mm/objpool: convert get_group(), reset_page() and
  free_group() to tdesc"
"""

RANGE_DIFF = """\
Range-diff against v1:
1:  HASH = 1:  HASH mm/objpool: add struct tdesc and use it for the first page of a group
2:  HASH = 2:  HASH mm/objpool: convert create_page_chain() and who walks the chain
3:  HASH ! 3:  HASH mm/objpool: convert obj_to_location() and its callers to tdesc
    @@ Commit message
         mm/objpool: convert obj_to_location() and its callers to tdesc
    \x20
         obj_to_location() and obj_to_page() hand out a page by a pointer to a
    -    pointer, so all who pass them the address of a variable have to follow in
    -    one go.
    +    pointer: all who pass them the address of a variable have to follow in one
    +    go.
    \x20
         Signed-off-by: A U Thor <author@example.org>
    \x20
4:  HASH = 4:  HASH mm/objpool: convert the allocation and the use of objects to tdesc
5:  HASH = 5:  HASH mm/objpool: convert get_group(), reset_page() and free_group() to tdesc
6:  HASH = 6:  HASH mm/objpool: convert replace_page() and the migration callbacks to tdesc
"""

Post = Callable[..., Posted]


@pytest.fixture
def post(objpool: Conversion, objpool_result: Converted, tmp_path: Path) -> Post:
    """`post("v2", since=…)`: the series into a directory of that name."""

    def write(
        name: str,
        conversion: Conversion = objpool,
        result: Converted = objpool_result,
        tree: Path = TREE,
        *,
        since: PostedSeries | None = None,
        signoff: bool = True,
    ) -> Posted:
        options = SeriesOptions(reroll=int(name[1:]) if name != "v1" else None)
        return posting.post(
            tmp_path / name, tree, conversion, result, None,
            ident=IDENT, signoff=signoff, options=options, since=since,
        )  # fmt: skip

    return write


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    """What a person does to a mail."""
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)


def section(path: Path) -> str:
    """What a mail says of its revision."""
    found = re.search(r"(?ms)^(Changes in v\d+:\n.*?)\n\n(?: mm/|A U Thor)", path.read_text())
    assert found is not None
    return found[1] + "\n"


def merged(first: Step, second: Step) -> Step:
    return dataclasses.replace(
        first,
        slots=first.slots + second.slots,
        helpers=first.helpers + second.helpers,
        idioms=first.idioms + second.idioms,
    )


def with_steps(
    conversion: Conversion, result: Converted, steps: list[Step]
) -> tuple[Conversion, Converted]:
    """The conversion with other words in its steps, and its result."""
    states = tuple(
        dataclasses.replace(state, step=step)
        for state, step in zip(result.states, steps, strict=True)
    )
    changed = dataclasses.replace(conversion, steps=tuple(steps))
    return changed, dataclasses.replace(result, states=states)


def reworded(conversion: Conversion, result: Converted) -> tuple[Conversion, Converted]:
    """With a colon for a word in the third step's body."""
    steps = list(conversion.steps)
    body = steps[2].body.replace(",\nso all", ":\nall")
    steps[2] = dataclasses.replace(steps[2], body=body)
    return with_steps(conversion, result, steps)


def test_a_rebase_with_a_moved_patch_and_an_edited_message(
    objpool: Conversion, post: Post, small_tree: Path, header_cache: Path, tmp_path: Path
) -> None:
    cover = post("v1").paths[0]
    edit(cover, ("\n\nA U Thor (6)", "\n\nChanges since the RFC:\n- none\n\nA U Thor (6)"))
    edit(
        small_tree / "mm/objpool.c",
        ("static unsigned long obj_alloc(", "static struct page *more(struct page *page)\n{\n"
         "\tif (PageLocked(page))\n\t\treturn NULL;\n\treturn page;\n}\n\n"
         "static unsigned long obj_alloc("),
    )  # fmt: skip
    edit(small_tree / "Makefile", ("SUBLEVEL = 0", "SUBLEVEL = 7"))
    reworded = dataclasses.replace(objpool.steps[4], body="get_group() needs no cast now.")
    changed = dataclasses.replace(
        objpool, steps=(*(objpool.steps[n] for n in (0, 2, 1, 3)), reworded, objpool.steps[5])
    )
    result = convert(small_tree, changed, cache=header_cache)
    done = post("v2", changed, result, small_tree, since=posted.read(tmp_path / "v1"))
    assert section(done.paths[0]) == REBASED
    assert section(done.paths[5]) == "Changes in v2:\n- edit the message\n"
    assert section(done.paths[1]) == "Changes in v2:\n- no change\n"
    assert am_roundtrip(result.base, done.paths[1:-1]) == result.tree


def test_a_patch_folded_into_another(
    objpool: Conversion, post: Post, header_cache: Path, tmp_path: Path
) -> None:
    post("v1")
    one, two, three, four, five, six = objpool.steps
    folded = dataclasses.replace(objpool, steps=(one, two, three, merged(four, five), six))
    result = convert(TREE, folded, cache=header_cache)
    done = post("v2", folded, result, since=posted.read(tmp_path / "v1"))
    assert section(done.paths[0]) == FOLDED
    assert section(done.paths[4]) == FOLDED_4
    # and back again, which splits it
    again = post("v3", since=posted.read(tmp_path / "v2"))
    assert section(again.paths[5]).splitlines()[:2] == [
        "Changes in v3:",
        '- split out of patch 4 of v2, "mm/objpool: convert the allocation and the',
    ]
    assert section(again.paths[4]).count("Changes in v") == 2


def test_what_a_person_wrote_is_carried_over(post: Post, tmp_path: Path) -> None:
    cover, _, _, third, *_ = post("v1").paths
    edit(cover, ("Subject: [PATCH 0/6] mm", "Subject: [PATCH 0/6] Mine: mm"),
         ("objpool keeps", "Today objpool keeps"),
         ("\nA U Thor (6)", "\nThanks!\n\nA U Thor (6)"))  # fmt: skip
    edit(third, ("pointer, so all", "pointer: all"), ("\n---\n", "\n---\nTested on paper.\n\n"))
    first = posted.read(tmp_path / "v1")
    done = post("v2", since=first)
    text = done.paths[0].read_text()
    assert "\nSubject: [PATCH v2 0/6] Mine: mm/objpool: use struct tdesc" in text
    assert "\nToday objpool keeps" in text
    assert "\nThanks!\n\nChanges in v2:\n- no change\n\nA U Thor (6):" in text
    assert section(done.paths[3]) == "Changes in v2:\n- no change\n\nTested on paper.\n"
    assert done.told == (
        "patch 3: the message keeps what was edited in v1",
        "cover letter: keeps what was edited in v1",
    )
    second = posted.read(tmp_path / "v2")
    assert [p.message for p in second.patches] == [p.message for p in first.patches]
    # the record has the tool's own words: the next revision knows them apart again
    third_time = post("v3", since=second)
    assert "\nToday objpool keeps" in third_time.paths[0].read_text()
    assert third_time.told[0] == "patch 3: the message keeps what was edited in v2"


def test_the_range_diff_is_git_s_and_in_the_cover_letter(
    objpool: Conversion, objpool_result: Converted, post: Post, tmp_path: Path
) -> None:
    post("v1")
    changed = reworded(objpool, objpool_result)
    done = post("v2", *changed, since=posted.read(tmp_path / "v1"))
    text = re.sub(r"\b[0-9a-f]{12}\b(?= [=!]| mm)", "HASH", done.paths[0].read_text())
    assert text.split("create mode 100644 mm/tdesc.h\n\n")[1].split("\nchange-id")[0] == RANGE_DIFF
    assert section(done.paths[3]) == "Changes in v2:\n- edit the message\n"


def test_a_proof_of_other_mails_is_left_out_and_that_is_said(post: Post, tmp_path: Path) -> None:
    letter = post("v1").paths[0]
    proof = "Each commit was compared with its parent by zpconvert validate:\n\n- it is fine\n"
    edit(letter, ("\nA U Thor (6)", f"\n{proof}\nA U Thor (6)"))
    (tmp_path / "v1/series.json").unlink()
    done = post("v2", since=posted.read(tmp_path / "v1"))
    assert "it is fine" not in done.paths[0].read_text()
    assert [line for line in done.told if line.startswith("cover letter: what was shown")] == [
        "cover letter: what was shown of v1 is not in it, for these are other mails; "
        "--validate quick shows it of them"
    ]
    assert post("v3", since=posted.read(tmp_path / "v2")).told == ()


def test_where_both_changed_a_text_the_person_s_stands_and_both_are_said(
    objpool: Conversion, objpool_result: Converted, post: Post, tmp_path: Path
) -> None:
    third = post("v1").paths[3]
    edit(third, ("pointer, so all", "pointer; hence all"))
    changed = reworded(objpool, objpool_result)
    done = post("v2", *changed, since=posted.read(tmp_path / "v1"))
    assert "pointer; hence all" in done.paths[3].read_text()
    assert done.told[0].startswith("patch 3, message: edited in the mail and changed in the conv")
    assert "    pointer; hence all who" in done.told[0]
    assert "    pointer: all who" in done.told[0]


def test_without_a_record_the_words_in_the_mails_stand(post: Post, tmp_path: Path) -> None:
    cover, _, _, third, *_ = post("v1").paths
    edit(third, ("pointer, so all", "pointer: all"))
    edit(cover, ("objpool keeps", "Today objpool keeps"))
    (tmp_path / "v1/series.json").unlink()
    done = post("v2", since=posted.read(tmp_path / "v1"), signoff=False)
    assert "pointer: all" in done.paths[3].read_text()
    assert "\nToday objpool keeps" in done.paths[0].read_text()
    assert "has no record of what the tool wrote" in done.told[2]


def test_who_asked_for_what(
    objpool: Conversion, objpool_result: Converted, post: Post, tmp_path: Path
) -> None:
    steps = list(objpool.steps)
    asked = ChangelogItem(2, "lock before the walk", "R E Viewer <r@example.org>")
    steps[0] = dataclasses.replace(
        steps[0], changelog=(asked, ChangelogItem(3, "and after it", None))
    )
    changed, result = with_steps(objpool, objpool_result, steps)
    changed = dataclasses.replace(
        changed, changelog=(ChangelogItem(2, "mind the locks", asked.asked),)
    )
    post("v1", changed, result)
    second = post("v2", changed, result, since=posted.read(tmp_path / "v1"))
    assert section(second.paths[0]) == "Changes in v2:\n- mind the locks (R E Viewer)\n"
    said = "Changes in v2:\n- lock before the walk (R E Viewer)\n"
    assert section(second.paths[1]) == said
    third = post("v3", changed, result, since=posted.read(tmp_path / "v2"))
    assert section(third.paths[1]) == f"Changes in v3:\n- and after it\n\n{said}"
    # without --since, what the conversion says is all that can be said
    (tmp_path / "alone").mkdir()
    assert section(post("v4", changed, result).paths[1]) == section(third.paths[1])


def test_the_change_id_stays(post: Post, tmp_path: Path) -> None:
    ids = {posted.read(post(name).paths[0].parent).change_id for name in ("v1", "v1")}
    known = record.load(tmp_path / "v1")
    assert known is not None
    late = dataclasses.replace(known, change_id="20200101-objpool-0123456789ab", digests={})
    assert ids == {known.change_id}
    (tmp_path / "v1/series.json").write_bytes(record.dump(late))
    edit(tmp_path / "v1/0000-cover-letter.patch", (str(known.change_id), str(late.change_id)))
    second = post("v2", since=posted.read(tmp_path / "v1")).paths[0].read_text()
    assert "\nchange-id: 20200101-objpool-0123456789ab\n" in second
    assert "\nMessage-ID: <20240601-objpool-v2-0-" in second
    again = post("v1").paths[0].read_text()
    assert "\nchange-id: 20200101-objpool-0123456789ab\n" in again


def test_a_history_with_arrows_goes_on_with_arrows(post: Post, tmp_path: Path) -> None:
    cover = post("v2").paths[0]
    edit(cover, ("\n\nA U Thor (6)", "\n\n---\nv1->v2: \n- Rebase\n---\n\nA U Thor (6)"))
    text = post("v3", since=posted.read(tmp_path / "v2")).paths[0].read_text()
    assert "\n\nv2->v3:\n- no change\n\n---\nv1->v2: \n- Rebase\n---\n\nA U Thor" in text


CHECK = "To be checked here:"


def remarking(
    conversion: Conversion, result: Converted, remark: str
) -> tuple[Conversion, Converted]:
    """With a remark for reviewers in the first step."""
    first, *rest = conversion.steps
    first = dataclasses.replace(first, body=f"{first.body.strip()}\n\n{CHECK} {remark}\n")
    return with_steps(conversion, result, [first, *rest])


@pytest.mark.parametrize(
    ("edited", "recorded", "now", "notes"),
    [
        (None, True, "that.", "{check} that.\n\nChanges in v2:\n- no change\n\nMine."),
        (None, True, "this.", "{check} this.\n\nChanges in v2:\n- no change\n\nMine."),
        (None, False, "this.", "{check} this.\n\nChanges in v2:\n- no change\n\nMine."),
        ("it all.", True, "this.", "Changes in v2:\n- no change\n\n{check} it all.\n\nMine."),
        ("it all.", False, "this.", "Changes in v2:\n- no change\n\n{check} it all.\n\nMine."),
        ("it all.", True, "that.",
         "{check} that.\n\nChanges in v2:\n- no change\n\n{check} it all.\n\nMine."),
    ],
    ids=["another", "the same", "unrecorded", "edited", "edited, unrecorded", "edited, another"],
)  # fmt: skip
def test_remarks_for_reviewers_stand_once(
    edited: str | None, recorded: bool, now: str, notes: str,
    objpool: Conversion, objpool_result: Converted, post: Post, tmp_path: Path,
) -> None:  # fmt: skip
    mail = post("v1", *remarking(objpool, objpool_result, "this.")).paths[1]
    edit(mail, (f"\n---\n{CHECK} this.\n", f"\n---\n{CHECK} {edited or 'this.'}\n\nMine.\n"))
    if not recorded:
        (tmp_path / "v1/series.json").unlink()
    changed = remarking(objpool, objpool_result, now)
    post("v2", *changed, since=posted.read(tmp_path / "v1"))
    assert posted.read(tmp_path / "v2").patches[0].notes == notes.format(check=CHECK)


def test_a_series_of_another_conversion(objpool: Conversion, post: Post, tmp_path: Path) -> None:
    post("v1")
    series = posted.read(tmp_path / "v1")
    with pytest.raises(UserError, match=r"of the conversion 'objpool', not of 'pool'"):
        revision.check_belongs(series, dataclasses.replace(objpool, name="pool"))
    with pytest.raises(UserError, match=r"in /.*/objpool, not of the bundled 'objpool'"):
        revision.check_belongs(series, dataclasses.replace(objpool, bundled=True))
    elsewhere = dataclasses.replace(
        objpool,
        files=("mm/pool.c",),
        descriptor=dataclasses.replace(objpool.descriptor, header="mm/pool.h"),
    )
    with pytest.raises(UserError, match=r"does not belong to .* changes mm/objpool.c, mm/tdesc.h"):
        revision.check_belongs(dataclasses.replace(series, record=None), elsewhere)
