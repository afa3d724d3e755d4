# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import enum
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zpconvert import typedjson
from zpconvert.errors import UserError


class Colour(enum.Enum):
    RED = 1


@dataclass(frozen=True)
class Inner:
    name: str
    share: float


@dataclass(frozen=True)
class Outer:
    number: int
    inner: tuple[Inner, ...]
    counts: dict[str, int]
    colour: Colour
    maybe: Inner | None
    later: tuple[str, ...] = ()
    latest: dict[str, int] = field(default_factory=dict)


names = st.text(max_size=5)
inners = st.builds(Inner, names, st.floats(allow_nan=False))
outers = st.builds(
    Outer,
    st.integers(),
    st.lists(inners, max_size=3).map(tuple),
    st.dictionaries(names, st.integers(), max_size=3),
    st.just(Colour.RED),
    st.none() | inners,
    st.lists(names, max_size=3).map(tuple),
)


def dumped(value: Outer, **more: object) -> str:
    return json.dumps({"schema": 3, **asdict(value), "colour": "red", **more})


@given(value=outers)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_written_is_read_back(tmp_path: Path, value: Outer) -> None:
    path = tmp_path / "a.json"
    path.write_text(dumped(value, unknown=[1]))
    assert typedjson.load(Outer, path, 3) == value


SOME = Outer(1, (), {}, Colour.RED, None)


def test_members_that_came_later_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    data = json.loads(dumped(SOME))
    del data["later"], data["latest"]
    path.write_text(json.dumps(data))
    assert typedjson.load(Outer, path, 3) == SOME
    assert typedjson.load(Outer, tmp_path / "none.json", 3) is None


@pytest.mark.parametrize(
    "more",
    [
        {"schema": 4},
        {"number": "1"},
        {"inner": {}},
        {"inner": [1]},
        {"inner": [{"name": "a"}]},
        {"counts": []},
        {"counts": {"a": None}},
        {"colour": "green"},
        {"colour": 1},
        {"maybe": 3},
    ],
)
def test_what_is_none_of_ours(tmp_path: Path, more: dict[str, object]) -> None:
    path = tmp_path / "a.json"
    path.write_text(dumped(SOME, **more))
    with pytest.raises(UserError, match="not a record that this version reads"):
        typedjson.load(Outer, path, 3)
