# SPDX-License-Identifier: GPL-2.0-only
"""Which conversion a series was made by: a name says it of those that came with the package, of
one's own only its directory and what was in its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from zpconvert.conversion.load import FILE, list_conversions, load
from zpconvert.conversion.model import Conversion, Identity
from zpconvert.errors import UserError
from zpconvert.resources import semantic_patches_dir


def identity(conversion: Conversion) -> Identity | None:
    """What is recorded of a conversion besides its name; None if it came with the package."""
    if conversion.bundled:
        return None
    return Identity(str(conversion.directory.resolve()), _digest(conversion))


def _digest(conversion: Conversion) -> str:
    """SHA-256 of its files. A descriptor that came with the package is none of them: it goes
    with the package's version, as a bundled conversion does."""
    descriptor = conversion.descriptor.path
    shared = descriptor.resolve().is_relative_to(semantic_patches_dir().resolve())
    files = [conversion.directory / FILE, *conversion.smpl, *([] if shared else [descriptor])]
    parts = [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def made_by(source: str, name: str, own: Identity | None) -> Conversion:
    """The conversion that series.json names.

    source: the series, for messages. own: None if it was a bundled one, or if the record is of a
    version that kept names alone. Raises UserError when the conversion cannot be told from its
    name, is gone, or is not what it was.
    """
    if own is None:
        if name in list_conversions():
            return load(name)
        what = f"made by the conversion '{name}', which did not come with zpconvert"
        raise UserError(source, what, "give its directory with --conversion")
    what = f"made by the conversion in {own.directory}"
    if not (Path(own.directory) / FILE).is_file():
        raise UserError(source, f"{what}, which is gone", "give one with --conversion")
    try:
        found = load(own.directory)
    except UserError:
        found = None  # what is wrong with it is said when it is given with --conversion
    if found is None or identity(found) != own:
        todo = f"give --conversion {own.directory} to take it as it is now"
        raise UserError(source, f"{what}, which has changed since", todo)
    return found


def may_be(name: str, own: Identity | None, conversion: Conversion) -> bool:
    """Whether a recorded conversion can be this one, earlier or elsewhere.

    One's own can have been edited, moved, or copied from a bundled one of the same name; a
    bundled one was nobody's own before.
    """
    return name == conversion.name and (own is None or not conversion.bundled)
