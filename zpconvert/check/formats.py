# SPDX-License-Identifier: GPL-2.0-only
"""Findings as text, JSON, SARIF and workflow commands."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from zpconvert.check.model import Finding, Rule
from zpconvert.check.rules import RULES

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def text(findings: Sequence[Finding]) -> str:
    """`file:line:col: CODE message`, a line each; `[*]` marks what --fix mends."""
    return "".join(
        f"{f.path}:{f.line}:{f.column}: {f.code} {'[*] ' if f.fix else ''}{f.message}\n"
        for f in findings
    )


def as_json(findings: Sequence[Finding]) -> str:
    """An object with `version` (of this format) and `findings`."""
    listed = [
        {
            "path": f.path,
            "line": f.line,
            "column": f.column,
            "end_line": f.last,
            "code": f.code,
            "message": f.message,
            "fixable": f.fix is not None,
        }
        for f in findings
    ]
    return json.dumps({"version": 1, "findings": listed}, indent=2) + "\n"


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands that annotate a change (GitHub's "Workflow commands" page)."""
    return "".join(
        f"::error file={_property(f.path)},line={f.line},endLine={f.last},col={f.column},"
        f"title={_property(f.code)}::{_data(f.message)}\n"
        for f in findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(findings: Sequence[Finding], texts: Mapping[str, bytes], version: str) -> str:
    """SARIF 2.1.0 (OASIS). texts: of the files that findings are in, for columns in characters.

    version: of the tool.
    """
    order = {rule.code: n for n, rule in enumerate(RULES)}
    driver = {
        "name": "zpconvert check",
        "semanticVersion": version,
        "rules": [_rule(rule) for rule in RULES],
    }
    results = [
        {
            "ruleId": f.code,
            "ruleIndex": order[f.code],
            "level": "error",
            "message": {"text": f.message},
            "locations": [{"physicalLocation": _location(f, texts.get(f.path, b""))}],
        }
        for f in findings
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    page = inspect.getdoc(type(rule)) or ""
    return {
        "id": rule.code,
        "name": type(rule).__name__,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(page.split())},
        "help": {"text": explain(rule)},
        "defaultConfiguration": {"level": "error"},
    }


def _location(finding: Finding, source: bytes) -> dict[str, object]:
    lines = source.split(b"\n")
    line = lines[finding.line - 1] if finding.line <= len(lines) else b""
    column = len(line[: finding.column - 1].decode("utf-8", "replace")) + 1
    return {
        "artifactLocation": {"uri": quote(finding.path)},
        "region": {
            "startLine": finding.line,
            "startColumn": column,
            "endLine": max(finding.last, finding.line),
        },
    }


def page(rule: Rule) -> Iterator[tuple[str, bool]]:
    """The page of a rule, in pieces of text and of code (True): what it says, why, examples."""
    mends = " (mended by --fix)" if rule.FIXED else ""
    yield f"{rule.code}: {rule.title}{mends}\n\n{inspect.getdoc(type(rule)) or ''}\n", False
    for number, example in enumerate(rule.INVALID):
        yield from _example("Wrong", example)
        if rule.FIXED and rule.FIXED[number] != example:
            yield from _example("Mended", rule.FIXED[number])
    for example in rule.VALID:
        yield from _example("Right", example)


def _example(title: str, code: str) -> Iterator[tuple[str, bool]]:
    yield f"\n{title}:\n\n", False
    yield textwrap.indent(code.rstrip(), "    ") + "\n", True


def explain(rule: Rule) -> str:
    """The page of a rule as plain text."""
    return "".join(text for text, _ in page(rule))
