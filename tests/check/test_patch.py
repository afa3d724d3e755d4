# SPDX-License-Identifier: GPL-2.0-only
"""Patches over a tree in memory, against what git makes of the same patch."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zpconvert.check.patch import apply, origins, paths
from zpconvert.errors import UserError

BASE = b"".join(b"line %d\n" % n for n in range(1, 41))


def diff(before: bytes, after: bytes, name: str = "mm/a.c") -> bytes:
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        b"a/" + name.encode(),
        b"b/" + name.encode(),
    )
    return b"".join(lines)


def patched(patch: bytes, **files: bytes) -> dict[str, tuple[bytes, list[int]]]:
    tree = {name.replace("_", "/").replace("DOT", "."): text for name, text in files.items()}
    done = apply(patch, "p", tree.get)
    return {path: (file.text, sorted(file.added)) for path, file in done.items()}


def test_added_lines_are_known() -> None:
    after = BASE.replace(b"line 5\n", b"line 5\nnew\n").replace(b"line 30\n", b"other\n")
    assert patched(diff(BASE, after), mm_aDOTc=BASE) == {"mm/a.c": (after, [6, 31])}


def test_a_patch_that_is_in_the_tree_already() -> None:
    after = BASE.replace(b"line 5\n", b"line 5\nnew\n")
    assert patched(diff(BASE, after), mm_aDOTc=after) == {"mm/a.c": (after, [6])}


def test_a_hunk_that_moved() -> None:
    after = BASE.replace(b"line 5\n", b"line 5\nnew\n").replace(b"line 30\n", b"other\n")
    moved = patched(diff(BASE, after), mm_aDOTc=b"top\n" * 9 + BASE)
    assert moved == {"mm/a.c": (b"top\n" * 9 + after, [15, 40])}


def test_a_mailbox_adds_up() -> None:
    middle = BASE.replace(b"line 5\n", b"first\n")
    after = middle.replace(b"line 6\n", b"second\nline 6\n")
    mails = b"From x\nSubject: 1\n\n---\n%s-- \n2.39\n\nFrom y\nSubject: 2\n\n---\n%s-- \n2.39\n"
    both = mails % (diff(BASE, middle), diff(middle, after))
    assert patched(both, mm_aDOTc=BASE) == {"mm/a.c": (after, [5, 6])}


def test_a_new_file_and_what_is_no_code() -> None:
    patch = b"--- /dev/null\n+++ b/mm/new.h\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    patch += diff(b"x\n", b"y\n", "README")
    assert patched(patch) == {"mm/new.h": (b"a\nb\n", [1, 2])}
    assert paths(patch, "p") == ["mm/new.h"]


def test_what_a_patch_starts_from() -> None:
    new = b"diff --git a/n.c b/n.c\nnew file mode 100644\nindex 0000000..1a2b3c4\n"
    new += b"--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+a\n"
    first = b"diff --git a/mm/a.c b/mm/a.c\nindex 89ab..cdef 100644\n" + diff(b"a\n", b"b\n")
    second = b"diff --git a/mm/a.c b/mm/a.c\nindex cdef..0123 100644\n" + diff(b"b\n", b"c\n")
    unsaid = diff(b"a\n", b"b\n", "mm/c.c")
    assert origins(new + first + second + unsaid, "p") == [("mm/a.c", "89ab")]


def test_a_removed_file_is_left_out() -> None:
    assert patched(b"--- a/mm/a.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n") == {}


def test_no_newline_at_the_end() -> None:
    patch = b"--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1 +1,2 @@\n-a\n+a\n+b\n\\ No newline at end of file\n"
    assert patched(patch, mm_aDOTc=b"a\n") == {"mm/a.c": (b"a\nb", [1, 2])}


def test_names_that_git_quotes() -> None:
    patch = b'--- "a/\\303\\274 x.c"\n+++ "b/\\303\\274 x.c"\n@@ -1 +1 @@\n-a\n+b\n'
    done = apply(patch, "p", {"ü x.c": b"a\n"}.get)
    assert done["ü x.c"].text == b"b\n"
    plain = "--- a/ü.c\n+++ b/ü.c\n@@ -1 +1 @@\n-a\n+b\n".encode()
    assert paths(plain, "p") == ["ü.c"]


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_a_mail_however_it_is_encoded(encoding: str) -> None:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"] = "[PATCH] ä"
    after = BASE.replace(b"line 5\n", "x == ä;\n".encode())
    mail.set_content("Text.\n---\n" + diff(BASE, after).decode(), cte=encoding)
    assert patched(mail.as_bytes(), mm_aDOTc=BASE) == {"mm/a.c": (after, [5])}


@pytest.mark.parametrize(
    ("patch", "what"),
    [
        (b"no patch at all\n", "there is no diff in it"),
        (b"", "there is no diff in it"),
        (b"\xff\xfe\0binary", "there is no diff in it"),
        (b"--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1,9 +1,9 @@\n a\n", "no unified diff"),
        (diff(b"a\n", b"b\n"), "does not fit"),
        (diff(b"a\n", b"b\n", "mm/absent.c"), "is not here"),
        (diff(b"a\n", b"b\n", "../../etc/a.c"), "outside of the tree"),
        (diff(b"a\n", b"b\n", "/etc/a.c"), "outside of the tree"),
    ],
)
def test_what_is_no_patch_or_does_not_fit(patch: bytes, what: str) -> None:
    with pytest.raises(UserError, match=what):
        patched(patch, mm_aDOTc=BASE)


texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"d\xff\n"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(before=texts, after=texts)
def test_any_two_texts(before: list[bytes], after: list[bytes]) -> None:
    old, new = b"".join(before), b"".join(after)
    patch = diff(old, new)
    if patch and new:  # a file that loses all its lines has none to look at
        done = apply(patch, "p", lambda path: old)["mm/a.c"]
        assert done.text == new
        kept = [line for n, line in enumerate(after, 1) if n not in done.added]
        rest = iter(before)
        assert all(line in rest for line in kept)


def test_git_agrees(tmp_path: Path) -> None:
    """A diff with functions' names, as git writes it, and what git makes of it."""
    old = b"int f(void)\n{\n\treturn 1;\n}\n\n" * 9
    new = old.replace(b"return 1", b"return 2", 3) + b"int last;"
    for name, text in (("a", old), ("b", new)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.c").write_bytes(text)
    made = subprocess.run(
        ["git", "diff", "--no-index", "--no-prefix", "a/x.c", "b/x.c"],
        cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 1
    done = apply(made.stdout, "p", {"x.c": old}.get)
    assert done["x.c"].text == new
