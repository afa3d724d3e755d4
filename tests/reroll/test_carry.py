# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zpconvert.reroll import carry

THEN = "mm/a: use g()\n\nOne line.\n\nTwo lines\nof it.\n\nSigned-off-by: A <a@b.org>\n"
ACK = "Acked-by: R <r@b.org>\n"

LINES = st.lists(st.sampled_from(["a", "b", "", "c d"]), max_size=4)


def test_only_one_side_changed() -> None:
    edited = THEN.replace("One line.", "The one line.")
    assert carry.message(THEN, edited, THEN) == carry.Carried(edited, True)
    assert carry.message(THEN, THEN, edited) == carry.Carried(edited, False)
    assert carry.message(THEN, edited, edited) == carry.Carried(edited, False)


def test_both_sides_changed_elsewhere() -> None:
    mailed = THEN.replace("One line.", "The one line.")
    now = THEN.replace("of it.", "of text.").replace("use g()", "use h()")
    joined = carry.message(THEN, mailed, now)
    assert joined.text == now.replace("One line.", "The one line.")
    assert (joined.edited, joined.conflicts) == (True, ())


def test_where_both_changed_the_same_the_person_s_text_stands_and_both_are_shown() -> None:
    mailed = THEN.replace("One line.", "The person's line.").replace("use g()", "the person's")
    now = THEN.replace("One line.", "The tool's line.").replace("use g()", "the tool's")
    joined = carry.message(THEN, mailed, now)
    assert joined.text == mailed
    assert joined.conflicts == (
        carry.Conflict("subject", "mm/a: the person's", "mm/a: the tool's"),
        carry.Conflict("message", "The person's line.", "The tool's line."),
    )


@pytest.mark.parametrize(
    ("mailed", "now", "trailers"),
    [
        (THEN + ACK, THEN, ["Signed-off-by: A <a@b.org>", ACK.strip()]),
        (
            THEN.replace("Signed", ACK + "Signed"),
            THEN,
            [ACK.strip(), "Signed-off-by: A <a@b.org>"],
        ),
        (
            THEN + ACK,
            THEN.replace("Signed", "Suggested-by: S <s@b.org>\nSigned"),
            ["Suggested-by: S <s@b.org>", "Signed-off-by: A <a@b.org>", ACK.strip()],
        ),
        (THEN.replace("Signed-off-by: A <a@b.org>\n", ""), THEN, []),
        (THEN + ACK, THEN + ACK, ["Signed-off-by: A <a@b.org>", ACK.strip()]),
    ],
    ids=["added", "in its place", "on both sides", "taken out", "the same on both"],
)
def test_trailers(mailed: str, now: str, trailers: list[str]) -> None:
    text = carry.message(THEN, mailed, now).text
    assert text.split("of it.\n")[1].split("\n") == (["", *trailers, ""] if trailers else [""])


@settings(deadline=None)
@given(LINES, LINES)
def test_what_nobody_changed_is_what_the_tool_writes(then: list[str], now: list[str]) -> None:
    old, new = ("\n".join(lines) + "\n" for lines in (then, now))
    assert carry.text("text", old, old, new) == carry.Carried(new, False)
    assert carry.text("text", old, new, old).text == new
