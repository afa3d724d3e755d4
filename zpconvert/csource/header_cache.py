# SPDX-License-Identifier: GPL-2.0-only
"""Files of a cache directory: whole or absent, checked when read, rebuilt when damaged.

Their content is marshalled and carries a checksum: marshal is fast but must only be given
what it wrote itself. The directory's name changes with the interpreter and with the modules
that made the content, so nothing outlives the code that it came from.
"""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path

from zpconvert.scratch import put

_DIGEST = 20
_KEPT = 64


def digest(*parts: bytes) -> str:
    """A name for content, as hexadecimal digits; each part's length counts too."""
    whole = blake2b(digest_size=_DIGEST)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()


@cache
def _version() -> str:
    """What the content depends on besides the headers: our code and the interpreter."""
    modules = sorted(Path(__file__).parent.glob("header_*.py"))
    return digest(sys.version.encode(), *(module.read_bytes() for module in modules))[:16]


def read(root: Path, kind: str, key: str) -> object | None:
    """What was written under that key; None if nothing was or it is damaged."""
    try:
        raw = _place(root, kind, key).read_bytes()
    except OSError:
        return None
    if raw[:_DIGEST] != blake2b(raw[_DIGEST:], digest_size=_DIGEST).digest():
        return None
    content: object = marshal.loads(memoryview(raw)[_DIGEST:])
    return content


def write(root: Path, kind: str, key: str, content: object) -> None:
    """Keep content for later; one that cannot be written is only not kept."""
    payload = marshal.dumps(content)  # type: ignore[arg-type]
    place = _place(root, kind, key)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        put(place, blake2b(payload, digest_size=_DIGEST).digest() + payload, place.parents[1])


def prune(root: Path, kind: str) -> None:
    """Forget all but the most recently written files of a kind."""
    with contextlib.suppress(OSError):
        place = _place(root, kind, "")
        aged = sorted(place.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in aged[_KEPT:]:
            file.unlink(missing_ok=True)


def lazily(parts: dict[str, bytes]) -> Callable[[str], object]:
    """A loader of parts that were marshalled one by one."""
    return lambda name: marshal.loads(parts[name])


def _place(root: Path, kind: str, key: str) -> Path:
    return root / f"headers-{_version()}" / kind / key
