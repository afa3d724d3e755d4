# SPDX-License-Identifier: GPL-2.0-only
"""An archive that the kernel unpacks as its root file system: cpio in its `newc` form.

The format: Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

_END = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """A file, a directory or a device node of root's.

    path: without a leading slash. mode: type and permissions, as `stat.S_IFREG | 0o755`.
    data: of a file. device: major and minor number of a node.
    """

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def archive(entries: Iterable[Entry]) -> bytes:
    """The archive of some entries, in their order; the same bytes for the same entries."""
    parts = [_entry(number, entry) for number, entry in enumerate(entries, 1)]
    return b"".join((*parts, _entry(0, Entry(_END, 0))))


def _entry(number: int, entry: Entry) -> bytes:
    name = entry.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    major, minor = entry.device
    # ino, mode, uid, gid, nlink, mtime, filesize, dev, rdev, namesize, checksum (unused)
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, major, minor,
              len(name), 0)  # fmt: skip
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(head + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
