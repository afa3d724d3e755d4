# SPDX-License-Identifier: GPL-2.0-only
"""What reviewers of the reference series found by eye, each found here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from zpconvert.kernel.tree import Tree
from zpconvert.validate.commits import Commit, Series
from zpconvert.validate.patches import churn, remarks, tools

BASE = {"mm/a.c": b"static int old_name(int x)\n{\n\treturn x;\n}\n"}
STRUCT = b"struct desc {\n\tunsigned long flags;\n};\n"
GET = b"static inline int desc_get(int x)\n{\n\treturn x;\n}\n"
PUT = b"static inline int desc_put(int x)\n{\n\treturn -x;\n}\n"
USER = b"/* %s */\nstatic int new_name(int x)\n{\n\treturn desc_get(x);\n}\n"
MESSAGE = "mm/a: use a descriptor\n\nSay why.\n\nSigned-off-by: A U Thor <author@example.org>\n"


def series(*headers: bytes, source: bytes = USER % b"new_name()", message: str = MESSAGE) -> Series:
    commits = []
    for number, header in enumerate(headers, 1):
        files = {"mm/a.c": source, "mm/desc.h": header}
        commits.append(Commit(number, f"{number:04}", message, files, ("mm/a.c", "mm/desc.h")))
    return Series("somewhere", BASE, tuple(commits))


def found(one: Series, tmp_path: Path) -> list[tuple[str, int, str, int]]:
    tree = Tree(tmp_path, "6.12.0", False)
    return [(r.check, r.commit, r.path, r.line) for r in remarks(one, tree, "mm/a")]


def test_nothing_is_found_in_a_good_series(tmp_path: Path) -> None:
    assert found(series(STRUCT + GET, STRUCT + GET), tmp_path) == []


def test_a_helper_without_a_user_in_the_series(tmp_path: Path) -> None:
    assert found(series(STRUCT + GET + PUT), tmp_path) == [("unused-helper", 1, "mm/desc.h", 8)]


def test_a_helper_long_before_its_user(tmp_path: Path) -> None:
    one = series(STRUCT + GET, STRUCT + GET)
    early = replace(one.commits[0], files={**BASE, "mm/desc.h": STRUCT + GET})
    one = replace(one, commits=(early, one.commits[1]))
    assert found(one, tmp_path) == [("unused-helper", 1, "mm/desc.h", 4)]


def test_a_helper_that_comes_with_its_family_may_wait(tmp_path: Path) -> None:
    source = USER % b"new_name()"
    one = series(STRUCT + GET + PUT, STRUCT + GET + PUT)
    last = replace(one.commits[1], files={**one.commits[1].files, "mm/a.c": source.replace(
        b"return desc_get(x)", b"return desc_put(desc_get(x))")})  # fmt: skip
    assert found(replace(one, commits=(one.commits[0], last)), tmp_path) == []


def test_a_helper_rewritten_later(tmp_path: Path) -> None:
    one = series(STRUCT + GET, STRUCT + GET.replace(b"return x", b"return +x"))
    assert found(one, tmp_path) == [("helper-edited", 2, "mm/desc.h", 4)]


def test_a_struct_edited_after_its_commit(tmp_path: Path) -> None:
    one = series(STRUCT + GET, STRUCT.replace(b"};", b"\tint more;\n};") + GET)
    assert found(one, tmp_path) == [("struct-edited", 2, "mm/desc.h", 1)]


def test_a_comment_that_speaks_of_what_is_gone(tmp_path: Path) -> None:
    one = series(STRUCT + GET, source=USER % b"see old_name()")
    assert found(one, tmp_path) == [("stale", 1, "mm/a.c", 1)]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("mm/a: use a descriptor\n", 1),
        ("a: use a descriptor\n\nSay why.\n", 1),
        ("mm/a: use a descriptor\n\nCall new_name instead.\n", 3),
        ("mm/a: use a descriptor\n\n" + "long " * 20 + "\n", 3),
    ],
)
def test_messages_are_linted(tmp_path: Path, message: str, line: int) -> None:
    one = series(STRUCT + GET, message=message)
    assert found(one, tmp_path) == [("message", 1, "0001", line)]


@pytest.mark.parametrize(
    ("subject", "said"),
    [("mm/b: rename", []), ("rename it", ["the subject does not begin with 'mm/a: '"])],
)
def test_without_a_history_a_subject_has_its_own_prefix(
    subject: str, said: list[str], tmp_path: Path
) -> None:
    one = series(STRUCT + GET, message=MESSAGE.replace("mm/a: use a descriptor", subject))
    tree = Tree(tmp_path, "6.12.0", False)
    found = [r.text.partition(": ") for r in remarks(one, tree, None)]
    assert [text for rule, _, text in found if rule == "subject-prefix"] == said


def test_what_a_string_holds_is_no_comment(tmp_path: Path) -> None:
    """The name in the string is a word of the code, and the string's end ends nothing."""
    source = USER % b"new_name()" + b'static char *glob = "/*";\nint old_name;\n/* old_name */\n'
    assert found(series(STRUCT + GET, source=source), tmp_path) == []


def test_a_stale_comment_within_a_directive(tmp_path: Path) -> None:
    source = USER % b"new_name()" + b"#define A 1 /* like old_name() */\n"
    assert found(series(STRUCT + GET, source=source), tmp_path) == [("stale", 1, "mm/a.c", 6)]


@pytest.mark.parametrize(
    ("comment", "stale"),
    [
        (b"see desc->index", True),
        (b"see desc->flags", False),
        (b"takes the page_lock", True),
        (b"an index of pages", False),
    ],
)
def test_row_16_members_and_names_that_are_gone(
    tmp_path: Path, comment: bytes, stale: bool
) -> None:
    base = {"mm/a.c": b"int f(struct desc *d) { page_lock = d->index; return d->flags; }\n"}
    last = {"mm/a.c": b"/* %s */\nint f(struct desc *d) { return d->flags; }\n" % comment}
    one = Series("out", base, (Commit(1, "0001", MESSAGE, last, ("mm/a.c",)),))
    assert found(one, tmp_path) == ([("stale", 1, "mm/a.c", 1)] if stale else [])


def test_row_24_churn_counts_what_is_touched_again(tmp_path: Path) -> None:
    once = series(STRUCT + GET)
    assert churn(once) == 1.0
    twice = series(STRUCT + GET, STRUCT + GET + PUT, STRUCT + GET)
    assert churn(twice) > 1.3


MAIL = (
    "From: A U Thor <author@example.org>\nSubject: [PATCH] mm/a: change it\n\nSay teh why.\n"
    "---\ndiff --git a/mm/a.c b/mm/a.c\n--- a/mm/a.c\n+++ b/mm/a.c\n"
    "@@ -1 +1 @@\n-int a;\n+int b;\n"
)


def mailed(tmp_path: Path) -> Series:
    path = tmp_path / "0001-a.patch"
    path.write_text(MAIL)
    return replace(series(STRUCT + GET), mails=(path,))


def test_codespell_runs_without_checkpatch(tmp_path: Path) -> None:
    first, second = tools(mailed(tmp_path), Tree(tmp_path, "6.12.0", False))
    assert (first.name, [r.check for r in first.remarks]) == ("checkpatch", ["checkpatch"])
    assert "has no scripts/checkpatch.pl" in first.reason
    assert (second.name, second.reason) == ("codespell", "")
    assert [(r.commit, r.line, r.text) for r in second.remarks] == [(1, 4, "SPELLING: teh ==> the")]


def test_no_codespell_is_told_and_is_no_remark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = mailed(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    last = tools(one, Tree(tmp_path, "6.12.0", False))[-1]
    assert (last.name, last.reason, last.remarks) == ("codespell", "codespell is not installed", ())


def test_without_mails_nothing_reads_them(tmp_path: Path) -> None:
    ran = tools(series(STRUCT), Tree(tmp_path, "6.12.0", False))
    assert {(tool.name, tool.reason) for tool in ran} == {
        ("checkpatch", "there are no mails"),
        ("codespell", "there are no mails"),
    }


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("old", "new", "found"), [(b"\n", b"\r\n", False), (b"+int b;\n", b"+int b;\r\n", True)]
)
def test_line_ends_of_the_wire_are_not_the_patchs(
    tmp_path: Path, kernel_612: Path, old: bytes, new: bytes, found: bool
) -> None:
    one = mailed(tmp_path)
    (mail,) = one.mails
    mail.write_bytes(mail.read_bytes().replace(old, new))
    ran, _ = tools(one, Tree(kernel_612, "6.12.0", False))
    assert not ran.reason
    assert any("DOS_LINE_ENDINGS" in remark.text for remark in ran.remarks) is found
