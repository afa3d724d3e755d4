# SPDX-License-Identifier: GPL-2.0-only
"""A private apt whose sources are the machine's own with Debian 12's suites beside them.

Debian 13 has no `linux-source-6.1`, Debian 12 has. Where the mirror is, and how to reach it,
is known to the machine alone, so its own lines are taken and only the suite is replaced.
"""

from __future__ import annotations

import re
from pathlib import Path

#: The Debian release that has the second base, linux-source-6.1.
OLDER_SUITE = "bookworm"

_SUITE = re.compile(
    r"(?P<base>bookworm|trixie|forky|sid|stable|oldstable|testing|unstable)"
    r"(?P<pocket>-updates|-security|-backports)?"
)
_ONE_LINE = re.compile(
    r"deb\s+(?P<options>\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)"
)


def private_options(root: Path, etc: Path = Path("/etc/apt")) -> list[str]:
    """Write sources into `root`, and give the options that make apt-get work there only."""
    (root / "lists/partial").mkdir(parents=True)
    (root / "cache").mkdir()
    (root / "debian.list").write_text("".join(f"{line}\n" for line in derived_sources(etc)))
    return [
        word
        for setting in (
            f"Dir::Etc::sourcelist={root / 'debian.list'}",
            "Dir::Etc::sourceparts=-",
            f"Dir::State::lists={root / 'lists'}",
            f"Dir::Cache={root / 'cache'}",
            "Acquire::Languages=none",
            "APT::Sandbox::User=root",
        )
        for word in ("-o", setting)
    ]


def derived_sources(etc: Path) -> list[str]:
    """One-line sources: every Debian suite of the machine, and Debian 12's from the same place.

    Reads `sources.list`, `*.list` and `*.sources` (deb822, see sources.list(5)).
    """
    lines: dict[str, None] = {}
    for file in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))):
        if not file.is_file() or file.suffix not in (".list", ".sources"):
            continue
        text = file.read_text(errors="replace")
        for line in _from_deb822(text) if file.suffix == ".sources" else text.splitlines():
            for source in _with_older_suite(line):
                lines[source] = None
    return list(lines)


def _from_deb822(text: str) -> list[str]:
    """The stanzas of a .sources file, each suite as a one-line source."""
    lines = []
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {
            key.lower(): " ".join(value.split())
            for key, value in re.findall(r"(?m)^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza)
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        signed = fields.get("signed-by", "")
        options = f"[signed-by={signed.replace(' ', ',')}] " if signed.startswith("/") else ""
        lines += [
            f"deb {options}{uri} {suite} {fields.get('components', '')}"
            for uri in fields.get("uris", "").split()
            for suite in fields.get("suites", "").split()
        ]
    return lines


def _with_older_suite(line: str) -> list[str]:
    """The source as it is and with its suite replaced; nothing if it is not Debian's."""
    source = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
    suite = source and _SUITE.fullmatch(source["suite"])
    if source is None or suite is None:
        return []
    # A key ring of one release does not hold another's keys; its name says whose it is.
    options = (source["options"] or "").replace(suite["base"], OLDER_SUITE)
    older = f"{OLDER_SUITE}{suite['pocket'] or ''}"
    return [
        f"deb {source['options'] or ''}{source['uri']} {source['suite']} {source['components']}",
        f"deb {options}{source['uri']} {older} {source['components']}",
    ]
