# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zpconvert.conversion.model import Identity
from zpconvert.errors import UserError
from zpconvert.git.diff import FileDiff
from zpconvert.mail import record
from zpconvert.mail.cover import (
    Base,
    CellOutcome,
    Deprecation,
    Measured,
    ObjectSize,
    Proof,
    Shrunk,
)

if TYPE_CHECKING:
    from zpconvert.mail.record import SeriesRecord

FULL = record.SeriesRecord(
    record.SCHEMA,
    "zpconvert 1",
    "a",
    Base("v6.12", "0" * 40),
    record.SeriesOptions(2, "PATCH mm", True, ("Ä <a@example.org>",), (), "x@example.org"),
    (
        record.PatchRecord(
            1, "f", "s", "mm/a: x", "1" * 40, ("f()",), ("h",), (FileDiff("mm/a.c", 1, 2, True),)
        ),
    ),
    2.0,
    Measured(
        (ObjectSize("c", "o", 1, 2),),
        3,
        1.0,
        (Shrunk("s", "r", True),),
        (Deprecation("d", 1, "i"),),
        Proof(
            "quick",
            (CellOutcome("c", "gcc", "ran", ""),),
            ("codespell",),
            {"equal": 3},
            ("a: b",),
            (),
            "a",
        ),
    ),
    ("f", "series.json"),
    own=Identity("/my/a", "0" * 64),
)


@pytest.mark.parametrize(
    "full", [FULL, replace(FULL, base=Base("plain"), measured=Measured(), patches=())]
)
def test_what_is_written_is_read_back(tmp_path: Path, full: SeriesRecord) -> None:
    (tmp_path / record.NAME).write_bytes(record.dump(full))
    assert record.load(tmp_path) == full


def test_a_directory_without_a_record(tmp_path: Path) -> None:
    assert record.load(tmp_path) is None


def test_a_field_that_an_earlier_version_did_not_have_has_its_default(tmp_path: Path) -> None:
    data = json.loads(record.dump(FULL))
    del data["measured"]["proof"], data["own"]
    (tmp_path / record.NAME).write_text(json.dumps(data))
    known = record.load(tmp_path)
    assert known is not None
    assert known.measured == replace(FULL.measured, proof=None)
    assert known.own is None


def test_a_proof_that_does_not_name_its_conversion(tmp_path: Path) -> None:
    data = json.loads(record.dump(FULL))
    del data["measured"]["proof"]["conversion"]
    (tmp_path / record.NAME).write_text(json.dumps(data))
    known = record.load(tmp_path)
    assert known is not None
    assert known.measured.proof is not None
    assert known.measured.proof.conversion is None


def test_a_field_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    data = json.loads(record.dump(FULL))
    (tmp_path / record.NAME).write_text(json.dumps({**data, "later": 1}))
    assert record.load(tmp_path) == FULL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 1}',
        json.dumps({**json.loads(record.dump(FULL)), "schema": 2}),
        json.dumps({**json.loads(record.dump(FULL)), "files": "series.json"}),
        json.dumps({**json.loads(record.dump(FULL)), "patches": [1]}),
    ],
)
def test_what_is_no_record_of_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / record.NAME).write_text(text)
    with pytest.raises(UserError, match=r"series\.json: not a record"):
        record.load(tmp_path)


def test_the_schema_names_every_field() -> None:
    documented = record.__doc__ or ""
    for name in json.loads(record.dump(FULL)):
        assert f"\n    {name} " in documented, name
    for name in json.loads(record.dump(FULL))["patches"][0]:
        assert name in documented, name
