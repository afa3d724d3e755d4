# SPDX-License-Identifier: GPL-2.0-only
"""Which helpers a rendered text will use, told without running spatch."""

from __future__ import annotations

import re

from zpconvert.conversion.model import Descriptor, Helper

_TOKEN = re.compile(r"[A-Za-z_]\w*|\S")


class HelperUse:
    """Finds the old calls that a descriptor's helpers stand for, in their boundary wrappers."""

    def __init__(self, descriptor: Descriptor) -> None:
        #: name, a word that is quickly looked for, and the whole pattern, of each helper
        self._patterns = [
            (h.name, _TOKEN.findall(h.old)[0].encode(), _pattern(descriptor, h))
            for h in descriptor.helpers
        ]
        self._words = (descriptor.to_old.encode(), descriptor.from_old.encode())
        self._memo: dict[bytes, frozenset[str]] = {}

    def __call__(self, text: bytes) -> frozenset[str]:
        """Names of the helpers whose old call is in a text."""
        if not any(word in text for word in self._words):
            return frozenset()
        if text not in self._memo:
            found = (
                name
                for name, word, pattern in self._patterns
                if word in text and pattern.search(text)
            )
            self._memo[text] = frozenset(found)
        return self._memo[text]


def _pattern(descriptor: Descriptor, helper: Helper) -> re.Pattern[bytes]:
    """The old call up to its first argument that is wrapped; all of it, if none is."""
    head, _, parameters = helper.proto.partition("(")
    pointer = re.compile(rf"\bstruct\s+{descriptor.name}\s*\*\s*(\w+)")
    wrapped = set(pointer.findall(parameters))
    given = set(re.findall(r"(\w+)\s*(?:,|\)$)", parameters))
    words: list[str] = []
    if pointer.match(f"{head.replace('const ', '')}"):
        words += [descriptor.from_old, r"\("]
    for token in _TOKEN.findall(helper.old):
        if token in wrapped:
            words += [descriptor.to_old, r"\("]
            break
        words.append(r"[^;]*?" if token in given else re.escape(token))
    return re.compile((r"(?<!\w)" + r"\s*".join(words)).encode())
