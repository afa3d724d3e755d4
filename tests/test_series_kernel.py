# SPDX-License-Identifier: GPL-2.0-only
"""The series of zsmalloc, z3fold and zbud on real kernels.

The same command runs on 6.12 and on 6.1, with no edit to the conversions. `test_row_NN_…` is
row NN of the list of defects that reviewers and build robots found in the series as posted.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from tests.compiled import compile_many
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion, Step
from zpconvert.git.diff import diff_files
from zpconvert.kernel import diagnostics, replay
from zpconvert.kernel.cells import CELLS
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.source import cache_home
from zpconvert.mail import lint, record
from zpconvert.mail.check import am_roundtrip, checkpatch, codespell
from zpconvert.mail.maintainers import NotAvailable
from zpconvert.pipeline import Converted, convert
from zpconvert.process import run

pytestmark = pytest.mark.kernel

HEADER = "mm/zpdesc.h"

#: The reference cover letter's, "zdsesc" in the 12th mended.
SUBJECTS = (
    "mm/zsmalloc: add zpdesc memory descriptor for zswap.zpool",
    "mm/zsmalloc: use zpdesc in trylock_zspage/lock_zspage",
    "mm/zsmalloc: convert __zs_map_object/__zs_unmap_object to use zpdesc",
    "mm/zsmalloc: add and use pfn/zpdesc seeking funcs",
    "mm/zsmalloc: convert obj_malloc() to use zpdesc",
    "mm/zsmalloc: convert create_page_chain() and its users to use zpdesc",
    "mm/zsmalloc: convert obj_allocated() and related helpers to use zpdesc",
    "mm/zsmalloc: convert init_zspage() to use zpdesc",
    "mm/zsmalloc: convert obj_to_page() and zs_free() to use zpdesc",
    "mm/zsmalloc: rename reset_page to reset_zpdesc and use zpdesc in it",
    "mm/zsmalloc: add zpdesc_is_isolated/zpdesc_zone helper for zs_page_migrate",
    "mm/zsmalloc: convert __free_zspage() to use zpdesc",
    "mm/zsmalloc: convert location_to_obj() to take zpdesc",
    "mm/zsmalloc: convert migrate_zspage() to use zpdesc",
    "mm/zsmalloc: convert get_zspage() to take zpdesc",
    "mm/zsmalloc: convert SetZsPageMovable and remove unused funcs",
    "mm/zsmalloc: convert get/set_first_obj_offset() to take zpdesc",
    "mm/zsmalloc: introduce __zpdesc_clear_movable",
    "mm/zsmalloc: introduce __zpdesc_clear_zsmalloc",
    "mm/zsmalloc: introduce __zpdesc_set_zsmalloc()",
)
RECLAIM = "mm/z3fold: convert z3fold_reclaim_page() to use zpdesc"


@dataclass(frozen=True)
class Case:
    """What is known of a conversion's series.

    patches: how many on a kernel that lacks nothing. lacking: the subjects of those that a
    release has nothing for. helpers: how many the last header has, by release. callbacks:
    functions whose parameters stay pages, those of struct movable_operations; casts: names of
    these parameters. functions: the file has more. counts: what counts pages in it.
    matrices: what the commits are proven in, by release.
    """

    patches: int
    lacking: Mapping[str, tuple[str, ...]]
    helpers: Mapping[str, int]
    callbacks: frozenset[str]
    casts: frozenset[str]
    functions: int
    counts: str
    matrices: Mapping[str, str]


CASES = {
    # page types came after 6.1, and with them what the last two patches wrap
    "zsmalloc": Case(
        20,
        {"6.12": (), "6.1": SUBJECTS[18:]},
        {"6.12": 16, "6.1": 14},
        frozenset(("zs_page_isolate", "zs_page_migrate", "zs_page_putback")),
        frozenset(("page", "newpage")),
        80,
        "nr_pages",
        {"6.12": "quick", "6.1": "quick"},
    ),
    # pools reclaimed pages themselves until 6.5
    "z3fold": Case(
        12,
        {"6.12": (RECLAIM,), "6.1": ()},
        {"6.12": 13, "6.1": 13},
        frozenset(("z3fold_page_isolate", "z3fold_page_migrate", "z3fold_page_putback")),
        frozenset(("page", "newpage")),
        40,
        "pages_nr",
        {"6.12": "two cells", "6.1": "compiled"},
    ),
    "zbud": Case(
        3,
        {"6.12": (), "6.1": ()},
        {"6.12": 4, "6.1": 4},
        frozenset(),
        frozenset(),
        20,
        "pages_nr",
        {"6.12": "quick", "6.1": "compiled"},
    ),
}
KERNELS = ("6.12", "6.1")
EVERY = [f"{name}-{release}" for release in KERNELS for name in CASES]

#: Matrices by name and their cells; the quick one is zpconvert's own. `make check-full
#: CONVERSION=z3fold` takes the full one, which would take too long here.
CELLS_OF = {
    "quick": {"compaction", "no-compaction", "module-debug-vm"},
    "two cells": {"compaction", "no-compaction-debug-vm"},
    "compiled": {"compaction"},
}
CELL = """
[[cell]]
name = "{name}"
arch = "x86_64"
matrices = ["full"]
compare = {compare}
kconfig = [
    "CONFIG_64BIT=y",
    "CONFIG_SMP=y",
    "CONFIG_SWAP=y",
    "CONFIG_COMPACTION={compaction}",
    "CONFIG_DEBUG_KERNEL={debug}",
    "CONFIG_DEBUG_VM={debug}",
]
"""
MATRICES = {
    "two cells": CELL.format(name="compaction", compare="true", compaction="y", debug="n")
    + CELL.format(name="no-compaction-debug-vm", compare="false", compaction="n", debug="y"),
    "compiled": CELL.format(name="compaction", compare="false", compaction="y", debug="n"),
}


@dataclass(frozen=True)
class Series:
    """A kernel's series: as computed, and as the command line wrote it."""

    case: Case
    release: str
    tree: Path
    conversion: Conversion
    result: Converted
    out: Path
    said: str

    @property
    def source(self) -> str:
        """The file that is converted."""
        (path,) = self.conversion.files
        return path

    @property
    def count(self) -> int:
        """How many patches the series has."""
        return self.case.patches - len(self.case.lacking[self.release])

    @property
    def mails(self) -> list[Path]:
        """The patches, without the cover letter."""
        return sorted(self.out.glob("0*.patch"))[1:]

    @property
    def cover(self) -> str:
        return (self.out / "0000-cover-letter.patch").read_text()

    def trees(self) -> Iterator[tuple[str, dict[str, bytes]]]:
        """Each commit's step and the touched files after it."""
        files = dict(self.result.base)
        for state in self.result.states:
            files |= state.files
            yield state.step.id, dict(files)

    @property
    def base(self) -> str:
        return self.result.base[self.source].decode()

    @property
    def last(self) -> str:
        return self.result.tree[self.source].decode()


@pytest.fixture(scope="module", params=EVERY)
def series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Series:
    """Converted and written once a kernel, for all tests here."""
    name, _, release = request.param.partition("-")
    tree: Path = request.getfixturevalue(f"kernel_{release.replace('.', '')}")
    place = tmp_path_factory.mktemp(f"series-{request.param}")
    out, matrix = place / "outgoing", CASES[name].matrices[release]
    if matrix in MATRICES:
        (place / "cells.toml").write_text(MATRICES[matrix])
        matrix = str(place / "cells.toml")
    argv = ["series", name, "--tree", str(tree), "-o", str(out), "--signoff"]
    argv += ["--validate", matrix]
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert", *argv],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    paths = [str(path) for path in sorted(out.glob("*.patch"))]
    assert done.stdout.splitlines() == paths
    conversion = load(name)
    result = convert(tree, conversion, cache=cache_home())
    made = Series(CASES[name], release, tree, conversion, result, out, done.stderr)
    # what is asked of each mail or each state is asked of this many
    assert (len(paths), len(result.states)) == (made.count + 1, made.count)
    return made


def of(*names: str) -> pytest.MarkDecorator:
    """For tests of some of the series only: their names, or one with a release."""
    wanted = [one for one in EVERY if one in names or one.partition("-")[0] in names]
    return pytest.mark.parametrize("series", wanted, indirect=True)


def subject(mail: Path) -> str:
    """A mail's subject, unfolded, without its number."""
    parsed = message_from_bytes(mail.read_bytes())
    text = re.sub(r"\n\s", " ", str(make_header(decode_header(parsed["Subject"]))))
    return re.sub(r"^\[PATCH \d+/\d+\] ", "", text)


def message(mail: Path) -> str:
    """A mail's text before the diffstat."""
    return str(message_from_bytes(mail.read_bytes()).get_payload()).partition("\n---\n")[0]


def comments(text: str) -> str:
    """A C text with everything but its comments blanked."""
    out, at = [], 0
    for found in re.finditer(r"/\*.*?\*/|//[^\n]*", text, re.DOTALL):
        out += [re.sub(r"[^\n]", " ", text[at : found.start()]), found[0]]
        at = found.end()
    return "".join(out)


def functions(header: str) -> dict[str, str]:
    """The functions that a header defines: name to whole text."""
    found = re.finditer(r"(?ms)^static inline [^\n(]*?(\w+)\([^)]*\)\n\{.*?^\}", header)
    return {one[1]: one[0] for one in found}


def core(header: str) -> str:
    """The struct and its assertions: all between the includes and the casts."""
    return header[header.index("\nstruct zspage;") : header.index("#define zpdesc_page(")]


# --- the series -----------------------------------------------------------------------------


@of("zsmalloc")
def test_the_subjects_are_the_reference_s(series: Series) -> None:
    wanted = [one for one in SUBJECTS if one not in series.case.lacking[series.release]]
    assert [subject(mail) for mail in series.mails] == wanted
    assert [s.step.id for s in series.result.states] == [
        step.id for step in series.conversion.steps[: len(wanted)]
    ]


def test_what_a_kernel_lacks_falls_away_and_the_cover_letter_says_so(series: Series) -> None:
    text = " ".join(series.cover.split())
    prefix, lacking = series.conversion.prefix, series.case.lacking[series.release]
    gone = {f"{prefix}: {a.step.subject}" for a in series.result.absent if a.gone}
    assert gone == set(lacking)
    for one in lacking:
        assert one in text.partition("A U Thor (")[0]
    assert f"A U Thor ({series.count}):" in series.cover


def test_git_gives_author_date_and_signature(series: Series) -> None:
    for mail in series.mails:
        parsed = message_from_bytes(mail.read_bytes())
        assert parsed["From"] == "A U Thor <author@example.org>"
        assert parsed["Date"] == "Sat, 1 Jun 2024 12:00:00 +0000"
        signatures = [x for x in message(mail).splitlines() if x.startswith("Signed-off-by")]
        assert signatures == ["Signed-off-by: A U Thor <author@example.org>"]


def test_no_struct_page_is_left_but_on_the_conversion_s_border(series: Series) -> None:
    left = [line for line in series.last.splitlines() if re.search(r"\bstruct page\b", line)]
    code = [line for line in left if not line.lstrip().startswith("*")]
    names = [re.search(r" (\w+)\(struct page \*", line) for line in code]
    assert {name and name[1] for name in names} == series.case.callbacks, code
    kept = dict(series.result.kept)
    assert kept.keys() == {f"{series.source} {b.slot}" for b in series.conversion.border}
    assert all(kept.values())
    assert all(slot.split()[1] in series.said for slot in kept)


def test_casts_to_pages_stand_only_where_the_kernel_wants_a_page(series: Series) -> None:
    """No value goes from page to descriptor and back, and none is one for nothing."""
    for name, files in series.trees():
        text = files[series.source].decode()
        assert not re.search(r"(?:zpdesc_page\(page_zpdesc|page_zpdesc\(zpdesc_page)\(", text), name
    # in the callbacks, which get pages
    assert set(re.findall(r"\bpage_zpdesc\(([^)]*)\)", series.last)) == series.case.casts


def test_row_18_git_am_of_the_mails_gives_the_tool_s_tree(series: Series) -> None:
    assert am_roundtrip(series.result.base, series.mails) == series.result.tree


def test_the_record_is_that_of_the_computed_series(series: Series) -> None:
    known = record.load(series.out)
    assert known is not None
    assert [p.slots for p in known.patches] == [s.slots for s in series.result.states]
    assert [p.helpers for p in known.patches] == [s.helpers for s in series.result.states]
    assert {p.path for patch in known.patches for p in patch.changes} == {series.source, HEADER}


# --- every commit compiles ------------------------------------------------------------------


def fresh_diagnostics(
    series: Series, build: BuildDir
) -> list[tuple[str, diagnostics.Diagnostic | str]]:
    """What the compiler says anew of each commit, at W=1, blamed on who brings it."""
    trees: list[tuple[str, Mapping[str, bytes]]] = [("base", series.result.base)]
    trees += series.trees()
    jobs = [replay.Job(build, series.source[:-2] + ".o", files) for _, files in trees]
    built = compile_many(jobs, workers=2)
    assert isinstance(built[0], replay.Compiled)
    found: list[tuple[str, diagnostics.Diagnostic | str]] = []
    for number, (name, _) in enumerate(trees[1:], 1):
        now, before = built[number], built[number - 1]
        if isinstance(now, replay.Failed):
            found.append((name, now.text))
        found += [(name, one) for one in diagnostics.fresh(before.diagnostics, now.diagnostics)]
    return found


@pytest.mark.parametrize("cell", sorted(CELLS))
@of("zsmalloc-6.12")
def test_row_02_every_commit_compiles_in_every_cell_without_a_new_warning(
    cell: str, series: Series, build_612: Callable[[str], BuildDir]
) -> None:
    """With DEBUG_VM off nothing may be unused that only an assertion names."""
    assert fresh_diagnostics(series, build_612(cell)) == []


def test_every_commit_is_proven_and_the_cover_letter_says_so(series: Series) -> None:
    report = json.loads((series.out / "report.json").read_text())
    assert report["good"], report["findings"]
    assert len(report["commits"]) == len(series.mails)
    cells = CELLS_OF[series.case.matrices[series.release]]
    assert {cell["name"]: cell["state"] for cell in report["cells"]} == dict.fromkeys(cells, "ran")
    verdicts = report["functions"]
    assert (verdicts["unknown"], verdicts["different"]) == (0, 0)
    text = " ".join(series.cover.split())
    if series.case.matrices[series.release] != "compiled":
        assert verdicts["equal"] > series.case.functions * len(series.mails)
        assumed = f", {verdicts['assumed']} assumed" if verdicts["assumed"] else ""
        assert f"{verdicts['equal']} equal{assumed}" in text
    assert "checkpatch and codespell find nothing new" in text
    known = record.load(series.out)
    assert known is not None
    sizes = {size.config: size for size in known.measured.sizes}
    assert sizes.keys() == cells
    for size in sizes.values():
        assert size.object == series.source.removesuffix(".c") + ".o"
        assert abs(size.after - size.before) < 500
        assert f"{size.before} -> {size.after}" in series.cover


@of("zsmalloc-6.12")
def test_who_has_the_mails_alone_can_repeat_it(series: Series, tmp_path: Path) -> None:
    """Without series.json the assumptions were not known, and the command found differences."""
    for mail in series.out.glob("*.patch"):
        shutil.copy(mail, tmp_path)
    said = re.search(r"(?m)^  zpconvert (validate MAILS .*)$", series.cover)
    assert said is not None
    here = {"MAILS": str(tmp_path), "LINUX": str(series.tree)}
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert", *(here.get(w, w) for w in said[1].split())],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@of("zsmalloc")
def test_row_02_a_predicate_for_assertions_only_may_be_unused(series: Series) -> None:
    for name, files in series.trees():
        head = re.search(
            r"(?m)^(static .*)\bis_first_zpdesc\(struct", files[series.source].decode()
        )
        if head is not None:
            assert re.search(r"\b(?:__maybe_unused|inline)\b", head[1]), name


# --- what others run on the mails -----------------------------------------------------------


def reversed_mail(text: str) -> str:
    """A patch that takes back what a mail does, hunk by hunk in the same order."""
    lines = []
    for line in text.split("\n"):
        hunk = re.fullmatch(r"@@ -(\S+) \+(\S+) @@(.*)", line)
        if hunk is not None:
            line = f"@@ -{hunk[2]} +{hunk[1]} @@{hunk[3]}"
        elif line.startswith("+") and not line.startswith("+++ "):
            line = "-" + line[1:]
        elif line.startswith("-") and not line.startswith(("--- ", "-- ")) and line != "---":
            line = "+" + line[1:]
        lines.append(line)
    return "\n".join(lines)


def faults(series: Series, mails: list[Path]) -> Counter[tuple[str, int, str]]:
    """checkpatch's errors and warnings: how many of a type in each hunk of each mail."""
    found = checkpatch(series.tree, mails, signed=True)
    assert not isinstance(found, NotAvailable), found
    counts: Counter[tuple[str, int, str]] = Counter()
    for one in found:
        if one.level in ("ERROR", "WARNING"):
            lines = (mails[0].parent / one.patch).read_text().split("\n")
            hunk = sum(line.startswith("@@ ") for line in lines[: one.line])
            counts[one.patch, hunk, one.type] += 1
    return counts


def test_checkpatch_finds_nothing_that_the_replaced_lines_did_not_have(
    series: Series, tmp_path: Path
) -> None:
    """Each finding of a hunk is one that the lines it removes would draw in their place."""
    for mail in series.mails:
        (tmp_path / mail.name).write_text(reversed_mail(mail.read_text()))
    before = faults(series, [tmp_path / mail.name for mail in series.mails])
    asked = "FILE_PATH_CHANGES"
    before = Counter({p: count for p, count in before.items() if p[1] and p[2] != asked})
    new = faults(series, series.mails) - before
    assert [(mail, kind) for mail, _, kind in new.elements()] == [(series.mails[0].name, asked)]


def test_row_17_nothing_is_misspelt(series: Series) -> None:
    found = codespell([series.out / "0000-cover-letter.patch", *series.mails])
    assert not isinstance(found, NotAvailable), found
    assert found == ()


def test_row_14_every_commit_has_a_message(series: Series) -> None:
    for mail in series.mails:
        body = message(mail).partition("\nSigned-off-by")[0]
        assert len(body.split()) >= 12, mail.name


def test_row_15_functions_in_messages_have_parentheses(series: Series) -> None:
    """All functions of the file count, not only those that the series changes."""
    names = frozenset(
        re.findall(r"(?m)^(?:static |int |void |unsigned )[^;(=\n]*?(\w+)\(", series.base)
    )
    assert len(names) > series.case.functions
    for mail in series.mails:
        whole = f"{subject(mail)}\n\n{message(mail)}\n"
        found = lint.lint(whole, prefix=series.conversion.prefix, functions=names)
        assert list(found) == [], mail.name


# --- the header -----------------------------------------------------------------------------


def test_row_01_memcg_data_is_only_named_where_it_is_there(series: Series) -> None:
    header = series.result.tree[HEADER].decode()
    (line,) = re.findall(r"(?m)^static_assert\(.*memcg_data.*$", header)
    before = header[: header.index(line)]
    opened = re.findall(r"(?m)^#\s*(if\w*\s.*|endif)", before)
    assert opened[-1] == "ifdef CONFIG_MEMCG"


def test_row_05_struct_and_assertions_are_complete_in_the_first_patch(series: Series) -> None:
    headers = [files[HEADER].decode() for _, files in series.trees()]
    assert len({core(header) for header in headers}) == 1
    members = {member.name for member in series.conversion.descriptor.members}
    assert members <= set(re.findall(r"\w+", core(headers[0])))


def test_row_06_a_family_comes_whole(series: Series) -> None:
    """What of a family the last tree has is there with the family's first member."""
    families = {h.name: h.family for h in series.conversion.descriptor.helpers}
    came: dict[str, set[int]] = {}
    for number, state in enumerate(series.result.states):
        for name in state.helpers:
            came.setdefault(families[name], set()).add(number)
    assert came
    late = {family: numbers for family, numbers in came.items() if len(numbers) > 1}
    # three patches are named after the member of the family that they introduce
    assert set(late) <= {"movable", "type"}, late


def test_row_07_a_helper_s_body_never_changes(series: Series) -> None:
    known: dict[str, str] = {}
    for name, files in series.trees():
        now = functions(files[HEADER].decode())
        assert {one: now.get(one) for one in known} == known, name
        known = now
    assert len(known) == series.case.helpers[series.release]


def test_row_08_no_helper_comes_before_its_user(series: Series) -> None:
    """But one of a family that has begun, if the last tree uses it."""
    families = {h.name: h.family for h in series.conversion.descriptor.helpers}
    keep = {h.name for h in series.conversion.descriptor.helpers if h.keep}
    last = set(re.findall(r"\w+", series.last))
    for name, files in series.trees():
        helpers = functions(files[HEADER].decode())
        used = set(re.findall(r"\w+", files[series.source].decode()))
        begun = {families[helper] for helper in helpers if helper in used}
        for helper in helpers.keys() - used - keep:
            assert helper in last, (name, helper)
            assert families[helper] in begun, (name, helper)
    assert begun


def test_row_13_the_header_explains_its_casts(series: Series) -> None:
    header = series.result.tree[HEADER].decode()
    why = " ".join(header[: header.index("#define zpdesc_page(")].replace("\n * ", " ").split())
    assert "zpdesc_page() and page_zpdesc() are for them" in why
    assert "go through zpdesc_folio()" in why


@of("zsmalloc")
def test_row_12_a_deprecated_call_is_reported_not_wrapped(series: Series) -> None:
    in_comments = comments(series.base).count("kmap_atomic(")
    count = series.base.count("kmap_atomic(") - in_comments
    assert series.last.count("kmap_atomic(") - in_comments == count > 0
    assert "kmap_atomic" not in series.result.tree[HEADER].decode()
    assert f"- kmap_atomic(), {count} uses: kmap_local_page()" in series.cover


def test_public_macros_and_helpers_have_kernel_doc(series: Series) -> None:
    header = series.result.tree[HEADER].decode()
    public = [*functions(header), "zpdesc_page", "zpdesc_folio", "page_zpdesc"]
    for name in public:
        assert f"/**\n * {name}() - " in header
    assert all(f" * @{m.name}: " in header for m in series.conversion.descriptor.members)


# --- names and comments ---------------------------------------------------------------------


def test_row_16_no_comment_speaks_of_what_is_gone(series: Series) -> None:
    stale = re.compile(
        r"lock_page|page->(?:index|private|page_type|lru|freelist)|PG_owner_priv_1|"
        r"get_(?:first|next)_page|is_first_page|obj_to_page|reset_page|struct page fields"
        # z3fold has a lock of this name
        + (r"|page_lock" if series.conversion.name != "z3fold" else "")
    )
    left = {line.strip() for line in comments(series.last).splitlines() if stale.search(line)}
    assert left == set()


def test_row_23_what_counts_pages_keeps_its_name(series: Series) -> None:
    words = re.compile(
        r"\b(?:nr_pages|pages_per_zspage|pages_allocated|max_pages|nr_\w+|pages_nr)\b"
    )
    assert Counter(words.findall(series.last)) == Counter(words.findall(series.base))
    assert "nr_zpdescs" not in series.last
    assert Counter(words.findall(series.base))[series.case.counts] > 0


def test_row_24_churn_is_low_and_reported(series: Series) -> None:
    known = record.load(series.out)
    assert known is not None
    assert 1 <= known.churn <= 1.4
    assert f"{known.churn:.2f}." in series.cover


@of("zsmalloc")
def test_shims_are_gone_at_the_end(series: Series) -> None:
    gone = ("get_first_page", "get_next_page", "is_first_page", "obj_to_page", "reset_page")
    assert not set(gone) & set(re.findall(r"\w+", series.last))
    assert set(gone) <= set(re.findall(r"\w+", series.base))


def test_nothing_else_moves(series: Series) -> None:
    """Every line of the final diff has a converted name, or is in a comment, or goes with a
    function that went; the include may come with an empty line."""
    slots = {slot for state in series.result.states for slot in state.slots}
    involved = {re.split(r"[:.]", slot)[-1].removesuffix("()").split("#")[0] for slot in slots}
    involved |= {rename(name) for name in involved for rename in series.conversion.variables}
    involved |= {rename(name) for name in involved for rename in series.conversion.functions}
    helpers = {h.name for h in series.conversion.descriptor.helpers}
    types = {"zpdesc", "page", "zpdesc_page", "page_zpdesc"}
    replaced = {h.old.partition("(")[0] for h in series.conversion.descriptor.helpers}
    involved |= helpers | types | replaced
    before, after = series.base.split("\n"), series.last.split("\n")
    in_comments = [comments(text).split("\n") for text in (series.base, series.last)]
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            continue
        lines = [(before[n], in_comments[0][n]) for n in range(i, j)]
        include = '#include "zpdesc.h"' in after[k:m]
        lines += [(after[n], in_comments[1][n]) for n in range(k, m) if after[n] or not include]
        for line, comment in lines:
            words = set(re.findall(r"\w+", line))
            assert words & involved or comment.strip() or _dropped(line, before[i:j]), line


def _dropped(line: str, block: list[str]) -> bool:
    """Whether a line belongs to a function that a run of removed lines holds whole."""
    text = "\n".join(block)
    return any(line in f for f in re.findall(r"(?ms)^static [^\n]*\n\{\n.*?^\}\n?", text + "\n"))


def test_the_final_diff_is_clean(series: Series) -> None:
    """No white space at a line's end, no tab after a space, no line past 100 columns that
    the base did not have."""
    long = {line for line in series.base.splitlines() if len(line.expandtabs(8)) > 100}
    for line in diff_files(series.result.base, series.result.tree).decode().splitlines():
        if line.startswith("+") and not line.startswith("+++"):
            assert not re.search(r"[ \t]$| \t", line[1:]), line
            assert len(line[1:].expandtabs(8)) <= 100 or line[1:] in long, line


# --- confluence -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@of("zsmalloc", "z3fold-6.12", "zbud-6.12")
def test_any_order_and_grouping_of_steps_gives_the_same_bytes(seed: int, series: Series) -> None:
    """Helpers and comment phrases included; every commit on the way is another."""
    chance = random.Random(seed)
    steps: list[Step] = []
    for step in series.conversion.steps:
        cut = chance.randrange(len(step.slots) + 1)
        first = dataclasses.replace(
            step, id=f"{step.id}-1", slots=step.slots[:cut], helpers=(), idioms=(), stale=()
        )
        steps += [first, dataclasses.replace(step, id=f"{step.id}-2", slots=step.slots[cut:])]
    chance.shuffle(steps)
    while len(steps) > 4 and chance.random() < 0.9:
        one, other = steps.pop(), steps.pop(0)
        steps.append(
            dataclasses.replace(
                one,
                slots=one.slots + other.slots,
                helpers=one.helpers + other.helpers,
                idioms=one.idioms + other.idioms,
                stale=one.stale + other.stale,
            )
        )
    other_series = dataclasses.replace(series.conversion, steps=tuple(steps))
    result = convert(series.tree, other_series, cache=cache_home())
    assert result.tree == series.result.tree


def test_a_second_run_writes_the_same_bytes(series: Series, tmp_path: Path) -> None:
    done = run(
        [sys.executable, "-m", "zpconvert", "series", series.conversion.name, "--tree", series.tree,
         "-o", tmp_path / "again", "--signoff"],
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert len(done.text.splitlines()) == len(series.mails) + 1
    for mail in series.mails:
        assert (tmp_path / "again" / mail.name).read_bytes() == mail.read_bytes()


# --- the table ------------------------------------------------------------------------------

#: Where the tests of REVIEW's rows are; rows without a path have theirs in this file.
ROWS = {
    1: ["header/test_generate.py::test_a_member_under_an_ifdef_and_its_assertion_stand_under_the_same",  # noqa: E501
        "header/test_generate.py::test_memcg_data_stays_clear"],
    2: [],
    3: ["validate/test_small_tree.py::test_rows_03_and_04_a_warning_is_its_commit_s_also_if_a_later_one_mends_it"],  # noqa: E501
    4: ["validate/test_small_tree.py::test_rows_03_and_04_a_warning_is_its_commit_s_also_if_a_later_one_mends_it"],  # noqa: E501
    5: ["validate/test_patches.py::test_a_struct_edited_after_its_commit"],
    6: ["header/test_select.py::test_a_family_comes_with_its_first_use_as_far_as_the_last_tree_uses_it"],  # noqa: E501
    7: ["header/test_generate.py::test_what_helpers_are_in_changes_nothing_else",
        "validate/test_patches.py::test_a_helper_rewritten_later"],
    8: ["header/test_select.py::test_nothing_comes_before_its_use",
        "validate/test_patches.py::test_a_helper_long_before_its_user"],
    9: ["conversion/test_load.py::test_a_fault_in_the_descriptor"],
    10: ["header/test_select.py::test_a_kept_helper_comes_with_its_family"],
    11: ["header/test_select.py::test_the_report_says_what_a_family_leaves_out"],
    12: ["header/test_select.py::test_the_bundled_descriptor_wraps_nothing_deprecated"],
    13: [],
    14: ["conversion/test_load.py::test_a_fault_in_conversion_toml",
         "test_posting.py::test_a_message_that_reviewers_would_refuse_is_refused_at_its_step"],
    15: ["mail/test_lint.py::test_function_names_need_parentheses"],
    16: ["validate/test_patches.py::test_row_16_members_and_names_that_are_gone"],
    17: ["mail/test_check.py::test_spelling_of_messages_and_added_lines"],
    18: ["mail/test_check.py::test_a_patch_that_does_not_apply_says_so"],
    19: ["validate/test_sizes.py::test_row_19_a_claim_that_a_measurement_does_not_bear_out"],
    20: ["header/test_generate.py::test_it_compiles_where_members_are_missing_and_where_not"],
    21: ["header/test_generate.py::test_the_scalar_assertion_rejects_an_int_over_an_atomic",
         "header/test_generate.py::test_the_assertions_catch_a_struct_edited_by_hand"],
    22: ["test_series_git.py::test_row_22_the_base_commit_is_head"],
    23: [],
    24: ["validate/test_patches.py::test_row_24_churn_counts_what_is_touched_again"],
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_review_has_its_tests(row: int) -> None:
    here = Path(__file__)
    names = [name for name in defined(here) if name.startswith(f"test_row_{row:02}_")]
    assert names or ROWS[row]
    for place in ROWS[row]:
        path, _, name = place.partition("::")
        assert name in defined(here.parent / path), place


def defined(path: Path) -> set[str]:
    """Names of the functions of a test file."""
    tree = ast.parse(path.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
