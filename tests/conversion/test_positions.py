# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zpconvert.conversion.positions import line_numbers
from zpconvert.resources import semantic_patches_dir

TEXT = '''# comment with [brackets] and "quotes
title = "a # no comment"
"quoted key" = 'C:\\'
multi = """
x = 1 "quoted" \\"""
""""
raw = \'\'\'
[nope]
\'\'\'
array = [ # one
    1, [2,
    3],
    { a = 1, "b]" = "}" },
]
dotted . key = 2020-01-01

[table . sub] # comment
x = true
[[item]]
name = "a"
[item.extra]
y = 1.5
[[item]]
name = "b"
[[item.inner]]
z = 1
[[item.inner]]
z = 2'''

LINES = {
    ("title",): 2, ("quoted key",): 3, ("multi",): 4, ("raw",): 7, ("array",): 10,
    ("array", 0): 11, ("array", 1): 11, ("array", 1, 1): 12, ("array", 2): 13,
    ("array", 2, "b]"): 13, ("dotted", "key"): 15, ("table", "sub"): 17,
    ("table", "sub", "x"): 18, ("item", 0): 19, ("item", 0, "name"): 20,
    ("item", 0, "extra", "y"): 22, ("item", 1): 23, ("item", 1, "name"): 24,
    ("item", 1, "inner", 0): 25, ("item", 1, "inner", 1, "z"): 28,
}  # fmt: skip


def test_every_kind_of_toml() -> None:
    tomllib.loads(TEXT)
    found = line_numbers(TEXT)
    assert {path: found.get(path) for path in LINES} == LINES


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value that is no table (a table may have no line of its own)."""
    if isinstance(value, dict):
        return [found for key in value for found in paths(value[key], (*path, key))]
    if isinstance(value, list):
        inner = [found for i, item in enumerate(value) for found in paths(item, (*path, i))]
        return [path, *inner]
    return [path]


@pytest.mark.parametrize("file", sorted(semantic_patches_dir().rglob("*.toml")), ids=str)
def test_every_value_of_the_bundled_files_has_a_line(file: Path) -> None:
    text = file.read_text()
    missing = set(paths(tomllib.loads(text))) - set(line_numbers(text))
    assert not missing


@given(st.text(st.sampled_from("\"'\\#[]{}=,\na1 "), max_size=30))
def test_what_tomllib_reads_is_followed(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(paths(values)) <= set(line_numbers(text)) | {()}


@given(st.lists(st.text(max_size=20), max_size=5))
def test_strings_of_any_content_are_passed_over(strings: list[str]) -> None:
    quoted = [
        '"' + "".join(f"\\U{ord(c):08x}" if not c.isalnum() else c for c in string) + '"'
        for string in strings
    ]
    text = "".join(f"k{i} = {string}\n" for i, string in enumerate(quoted))
    assert line_numbers(text) == {(f"k{i}",): i + 1 for i in range(len(quoted))}
