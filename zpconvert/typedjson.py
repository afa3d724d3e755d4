# SPDX-License-Identifier: GPL-2.0-only
"""JSON that was written from dataclasses, read back as the same dataclasses."""

from __future__ import annotations

import enum
import functools
import json
import types
import typing
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import TypeVar

from zpconvert.errors import UserError

Kind = TypeVar("Kind")


def load(kind: type[Kind], path: Path, schema: int) -> Kind | None:
    """The object in a JSON file, None if there is no such file.

    kind: a dataclass; members that it does not know are passed over, those with a default may
    be missing. schema: what the file's `schema` has to be. Raises UserError when the file is
    there but is none of ours.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(str(path), error.strerror or "cannot be read", "mend it") from None
    try:
        data = json.loads(text)
        if data["schema"] != schema:
            raise ValueError(f"schema {data['schema']!r}")
        return typing.cast(Kind, _value(kind, data))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            str(path), "not a record that this version reads", "use another output directory"
        ) from None


@functools.cache
def _hints(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _has_default(field: Field[object]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _value(kind: typing.Any, data: typing.Any) -> object:
    """JSON `data` as a value of the annotated type `kind`. Raises TypeError, KeyError."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    record = isinstance(kind, type) and is_dataclass(kind)
    if (record or origin is dict) and not isinstance(data, dict):
        raise TypeError(f"{data!r} is no object")
    if record:
        hints = _hints(kind)
        later = {f.name for f in fields(kind) if _has_default(f)} - data.keys()
        named = {name: _value(hints[name], data[name]) for name in hints if name not in later}
        return typing.cast(object, kind(**named))
    if origin is dict:
        return {key: _value(inner[1], value) for key, value in data.items()}
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"{data!r} is no list")
        return tuple(_value(inner[0], item) for item in data)
    if origin is types.UnionType:
        return None if data is None else _value(inner[0], data)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[str(data).upper()]
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is no {kind.__name__}")
    return typing.cast(object, data)
