# SPDX-License-Identifier: GPL-2.0-only
"""From computed commits to mails, on the fixture tree."""

from __future__ import annotations

import dataclasses
import re
import shutil
from email import message_from_bytes
from pathlib import Path

import pytest

from zpconvert import posting
from zpconvert.conversion.identity import identity
from zpconvert.conversion.model import Conversion, Step
from zpconvert.errors import UserError
from zpconvert.git.model import Ident
from zpconvert.mail import record
from zpconvert.mail.check import am_roundtrip, codespell
from zpconvert.mail.cover import CellOutcome, ObjectSize, Proof
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.mail.record import SeriesOptions
from zpconvert.pipeline import Absent, Converted
from zpconvert.proof import Proven

TREE = Path(__file__).resolve().parent.parent / "fixtures/tree"
IDENT = Ident("A U Thor", "author@example.org", "1717243200 +0200")


SHOWN = Proof("quick", (CellOutcome("compaction", "gcc", "ran", ""),), (), {"equal": 9}, (), ())


class Sized:
    """Stands for validation, and says which mails it was given."""

    def prove(self, mails: Path, *_: object) -> Proven:
        self.read = sorted(path.name for path in mails.glob("*.patch"))
        size = ObjectSize("compaction", "mm/objpool.o", 7001, 6865)
        return Proven(SHOWN, (size,), (), b"{}\n")


def written(
    out: Path,
    conversion: Conversion,
    result: Converted,
    prover: Sized | None = None,
    signoff: bool = False,
    **options: object,
) -> tuple[Path, ...]:
    """The paths of the mails of a series."""
    chosen = SeriesOptions(**options)  # type: ignore[arg-type]
    posted = posting.post(
        out,
        TREE,
        conversion,
        result,
        prover,
        ident=IDENT,
        signoff=signoff,
        options=chosen,  # type: ignore[arg-type]
    )
    return tuple(path for path in posted.paths if path.suffix == ".patch")


def step(conversion: Conversion, number: int, **changes: object) -> Conversion:
    """The conversion with one of its steps changed."""
    steps = list(conversion.steps)
    steps[number] = dataclasses.replace(steps[number], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(conversion, steps=tuple(steps))


def with_steps(result: Converted, steps: tuple[Step, ...]) -> Converted:
    """The result with each commit's step exchanged for the one of the same id."""
    by_id = {one.id: one for one in steps}
    states = tuple(dataclasses.replace(s, step=by_id[s.step.id]) for s in result.states)
    return dataclasses.replace(result, states=states)


def refused(conversion: Conversion, result: Converted) -> UserError:
    """What is said of a message that cannot be posted."""
    with pytest.raises(UserError) as caught:
        posting.commits(conversion, with_steps(result, conversion.steps), IDENT, False)
    return caught.value


def test_git_am_of_the_mails_gives_the_tool_s_tree(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    mails = written(tmp_path / "out", objpool, objpool_result)
    assert len(mails) == 7
    assert am_roundtrip(objpool_result.base, mails[1:]) == objpool_result.tree


def test_a_prefix_of_the_mails_gives_a_prefix_of_the_trees(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    mails = written(tmp_path / "out", objpool, objpool_result)
    assert len(mails) == 7
    for upto in (1, 3):
        files = posting.files_upto(objpool_result, upto)
        assert am_roundtrip(objpool_result.base, mails[1 : upto + 1]) == files
    assert posting.files_upto(objpool_result, None) == objpool_result.tree


def test_subjects_and_bodies_are_the_steps(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    mails = written(tmp_path / "out", objpool, objpool_result)
    assert len(mails) == 7
    for number, (mail, one) in enumerate(zip(mails[1:], objpool.steps, strict=True), 1):
        parsed = message_from_bytes(mail.read_bytes())
        subject = re.sub(r"\n ", " ", parsed["Subject"])
        assert subject == f"[PATCH {number}/6] mm/objpool: {one.subject}"
        body = str(parsed.get_payload()).partition("---\n")[0]
        assert body.split() == one.body.split()
        assert max(map(len, body.splitlines())) <= 75


def test_signed_off_by_who_runs_it_and_only_when_asked(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    signed = written(tmp_path / "signed", objpool, objpool_result, signoff=True)
    bare = written(tmp_path / "bare", objpool, objpool_result)
    line = b"Signed-off-by: A U Thor <author@example.org>\n"
    assert [mail.read_bytes().count(line) for mail in signed] == [0, *[1] * 6]
    assert [mail.read_bytes().count(b"Signed-off-by") for mail in bare] == [0] * 7


def test_trailers_of_a_step_stand_in_the_kernel_s_order(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    trailers = (
        ("Suggested-by", "S Ome <one@example.org>"),
        ("Co-developed-by", "C O <co@example.org>"),
        ("Signed-off-by", "A U Thor <author@example.org>"),
        ("Link", "https://example.org/1"),
    )
    given = tuple(one for one in trailers if one[0] != "Signed-off-by")
    changed = step(objpool, 2, trailers=given)
    result = with_steps(objpool_result, changed.steps)
    mail = written(tmp_path / "out", changed, result, signoff=True)[3].read_text()
    lines = mail[: mail.index("\n---\n")].splitlines()
    assert lines[-5:] == ["", *(f"{token}: {value}" for token, value in trailers)]


def test_what_is_for_reviewers_stands_below_the_cut(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    own = objpool.steps[2].body.strip()
    body = f"{own}\n\nTo be checked here: obj_a and obj_b,\neach.\n"
    changed = step(objpool, 2, body=body)
    result = with_steps(objpool_result, changed.steps)
    paths = written(tmp_path / "out", changed, result, signoff=True)
    message, below, *_ = paths[3].read_text().split("\n---\n")
    assert "checked" not in message
    assert message.endswith("\n\nSigned-off-by: A U Thor <author@example.org>")
    said = "To be checked here: obj_a and obj_b, each."
    assert below.startswith(f"{said}\n\n mm/")
    assert am_roundtrip(result.base, paths[1:]) == result.tree
    known = record.load(tmp_path / "out")
    assert known is not None
    assert [patch.remarks for patch in known.patches] == ["", "", said, "", "", ""]
    assert "checked" not in known.patches[2].message


def test_the_cover_letter_says_what_this_tree_lacks(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    absent = (
        Absent(objpool.steps[1], ("alloc_group", "check_group"), False),
        Absent(objpool.steps[5], (), True),
        Absent(objpool.steps[4], ("get_group",), True),
    )
    result = dataclasses.replace(objpool_result, absent=absent)
    cover = written(tmp_path / "out", objpool, result)[0].read_text()
    text = " ".join(cover.split())
    for one in absent:
        assert f"mm/objpool: {one.step.subject}" in text
    assert "this kernel has no alloc_group, check_group" in text
    assert "there is nothing for it to change in this kernel" in text
    known = record.load(tmp_path / "out")
    assert known is not None
    assert [s.gone for s in known.measured.steps] == [False, True, True]


def test_the_cover_letter_s_sizes_are_measured_and_name_the_cell(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    """REVIEW row 19: a claimed size that nobody could repeat."""
    bare = written(tmp_path / "bare", objpool, objpool_result)[0].read_text()
    assert "bytes" not in bare
    prover = Sized()
    cover = written(tmp_path / "out", objpool, objpool_result, prover)[0].read_text()
    assert prover.read == sorted(path.name for path in (tmp_path / "out").glob("*.patch"))
    assert (tmp_path / "out/report.json").read_bytes() == b"{}\n"
    known = record.load(tmp_path / "out")
    assert known is not None
    assert known.measured.proof == SHOWN
    line = next(line for line in cover.splitlines() if "mm/objpool.o" in line)
    assert "compaction" in cover
    assert {"7001", "6865"} <= set(re.findall(r"\d+", line))


def test_churn_functions_and_deprecated_calls_are_said(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    cover = written(tmp_path / "out", objpool, objpool_result)[0].read_text()
    assert f"The series changes {objpool_result.functions} functions." in cover
    churn = re.search(r"final diff:\n(\d\.\d+)\.", cover)
    assert churn is not None
    known = record.load(tmp_path / "out")
    assert known is not None
    assert float(churn[1]) == round(known.churn, 2) <= 1.4
    assert "- kmap_atomic(), 9 uses: kmap_local_page() is to take its place" in cover


def test_the_record_names_steps_slots_and_helpers(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    written(tmp_path / "out", objpool, objpool_result, reroll=2)
    known = record.load(tmp_path / "out")
    assert known is not None
    assert (known.conversion, known.options.reroll, known.base.commit) == ("objpool", 2, None)
    assert [p.step for p in known.patches] == [s.id for s in objpool.steps]
    assert [p.slots for p in known.patches] == [s.slots for s in objpool_result.states]
    assert [p.helpers for p in known.patches] == [s.helpers for s in objpool_result.states]
    assert known.patches[0].file.startswith("v2-0001-")


def test_the_record_says_where_a_conversion_of_ones_own_was(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    written(tmp_path / "own", objpool, objpool_result)
    written(tmp_path / "ours", dataclasses.replace(objpool, bundled=True), objpool_result)
    own, ours = record.load(tmp_path / "own"), record.load(tmp_path / "ours")
    assert own is not None
    assert own.own == identity(objpool)
    assert ours is not None
    assert ours.own is None


def test_another_conversion_of_the_name_does_not_get_the_change_id(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    def change_id(conversion: Conversion) -> str | None:
        written(out, conversion, objpool_result)
        known = record.load(out)
        assert known is not None
        return known.change_id

    out, theirs = tmp_path / "out", "20200101-objpool-0123456789ab"
    bundled = dataclasses.replace(objpool, bundled=True)
    for first, then, kept in ((objpool, objpool, True), (bundled, objpool, True),
                              (objpool, bundled, False)):  # fmt: skip
        change_id(first)
        known = record.load(out)
        assert known is not None
        (out / record.NAME).write_bytes(record.dump(dataclasses.replace(known, change_id=theirs)))
        assert (change_id(then) == theirs) is kept


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"body": " \n"}, "no"),
        ({"subject": "convert obj_to_location() to tdesc."}, "message line 1"),
        ({"subject": "x" * 70}, "more than 75"),
        ({"body": "Convert obj_to_location and obj_copy to tdesc."}, r"obj_to_location.*\(\)"),
    ],
    ids=["no body", "full stop", "too long", "a function without ()"],
)
def test_a_message_that_reviewers_would_refuse_is_refused_at_its_step(
    changes: dict[str, str], what: str, objpool: Conversion, objpool_result: Converted
) -> None:
    changed = step(objpool, 2, **changes)
    error = refused(changed, objpool_result)
    assert error.where == f"{objpool.directory}/conversion.toml:{objpool.steps[2].line}"
    assert re.search(what, error.what)


def test_nothing_is_misspelt(
    objpool: Conversion, objpool_result: Converted, tmp_path: Path
) -> None:
    found = codespell(written(tmp_path / "out", objpool, objpool_result))
    assert not isinstance(found, NotAvailable), found
    assert found == ()


def test_the_base_of_a_plain_tree_is_its_version() -> None:
    base = posting.base_of(TREE)
    assert (base.source, base.commit) == ("tree 6.99.0", None)


def test_a_broken_repository_is_said_in_one_line(tmp_path: Path) -> None:
    tree = shutil.copytree(TREE, tmp_path / "linux")
    (tree / ".git").mkdir()
    with pytest.raises(UserError, match="not a git repository"):
        posting.base_of(tree)
