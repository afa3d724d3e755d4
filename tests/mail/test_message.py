# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.errors import UserError
from zpconvert.git.model import Ident
from zpconvert.mail.message import ORDER, compose, wrap

ME = Ident("A U Thor", "author@example.org", "0 +0000")
CO = "C O Author <co@example.org>"


def message(body: str = "Body.", *trailers: tuple[str, str], signoff: Ident | None = None) -> str:
    return compose("mm/a", "use g() in f()", body, trailers, signoff, where="conversion.toml:7")


def test_a_message_is_subject_body_and_trailers() -> None:
    assert message(signoff=ME) == (
        "mm/a: use g() in f()\n\nBody.\n\nSigned-off-by: A U Thor <author@example.org>\n"
    )
    assert message() == "mm/a: use g() in f()\n\nBody.\n"


def test_nobody_signs_off_unasked() -> None:
    assert "Signed-off-by" not in message("Body.", ("Link", "https://example.org/1"))


@pytest.mark.parametrize("body", ["", " \n\t\n"])
def test_a_step_without_a_body_is_refused(body: str) -> None:
    with pytest.raises(UserError, match=r"^conversion\.toml:7: the step has no body; "):
        message(body)


@pytest.mark.parametrize("subject", ["", " ", "two\nlines"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(UserError, match="not one line"):
        compose("mm/a", subject, "Body.", (), None, where="x")


def test_paragraphs_are_filled_to_75_columns() -> None:
    text = wrap("word " * 40 + "\n\n" + "short\nlines\njoin")
    first, second = text.split("\n\n")
    assert max(len(line) for line in first.split("\n")) <= 75
    assert len(first.split("\n")[0]) > 70
    assert second == "short lines join"


def test_indented_blocks_stay() -> None:
    block = "  before:  1\n  after:   2"
    assert wrap(f"Text.\n\n{block}\n\nMore.") == f"Text.\n\n{block}\n\nMore."


def test_lists_hang() -> None:
    assert wrap("- " + "word " * 20 + "\n  more\n- two") == (
        "- " + "word " * 13 + "word\n  " + "word " * 6 + "more\n- two"
    )
    assert wrap("1. one\n2. two") == "1. one\n2. two"


def test_long_words_are_not_broken() -> None:
    url = "https://example.org/" + "x" * 80
    assert url in wrap(f"See {url} for it, or some-hyphenated-word.").split("\n")


@pytest.mark.parametrize(
    "body", ["Text.\n\n---\n\nNot sent.", "diff --git a b", "Text.\n\nIndex: x", "From: me"]
)
def test_what_git_am_would_not_keep_is_refused(body: str) -> None:
    with pytest.raises(UserError, match="git am"):
        message(body)


def test_trailers_come_in_the_kernel_s_order() -> None:
    given = (
        ("Link", "https://example.org/1"),
        ("Cc", "x@example.org"),
        ("Signed-off-by", CO),
        ("Reviewed-by", "R <r@example.org>"),
        ("Co-developed-by", CO),
        ("Suggested-by", "S <s@example.org>"),
        ("Reported-by", "B <b@example.org>"),
        ("Closes", "https://example.org/2"),
        ("Fixes", '0123456789ab ("mm/a: start")'),
    )
    block = message("Body.", *given, signoff=ME).split("\n\n")[2]
    assert [line.split(": ")[0] for line in block.splitlines()] == [
        "Fixes",
        "Reported-by",
        "Closes",
        "Suggested-by",
        "Co-developed-by",
        "Signed-off-by",
        "Signed-off-by",
        "Reviewed-by",
        "Cc",
        "Link",
    ]
    assert block.index(CO) < block.index(ME.person)


def test_every_report_keeps_its_closes() -> None:
    given = (
        ("Reported-by", "B <b@example.org>"),
        ("Closes", "https://example.org/1"),
        ("Reported-by", "C <c@example.org>"),
        ("Closes", "https://example.org/2"),
    )
    block = message("Body.", *given).split("\n\n")[2]
    assert block.splitlines() == [f"{token}: {value}" for token, value in given]


def test_nobody_is_signed_off_for_what_they_did_not_develop() -> None:
    """A conversion names co-developers; they sign off themselves."""
    assert message("Body.", ("Co-developed-by", CO)).endswith(f"\n\nCo-developed-by: {CO}\n")
    with pytest.raises(UserError, match="has no Co-developed-by"):
        message("Body.", ("Signed-off-by", CO))


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("Blessed-by", "X <x@example.org>"),
        ("Reviewed-by", "no address"),
        ("Reviewed-by", "X <x@example.org>\nEvil: yes"),
        ("Link", "example.org"),
        ("Fixes", "0123 (short)"),
        ("Cc", "nobody"),
    ],
)
def test_a_trailer_that_is_not_one_is_refused(token: str, value: str) -> None:
    with pytest.raises(UserError, match=rf"^conversion\.toml:7: .*{token}"):
        message("Body.", (token, value))


def test_every_token_has_one_place() -> None:
    tokens = [token for group in ORDER for token in group]
    assert len(tokens) == len(set(tokens))
