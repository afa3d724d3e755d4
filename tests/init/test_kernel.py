# SPDX-License-Identifier: GPL-2.0-only
"""init on three files of linux-source-6.12 in three subsystems.

What it drafts converts; its types alone change no object code; its last tree compiles without
a warning that the base does not have; its own examples pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.compiled import compile_many
from zpconvert.conversion.load import load
from zpconvert.conversion.model import Conversion
from zpconvert.csource import structs
from zpconvert.csource.externals import externals_for
from zpconvert.drafting import make
from zpconvert.header.generate import header_text
from zpconvert.init.report import as_json
from zpconvert.kernel import kbuild, source
from zpconvert.kernel.cells import CELLS
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.kernel.replay import Compiled, Job
from zpconvert.objcode.compare import compare
from zpconvert.objcode.flags import COMPARE_FLAGS
from zpconvert.pipeline import OLD_STRUCT_HEADER, Converted
from zpconvert.rewrite.engine import FileMigration
from zpconvert.rewrite.retype import Names, Types
from zpconvert.rewrite.survey import survey
from zpconvert.rewrite.tidy import add_include
from zpconvert.smpl.examples import run_examples, unexercised

pytestmark = pytest.mark.kernel

#: Warnings stay on: the last tree may have none that the base has not.
FLAGS = (*(f for f in COMPARE_FLAGS if f != "-w"), "-Wno-builtin-macro-redefined")
#: One configuration that builds all three; init's own guess is checked in its questions.
FRAGMENT = (
    "CONFIG_NET=y",
    "CONFIG_INET=y",
    "CONFIG_NETDEVICES=y",
    "CONFIG_NET_CORE=y",
    "CONFIG_VIRTIO_MENU=y",
    "CONFIG_VIRTIO_MMIO=y",
    "CONFIG_VIRTIO_NET=y",
    "CONFIG_VIRTIO_BALLOON=y",
    "CONFIG_BALLOON_COMPACTION=y",
    "CONFIG_NETWORK_FILESYSTEMS=y",
    "CONFIG_CEPH_LIB=y",
)


@dataclass(frozen=True)
class Case:
    """A file, its new descriptor, and what must be found in it."""

    file: str
    descriptor: str
    slots: int
    members: tuple[tuple[str, str], ...]
    helpers: tuple[tuple[str, str], ...]
    callbacks: tuple[str, ...]
    assumptions: tuple[str, ...]


CASES = (
    Case(
        "mm/balloon_compaction.c",
        "bdesc",
        11,
        (("lru", "lru"),),
        (("trylock_page", "folio_trylock"), ("alloc_page", "alloc_page")),
        tuple(f"struct movable_operations.{w}_page" for w in ("isolate", "putback", "migrate")),
        ("order-0", "assertion-text"),
    ),
    Case(
        "drivers/net/virtio_net.c",
        "vndesc",
        26,
        (("link", "private"), ("private", "private")),
        (("put_page", "put_page"), ("virt_to_head_page", "virt_to_head_page")),
        (),
        ("assertion-text",),
    ),
    Case(
        "net/ceph/pagelist.c",
        "pldesc",
        6,
        (("lru", "lru"),),
        (("__free_page", "__free_page"),),
        (),
        ("assertion-text",),
    ),
)


@dataclass(frozen=True)
class Made:
    """A case's conversion, its result on 6.12, and what init said that it found."""

    case: Case
    conversion: Conversion
    result: Converted
    found: dict[str, Any]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: Path(case.file).stem)
def made(
    request: pytest.FixtureRequest, kernel_612: Path, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """A conversion, drafted, and its result on the tree."""
    case: Case = request.param
    place = tmp_path_factory.mktemp("init")
    done = make(place / "x", kernel_612, [case.file], case.descriptor, cache=source.cache_home())
    found = as_json(done.draft, done.questions, [str(path) for path in done.paths])
    return Made(case, load(str(place / "x")), done.result, json.loads(json.dumps(found)))


@pytest.fixture(scope="module")
def built(kernel_612: Path) -> BuildDir:
    """The three objects, built once."""
    objects = [case.file.removesuffix(".c") + ".o" for case in CASES]
    return kbuild.prepare(
        kernel_612,
        CELLS["compaction"],
        fragment=FRAGMENT,
        objects=objects,
        cache=source.cache_home(),
    )


def retyped(tree: Path, made: Made) -> dict[str, bytes]:
    """The file with every slot flipped that the draft flips, and no rule applied."""
    descriptor, path = made.conversion.descriptor, made.case.file
    text = (tree / path).read_bytes()
    members = frozenset(m.name for m in descriptor.members if m.name == m.over)
    found = survey(
        text, externals_for(tree, path, text, source.cache_home()), "struct page", members
    )
    types = Types("page", descriptor.name, descriptor.to_old, descriptor.from_old)
    migration = FileMigration(found, types, Names())
    kept = {slot for slot, _ in made.result.kept}
    flipped = frozenset(s for s in found.slots.values() if f"{path} {s.id}" not in kept)
    pieces, refusals = migration.pieces(flipped)
    assert refusals == []
    new = add_include(
        migration.assemble(pieces, [p.text for p in pieces]).text, Path(descriptor.header).name
    )
    old = structs.read_struct((tree / OLD_STRUCT_HEADER).read_bytes(), "page", OLD_STRUCT_HEADER)
    return {path: new, descriptor.header: header_text(descriptor, old, ())}


def test_it_converts_and_no_object_code_and_no_warning_comes_of_it(
    kernel_612: Path, built: BuildDir, made: Made
) -> None:
    path, obj = made.case.file, made.case.file.removesuffix(".c") + ".o"
    states = [
        {path: (kernel_612 / path).read_bytes()},
        retyped(kernel_612, made),
        made.result.tree,
    ]
    assert all(state[path] != states[0][path] for state in states[1:])
    done = compile_many([Job(built, obj, state, FLAGS) for state in states], 2)
    said = [one.text for one in done]
    assert all(isinstance(one, Compiled) for one in done), said
    base, types, last = (one for one in done if isinstance(one, Compiled))
    same = compare(base.obj, types.obj)
    assert same.same, (same.different, same.missing, same.added)
    assert len(base.diagnostics) == len(types.diagnostics) == len(last.diagnostics), said


def test_what_it_found(made: Made) -> None:
    slots = made.found["files"][0]["slots"]
    assert [slot["id"] for slot in slots if slot["border"]] == []
    assert len(slots) == made.case.slots
    members = {(m["name"], m["over"]) for m in made.found["members"]}
    assert members == set(made.case.members)
    calls = {(h["old"], h["calls"]) for h in made.found["helpers"]}
    assert calls >= set(made.case.helpers)
    holders = [c["holder"] for c in made.found["files"][0]["callbacks"]]
    assert set(holders) >= set(made.case.callbacks)
    assumptions = made.conversion.descriptor.assumptions
    assert tuple(one.name for one in assumptions) == made.case.assumptions
    assert {q["topic"] for q in made.found["questions"]} >= {"what a member means", "kconfig"}


def test_its_examples_pass(made: Made) -> None:
    (patch,) = made.conversion.smpl
    results = run_examples(patch)
    assert results
    assert [r.diff for r in results if not r.passed] == []
    assert unexercised(patch, results) == []
