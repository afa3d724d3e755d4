# SPDX-License-Identifier: GPL-2.0-only
"""The page has what was recorded, says what was not, and needs nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from zpconvert.mail.reading import patches, read
from zpconvert.mail.record import digest
from zpconvert.report import page
from zpconvert.validate.report import Report

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
Record = Callable[[Report], None]
_VOID = {"meta", "polyline", "circle"}


class Outline(HTMLParser):
    """The text of a page, its links and ids; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.tags.add(tag)
        for name, value in attrs:
            assert value is not None
            if name == "href" and value.startswith("#"):
                self.links.add(value[1:])
            elif name in ("href", "src", "data", "action") or name.startswith("on"):
                self.outside.append(f"{name}={value}")
            elif name == "id":
                assert value not in self.ids
                self.ids.add(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.said.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.said))


def outline(out: Path) -> Outline:
    return Outline(page.write(out).read_text("utf-8"))


def test_a_series_that_was_not_validated(out: Path) -> None:
    shown = outline(out)
    assert "Not validated There is no report.json." in shown.text
    own = FIXTURES / "conversions/objpool"
    assert f"zpconvert validate {out} --tree LINUX --conversion {own}, with" in shown.text
    assert "Nothing fell short" not in shown.text
    for path in patches(out)[1]:
        mail = read(path)
        assert mail.subject in shown.text
        assert re.sub(r"\s+", " ", mail.message) in shown.text
        assert re.sub(r"\s+", " ", mail.diff.rstrip()) in shown.text


@pytest.mark.parametrize("state", ["bare", "proven", "short"])
def test_the_page_needs_nothing_else(
    state: str, out: Path, request: pytest.FixtureRequest, record: Record
) -> None:
    if state != "bare":
        record(request.getfixturevalue(state))
    shown = outline(out)
    assert shown.outside == []
    assert "script" not in shown.tags
    assert shown.links <= shown.ids
    assert "@import" not in (out / "report.html").read_text()


def test_a_series_with_nothing_short(out: Path, proven: Report, record: Record) -> None:
    record(proven)
    shown = outline(out)
    assert "Nothing fell short" in shown.text
    assert "some of what was asked for did not run" in shown.text
    assert "not run" in shown.text
    assert "no aarch64-linux-gnu-gcc" in shown.text
    assert "30 equal" in shown.text
    assert "the worst of the cells that compare (defconfig)." in shown.text
    assert "include/linux/objpool.h" in shown.text
    assert "no object has it" in shown.text
    assert "pages have <no> order" in shown.text
    last = 1000 - 7 * len(proven.commits)
    assert f"mm/objpool.o, defconfig: 1000 → {last} ({last - 1000:+d})" in shown.text
    assert "Equal under assumptions pool_get()" in shown.text
    assert "mm/objpool.o, defconfig: 1000 → 993 bytes (+5, -12)" in shown.text
    assert "um base passed stores 77 passed over (2): it is so 4.2" in shown.text
    assert (
        "a kernel like it had been run before 0.5 BUG: <x> The console from there on" in shown.text
    )
    assert "10 compilations, 4 s of compiler, 2 results known from before" in shown.text


def test_what_fell_short_is_shown_with_its_listings(
    out: Path, short: Report, record: Record
) -> None:
    record(short)
    shown = outline(out)
    assert "1 finding Each commit was compared" in shown.text
    assert "pool_put: different: other code" in shown.text
    assert "mm/objpool.c:12" in shown.text
    assert "-mov %rax,%rbx +mov %rax,<rcx> ret" in shown.text
    assert "zpconvert validate out --tree /linux --commit 1" in shown.text
    assert shown.text.count("pool_put: different: other code") == 2  # in the list, and at its patch
    text = (out / "report.html").read_text()
    assert 'title="patch 1, defconfig: fell short"' in text
    assert 'title="patch 1, arm64: not run"' in text
    assert 'title="patch 2, defconfig: nothing fell short"' in text


def test_without_a_conversion_it_is_said_that_nothing_was_assumed(
    out: Path, short: Report, record: Record
) -> None:
    said = "No assumptions were tried: --conversion NAME brings"
    functions = {"equal": 30, "different": 1}
    bare = dataclasses.replace(short, functions=functions, assumptions=())
    for report, is_said in (
        (bare, True),
        (dataclasses.replace(bare, conversion="objpool"), False),
        (dataclasses.replace(bare, functions={"equal": 30, "different": 0}), False),
        (dataclasses.replace(bare, assumptions=short.assumptions), False),  # an older version's
    ):
        record(report)
        assert (said in outline(out).text) == is_said


def test_what_did_not_run_is_said(out: Path, proven: Report, record: Record) -> None:
    record(dataclasses.replace(proven, boots=(), functions={}, compared=()))
    shown = outline(out)
    load = re.search(r"Kernels under load Not run: zpconvert validate (.*) runs", shown.text)
    assert load is not None
    assert load[1] == f"{out} --tree LINUX --conversion {FIXTURES / 'conversions/objpool'} --boot"
    assert "Not compared: no cell that does so was built." in shown.text


def test_a_commit_that_was_not_looked_at_is_not_green(
    out: Path, proven: Report, record: Record
) -> None:
    """As with --commit 3 --json OUT/report.json."""
    sizes = tuple(row for row in proven.sizes if row.commit in (2, 3))
    cells = proven.cells[:1]
    record(dataclasses.replace(proven, sizes=sizes, cells=cells, uncovered=(), tools=()))
    shown = outline(out)
    assert "some of what was asked for did not run" in shown.text
    text = (out / "report.html").read_text()
    for number in range(1, len(proven.commits) + 1):
        said = "nothing fell short" if number == 3 else "not run"
        assert f'title="patch {number}, defconfig: {said}"' in text


def test_a_report_about_other_mails_is_not_shown(out: Path, proven: Report, record: Record) -> None:
    record(proven)
    first = patches(out)[1][0]
    (out / "series.json").unlink()
    first.rename(out / "0001-another.patch")
    shown = outline(out)
    assert "report.json is about other mails than these." in shown.text
    assert "30 equal" not in shown.text


def test_a_report_from_before_an_edit_is_not_shown(
    out: Path, proven: Report, record: Record
) -> None:
    first = patches(out)[1][0]
    commits = [
        dataclasses.replace(c, digest=digest((out / c.name).read_bytes())) for c in proven.commits
    ]
    record(dataclasses.replace(proven, commits=tuple(commits)))
    assert "30 equal" in outline(out).text
    first.write_bytes(first.read_bytes().replace(b"\n+", b"\n+\t", 1))
    shown = outline(out)
    assert f"report.json is older than {first.name}." in shown.text
    assert "30 equal" not in shown.text


def test_mails_of_git_alone(out: Path) -> None:
    (out / "series.json").unlink()
    shown = outline(out)
    assert "churn" not in shown.text
    assert "Made from the mails in" in shown.text
    assert read(patches(out)[1][0]).subject in shown.text


def test_what_mails_say_is_text(out: Path) -> None:
    mail = patches(out)[1][0]
    evil = "<script>alert(1)</script>&amp;\"'"
    text = mail.read_text()
    text = re.sub(r"(?m)^(Subject: .*)$", rf"\1 {evil}", text, count=1)
    text = text.replace("\n\n", f"\n\n{evil}\n", 1).replace("\n+", f"\n+{evil}", 1)
    mail.write_text(text)
    shown = outline(out)
    assert "script" not in shown.tags
    assert shown.text.count(evil) >= 3


def test_the_same_facts_give_the_same_page(out: Path, short: Report, record: Record) -> None:
    record(short)
    assert page.write(out).read_bytes() == page.write(out).read_bytes()
